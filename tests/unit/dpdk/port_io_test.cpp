// SPDX-License-Identifier: Apache-2.0
//
// Packets as views on mbufs: nothing is lost, nothing is given back twice, and what leaves is what the view shows. The
// port is a ring that gives back what it takes, or one that swallows everything; the twin is a real TAP interface.
#include "dpdk/port_io.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

#include "shell.h"
#include "support/no_alloc_scope.h"
#include "support/sa_pair.h"

namespace levelgate::testing::port_io_test {
namespace {

constexpr PortId kPort{0};
constexpr std::uint32_t kFrame = 9'280;
constexpr std::uint32_t kBuffers = 3'000;

class PortIoTest : public ShellTest {
 protected:
  void SetUp() override {
    ShellTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = dpdk::BufferPool::make("io", kBuffers, kFrame);
    ASSERT_TRUE(made.has_value()) << made.error().what;
    pool = std::move(*made);
  }
  void TearDown() override {
    io.reset();
    const std::uint32_t left = pool ? pool->in_use() : 0;
    port.reset();
    EXPECT_EQ(rte_eth_dev_count_avail(), 0) << "a device stayed";
    if (pool) {
      EXPECT_LE(pool->in_use(), left);
    }
  }
  void open(const std::string& vdev, const std::string& twin = "", std::uint32_t mtu = 0) {
    auto opened =
        dpdk::Port::open({.name = "a", .pci = "", .vdev = vdev, .mtu = mtu, .twin = twin, .workers = 1}, *pool);
    ASSERT_TRUE(opened.has_value()) << opened.error().what << "\n" << shell().last_lines;
    port = std::move(*opened);
    io = std::make_unique<dpdk::PortIo>(std::vector<dpdk::Port*>{port.get()}, *pool, std::uint16_t{0});
  }

  Packet packet_of(const Octets& octets) {
    Packet packet;
    EXPECT_TRUE(io->acquire({&packet, 1}));
    std::memcpy(packet.data, octets.data(), octets.size());
    packet.set_length(static_cast<std::uint32_t>(octets.size()));
    return packet;
  }
  static Octets octets(const Packet& packet) { return Octets(packet.data, packet.data + packet.length); }
  std::vector<Octets> receive_all() {
    std::vector<Octets> all;
    std::array<Packet, 32> burst;
    while (const std::size_t count = io->receive(kPort, burst)) {
      for (const Packet& packet : std::span(burst).first(count)) all.push_back(octets(packet));
      io->release(std::span<const Packet>(burst).first(count));
    }
    return all;
  }

  std::unique_ptr<dpdk::BufferPool> pool;
  std::unique_ptr<dpdk::Port> port;
  std::unique_ptr<dpdk::PortIo> io;
};

// What dataplane::PacketIo promises of fresh buffers.
TEST_F(PortIoTest, AcquiresRoomForTheLargestPacket) {
  open("net_ring");
  std::array<Packet, 64> packets;
  ASSERT_TRUE(io->acquire(packets));
  EXPECT_EQ(pool->in_use(), 64u);
  for (const Packet& packet : packets) {
    EXPECT_EQ(packet.length, 0u);
    EXPECT_GE(packet.headroom, dataplane::PacketIo::kHeadroom);
    EXPECT_GE(packet.tailroom, kFrame);
    std::memset(packet.data - packet.headroom, 0x5a, packet.headroom + packet.tailroom);  // all of it is ours
  }
  io->release(packets);
  EXPECT_EQ(pool->in_use(), 0u);
}

TEST_F(PortIoTest, AcquiresAllOrNone) {
  open("net_ring");
  std::vector<Packet> all(kBuffers);
  std::size_t got = 0;
  while (got + 64 <= all.size() && io->acquire(std::span(all).subspan(got, 64))) got += 64;
  while (got < all.size() && io->acquire(std::span(all).subspan(got, 1))) ++got;
  EXPECT_EQ(got, kBuffers);
  std::array<Packet, 64> more;
  EXPECT_FALSE(io->acquire(std::span(more).first(1)));
  io->release(std::span<const Packet>(all).last(10));
  EXPECT_FALSE(io->acquire(std::span(more).first(11)));
  EXPECT_EQ(pool->in_use(), kBuffers - 10);
  EXPECT_TRUE(io->acquire(std::span(more).first(10)));
  io->release(std::span<const Packet>(more).first(10));
  io->release(std::span<const Packet>(all).first(got - 10));
  EXPECT_EQ(pool->in_use(), 0u);
}

TEST_F(PortIoTest, AcquiresAtMostSixtyFourAtOnce) {
  open("net_ring");
  std::vector<Packet> packets(65);
  EXPECT_FALSE(io->acquire(packets));
  EXPECT_EQ(pool->in_use(), 0u);
}

TEST_F(PortIoTest, GivesBackWhatLeft) {
  open("net_ring");
  std::vector<Octets> sent;
  std::vector<Packet> frames;
  for (unsigned i = 0; i < 100; ++i) {
    sent.push_back(octets_of(60 + i * 90, i));
    frames.push_back(packet_of(sent.back()));
  }
  EXPECT_EQ(io->transmit(kPort, frames), 100u);
  EXPECT_EQ(receive_all(), sent);
  EXPECT_EQ(pool->in_use(), 0u);
}

// The view decides: octets taken in front or dropped there, and a new length.
TEST_F(PortIoTest, SendsWhatTheViewShows) {
  open("net_ring");
  Packet longer = packet_of(octets_of(100, 1));
  longer.take_headroom(50);
  std::memset(longer.data, 0x11, 50);
  Packet shorter = packet_of(octets_of(200, 2));
  shorter.drop_front(70);
  shorter.set_length(100);
  const std::vector<Octets> shown{octets(longer), octets(shorter)};
  std::array<Packet, 2> frames{longer, shorter};
  ASSERT_EQ(io->transmit(kPort, frames), 2u);
  EXPECT_EQ(receive_all(), shown);
}

TEST_F(PortIoTest, ReceivedPacketsHaveRoomAround) {
  open("net_ring");
  std::array<Packet, 1> frame{packet_of(octets_of(100, 1))};
  ASSERT_EQ(io->transmit(kPort, frame), 1u);
  std::array<Packet, 4> got;
  ASSERT_EQ(io->receive(kPort, got), 1u);
  EXPECT_EQ(got[0].headroom, frame[0].headroom);
  EXPECT_EQ(got[0].capacity(), frame[0].capacity());
  io->release(std::span<const Packet>(got).first(1));
}

TEST_F(PortIoTest, ReceivesNoMoreThanAskedFor) {
  open("net_ring");
  std::vector<Packet> frames;
  for (unsigned i = 0; i < 10; ++i) frames.push_back(packet_of(octets_of(60, i)));
  ASSERT_EQ(io->transmit(kPort, frames), 10u);
  std::array<Packet, 10> got;
  EXPECT_EQ(io->receive(kPort, std::span(got).first(3)), 3u);
  EXPECT_EQ(io->receive(kPort, std::span(got).subspan(3, 0)), 0u);
  EXPECT_EQ(io->receive(kPort, std::span(got).subspan(3)), 7u);
  for (unsigned i = 0; i < 10; ++i) EXPECT_EQ(octets(got[i]), octets_of(60, i));
  io->release(got);
  EXPECT_EQ(pool->in_use(), 0u);
}

// The port takes the first ones; the others stay the caller's.
TEST_F(PortIoTest, LeavesToTheCallerWhatThePortDoesNotTake) {
  open("net_ring");
  std::vector<Packet> frames;
  for (unsigned i = 0; i < 2'000; ++i) frames.push_back(packet_of(octets_of(60, i)));
  const std::size_t taken = io->transmit(kPort, frames);
  ASSERT_GT(taken, 0u);
  ASSERT_LT(taken, 2'000u) << "the ring is larger than thought";
  EXPECT_EQ(io->transmit(kPort, std::span(frames).subspan(taken)), 0u);
  EXPECT_EQ(pool->in_use(), 2'000u);
  io->release(std::span<const Packet>(frames).subspan(taken));
  EXPECT_EQ(pool->in_use(), taken);
  const std::vector<Octets> got = receive_all();
  ASSERT_EQ(got.size(), taken);
  for (unsigned i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], octets_of(60, i));
  EXPECT_EQ(pool->in_use(), 0u);
}

// A packet in pieces is never asked for; one that comes nonetheless is given back, and its neighbours arrive.
TEST_F(PortIoTest, DropsPacketsInPieces) {
  open("net_ring");
  rte_mbuf* const first = rte_pktmbuf_alloc(pool->pool());
  rte_mbuf* const second = rte_pktmbuf_alloc(pool->pool());
  ASSERT_NE(rte_pktmbuf_append(first, 60), nullptr);
  ASSERT_NE(rte_pktmbuf_append(second, 60), nullptr);
  ASSERT_EQ(rte_pktmbuf_chain(first, second), 0);
  std::array<Packet, 1> before{packet_of(octets_of(60, 1))};
  std::array<Packet, 1> after{packet_of(octets_of(60, 2))};
  ASSERT_EQ(io->transmit(kPort, before), 1u);
  rte_mbuf* chain = first;
  ASSERT_EQ(rte_eth_tx_burst(port->device(), 0, &chain, 1), 1);
  ASSERT_EQ(io->transmit(kPort, after), 1u);
  EXPECT_EQ(receive_all(), (std::vector<Octets>{octets_of(60, 1), octets_of(60, 2)}));
  EXPECT_EQ(pool->in_use(), 0u);
}

// A port that swallows everything gives the buffers back; as a source it is never empty.
TEST_F(PortIoTest, NullPortKeepsNoBuffers) {
  open("net_null");
  for (int round = 0; round < 100; ++round) {
    std::vector<Packet> frames;
    for (unsigned i = 0; i < 60; ++i) frames.push_back(packet_of(octets_of(60, i)));
    ASSERT_EQ(io->transmit(kPort, frames), 60u);
  }
  std::array<Packet, 32> burst;
  const std::size_t count = io->receive(kPort, burst);
  EXPECT_GT(count, 0u);
  io->release(std::span<const Packet>(burst).first(count));
  EXPECT_EQ(pool->in_use(), 0u);
}

TEST_F(PortIoTest, AllocatesNothing) {
  open("net_ring");
  std::array<Packet, 32> packets;
  NoAllocScope scope;
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(io->acquire(packets));
    for (Packet& packet : packets) packet.set_length(60);
    ASSERT_EQ(io->transmit(kPort, packets), packets.size());
    ASSERT_EQ(io->receive(kPort, packets), packets.size());
    io->release(packets);
  }
  EXPECT_EQ(scope.allocations(), 0u);
}

TEST_F(PortIoTest, PuntsNothingWithoutATwin) {
  open("net_ring");
  std::array<Packet, 1> frame{packet_of(octets_of(60, 1))};
  EXPECT_EQ(io->punt(kPort, frame), 0u);
  EXPECT_FALSE(io->relay_twins());
  io->release(frame);
  EXPECT_EQ(pool->in_use(), 0u);
}

TEST_F(PortIoTest, CountsWhatWentThrough) {
  open("net_ring");
  std::vector<Packet> frames;
  for (unsigned i = 0; i < 20; ++i) frames.push_back(packet_of(octets_of(100, i)));
  ASSERT_EQ(io->transmit(kPort, frames), 20u);
  EXPECT_EQ(receive_all().size(), 20u);
  EXPECT_EQ(port->stats().tx_pkts, 20u);
  EXPECT_EQ(port->stats().rx_pkts, 20u);
  EXPECT_TRUE(port->link_is_up());
}

TEST_F(PortIoTest, ATwinHasThePortsMacAddress) {
  if (!shell().own_network) GTEST_SKIP() << "needs a network namespace of its own (CAP_SYS_ADMIN)";
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/net/tun";
  open("net_null", "lgtwin0");
  ASSERT_TRUE(port->has_twin());
  rte_ether_addr address{};
  rte_eth_macaddr_get(port->twin_device(), &address);
  EXPECT_EQ(std::memcmp(address.addr_bytes, port->mac().octets.data(), 6), 0);
}

// The kernel's side of a twin, in a network namespace of this program.
class TwinTest : public PortIoTest {
 protected:
  void SetUp() override {
    PortIoTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (!shell().own_network) GTEST_SKIP() << "needs a network namespace of its own (CAP_SYS_ADMIN)";
    if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "needs /dev/net/tun";
    open("net_ring", "lgtwin0");
    if (HasFatalFailure()) return;
    // Only frames of a protocol that no kernel sends by itself.
    socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_802_EX1));
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_protocol = htons(ETH_P_802_EX1);
    at.sll_ifindex = static_cast<int>(::if_nametoindex("lgtwin0"));
    ASSERT_NE(at.sll_ifindex, 0);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    timeval patience{5, 0};
    ASSERT_EQ(::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  }
  void TearDown() override {
    if (socket_ >= 0) ::close(socket_);
    PortIoTest::TearDown();
    if (shell().own_network) {
      EXPECT_EQ(::if_nametoindex("lgtwin0"), 0u) << "the twin stayed";
    }
  }
  Octets frame(unsigned seed) const {
    Octets octets = octets_of(100, seed);
    std::memset(octets.data(), 0xff, 6);
    std::memcpy(octets.data() + 6, port->mac().octets.data(), 6);
    octets[12] = std::byte{ETH_P_802_EX1 >> 8};
    octets[13] = std::byte{ETH_P_802_EX1 & 0xff};
    return octets;
  }
  int socket_ = -1;
};

TEST_F(TwinTest, TheKernelSeesWhatIsPunted) {
  std::array<Packet, 1> packet{packet_of(frame(1))};
  ASSERT_EQ(io->punt(kPort, packet), 1u);
  Octets got(2000);
  const ssize_t octets = ::recv(socket_, got.data(), got.size(), 0);
  ASSERT_GT(octets, 0);
  got.resize(static_cast<std::size_t>(octets));
  EXPECT_EQ(got, frame(1));
}

TEST_F(TwinTest, ThePortSendsWhatTheKernelSent) {
  const Octets sent = frame(2);
  ASSERT_EQ(::send(socket_, sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
  std::vector<Octets> got;
  for (int round = 0; round < 1000 && got.empty(); ++round) {
    if (!io->relay_twins()) ::usleep(1000);
    for (Octets& octets : receive_all()) {
      if (octets[12] == sent[12] && octets[13] == sent[13]) got.push_back(std::move(octets));  // not the kernel's own
    }
  }
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got.front(), sent);
}

}  // namespace
}  // namespace levelgate::testing::port_io_test
