// SPDX-License-Identifier: Apache-2.0
//
// Immediate delivery behind a whole worker (RFC 9347 §2.5): what leaves when, under which name everything is counted,
// and what is held meanwhile.
#include <random>
#include <string>

#include "dataplane/held_payloads.h"
#include "dataplane/inbound.h"
#include "support/case_count.h"
#include "support/figure.h"
#include "support/no_alloc_scope.h"
#include "unit/dataplane/inbound_arrivals.h"

namespace levelgate::testing::inbound_immediate_test {
namespace {

using model::Drop;
using std::chrono::microseconds;
using std::chrono::milliseconds;

struct InboundImmediateTest : InboundArrivals {
  void start(std::uint32_t window, bool immediate = true, std::optional<Nanos> timer = milliseconds(5),
             PlaneOptions options = {}) {
    model::TfsSettings tfs;
    tfs.mode = model::TfsMode::kOnDemand;
    tfs.receive = {.reorder_window = window, .lost_packet_timer = timer, .send_immediately = immediate};
    start_plan(site_plan(Site::kA, tfs), options);
  }
  Frame sealed(const Octets& payload, std::uint8_t next_header = wire::kNextHeaderAggfrag) {
    return peer->seal(payload, next_header);
  }
};

// [9347-2.5-a]
TEST_F(InboundImmediateTest, WholePacketsWaitForNothingAndTheirBuffersGoBack) {
  start(8);
  const Frame first = sealed(aggfrag_payload(0, inner(80, 1)));
  arrive(sealed(aggfrag_payload(0, inner(80, 2) + inner(90, 3))));
  EXPECT_EQ(delivered(), (std::vector<Octets>{forwarded(inner(80, 2)), forwarded(inner(90, 3))}));
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
  EXPECT_EQ(plane->tunnel().reorder_held_pkts, 1u);  // its number waits, its buffer does not
  arrive(first);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(80, 1))});
  EXPECT_EQ(plane->tunnel().early_pkts, 1u);
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 0u);
  EXPECT_EQ(plane->all_drops(), 0u);
}

TEST_F(InboundImmediateTest, FragmentsAreJoinedOutOfOrderInFrontOfTheGap) {
  start(8);
  const Octets packet = inner(1'000, 7);
  const Frame lost = sealed(aggfrag_payload(0, inner(60)));
  const Frame begin = sealed(aggfrag_payload(0, inner(90, 1) + part(packet, 0, 400)));
  const Frame padding = sealed(aggfrag_payload(0, Octets(100)));
  const Frame dummy = sealed(Octets(40), 59);
  const Frame middle = sealed(aggfrag_payload(600, part(packet, 400, 900)));
  const Frame end = sealed(aggfrag_payload(100, part(packet, 900, 1'000) + inner(90, 2)));
  arrive(end);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(90, 2))});
  arrive(begin);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(90, 1))});
  arrive(dummy);
  arrive(middle);
  EXPECT_TRUE(delivered().empty());
  arrive(padding);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(packet)});
  EXPECT_EQ(plane->pool.buffers_out(), 0u);
  EXPECT_EQ(plane->tunnel().joined_early_pkts, 1u);
  wait(milliseconds(6));
  EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1u);
  arrive(lost);
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(60))});
  const model::TunnelStats stats = plane->tunnel();
  EXPECT_EQ(stats.late_pkts, 1u);
  EXPECT_EQ(stats.rx_drop_pkts, 1u);  // the dummy; what is late was delivered
  EXPECT_EQ(stats.inner_rx_incomplete_pkts, 0u);
  EXPECT_EQ(stats.skipped_fragment_pkts, 0u);
  EXPECT_EQ(stats.contradiction_pkts, 0u);
  EXPECT_EQ(stats.rx_all_pad_pkts, 1u);
  EXPECT_EQ(plane->all_drops(), 1u);
}

// Spec table of the receiver: each branch under its name, in either mode the same.
TEST_F(InboundImmediateTest, EndsThatCannotBeJoinedAreCountedByName) {
  for (const bool immediate : {false, true}) {
    start(8, immediate);
    const Octets packet = inner(1'000, 7);
    (void)sealed(aggfrag_payload(0, part(packet, 0, 400)));  // never comes
    arrive(sealed(aggfrag_payload(600, part(packet, 400, 900))));
    arrive(sealed(aggfrag_payload(100, part(packet, 900, 1'000) + part(packet, 0, 400))));
    arrive(sealed(aggfrag_payload(10, part(packet, 0, 10) + inner(60, 1))));
    arrive(sealed(aggfrag_payload(0, part(packet, 0, 500))));
    wait(std::chrono::seconds(3));
    const model::TunnelStats stats = plane->tunnel();
    EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(60, 1))});
    EXPECT_EQ(stats.rx_missed_pkts, 1u);
    EXPECT_EQ(plane->drops(Drop::kAggfragOrphan), 1u);  // the middle
    EXPECT_EQ(stats.skipped_fragment_pkts, 1u);         // the end, in front of a begin
    EXPECT_EQ(stats.contradiction_pkts, 1u);            // 10 octets, where 600 were needed
    EXPECT_EQ(stats.inner_rx_incomplete_pkts, 2u);
    EXPECT_EQ(stats.rx_drop_pkts, 1u);
    EXPECT_EQ(stats.rx_errored_pkts, 0u);
    EXPECT_EQ(plane->pool.buffers_out(), 0u);
    EXPECT_FALSE(plane->workers[0]->holds_packets());
  }
}

TEST_F(InboundImmediateTest, ErrorsAheadOfAGapAreCountedOnceAndBreakWhatIsHalfThere) {
  start(8);
  const Octets packet = inner(1'000, 7);
  (void)sealed(aggfrag_payload(0, inner(60)));  // never comes
  arrive(sealed(aggfrag_payload(0, part(packet, 0, 400))));
  arrive(sealed(octets({2, 0, 0, 0, 9, 9, 9, 9})));
  arrive(sealed(aggfrag_payload(600, part(packet, 400, 1'000))));
  arrive(sealed(aggfrag_payload(0, inner(60, 2) + octets({0x90, 0, 0, 0}))));
  arrive(sealed(Octets(40), wire::kProtocolIpv4));
  wait(milliseconds(6));
  EXPECT_EQ(delivered(), std::vector<Octets>{forwarded(inner(60, 2))});
  EXPECT_EQ(plane->drops(Drop::kAggfragSubType), 1u);
  EXPECT_EQ(plane->drops(Drop::kAggfragBlock), 1u);
  EXPECT_EQ(plane->drops(Drop::kNextHeader), 1u);
  EXPECT_EQ(plane->drops(Drop::kAggfragOrphan), 1u);
  EXPECT_EQ(plane->tunnel().rx_errored_pkts, 3u);
  EXPECT_EQ(plane->tunnel().rx_drop_pkts, 4u);
  EXPECT_EQ(plane->tunnel().inner_rx_incomplete_pkts, 1u);
}

// 100 Mbit/s in packets of 1,400 octets: one every 112 us. In order, delivery goes on when the window is passed or the
// timer fires, whichever is first; immediate delivery holds back no whole packet at all.
TEST_F(InboundImmediateTest, AfterASingleLossDeliveryResumesInTheWindowsTimeOrTheTimers) {
  const Nanos interval = microseconds(112);
  for (const std::uint32_t window : {3u, 31u}) {
    for (const Nanos timer : {Nanos(milliseconds(1)), Nanos(milliseconds(50))}) {
      for (const bool immediate : {false, true}) {
        start(window, immediate, timer);
        const Instant begin = plane->clock;
        Nanos longest{0};
        std::size_t came = 0;
        for (unsigned i = 0; i < 100; ++i) {
          const Instant arrival = begin + interval * i;
          plane->run_until(arrival);
          plane->clock = arrival;
          const Frame frame = sealed(aggfrag_payload(0, inner(1'300, i)));
          if (i != 50) arrive(frame);
        }
        wait(milliseconds(100));
        for (const Sent& sent : plane->sent(kLan)) {
          const Octets packet = ip_of(sent.frame);
          const auto mark = static_cast<unsigned>(came >= 50 ? came + 1 : came);
          EXPECT_EQ(packet, forwarded(inner(1'300, mark)));
          longest = std::max(longest, sent.when - (begin + interval * mark));
          ++came;
        }
        EXPECT_EQ(came, 99u);
        const Nanos allowed = immediate ? Nanos(0) : std::min(interval * window, timer);
        EXPECT_EQ(longest, allowed) << window;
        print_figure("one loss at 100 Mbit/s, " + std::string(immediate ? "immediate" : "in order") + ", window " +
                     std::to_string(window) + ", timer " + std::to_string(timer.count() / 1'000) +
                     " us: " + std::to_string(longest.count() / 1'000) + " us held at most, " +
                     std::to_string(allowed.count() / 1'000) + " us allowed");
        EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1u);
      }
    }
  }
}

// An inner packet is missing only if an outer one that carries part of it is lost or came too late; after each storm
// every buffer is back.
TEST_F(InboundImmediateTest, StormsLoseNoMoreThanTheArithmeticSaysAndPinNothing) {
  std::mt19937_64 engine(20);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(engine() % bound); };
  std::size_t offered = 0;
  std::size_t missing = 0;
  std::size_t bound = 0;
  for (std::size_t storm = 0; storm < cases(1'000); ++storm) {
    const bool immediate = storm % 2 != 0;
    const auto window = static_cast<std::uint32_t>(below(20));
    start(window, immediate, Nanos(milliseconds(1 + below(20))), {.buffers = 128, .buffer_octets = 4'096});
    const std::size_t room = 60 + below(1'300);
    std::vector<Octets> packets;
    Octets row;
    for (unsigned i = 0; row.size() < room * 30; ++i) {
      packets.push_back(inner(28 + below(below(2) == 0 ? 100 : 2'000), i));
      row = row + packets.back();
    }
    struct Arrival {
      std::size_t place;
      std::size_t payload;
    };
    std::vector<Arrival> arrivals;
    std::vector<Frame> frames;
    std::vector<bool> arrived;
    std::size_t next = 0;  // the packet that begins next, and where
    std::size_t next_at = 0;
    for (std::size_t at = 0, n = 0; at < row.size(); at += room, ++n) {
      while (next_at < at) next_at += packets[next++].size();
      frames.push_back(
          sealed(aggfrag_payload(static_cast<unsigned>(next_at - at), part(row, at, std::min(row.size(), at + room)))));
      arrived.push_back(below(10) != 0);
      if (!arrived.back()) continue;
      arrivals.push_back({n + (below(4) == 0 ? below(window + 1) : 0), n});
      if (below(10) == 0) arrivals.push_back({n + below(30), n});
    }
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.place < b.place; });
    for (const Arrival& arrival : arrivals) {
      wait(microseconds(10));
      arrive(frames[arrival.payload]);
    }
    wait(std::chrono::seconds(3));
    const model::TunnelStats stats = plane->tunnel();
    std::size_t touched = 0;  // packets with an octet in a payload that did not come
    std::size_t begin = 0;
    for (const Octets& packet : packets) {
      bool lost = false;
      for (std::size_t n = begin / room; n <= (begin + packet.size() - 1) / room; ++n) lost = lost || !arrived[n];
      touched += lost ? 1 : 0;
      begin += packet.size();
    }
    ASSERT_EQ(stats.late_pkts, 0u) << storm;  // displaced by the window at most
    const std::size_t came = delivered().size();
    ASSERT_EQ(came, packets.size() - touched) << storm;
    offered += packets.size();
    missing += packets.size() - came;
    bound += touched;
    ASSERT_EQ(stats.inner_rx_pkts, packets.size() - touched) << storm;
    ASSERT_EQ(plane->pool.buffers_out(), 0u) << storm;
    ASSERT_FALSE(plane->workers[0]->holds_packets()) << storm;
    ASSERT_TRUE(plane->bury()) << storm;
  }
  print_figure(std::to_string(cases(1'000)) +
               " combinations of loss, order, repeats and sizes: " + std::to_string(missing) + " of " +
               std::to_string(offered) + " inner packets missing, " + std::to_string(bound) + " by arithmetic");
}

TEST_F(InboundImmediateTest, ATurnAllocatesNothing) {
  start(64);
  const Octets packet = inner(1'000, 7);
  std::vector<Frame> frames;
  for (int i = 0; i < 40; ++i) {
    frames.push_back(sealed(aggfrag_payload(0, inner(90, 1) + part(packet, 0, 400))));
    frames.push_back(sealed(aggfrag_payload(600, part(packet, 400, 1'000) + inner(90, 2))));
  }
  plane->io().record = false;
  std::swap(frames[2], frames[37]);
  for (std::size_t i = 0; i + 1 < frames.size(); i += 2) std::swap(frames[i], frames[i + 1]);
  for (const Frame& frame : frames) plane->io().give(kWan, frame);
  {
    NoAllocScope scope;
    for (int i = 0; i < 8; ++i) plane->turn(plane->clock);
    EXPECT_EQ(scope.allocations(), 0u);
  }
  EXPECT_EQ(plane->io().sent_count[kLan.value], 120u);
  EXPECT_GT(plane->tunnel().joined_early_pkts, 0u);
}

// Where the places of all SAs run out, this one lets go rather than drop: gaps are given up, nothing else is lost.
TEST_F(InboundImmediateTest, WithoutAPlaceTheGapIsGivenUpAndNothingElse) {
  for (const bool immediate : {false, true}) {
    start(8, immediate, milliseconds(5), {.held_payloads = 2});
    const Frame late = sealed(aggfrag_payload(0, inner(60, 0)));
    for (unsigned i = 1; i < 6; ++i) arrive(sealed(aggfrag_payload(0, inner(60, i))));
    EXPECT_EQ(delivered().size(), 5u);
    EXPECT_EQ(plane->tunnel().rx_missed_pkts, 1u);
    arrive(late);
    EXPECT_EQ(plane->tunnel().late_pkts, 1u);
    EXPECT_EQ(delivered().size(), immediate ? 1u : 0u);
    EXPECT_EQ(plane->pool.buffers_out(), 0u);
  }
}

// [9347-2.2.3-c]
TEST_F(InboundImmediateTest, AnAdaptiveWindowGrowsWithTheFirstLatePacket) {
  model::TfsSettings tfs;
  tfs.mode = model::TfsMode::kOnDemand;
  tfs.receive = {.reorder_window = 64, .adapt_window = true, .lost_packet_timer = milliseconds(5)};
  start_plan(site_plan(Site::kA, tfs));
  std::size_t late = 0;
  for (int round = 0; round < 5; ++round) {
    const Frame displaced = sealed(aggfrag_payload(0, inner(60)));
    for (unsigned i = 0; i < 12; ++i) arrive(sealed(aggfrag_payload(0, inner(60, i))));
    arrive(displaced);
    late = plane->tunnel().late_pkts;
  }
  EXPECT_EQ(late, 1u);
  EXPECT_EQ(plane->tunnel().reorder_window_pkts, 12u + 3 + 1);
}

// A window of 1,024 on 1,000 tunnels: what each has reserved, whether anything waits or not, and what waiting costs.
TEST(ReceiveMemory, AWindowOf1024On1000TunnelsIsThirteenMegabytes) {
  using Window = aggfrag::ReorderWindow<dataplane::HeldPayloads::Place>;
  constexpr std::size_t kTunnels = 1'000;
  EXPECT_EQ(Window::octets(1'024), 12'300u);
  EXPECT_LE(kTunnels * (Window::octets(1'024) + sizeof(dataplane::InboundStream)), 13'000'000u);
  EXPECT_LE(dataplane::HeldPayloads::octets(1), 96u);  // of each buffer that may wait
  EXPECT_LE(Window::octets(65'535), 800'000u);
}

}  // namespace
}  // namespace levelgate::testing::inbound_immediate_test
