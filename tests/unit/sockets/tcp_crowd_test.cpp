// SPDX-License-Identifier: Apache-2.0
//
// Thousands of streams of strangers that are idle, drip, or stop within a frame: what they cost, and who is served
// meanwhile. As many as the descriptors of a process allow.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "sockets/alarm.h"
#include "support/case_count.h"
#include "tcp_peer.h"

namespace levelgate::sockets::tcp_crowd_test {
namespace {

using namespace std::chrono_literals;
using stream::StreamEnd;

constexpr std::size_t kWanted = 10'000;
constexpr std::size_t kLeast = 200;
constexpr std::size_t kSpared = 100;  // descriptors for everything else

std::size_t descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t resident_octets() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// A loopback address for each fifty.
std::uint32_t source(std::size_t index) { return 0x7f010000 + static_cast<std::uint32_t>(index / 50) + 1; }

// [9329-6.1-b]
TEST(TcpCrowd, ThousandsOfIdleAndDrippingStreamsEndAndCostLittle) {
  const std::size_t limit = descriptors();
  // Both ends are in this process, but ours are no more than the bound of unproven ones.
  const StreamBounds bounds;
  if (limit < kSpared + 2 * kLeast) GTEST_SKIP() << "this process may have " << limit << " descriptors only";
  std::size_t count = std::min(kWanted, limit - kSpared - std::min(bounds.unproven, (limit - kSpared) / 2));
  if (testing::kFewCases) count = std::min<std::size_t>(count, 1'000);
  EventLoop loop;
  Streams ours(loop);
  ours.listen();
  const std::size_t before = resident_octets();
  std::vector<BarePeer> peers;
  peers.reserve(count);
  const std::size_t own = count * sizeof(BarePeer);
  const Octets begins[] = {{}, prefix(), prefix() + octets({0x08, 0, 0, 0, 0, 0, 1, 2, 3}), octets({'I'})};
  std::size_t most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    peers.emplace_back(ours.at, source(i));
    ASSERT_TRUE(peers.back().made()) << i;
    if (!begins[i % 4].empty()) (void)peers.back().send(begins[i % 4]);
    if (i % 64 == 63) {
      ASSERT_TRUE(ours.wait_until([&] { return ours.all.counts().accepted > i; }));
    }
    most = std::max(most, ours.all.open());
  }
  ASSERT_TRUE(ours.wait_until([&] { return ours.all.counts().accepted == count; }));
  EXPECT_LE(most, bounds.unproven);
  const std::size_t cost = std::max(resident_octets(), before + own) - before - own;
  EXPECT_TRUE(testing::kFewCases || cost <= std::size_t{32} << 20) << cost;
  RecordProperty("octets", std::to_string(cost));
  // Somebody honest among them.
  const BarePeer honest(ours.at, 0x7f020001);
  EXPECT_TRUE(honest.send(prefix() + ike_frame(octets({42}))));
  ASSERT_TRUE(ours.wait_until([&] { return !ours.got.empty(); }));
  ours.all.prove(ours.got[0].link.id);
  EXPECT_TRUE(ours.all.send(ours.got[0].link.id, stream::FrameKind::kIke, octets({43})));
  // One more octet each, again and again, saves nobody.
  std::size_t at = 0;
  loop.every(10ms, [&] {
    for (std::size_t i = 0; i < 200 && !peers.empty(); ++i, ++at) {
      if (at % 4 == 2) (void)peers[at % peers.size()].send(octets({7}));
    }
  });
  ASSERT_TRUE(ours.wait_until([&] { return ours.all.unproven() == 0; }));
  EXPECT_EQ(ours.all.open(), 1u) << "who has proven something stays";
  const TcpCounts counts = ours.all.counts();
  const auto ended = [&](StreamEnd end) { return counts.ends[static_cast<std::size_t>(end)]; };
  EXPECT_EQ(ended(StreamEnd::kCrowded) + ended(StreamEnd::kPrefixLate) + ended(StreamEnd::kFirstLate), count);
  EXPECT_GE(ended(StreamEnd::kPrefixLate), 1u);
  EXPECT_GE(ended(StreamEnd::kFirstLate), 1u);
}

TEST(TcpCrowd, OneAddressHasFewPlaces) {
  EventLoop loop;
  Streams ours(loop, {.unproven_of_source = 8});
  ours.listen();
  const BarePeer bystander(ours.at, 0x7f030001);
  std::vector<BarePeer> peers;
  for (int i = 0; i < 40; ++i) peers.emplace_back(ours.at);
  ASSERT_TRUE(ours.wait_until([&] { return ours.all.counts().accepted == 41; }));
  EXPECT_EQ(ours.all.open(), 9u);
  EXPECT_TRUE(bystander.send(prefix() + ike_frame(octets({1}))));
  EXPECT_TRUE(peers.back().send(prefix() + ike_frame(octets({2}))));
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 2; }));
  for (const auto& [link, end] : ours.ended) EXPECT_EQ(end, StreamEnd::kCrowded);
}

// Where the system has no descriptor left, the oldest stranger gives up its own.
TEST(TcpCrowd, WithoutDescriptorsStrangersFall) {
  const std::size_t limit = descriptors();
  EventLoop loop;
  Streams ours(loop);
  ours.listen();
  std::vector<BarePeer> peers;
  for (int i = 0; i < 20; ++i) peers.emplace_back(ours.at);
  ASSERT_TRUE(ours.wait_until([&] { return ours.all.open() == 20; }));
  peers.emplace_back(ours.at);  // made by the kernel, not yet accepted
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), limit};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool fell = ours.wait_until([&] { return ours.all.counts().accepted == 21; });
  const rlimit again{limit, limit};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &again), 0);
  EXPECT_TRUE(fell);
  EXPECT_GE(ours.all.counts().no_descriptor, 1u);
  EXPECT_GE(ours.all.open(), 19u) << "the kernel asks for a descriptor before it says that nobody is left";
}

}  // namespace
}  // namespace levelgate::sockets::tcp_crowd_test
