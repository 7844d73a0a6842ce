// SPDX-License-Identifier: Apache-2.0
//
// The server on Beast: one acceptor, one session object per client, each with its own deadline. A session answers one
// request after the other in the loop's thread; nothing here waits.
#include "api/http_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "api/socket_file.h"

namespace levelgate::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

http::response<http::string_body> http_response(const Response& answer, unsigned version, bool keep_alive) {
  http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
  response.set(http::field::content_type, answer.type);
  response.set(http::field::server, "levelgated");
  response.keep_alive(keep_alive);
  response.body() = answer.body;
  if (!response.body().empty() && response.body().back() != '\n') response.body().push_back('\n');
  response.prepare_payload();
  return response;
}

Response http_problem(unsigned status, std::string_view what) {
  return {.status = status, .body = "{\"schema\":1,\"error\":\"" + std::string(what) + "\"}"};
}

// What the server and its sessions share; lives as long as the longest of them.
struct Shared {
  HttpLimits limits;
  HttpServer::Answer answer;
  std::size_t clients = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Local::socket socket, std::shared_ptr<Shared> shared)
      : stream_(std::move(socket)), shared_(std::move(shared)) {
    ++shared_->clients;
  }
  ~Session() { --shared_->clients; }

  void read() {
    parser_.emplace();
    parser_->header_limit(shared_->limits.header_octets);
    parser_->body_limit(shared_->limits.body_octets);
    stream_.expires_after(std::chrono::seconds(shared_->limits.idle_seconds));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  void refuse(const Response& answer) {
    stream_.expires_after(std::chrono::seconds(shared_->limits.idle_seconds));
    write(http_response(answer, 11, false));
  }

 private:
  void on_read(error_code error) {
    if (error == http::error::body_limit) return refuse(http_problem(413, "the request is too large"));
    if (error == http::error::header_limit) return refuse(http_problem(431, "the request's header is too large"));
    const bool of_http = error.category() == http::make_error_code(http::error{}).category();
    if (error && of_http && error != http::error::end_of_stream && error != http::error::partial_message) {
      return refuse(http_problem(400, "this is no HTTP request"));
    }
    if (error) return;  // gone, or too slow
    const auto& request = parser_->get();
    write(http_response(respond(request), request.version(), request.keep_alive()));
  }

  Response respond(const http::request<http::string_body>& request) const {
    const bool get = request.method() == http::verb::get;
    if (!get && request.method() != http::verb::post) return http_problem(405, "only GET and POST are served");
    Request asked;
    asked.method = get ? Method::kGet : Method::kPost;
    const std::string target(request.target());
    const auto mark = target.find('?');
    asked.path = target.substr(0, mark);
    if (mark != std::string::npos) asked.query = target.substr(mark + 1);
    return shared_->answer(asked);
  }

  void write(http::response<http::string_body> response) {
    response_ = std::move(response);
    http::async_write(stream_, *response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error && self->response_->keep_alive()) return self->read();
      error_code ignored;
      self->stream_.socket().shutdown(Local::socket::shutdown_send, ignored);
    });
  }

  beast::basic_stream<Local> stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace

struct HttpServer::Parts {
  Parts(asio::io_context& context, std::string bound_path)
      : acceptor(context), pause(context), path(std::move(bound_path)) {}

  void accept() {
    acceptor.async_accept([this](error_code error, Local::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      welcome(std::move(socket));
      accept();
    });
  }

  // Out of descriptors, most likely: the waiting client would wake us at once, again and again.
  void accept_later() {
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  void welcome(Local::socket socket) {
    const bool full = shared->clients >= shared->limits.clients;
    auto session = std::make_shared<Session>(std::move(socket), shared);
    if (full) return session->refuse(http_problem(503, "too many clients"));
    session->read();
  }

  Local::acceptor acceptor;
  asio::steady_timer pause;
  std::string path;
  bool bound = false;
  std::shared_ptr<Shared> shared;
};

namespace {

Result<void> listen_at(Local::acceptor& acceptor, const std::string& path, bool& bound) {
  error_code error;
  acceptor.open(Local(), error);
  // Nobody shall open the socket between its birth and set_socket_rights().
  const mode_t before = umask(0177);
  if (!error) acceptor.bind(Local::endpoint(path), error);
  umask(before);
  bound = !error;
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  const bool refused = error == boost::system::errc::permission_denied;
  return failure(refused ? Fault::kNotPermitted : Fault::kIo, "management.api.socket " + path + ": " + error.message());
}

}  // namespace

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HttpServer::~HttpServer() {
  error_code ignored;
  parts_->acceptor.close(ignored);
  if (parts_->bound) (void)unlink(parts_->path.c_str());
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(asio::io_context& context, const std::string& socket_path,
                                                     const std::string& group, HttpLimits limits, Answer answer) {
  if (auto cleared = clear_socket_path(socket_path); !cleared) return std::unexpected(cleared.error());
  std::unique_ptr<HttpServer> server(new HttpServer(std::make_unique<Parts>(context, socket_path)));
  Parts& parts = *server->parts_;
  parts.shared = std::make_shared<Shared>(Shared{limits, std::move(answer)});
  if (auto listening = listen_at(parts.acceptor, socket_path, parts.bound); !listening) {
    return std::unexpected(listening.error());
  }
  if (auto set = set_socket_rights(socket_path, group); !set) return std::unexpected(set.error());
  parts.accept();
  return server;
}

}  // namespace levelgate::api
