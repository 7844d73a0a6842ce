// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 on a UNIX socket (RFC 9112), so that `curl --unix-socket` works. Bounded: so many clients, so many octets,
// so many seconds; whoever is over a bound is answered or closed. Knows no command: each request goes to one function.
#pragma once

#include <levelgate/base/result.h>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace levelgate::api {

enum class Method : std::uint8_t { kGet, kPost };

struct Request {
  Method method = Method::kGet;
  std::string path;   // as it came, without the query
  std::string query;  // as it came, without the question mark
};

struct Response {
  unsigned status = 200;
  std::string body;
  std::string type = "application/json";
};

struct HttpLimits {
  std::size_t clients = 32;
  std::uint32_t header_octets = 8'192;
  std::uint64_t body_octets = 65'536;
  unsigned idle_seconds = 10;  // for the whole of one request, and between two
};

// Thread: control. Listens from open() on; removes the socket file at the end of its life.
class HttpServer {
 public:
  using Answer = std::function<Response(const Request&)>;
  // Replaces a stale socket file; a living listener is kAddressInUse. `group` may be empty.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> open(boost::asio::io_context& context,
                                                                const std::string& socket_path,
                                                                const std::string& group, HttpLimits limits,
                                                                Answer answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::api
