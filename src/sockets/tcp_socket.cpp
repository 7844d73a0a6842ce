// SPDX-License-Identifier: Apache-2.0
//
// Options of tcp(7), ip(7) and ipv6(7), set before a connection is made so that its handshake has them.
#include "sockets/tcp_socket.h"

#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sockets/asio_endpoint.h"
#include "sockets/socket_option.h"

namespace levelgate::sockets {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4'096;
constexpr int kNarrowWindow = 16 * 1024;  // octets: an IKE_SA_INIT request has some hundred
constexpr int kWideWindow = 1024 * 1024;  // a large key over a long path
constexpr int kUnsentMost = 128 * 1024;   // in the kernel: what waits is better dropped by our own queue
// What the other side has not acknowledged for so long is lost with the connection, and repeated on another one:
// the kernel's own waits grow to minutes.
constexpr int kUnacknowledgedMs = 20'000;

// Beyond what the system grants to everybody, where we may.
bool set_buffer(int socket, int octets) {
  return set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, octets) || set_option(socket, SOL_SOCKET, SO_RCVBUF, octets);
}

// Messages leave at once; the flow label of IPv6 is that of every connection of a peer [9329-6.1-h].
bool prepare_tcp(int socket, IpFamily family) {
  const bool tuned = set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1) &&
                     set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentMost) &&
                     set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  if (family == IpFamily::kV4) return tuned && set_option(socket, IPPROTO_IP, IP_FREEBIND, 1);
  (void)set_option(socket, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0);
  return tuned && set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(socket, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}

std::unexpected<Error> cannot_listen(const Endpoint& local, const error_code& error) {
  const std::string place = "cannot listen on TCP " + local.text() + ": ";
  if (error == asio::error::address_in_use) {
    return failure(Fault::kAddressInUse, place + "another program has it; stop that one (ss -ltnp shows it)");
  }
  if (error == asio::error::access_denied || error == asio::error::no_permission) {
    return failure(Fault::kNotPermitted, place + "ports below 1024 need CAP_NET_BIND_SERVICE");
  }
  return failure(Fault::kIo, place + error.message());
}

tcp protocol_of(const IpAddress& address) { return address.family() == IpFamily::kV4 ? tcp::v4() : tcp::v6(); }

}  // namespace

Result<TcpAcceptor> listening_socket(asio::io_context& context, const Endpoint& local) {
  TcpAcceptor acceptor(context.get_executor());
  error_code error;
  acceptor.open(protocol_of(local.address), error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (error) return cannot_listen(local, error);
  const int socket = acceptor.native_handle();
  // The scale of a connection's window is fixed as it is made, by the buffer of who listens: a narrow one here would
  // leave 65,535 octets at most, for ever.
  if (!prepare_tcp(socket, local.address.family()) || !set_buffer(socket, kWideWindow)) {
    return cannot_listen(local, error_code(errno, boost::system::system_category()));
  }
  acceptor.bind(to_asio<tcp>(local), error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return cannot_listen(local, error);
  return acceptor;
}

std::optional<TcpSocket> calling_socket(asio::io_context& context, const IpAddress& local, const Endpoint& remote) {
  TcpSocket socket(context.get_executor());
  error_code error;
  socket.open(protocol_of(local), error);
  if (!error) socket.non_blocking(true, error);
  if (error || !prepare_tcp(socket.native_handle(), local.family())) return std::nullopt;
  socket.bind(to_asio<tcp>({local, 0}), error);
  if (error) return std::nullopt;
  const tcp::endpoint to = to_asio<tcp>(remote);
  if (::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0) return socket;
  return errno == EINPROGRESS ? std::optional(std::move(socket)) : std::nullopt;
}

CallAnswer call_answered(TcpSocket& socket) {
  int error = 0;
  socklen_t octets = sizeof error;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &octets) != 0 || error != 0) {
    return CallAnswer::kRefused;
  }
  error_code unconnected;
  (void)socket.remote_endpoint(unconnected);
  return unconnected ? CallAnswer::kNone : CallAnswer::kMade;
}

Accepted accept_one(TcpAcceptor& acceptor, TcpSocket& into, Endpoint& remote) {
  error_code error;
  tcp::endpoint from;
  acceptor.accept(into, from, error);
  if (error == asio::error::would_block || error == asio::error::try_again) return Accepted::kNone;
  if (error == asio::error::no_descriptors || error.value() == ENFILE) return Accepted::kNoDescriptor;
  if (!error) into.non_blocking(true, error);
  if (error || !set_option(into.native_handle(), SOL_SOCKET, SO_RCVBUF, kNarrowWindow)) return Accepted::kFailed;
  remote = from_asio(from);
  return Accepted::kOne;
}

Endpoint local_end(TcpSocket& socket) {
  error_code error;
  const tcp::endpoint local = socket.local_endpoint(error);
  return error ? Endpoint{} : from_asio(local);
}

void widen_window(TcpSocket& socket) {
  const int handle = socket.native_handle();
  (void)set_buffer(handle, kWideWindow);
  // The kernel holds a window to what the buffer once was.
  (void)set_option(handle, IPPROTO_TCP, TCP_WINDOW_CLAMP, kWideWindow);
}

}  // namespace levelgate::sockets
