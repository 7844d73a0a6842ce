// SPDX-License-Identifier: Apache-2.0
//
// TCP sockets as streams of IKE want them: made, bound, tuned. System calls and their errors, and nothing that is read
// or written. Only this room includes it.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/result.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>

namespace levelgate::sockets {

using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpAcceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Binds whether or not the address is there yet. Errors as of UdpPort::open.
[[nodiscard]] Result<TcpAcceptor> listening_socket(boost::asio::io_context& context, const Endpoint& local);
// A call that is under way: writable when it is made, or when it failed. Nothing: it could not even begin.
[[nodiscard]] std::optional<TcpSocket> calling_socket(boost::asio::io_context& context, const IpAddress& local,
                                                      const Endpoint& remote);
// Whether a call that was under way has been answered.
enum class CallAnswer : std::uint8_t {
  kNone,  // it is still under way: a socket may report from before the call
  kMade,
  kRefused,
};
[[nodiscard]] CallAnswer call_answered(TcpSocket& socket);

enum class Accepted : std::uint8_t { kOne, kNone, kNoDescriptor, kFailed };
// The next connection of the kernel's queue, non-blocking.
[[nodiscard]] Accepted accept_one(TcpAcceptor& acceptor, TcpSocket& into, Endpoint& remote);
[[nodiscard]] Endpoint local_end(TcpSocket& socket);

// An accepted connection has a small window until something on it is authentic; then it may carry large keys.
void widen_window(TcpSocket& socket);

}  // namespace levelgate::sockets
