// SPDX-License-Identifier: Apache-2.0
//
// The server answers, keeps its bounds against hostile clients, and the client tells apart why there is no answer.
#include "api/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "apiclient/http_client.h"
#include "unit/api/private_folder.h"

namespace levelgate::api::http_server_test {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using apiclient::ask;
using apiclient::Reach;
using apiclient::Reply;
using testing::HasSubstr;

class HttpServerTest : public testing::Test {
 protected:
  void serve(HttpLimits limits, HttpServer::Answer answer) {
    auto opened = HttpServer::open(context_, path_, "", limits, std::move(answer));
    ASSERT_TRUE(opened) << opened.error().what;
    server_ = std::move(*opened);
    thread_ = std::thread([this] { context_.run(); });
  }
  void echo(HttpLimits limits = {}) {
    serve(limits, [](const Request& request) {
      return Response{200, (request.method == Method::kGet ? "GET " : "POST ") + request.path + " " + request.query};
    });
  }
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }
  void TearDown() override { stop(); }

  // Sends octets and returns all that comes until the server closes.
  std::string raw(const std::string& octets) {
    asio::io_context own;
    Local::socket socket(own);
    socket.connect(Local::endpoint(path_));
    boost::system::error_code ignored;
    asio::write(socket, asio::buffer(octets), ignored);
    std::string got;
    asio::read(socket, asio::dynamic_buffer(got), ignored);
    return got;
  }

  tests::PrivateFolder folder_;
  const std::string path_ = folder_ / "api.sock";
  asio::io_context context_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST_F(HttpServerTest, RequestsReachTheAnswerAndComeBack) {
  echo();
  const Reply get = ask(path_, apiclient::Method::kGet, "/v1/show/tunnels?name=berlin", 5);
  EXPECT_EQ(get.reach, Reach::kAnswered);
  EXPECT_EQ(get.status, 200u);
  EXPECT_EQ(get.body, "GET /v1/show/tunnels name=berlin\n");
  EXPECT_EQ(ask(path_, apiclient::Method::kPost, "/v1/reload", 5).body, "POST /v1/reload \n");
}

TEST_F(HttpServerTest, OneConnectionCarriesSeveralRequests) {
  echo();
  const std::string got =
      raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("GET /a"));
  EXPECT_THAT(got, HasSubstr("GET /b"));
  EXPECT_THAT(got, HasSubstr("Content-Type: application/json"));
}

TEST_F(HttpServerTest, TheFileIsForOwnerAndGroupAndGoesWithTheServer) {
  echo();
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0660u);
  stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(HttpServerTest, ASecondServerIsRefusedAndNamesTheKey) {
  echo();
  asio::io_context other;
  const auto second = HttpServer::open(other, path_, "", {}, [](const Request&) { return Response{}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kAddressInUse);
  EXPECT_THAT(second.error().what, HasSubstr("management.api.socket"));
  EXPECT_THAT(second.error().what, HasSubstr("address in use"));
  EXPECT_EQ(ask(path_, apiclient::Method::kGet, "/still", 5).status, 200u);
}

TEST_F(HttpServerTest, AnUnknownGroupIsAnErrorAndLeavesNoFile) {
  const auto server =
      HttpServer::open(context_, path_, "no-such-group-here", {}, [](const Request&) { return Response{}; });
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("management.api.group"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(HttpServerTest, WhatIsNoRequestIsAnsweredAndClosed) {
  echo();
  EXPECT_THAT(raw("hello\r\n\r\n"), HasSubstr("400 Bad Request"));
  EXPECT_THAT(raw("DELETE /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("405 Method Not Allowed"));
  EXPECT_THAT(raw("GET /x HTTP/1.1\r\nA: " + std::string(10'000, 'a') + "\r\n\r\n"), HasSubstr("431 "));
  EXPECT_THAT(raw("POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"), HasSubstr("413 "));
  EXPECT_EQ(ask(path_, apiclient::Method::kGet, "/still", 5).status, 200u);
}

TEST_F(HttpServerTest, ASlowClientIsClosed) {
  echo({.idle_seconds = 1});
  EXPECT_EQ(raw("GET /never-ends"), "");
}

TEST_F(HttpServerTest, ClientsBeyondTheBoundAreToldSo) {
  echo({.clients = 2});
  asio::io_context own;
  Local::socket first(own), second(own);
  first.connect(Local::endpoint(path_));
  second.connect(Local::endpoint(path_));
  EXPECT_EQ(ask(path_, apiclient::Method::kGet, "/x", 5).status, 503u);
  first.close();
  Reply reply;
  for (int tries = 0; tries < 100 && reply.status != 200; ++tries) {
    usleep(10'000);
    reply = ask(path_, apiclient::Method::kGet, "/x", 5);
  }
  EXPECT_EQ(reply.status, 200u);
}

TEST_F(HttpServerTest, TheClientTellsWhyThereIsNoAnswer) {
  EXPECT_EQ(ask(path_, apiclient::Method::kGet, "/", 1).reach, Reach::kNoDaemon);
  EXPECT_EQ(ask(std::string(200, 'x'), apiclient::Method::kGet, "/", 1).reach, Reach::kNoDaemon);
  Local::acceptor silent(context_, Local::endpoint(path_));
  EXPECT_EQ(ask(path_, apiclient::Method::kGet, "/", 1).reach, Reach::kTimedOut);
}

}  // namespace
}  // namespace levelgate::api::http_server_test
