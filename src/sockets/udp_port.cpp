// SPDX-License-Identifier: Apache-2.0
//
// The datagram socket on Asio: a wait for readability, then a turn: what the kernel has is read and sorted, some
// strangers are served, and if more wait, the next turn comes behind whatever else the loop has to do.
#include "sockets/udp_port.h"

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sockets/asio_endpoint.h"
#include "sockets/datagram_batch.h"
#include "sockets/inbox.h"
#include "sockets/socket_option.h"

namespace levelgate::sockets {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

// One turn, so that a flood starves neither the loop nor those whom we know.
constexpr int kErrors = 32;             // that ICMP told of
constexpr int kBatches = 16;            // to read: what the fastest flood sends in some milliseconds
constexpr std::size_t kKnown = 128;     // to serve while reading, and no more batches: each may take keys to open
constexpr std::size_t kStrangers = 64;  // to serve then: each may take a cookie, or the choice of a proposal
constexpr int kSocketBuffer = 4 * 1024 * 1024;       // octets: some thousand IKE messages while a slow one is worked on
constexpr std::array<std::byte, 4> kNonEspMarker{};  // RFC 3948 §2.2
constexpr std::array kKeepalive{std::byte{0xff}};    // RFC 3948 §2.3

// Beyond the system's limit where we may, else up to it; with less room it only loses more in a flood.
void widen(udp::socket& socket) {
  if (!set_option(socket.native_handle(), SOL_SOCKET, SO_RCVBUFFORCE, kSocketBuffer)) {
    (void)set_option(socket.native_handle(), SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  }
  if (!set_option(socket.native_handle(), SOL_SOCKET, SO_SNDBUFFORCE, kSocketBuffer)) {
    (void)set_option(socket.native_handle(), SOL_SOCKET, SO_SNDBUF, kSocketBuffer);
  }
}

// IKE messages may be fragmented by IP: no DF (RFC 7296 §2). The address may come to the twin later than this socket.
bool prepare_udp(udp::socket& socket, IpFamily family) {
  widen(socket);
  if (family == IpFamily::kV4) {
    return set_option(socket.native_handle(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) &&
           set_option(socket.native_handle(), IPPROTO_IP, IP_FREEBIND, 1) &&
           set_option(socket.native_handle(), IPPROTO_IP, IP_RECVERR, 1);
  }
  return set_option(socket.native_handle(), IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(socket.native_handle(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) &&
         set_option(socket.native_handle(), IPPROTO_IPV6, IPV6_FREEBIND, 1) &&
         set_option(socket.native_handle(), IPPROTO_IPV6, IPV6_RECVERR, 1);
}

std::unexpected<Error> cannot_bind(const Endpoint& local, const error_code& error) {
  const std::string place = "cannot bind UDP " + local.text() + ": ";
  if (error == asio::error::address_in_use) {
    return failure(Fault::kAddressInUse, place + "another program has it; stop that one (ss -lunp shows it)");
  }
  if (error == asio::error::access_denied || error == asio::error::no_permission) {
    return failure(Fault::kNotPermitted, place + "ports below 1024 need CAP_NET_BIND_SERVICE");
  }
  return failure(Fault::kIo, place + error.message());
}

}  // namespace

struct UdpPort::State {
  State(asio::io_context& context, Marker with, Calls called)
      : socket(context), marker(with), calls(std::move(called)) {}

  udp::socket socket;
  Marker marker;
  Calls calls;
  Absent absent;
  Endpoint local;
  UdpCounts counts;
  DatagramBatch batch;
  Inbox inbox;

  static void wait(const std::shared_ptr<State>& state) {
    state->socket.async_wait(udp::socket::wait_read, [state](error_code error) {
      if (!error) turn(state);
    });
  }

  // The owner may end the port in each of its calls.
  static void turn(const std::shared_ptr<State>& state) {
    state->read_errors();
    state->read();
    state->serve_strangers();
    if (!state->socket.is_open()) return;
    if (state->inbox.empty()) return wait(state);
    asio::post(state->socket.get_executor(), [state] { turn(state); });
  }

  void read() {
    std::size_t known = 0;
    for (int i = 0; i < kBatches && known < kKnown && socket.is_open(); ++i) {
      const int read = batch.read(socket.native_handle());
      if (read < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        ++counts.receive_errors;  // one that ICMP told of comes once here, and with its address in the other queue
        return read_errors();
      }
      for (std::size_t at = 0; at < static_cast<std::size_t>(read) && socket.is_open(); ++at) {
        known += arrived(batch[at]) ? 1 : 0;
      }
      if (static_cast<std::size_t>(read) < DatagramBatch::kMost) return;
    }
  }

  void serve_strangers() {
    for (std::size_t i = 0; i < kStrangers && socket.is_open(); ++i) {
      const auto datagram = inbox.take();
      if (!datagram) return;
      serve(*datagram);
    }
  }

  // What ICMP said about datagrams of ours (IP_RECVERR, IPV6_RECVERR of ip(7)).
  void read_errors() {
    for (int i = 0; i < kErrors && socket.is_open(); ++i) {
      std::array<std::byte, 64> begin{};
      std::array<std::byte, 512> control{};
      sockaddr_storage to{};
      iovec part{begin.data(), begin.size()};
      msghdr message{&to, sizeof to, &part, 1, control.data(), control.size(), 0};
      if (::recvmsg(socket.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
      for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        const bool v4 = head->cmsg_level == SOL_IP && head->cmsg_type == IP_RECVERR;
        const bool v6 = head->cmsg_level == SOL_IPV6 && head->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6) continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(head), sizeof error);
        if (absent) absent(endpoint_of(to), error.ee_errno == ECONNREFUSED ? Absence::kNoProgram : Absence::kNoWay);
        if (!socket.is_open()) return;
      }
    }
  }

  // Whether it was one whom we know, who is served at once.
  bool arrived(Datagram datagram) {
    if (marker == Marker::kNonEsp) {
      const ConstBytes octets = datagram.octets;
      if (octets.size() == 1 && octets[0] == kKeepalive[0]) return count(counts.keepalives);
      if (octets.size() < kNonEspMarker.size()) return count(counts.malformed);
      if (load_be<std::uint32_t>(octets.data()) != 0) return count(counts.esp);
      datagram.octets = octets.subspan(kNonEspMarker.size());
    }
    switch (calls.who(datagram.octets)) {
      case model::Caller::kKnown:
        serve(datagram);
        return true;
      case model::Caller::kReturned:
        return inbox.put(Inbox::Line::kReturned, datagram) ? false : count(counts.lost.returned);
      case model::Caller::kFirst:
        break;
    }
    return inbox.put(Inbox::Line::kFirst, datagram) ? false : count(counts.lost.strangers);
  }
  void serve(const Datagram& datagram) {
    ++counts.received;
    calls.received(datagram.from, datagram.octets);
  }
  static bool count(std::uint64_t& counter) {
    ++counter;
    return false;
  }

  // The kernel counts in 32 bits from the socket's birth on.
  [[nodiscard]] UdpCounts counted() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t octets = sizeof memory;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_MEMINFO, memory.data(), &octets) == 0) {
      counts.lost.unread += static_cast<std::uint32_t>(memory[SK_MEMINFO_DROPS] - unread_seen);
      unread_seen = memory[SK_MEMINFO_DROPS];
    }
    return counts;
  }
  std::uint32_t unread_seen = 0;

  bool send(const Endpoint& to, ConstBytes in_front, ConstBytes message) {
    const std::array<asio::const_buffer, 2> parts{asio::buffer(in_front.data(), in_front.size()),
                                                  asio::buffer(message.data(), message.size())};
    error_code error;
    socket.send_to(parts, to_asio<udp>(to), 0, error);
    if (error == asio::error::connection_refused)
      socket.send_to(parts, to_asio<udp>(to), 0, error);  // of an earlier one
    ++(error ? counts.refused : counts.sent);
    return !error;
  }
};

Result<std::unique_ptr<UdpPort>> UdpPort::open(EventLoop& loop, const Endpoint& local, Marker marker, Calls calls) {
  auto state = std::make_shared<State>(loop.context(), marker, std::move(calls));
  const IpFamily family = local.address.family();
  error_code error;
  state->socket.open(family == IpFamily::kV4 ? udp::v4() : udp::v6(), error);
  if (!error) state->socket.non_blocking(true, error);
  if (error) return cannot_bind(local, error);
  if (!prepare_udp(state->socket, family))
    return cannot_bind(local, error_code(errno, boost::system::system_category()));
  state->socket.bind(to_asio<udp>(local), error);
  if (error) return cannot_bind(local, error);
  const udp::endpoint bound = state->socket.local_endpoint(error);
  if (error) return cannot_bind(local, error);
  state->local = from_asio(bound);
  State::wait(state);
  return std::unique_ptr<UdpPort>(new UdpPort(std::move(state)));
}

UdpPort::UdpPort(std::shared_ptr<State> state) : state_(std::move(state)) {}

UdpPort::~UdpPort() {
  error_code ignored;
  state_->socket.close(ignored);
}

bool UdpPort::send(const Endpoint& to, ConstBytes message) {
  const ConstBytes in_front = state_->marker == Marker::kNonEsp ? ConstBytes(kNonEspMarker) : ConstBytes{};
  return state_->send(to, in_front, message);
}

bool UdpPort::send_keepalive(const Endpoint& to) { return state_->send(to, {}, kKeepalive); }

void UdpPort::on_absent(Absent call) { state_->absent = std::move(call); }
const Endpoint& UdpPort::local() const { return state_->local; }
UdpCounts UdpPort::counts() const { return state_->counted(); }

}  // namespace levelgate::sockets
