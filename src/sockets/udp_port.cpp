// SPDX-License-Identifier: Apache-2.0
//
// The datagram socket on Asio: one wait for readability, then a bounded batch of reads.
#include "sockets/udp_port.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstring>
#include <utility>
#include <vector>

namespace levelgate::sockets {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::size_t kLargestDatagram = 65'535;
constexpr int kBatch = 32;                           // datagrams for one wake-up: a flood must not starve the loop
constexpr int kSocketBuffer = 4 * 1024 * 1024;       // octets: some thousand IKE messages while a slow one is worked on
constexpr std::array<std::byte, 4> kNonEspMarker{};  // RFC 3948 §2.2
constexpr std::array kKeepalive{std::byte{0xff}};    // RFC 3948 §2.3

udp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.family() == IpFamily::kV4) {
    return {asio::ip::address_v4(endpoint.address.v4_host_order()), endpoint.port};
  }
  asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), endpoint.address.bytes().data(), octets.size());
  return {asio::ip::address_v6(octets), endpoint.port};
}

Endpoint from_asio(const udp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return {IpAddress::v4(endpoint.address().to_v4().to_uint()), endpoint.port()};
  const auto octets = endpoint.address().to_v6().to_bytes();
  return {IpAddress::v6_from(std::as_bytes(std::span(octets)).data()), endpoint.port()};
}

bool set_option(udp::socket& socket, int level, int name, int value) {
  return ::setsockopt(socket.native_handle(), level, name, &value, sizeof value) == 0;
}

// Beyond the system's limit where we may, else up to it; with less room it only loses more in a flood.
void widen(udp::socket& socket) {
  if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBuffer)) {
    (void)set_option(socket, SOL_SOCKET, SO_RCVBUF, kSocketBuffer);
  }
  if (!set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBuffer)) {
    (void)set_option(socket, SOL_SOCKET, SO_SNDBUF, kSocketBuffer);
  }
}

// IKE messages may be fragmented by IP: no DF (RFC 7296 §2). The address may come to the twin later than this socket.
bool prepare(udp::socket& socket, IpFamily family) {
  widen(socket);
  if (family == IpFamily::kV4) {
    return set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) &&
           set_option(socket, IPPROTO_IP, IP_FREEBIND, 1) && set_option(socket, IPPROTO_IP, IP_RECVERR, 1);
  }
  return set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
         set_option(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT) &&
         set_option(socket, IPPROTO_IPV6, IPV6_FREEBIND, 1) && set_option(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
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
  State(asio::io_context& context, Marker with, Received called)
      : socket(context), marker(with), call(std::move(called)), buffer(kLargestDatagram) {}

  udp::socket socket;
  Marker marker;
  Received call;
  Absent absent;
  Endpoint local;
  UdpCounts counts;
  std::vector<std::byte> buffer;

  static void wait(const std::shared_ptr<State>& state) {
    state->socket.async_wait(udp::socket::wait_read, [state](error_code error) {
      if (error) return;
      state->read_errors();
      state->read_batch();
      if (state->socket.is_open()) wait(state);
    });
  }

  // The owner may end the port in its call.
  void read_batch() {
    for (int i = 0; i < kBatch && socket.is_open(); ++i) {
      udp::endpoint from;
      error_code error;
      const std::size_t octets = socket.receive_from(asio::buffer(buffer), from, 0, error);
      if (error == asio::error::would_block || error == asio::error::try_again) return;
      if (error) {  // one that ICMP told of comes once here, and with its address in the other queue
        ++counts.receive_errors;
        read_errors();
        return;
      }
      received(from_asio(from), ConstBytes(buffer).first(octets));
    }
  }

  // What ICMP said about datagrams of ours (IP_RECVERR, IPV6_RECVERR of ip(7)).
  void read_errors() {
    for (int i = 0; i < kBatch && socket.is_open(); ++i) {
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
        udp::endpoint asked;
        std::memcpy(asked.data(), &to, std::min<std::size_t>(message.msg_namelen, asked.capacity()));
        if (absent) absent(from_asio(asked), error.ee_errno == ECONNREFUSED ? Absence::kNoProgram : Absence::kNoWay);
        if (!socket.is_open()) return;
      }
    }
  }

  void received(const Endpoint& from, ConstBytes datagram) {
    if (marker == Marker::kNonEsp) {
      if (datagram.size() == 1 && datagram[0] == kKeepalive[0]) return count(counts.keepalives);
      if (datagram.size() < kNonEspMarker.size()) return count(counts.malformed);
      if (load_be<std::uint32_t>(datagram.data()) != 0) return count(counts.esp);
      datagram = datagram.subspan(kNonEspMarker.size());
    }
    ++counts.received;
    call(from, datagram);
  }
  static void count(std::uint64_t& counter) { ++counter; }

  bool send(const Endpoint& to, ConstBytes in_front, ConstBytes message) {
    const std::array<asio::const_buffer, 2> parts{asio::buffer(in_front.data(), in_front.size()),
                                                  asio::buffer(message.data(), message.size())};
    error_code error;
    socket.send_to(parts, to_asio(to), 0, error);
    if (error == asio::error::connection_refused) socket.send_to(parts, to_asio(to), 0, error);  // of an earlier one
    ++(error ? counts.refused : counts.sent);
    return !error;
  }
};

Result<std::unique_ptr<UdpPort>> UdpPort::open(EventLoop& loop, const Endpoint& local, Marker marker, Received call) {
  auto state = std::make_shared<State>(loop.context(), marker, std::move(call));
  const IpFamily family = local.address.family();
  error_code error;
  state->socket.open(family == IpFamily::kV4 ? udp::v4() : udp::v6(), error);
  if (!error) state->socket.non_blocking(true, error);
  if (error) return cannot_bind(local, error);
  if (!prepare(state->socket, family)) return cannot_bind(local, error_code(errno, boost::system::system_category()));
  state->socket.bind(to_asio(local), error);
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
const UdpCounts& UdpPort::counts() const { return state_->counts; }

}  // namespace levelgate::sockets
