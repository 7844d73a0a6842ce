// SPDX-License-Identifier: Apache-2.0
//
// Options of the sockets below streams.
#include "sockets/tcp_socket.h"

#include <gtest/gtest.h>
#include <linux/in6.h>
#include <sys/socket.h>

#include "sockets/asio_endpoint.h"

namespace levelgate::sockets {
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

}  // namespace
}  // namespace levelgate::sockets
