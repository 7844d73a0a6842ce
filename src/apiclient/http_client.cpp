// SPDX-License-Identifier: Apache-2.0
//
// The client on Beast: its own loop, run until the reply is there or the time is over.
#include "apiclient/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

namespace levelgate::apiclient {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = asio::local::stream_protocol;

constexpr std::uint64_t kLongestReply = 64u << 20;  // a listing of every tunnel of a large gateway is far below

class Exchange {
 public:
  Exchange(const std::string& path, Method method, const std::string& target)
      : stream_(context_),
        path_(path),
        request_(method == Method::kGet ? http::verb::get : http::verb::post, target, 11) {
    request_.set(http::field::host, "levelgated");
    request_.prepare_payload();
    parser_.body_limit(kLongestReply);
  }

  Reply run(std::chrono::seconds limit) {
    stream_.expires_after(limit);
    stream_.async_connect(Local::endpoint(path_), [this](error_code error) {
      if (error) return failed(error);
      http::async_write(stream_, request_, [this](error_code wrong, std::size_t) {
        // A server that has no room answers and closes without reading: its answer waits behind the broken pipe.
        const bool closed = wrong == asio::error::broken_pipe || wrong == asio::error::connection_reset;
        if (wrong && !closed) return failed(wrong);
        receive();
      });
    });
    context_.run();
    return reply_;
  }

 private:
  void receive() {
    http::async_read(stream_, buffer_, parser_, [this](error_code error, std::size_t) {
      if (error) return failed(error);
      reply_ = {Reach::kAnswered, parser_.get().result_int(), parser_.get().body(), {}};
      error_code ignored;
      stream_.socket().shutdown(Local::socket::shutdown_both, ignored);
    });
  }

  void failed(error_code error) {
    if (error == beast::error::timeout) {
      reply_ = {Reach::kTimedOut, 0, {}, "the daemon did not answer in time (" + path_ + ")"};
    } else if (error == boost::system::errc::permission_denied) {
      reply_ = {Reach::kNotPermitted, 0, {}, "no right to open " + path_ + "; become root or a member of its group"};
    } else if (error == asio::error::connection_refused || error == boost::system::errc::no_such_file_or_directory) {
      reply_ = {Reach::kNoDaemon, 0, {}, "nobody listens at " + path_ + "; is levelgated running?"};
    } else {
      reply_ = {Reach::kBroken, 0, {}, path_ + ": " + error.message()};
    }
  }

  asio::io_context context_{1};
  beast::basic_stream<Local> stream_;
  std::string path_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  beast::flat_buffer buffer_;
  Reply reply_;
};

}  // namespace

Reply ask(const std::string& socket_path, Method method, const std::string& target, unsigned seconds) {
  // What sockaddr_un holds; Asio would throw.
  if (socket_path.size() > 107) return {Reach::kNoDaemon, 0, {}, socket_path + ": too long for a socket"};
  return Exchange(socket_path, method, target).run(std::chrono::seconds(seconds));
}

}  // namespace levelgate::apiclient
