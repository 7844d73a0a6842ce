// SPDX-License-Identifier: Apache-2.0
//
// Options of the sockets below streams.
#include "sockets/tcp_socket.h"

#include <gtest/gtest.h>
#include <linux/in6.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sockets/asio_endpoint.h"

namespace levelgate::sockets::tcp_socket_test {
namespace {

// [9329-6.1-h]
TEST(TcpSocket, ItsSocketsChooseNoFlowLabelOfTheirOwn) {
  boost::asio::io_context context;
  auto listening = listening_socket(context, {*IpAddress::parse("::1"), 0});
  ASSERT_TRUE(listening);
  const auto bound = from_asio(listening->local_endpoint());
  auto calling = calling_socket(context, bound.address, bound);
  ASSERT_TRUE(calling);
  for (const int socket : {listening->native_handle(), calling->native_handle()}) {
    int automatic = -1;
    socklen_t octets = sizeof automatic;
    ASSERT_EQ(::getsockopt(socket, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, &automatic, &octets), 0);
    EXPECT_EQ(automatic, 0);
  }
}

int buffer_of(TcpSocket& socket) {
  int octets = 0;
  socklen_t size = sizeof octets;
  EXPECT_EQ(::getsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVBUF, &octets, &size), 0);
  return octets;
}

// A window's scale is fixed as the connection is made: without one 65,535 octets are all there can be for ever, and a
// large key would take a round trip for each of them.
TEST(TcpSocket, AnAcceptedOneIsNarrowAndCanBecomeWide) {
  boost::asio::io_context context;
  auto listening = listening_socket(context, {*IpAddress::parse("127.0.0.1"), 0});
  ASSERT_TRUE(listening);
  const auto bound = from_asio(listening->local_endpoint());
  auto calling = calling_socket(context, bound.address, bound);
  ASSERT_TRUE(calling);
  calling->wait(TcpSocket::wait_write);
  listening->wait(TcpAcceptor::wait_read);
  TcpSocket accepted(context.get_executor());
  Endpoint remote;
  ASSERT_EQ(accept_one(*listening, accepted, remote), Accepted::kOne);
  const int narrow = buffer_of(accepted);
  EXPECT_LE(narrow, 64 * 1024);
  tcp_info info{};
  socklen_t octets = sizeof info;
  ASSERT_EQ(::getsockopt(accepted.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &octets), 0);
  EXPECT_GE(std::uint64_t{65'535} << info.tcpi_rcv_wscale, 200'000u) << "that it may ever offer";
  widen_window(accepted);
  EXPECT_GE(buffer_of(accepted), 4 * narrow);
}

}  // namespace
}  // namespace levelgate::sockets::tcp_socket_test
