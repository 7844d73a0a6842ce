// SPDX-License-Identifier: Apache-2.0
//
// Ports and buffers that cannot be had: each fault names the key to change, and leaves no device behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include "dpdk/port.h"
#include "shell.h"

namespace levelgate::testing::port_faults_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PortFaults : public ShellTest {
 protected:
  void SetUp() override {
    ShellTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = dpdk::BufferPool::make("faults", 1'000, 2'000);
    ASSERT_TRUE(made.has_value()) << made.error().what;
    pool = std::move(*made);
  }
  void TearDown() override { EXPECT_EQ(rte_eth_dev_count_avail(), 0) << "a device stayed"; }
  Result<std::unique_ptr<dpdk::Port>> open(const dpdk::PortSettings& settings) {
    return dpdk::Port::open(settings, *pool);
  }
  std::unique_ptr<dpdk::BufferPool> pool;
};

dpdk::PortSettings vdev(const std::string& name) {
  return {.name = "west", .pci = "", .vdev = name, .mtu = 0, .twin = "", .workers = 1};
}

TEST_F(PortFaults, AnUnknownDriver) {
  const auto port = open(vdev("net_nosuch"));
  ASSERT_FALSE(port.has_value());
  EXPECT_EQ(port.error().fault, Fault::kDeviceMissing);
  EXPECT_THAT(port.error().what, AllOf(HasSubstr("ports.west.vdev: "), HasSubstr("net_nosuch")));
}

TEST_F(PortFaults, ArgumentsThatTheDriverDoesNotKnow) {
  const auto port = open(vdev("net_null,nosuch=1"));
  ASSERT_FALSE(port.has_value());
  EXPECT_THAT(port.error().what, AllOf(HasSubstr("ports.west.vdev: "), HasSubstr("nosuch=1")));
}

TEST_F(PortFaults, AnInterfaceThatIsNotThere) {
  const auto port = open(vdev("net_af_packet,iface=lgnosuch"));
  ASSERT_FALSE(port.has_value());
  EXPECT_EQ(port.error().fault, Fault::kDeviceMissing);
  EXPECT_THAT(port.error().what, AllOf(HasSubstr("ports.west.vdev: "), HasSubstr("lgnosuch")));
}

TEST_F(PortFaults, ADeviceThatIsNoPort) {
  const auto port = open(vdev("crypto_null"));
  ASSERT_FALSE(port.has_value());
  EXPECT_THAT(port.error().what, HasSubstr("ports.west.vdev: "));
}

TEST_F(PortFaults, APciAddressWithoutANic) {
  const auto port = open({.name = "west", .pci = "ffff:ff:1f.7", .vdev = "", .mtu = 0, .twin = "", .workers = 1});
  ASSERT_FALSE(port.has_value());
  EXPECT_EQ(port.error().fault, Fault::kDeviceMissing);
  EXPECT_THAT(port.error().what, AllOf(HasSubstr("ports.west.pci: "), HasSubstr("ffff:ff:1f.7")));
}

TEST_F(PortFaults, FewerQueuesThanWorkers) {
  dpdk::PortSettings settings = vdev("net_ring");
  settings.workers = 100;
  const auto port = open(settings);
  ASSERT_FALSE(port.has_value());
  EXPECT_THAT(port.error().what, AllOf(HasSubstr("ports.west"), HasSubstr("dataplane.workers")));
}

TEST_F(PortFaults, ATwinsNameThatIsTaken) {
  dpdk::PortSettings settings = vdev("net_ring");
  settings.twin = "lo";
  const auto port = open(settings);
  ASSERT_FALSE(port.has_value());
  EXPECT_THAT(port.error().what, HasSubstr("ports.west.twin"));
}

TEST_F(PortFaults, ATwinsNameThatIsTooLong) {
  dpdk::PortSettings settings = vdev("net_ring");
  settings.twin = "sixteen-letters-";
  const auto port = open(settings);
  ASSERT_FALSE(port.has_value());
  EXPECT_THAT(port.error().what, HasSubstr("ports.west.twin"));
}

// The same port again after a fault, and after its end.
TEST_F(PortFaults, DoNotSpoilTheNextAttempt) {
  for (int again = 0; again < 3; ++again) {
    dpdk::PortSettings settings = vdev("net_ring");
    settings.twin = "lo";
    ASSERT_FALSE(open(settings).has_value());
    const auto port = open(vdev("net_ring"));
    ASSERT_TRUE(port.has_value()) << port.error().what;
    EXPECT_EQ((*port)->name(), "west");
    EXPECT_FALSE((*port)->has_twin());
  }
}

TEST_F(PortFaults, TheSameDeviceTwice) {
  const auto first = open(vdev("net_ring7"));
  ASSERT_TRUE(first.has_value()) << first.error().what;
  const auto second = open(vdev("net_ring7"));
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().what, HasSubstr("ports.west.vdev: "));
  EXPECT_TRUE((*first)->link_is_up()) << "the first one was taken away";
}

TEST_F(PortFaults, MoreBuffersThanMemory) {
  const auto more = dpdk::BufferPool::make("more", 4'000'000, 9'000);
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().fault, Fault::kNoMemory);
  EXPECT_THAT(more.error().what, AllOf(HasSubstr("4000000"), HasSubstr("dataplane.memory")));
}

TEST(InterfaceBelow, IsThatOfPacketSockets) {
  EXPECT_EQ(dpdk::interface_below("net_af_packet,iface=eth1"), "eth1");
  EXPECT_EQ(dpdk::interface_below("net_af_packet0,qpairs=2,iface=eth1,framesz=4096"), "eth1");
  EXPECT_EQ(dpdk::interface_below("net_af_xdp,iface=veth-a"), "veth-a");
  EXPECT_EQ(dpdk::interface_below("net_af_packet,xiface=eth1"), "");
  EXPECT_EQ(dpdk::interface_below("net_tap,iface=tap0"), "");
  EXPECT_EQ(dpdk::interface_below("net_ring"), "");
  EXPECT_EQ(dpdk::interface_below(""), "");
}

}  // namespace
}  // namespace levelgate::testing::port_faults_test
