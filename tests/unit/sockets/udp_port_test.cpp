// SPDX-License-Identifier: Apache-2.0
//
// Datagrams over the loopback interface: the non-ESP marker (RFC 3948 §2.2), keepalives (RFC 3948 §2.3), bounds.
#include "sockets/udp_port.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "listener.h"

namespace levelgate::sockets::udp_port_test {
namespace {

UdpPort::Calls nobody() {
  return {[](const Endpoint&, ConstBytes) {}, everybody_is_known};
}

TEST(UdpPort, ADatagramComesAsItWasSentOverBothFamilies) {
  for (const char* const address : {"127.0.0.1", "::1"}) {
    EventLoop loop;
    Listener a(loop, loopback(address), Marker::kNone);
    Listener b(loop, loopback(address), Marker::kNone);
    ASSERT_TRUE(a.port && b.port);
    EXPECT_NE(a.port->local().port, 0);
    EXPECT_TRUE(a.port->send(b.port->local(), octets({0xff})));
    EXPECT_TRUE(a.port->send(b.port->local(), {}));
    EXPECT_TRUE(a.port->send(b.port->local(), octets({1, 2, 3, 4, 5})));
    b.wait_for(3);
    EXPECT_EQ(b.got[0], std::pair(a.port->local(), octets({0xff}))) << "without a marker there is no keepalive";
    EXPECT_EQ(b.got[1].second, octets({}));
    EXPECT_EQ(b.got[2].second, octets({1, 2, 3, 4, 5}));
    EXPECT_TRUE(b.port->send(b.got[0].first, octets({9})));
    a.wait_for(1);
    EXPECT_EQ(a.got[0], std::pair(b.port->local(), octets({9})));
    EXPECT_EQ(a.port->counts().sent, 3u);
    EXPECT_EQ(b.port->counts().received, 3u);
  }
}

// RFC 3948 §2.2: four zero octets stand in front of IKE's message, and the owner does not see them.
// [7296-2-b]
TEST(UdpPort, TheMarkerIsAddedAndTakenOff) {
  EventLoop loop;
  Listener bare(loop, loopback("127.0.0.1"), Marker::kNone);
  Listener marked(loop, loopback("127.0.0.1"), Marker::kNonEsp);
  Listener other(loop, loopback("127.0.0.1"), Marker::kNonEsp);
  EXPECT_TRUE(marked.port->send(bare.port->local(), octets({7, 8})));
  bare.wait_for(1);
  EXPECT_EQ(bare.got[0].second, octets({0, 0, 0, 0, 7, 8}));
  EXPECT_TRUE(marked.port->send(other.port->local(), octets({7, 8})));
  other.wait_for(1);
  EXPECT_EQ(other.got[0].second, octets({7, 8}));
}

// RFC 3948 §2.3, §3.2: what is no IKE message there is dropped, each under its own count.
TEST(UdpPort, EspAndKeepalivesAreDroppedAndCounted) {
  EventLoop loop;
  Listener bare(loop, loopback("127.0.0.1"), Marker::kNone);
  Listener marked(loop, loopback("127.0.0.1"), Marker::kNonEsp);
  const Endpoint to = marked.port->local();
  EXPECT_TRUE(bare.port->send(to, octets({0xff})));
  EXPECT_TRUE(bare.port->send(to, octets({0xfe})));
  EXPECT_TRUE(bare.port->send(to, octets({0, 0, 0})));
  EXPECT_TRUE(bare.port->send(to, {}));
  EXPECT_TRUE(bare.port->send(to, octets({0, 0, 0x10, 1, 0, 0, 0, 1})));
  EXPECT_TRUE(bare.port->send(to, octets({0, 0, 0, 0, 42})));
  marked.wait_for(1);
  EXPECT_EQ(marked.got[0].second, octets({42}));
  EXPECT_EQ(marked.port->counts().keepalives, 1u);
  EXPECT_EQ(marked.port->counts().malformed, 3u);
  EXPECT_EQ(marked.port->counts().esp, 1u);
  EXPECT_EQ(marked.port->counts().received, 1u);
}

// RFC 3948 §2.3: one octet 0xFF, without a marker.
TEST(UdpPort, AKeepaliveIsOneOctet) {
  EventLoop loop;
  Listener bare(loop, loopback("127.0.0.1"), Marker::kNone);
  Listener marked(loop, loopback("127.0.0.1"), Marker::kNonEsp);
  EXPECT_TRUE(marked.port->send_keepalive(bare.port->local()));
  bare.wait_for(1);
  EXPECT_EQ(bare.got[0].second, octets({0xff}));
}

// More than one wake-up takes: nothing stays behind, and timers run in between.
TEST(UdpPort, AFloodComesInBatches) {
  EventLoop loop;
  Listener a(loop, loopback("127.0.0.1"), Marker::kNone);
  Listener b(loop, loopback("127.0.0.1"), Marker::kNone);
  for (int i = 0; i < 150; ++i) ASSERT_TRUE(a.port->send(b.port->local(), octets({i})));
  b.wait_for(150);
  ASSERT_EQ(b.got.size(), 150u);
  for (int i = 0; i < 150; ++i) EXPECT_EQ(b.got[static_cast<std::size_t>(i)].second, octets({i}));
}

TEST(UdpPort, TheLargestDatagramComesWholeAndALargerOneIsRefusedAndCounted) {
  EventLoop loop;
  Listener a(loop, loopback("127.0.0.1"), Marker::kNone);
  Listener b(loop, loopback("127.0.0.1"), Marker::kNone);
  const Octets largest(65'507, std::byte{5});  // behind the IP and UDP headers
  EXPECT_TRUE(a.port->send(b.port->local(), largest));
  b.wait_for(1);
  EXPECT_EQ(b.got[0].second, largest);
  EXPECT_FALSE(a.port->send(b.port->local(), Octets(65'508)));
  EXPECT_FALSE(a.port->send(loopback("::1", 500), octets({1}))) << "the other family";
  EXPECT_EQ(a.port->counts().refused, 2u);
  EXPECT_EQ(a.port->counts().sent, 1u);
}

TEST(UdpPort, BindsBeforeTheAddressIsThere) {
  EventLoop loop;
  for (const char* const address : {"192.0.2.77", "2001:db8::77"}) {
    const auto port = UdpPort::open(loop, loopback(address), Marker::kNone, nobody());
    ASSERT_TRUE(port) << port.error().what;
    EXPECT_EQ((*port)->local().address, *IpAddress::parse(address));
  }
}

TEST(UdpPort, ATakenPortIsAnErrorThatNamesIt) {
  EventLoop loop;
  Listener first(loop, loopback("127.0.0.1"), Marker::kNone);
  const Endpoint taken = first.port->local();
  const auto second = UdpPort::open(loop, taken, Marker::kNone, nobody());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kAddressInUse);
  EXPECT_NE(second.error().what.find(taken.text()), std::string::npos) << second.error().what;
}

// RFC 5952 §6.
TEST(UdpPort, EndpointsAreWrittenForPeople) {
  EXPECT_EQ(loopback("127.0.0.1", 500).text(), "127.0.0.1:500");
  EXPECT_EQ(loopback("2001:db8::1", 4500).text(), "[2001:db8::1]:4500");
}

}  // namespace
}  // namespace levelgate::sockets::udp_port_test
