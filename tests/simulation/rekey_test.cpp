// SPDX-License-Identifier: Apache-2.0
//
// Rekeys by the thousand under load, both ways at once: a tunnel comes up SA by SA, its inbound SAs overlap, its
// outbound SA changes under the running schedule (RFC 7296 §2.8, RFC 9347 §2.2.3). No inner packet is lost, repeated or
// put out of order, and the wire of a fixed tunnel shows nothing of it (RFC 9347 §2.4.1).
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include "support/gateway.h"
#include "support/packets.h"
#include "support/peer.h"

namespace levelgate::testing::rekey_test {
namespace {

using model::Drop;
using model::TfsMode;

constexpr std::uint32_t kWindow = 3;
constexpr std::int64_t kStep = 40'000;         // ns
constexpr std::int64_t kDelay = 100'000;       // of the link
constexpr std::int64_t kLongest = 2'000'000;   // that it keeps a packet back
constexpr std::int64_t kLoadFrom = 5'000'000;  // when both directions are up

enum class Path { kInOrder, kReorders };

// Delivers each packet, and lets at most kWindow later ones overtake it.
class Wire {
 public:
  Wire(Path path, unsigned seed) : path_(path), random_(seed) {}

  void send(const Sent& sent) {
    const std::uint64_t behind = path_ == Path::kReorders && !calm ? random_() % (kWindow + 1) : 0;
    const std::uint64_t place = 2 * (count_++ + behind) + (behind == 0 ? 0 : 1);
    on_the_way_.emplace(place, Sent{sent.when + Nanos(kDelay), sent.frame});
  }
  std::vector<Frame> arrive(std::int64_t now) {
    std::vector<Frame> arrived;
    for (auto it = on_the_way_.begin(); it != on_the_way_.end();) {
      const std::int64_t age = now - to_ns(it->second.when);
      const bool turn = it == on_the_way_.begin() && it->first < 2 * count_;
      if (age < 0 || !(turn || age > kLongest)) {
        ++it;
        continue;
      }
      arrived.push_back(it->second.frame);
      it = on_the_way_.erase(it);
    }
    return arrived;
  }
  [[nodiscard]] bool carries(Spi spi) const {
    return std::any_of(on_the_way_.begin(), on_the_way_.end(), [&](const auto& entry) {
      return wire::read_esp(entry.second.frame.data() + wire::kEthernetOctets + wire::kIpv4Octets).spi == spi;
    });
  }

  bool calm = false;  // nothing is displaced any more

 private:
  Path path_;
  std::mt19937_64 random_;
  std::uint64_t count_ = 0;
  std::multimap<std::uint64_t, Sent> on_the_way_;
};

struct End {
  explicit End(Site site, const model::TfsSettings& tfs) : gateway(1024), plan(site_plan(site, tfs)) {
    plan.tunnels[0].inbound.clear();
    plan.tunnels[0].outbound.reset();
  }
  void apply() {
    ASSERT_TRUE(gateway.publisher.apply(plan, at_ns(0)));
    gateway.turn(gateway.clock);
    gateway.publisher.reclaim();
  }
  Gateway gateway;
  model::ForwardingPlan plan;
};

// One direction and its rekeys: the new SA inbound, a little later outbound, and the old one goes when nothing of it is
// on the way any more, which may be after the next rekey began.
class Direction {
 public:
  Direction(End& from, End& to, Path path, unsigned seed, std::uint32_t spis, std::string prefix, std::string far)
      : wire(path, seed), from_(from), to_(to), random_(seed), spis_(spis), prefix_(std::move(prefix)), far_(far) {}

  void rekey(std::int64_t now, std::size_t wanted) {
    if (now < next_) return;
    model::TunnelPlan& receiver = to_.plan.tunnels[0];
    if (!half_done_) {
      if (rekeys > wanted) return;  // the first SA is none
      receiver.inbound.insert(receiver.inbound.begin(), fresh());
      to_.apply();
      next_ = now + 100'000 + later(1'500'000);
    } else {
      from_.plan.tunnels[0].outbound = receiver.inbound.front();
      from_.apply();
      ++rekeys;
      next_ = now + later(3'000'000);
      switched_.push_back(now);
    }
    half_done_ = !half_done_;
  }
  // An SA that was replaced goes at the earliest when the slot that was built ahead has passed.
  void retire(std::int64_t now) {
    std::vector<model::EspSa>& inbound = to_.plan.tunnels[0].inbound;
    if (switched_.size() < 2 || now - switched_[1] < 300'000 || wire.carries(inbound.back().spi)) return;
    most_at_once = std::max(most_at_once, inbound.size());
    inbound.pop_back();
    switched_.pop_front();
    to_.apply();
  }
  void offer(std::size_t longest) {
    const std::size_t octets = 48 + random_() % (longest - 47);
    const auto mark = static_cast<unsigned>(offered.size());
    const Frame frame = ip_frame(prefix_ + std::to_string(2 + random_() % 4), far_, octets, mark);
    offered.push_back(ip_of(after_hops(frame, 2)));
    from_.gateway.io.give(kLan, frame);
    from_.gateway.turn(from_.gateway.clock);
  }
  void carry(std::int64_t now) {
    for (const Sent& sent : from_.gateway.io.sent[kWan.value]) {
      seen.emplace_back(to_ns(sent.when), sent.frame.size());
      wire.send(sent);
    }
    from_.gateway.io.sent[kWan.value].clear();
    to_.gateway.run_until(at_ns(now + 1));
    for (const Frame& frame : wire.arrive(now)) {
      to_.gateway.io.give(kWan, frame);
      to_.gateway.turn(to_.gateway.clock);
    }
  }
  [[nodiscard]] std::vector<Octets> delivered() const {
    std::vector<Octets> out;
    for (const Sent& sent : to_.gateway.io.sent[kLan.value]) out.push_back(ip_of(sent.frame));
    return out;
  }

  Wire wire;
  std::size_t rekeys = 0;
  std::size_t most_at_once = 0;  // inbound SAs
  std::vector<Octets> offered;
  std::vector<std::pair<std::int64_t, std::size_t>> seen;  // what the wire shows: times and sizes

 private:
  model::EspSa fresh() {
    model::EspSa sa;
    sa.spi = Spi{spis_++};
    sa.key = lab_key(sa.spi.value);
    return sa;
  }
  std::int64_t later(std::int64_t at_most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(at_most));
  }

  End& from_;
  End& to_;
  std::mt19937_64 random_;
  std::uint32_t spis_;
  std::string prefix_, far_;
  bool half_done_ = false;
  std::int64_t next_ = 0;
  std::deque<std::int64_t> switched_;  // of the inbound SAs, oldest first
};

struct Settings {
  TfsMode mode = TfsMode::kFixed;
  Path path = Path::kInOrder;
  unsigned seed = 1;
  std::size_t rekeys = 400;     // in each direction
  std::int64_t load_until = 0;  // 0: until all are done
};

model::TfsSettings tfs_of(TfsMode mode) {
  model::TfsSettings tfs;
  tfs.mode = mode;
  tfs.packet_size = mode == TfsMode::kPlain ? 1'500 : 700;
  tfs.rate_bits_per_second = mode == TfsMode::kFixed ? tfs.packet_size * 8ULL * 5'000 : 0;  // a slot each 200 us
  tfs.max_queue_delay = std::chrono::seconds(10);
  tfs.init_delay = std::chrono::microseconds(300);
  tfs.receive.reorder_window = kWindow;
  tfs.receive.lost_packet_timer = std::chrono::milliseconds(3);
  return tfs;
}

class Pair {
 public:
  explicit Pair(const Settings& settings)
      : settings_(settings),
        a_(Site::kA, tfs_of(settings.mode)),
        b_(Site::kB, tfs_of(settings.mode)),
        forth(a_, b_, settings.path, 2 * settings.seed, 0x10000, "10.1.0.", "10.2.0.9"),
        back(b_, a_, settings.path, 2 * settings.seed + 1, 0x20000, "10.2.0.", "10.1.0.9") {
    a_.apply();  // without any SA
    b_.apply();
  }

  // Rekeys until all are done, then lets everything arrive. Returns when the load ended.
  std::int64_t run() {
    std::int64_t now = 0;
    std::int64_t end = settings_.load_until;
    for (; end == 0 || now < end + 1'000'000'000; now += kStep) {
      const bool done = forth.rekeys > settings_.rekeys && back.rekeys > settings_.rekeys;
      if (end == 0 && done) end = now;
      const bool loaded = now >= kLoadFrom && (end == 0 || now < end);
      for (Direction* const direction : {&forth, &back}) {
        End& from = direction == &forth ? a_ : b_;
        direction->wire.calm = end != 0 && now > end + 100'000'000;
        from.gateway.run_until(at_ns(now + 1));
        direction->rekey(now, settings_.rekeys);
        direction->retire(now);
        if (loaded && offers_() % 8 == 0) direction->offer(settings_.mode == TfsMode::kPlain ? 1'400 : 1'500);
        direction->carry(now);
      }
    }
    return end;
  }
  [[nodiscard]] std::uint64_t drops_but_incomplete() const {
    return a_.gateway.all_drops() + b_.gateway.all_drops() - incomplete();
  }
  [[nodiscard]] std::uint64_t incomplete() const {
    return a_.gateway.drops(Drop::kAggfragIncomplete) + b_.gateway.drops(Drop::kAggfragIncomplete);
  }
  [[nodiscard]] bool holds_packets() const {
    return a_.gateway.worker.holds_packets() || b_.gateway.worker.holds_packets();
  }
  [[nodiscard]] bool buried() {
    for (End* const end : {&a_, &b_}) {
      end->plan.tunnels.clear();
      end->plan.routes.clear();
      for (int i = 0; i < 8; ++i) end->apply();
      for (int i = 0; i < 8; ++i) {
        end->gateway.turn(end->gateway.clock);
        end->gateway.publisher.reclaim();
      }
      if (!end->gateway.publisher.nothing_buried() || end->gateway.io.buffers_out() != 0) return false;
    }
    return true;
  }

 private:
  Settings settings_;
  std::mt19937_64 offers_{settings_.seed};
  End a_, b_;

 public:
  Direction forth, back;
};

void expect_nothing_lost(Pair& pair, const Settings& settings) {
  pair.run();
  for (const Direction* const direction : {&pair.forth, &pair.back}) {
    EXPECT_GT(direction->rekeys, settings.rekeys);
    EXPECT_GE(direction->most_at_once, 3u);
    EXPECT_GT(direction->offered.size(), 4 * settings.rekeys);
    std::vector<Octets> wanted = direction->offered;
    std::vector<Octets> delivered = direction->delivered();
    EXPECT_EQ(delivered.size(), wanted.size());
    if (settings.mode == TfsMode::kPlain && settings.path == Path::kReorders) {  // ESP alone restores no order
      std::sort(wanted.begin(), wanted.end());
      std::sort(delivered.begin(), delivered.end());
    }
    EXPECT_TRUE(delivered == wanted);
  }
  EXPECT_EQ(pair.drops_but_incomplete(), 0u);
  // A half-sent packet starts anew under the new SA; what of it came under the old one is given up.
  EXPECT_LE(pair.incomplete(), pair.forth.rekeys + pair.back.rekeys);
  EXPECT_EQ(pair.incomplete() > settings.rekeys / 10, settings.mode != TfsMode::kPlain);
  EXPECT_FALSE(pair.holds_packets());
  EXPECT_TRUE(pair.buried());
}

class Rekey : public ::testing::TestWithParam<std::pair<TfsMode, Path>> {};

// [7296-2.8.1-a]
TEST_P(Rekey, LosesRepeatsAndReordersNoInnerPacket) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    const Settings settings{.mode = GetParam().first, .path = GetParam().second, .seed = seed};
    Pair pair(settings);
    expect_nothing_lost(pair, settings);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Modes, Rekey,
    ::testing::Values(std::pair{TfsMode::kFixed, Path::kInOrder}, std::pair{TfsMode::kFixed, Path::kReorders},
                      std::pair{TfsMode::kOnDemand, Path::kInOrder}, std::pair{TfsMode::kOnDemand, Path::kReorders},
                      std::pair{TfsMode::kPlain, Path::kInOrder}, std::pair{TfsMode::kPlain, Path::kReorders}));

TEST(RekeyOfAFixedTunnel, DoesNotShowOnTheWire) {
  Pair rekeyed({.rekeys = 1'000});
  const std::int64_t end = rekeyed.run();
  Pair quiet({.rekeys = 0, .load_until = end});
  quiet.run();
  EXPECT_EQ(quiet.forth.rekeys, 1u) << "the first SA only";
  ASSERT_GT(quiet.forth.seen.size(), 5'000u);
  EXPECT_TRUE(rekeyed.forth.seen == quiet.forth.seen);
  EXPECT_TRUE(rekeyed.back.seen == quiet.back.seen);
}

}  // namespace
}  // namespace levelgate::testing::rekey_test
