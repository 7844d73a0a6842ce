// SPDX-License-Identifier: Apache-2.0
//
// What an operator wants of the queue in front of a constant-rate tunnel, exactly, in virtual time: voice beside bulk,
// equal shares, no starvation, a flood that hurts nobody else, and marks instead of drops for who listens to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "support/case_count.h"
#include "support/figure.h"
#include "support/slotted_tunnel.h"

namespace levelgate::queueing_waits_test {
namespace {

using queueing::ClassSettings;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::InnerTraffic;
using testing::SlottedTunnel;
using testing::TunnelRate;

constexpr std::uint32_t kVoice = 1;
constexpr std::uint32_t kBulk = 1000;  // and behind it

ClassSettings bounded(std::uint32_t share, const TunnelRate& rate) {
  ClassSettings one{share, {}};
  one.queue.wait.max_wait = rate.max_delay;
  one.queue.wait.mark_from = rate.max_delay / 2;
  one.queue.wait.codel.target = std::max(rate.max_delay / 4, 2 * rate.interval);
  one.queue.service_octets = rate.room;
  return one;
}

// 200 octets every 20 ms, not quite in step with anything.
void add_voice(SlottedTunnel& tunnel, std::mt19937& random, std::size_t number, std::vector<Nanos>& waits, int& lost) {
  tunnel.told[kVoice] = [&](const InnerTraffic::Label&, const SlottedTunnel::Fate& fate) {
    if (fate.lost) {
      ++lost;
    } else {
      waits.push_back(fate.wait);
    }
  };
  std::function<void()>& speak = tunnel.repeated.emplace_back();
  speak = [&tunnel, &random, number, &speak] {
    tunnel.send(kVoice, 200, number);
    tunnel.at(tunnel.now + milliseconds(20) + microseconds(random() % 2'000) - microseconds(1'000), speak);
  };
  tunnel.at(at_ns(static_cast<std::int64_t>(random() % 20'000'000)), speak);
}

// Sends all it may, all the time: as many packets as are taken, at moments of its own.
void add_bulk(SlottedTunnel& tunnel, std::mt19937& random, std::uint32_t flow, std::uint32_t octets, Nanos pause,
              std::size_t number) {
  std::function<void()>& pour = tunnel.repeated.emplace_back();
  pour = [&tunnel, &random, flow, octets, pause, number, &pour] {
    for (int i = 0; i < 300 && tunnel.send(flow, octets, number); ++i) {
    }
    tunnel.at(tunnel.now + pause / 2 + Nanos(static_cast<std::int64_t>(random() % 1'000) * pause.count() / 1'000),
              pour);
  };
  tunnel.at(at_ns(static_cast<std::int64_t>(random() % 1'000'000)), pour);
}

struct Setting {
  TunnelRate rate;
  std::uint32_t bulk_octets;
  std::uint32_t bulk_flows;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const std::uint32_t room : {1222u, 1342u, 8942u}) {
    for (const std::uint64_t rate : {2u, 10u, 100u}) {  // Mbit/s
      const Nanos interval(static_cast<std::int64_t>((room + 58) * 8'000 / rate));
      for (const std::uint32_t octets : {64u, 576u, 1500u}) {
        for (const std::uint32_t flows : {1u, 4u}) {
          if (2 * interval < milliseconds(20)) all.push_back({{interval, room, milliseconds(20)}, octets, flows});
        }
      }
    }
  }
  return all;
}

enum class Place { kOwnClass, kSameClass, kFifo };

constexpr std::uint32_t kSeeds = testing::kFewCases ? 1 : 3;

// The last octet leaves within two slots and those that the packet itself takes (RFC 9347 §2.2.3 lets nobody in between
// the fragments of a packet that was begun, which is the first of the two).
Nanos worst_p99_over_bound(Place place, std::uint32_t seed) {
  Nanos worst = Nanos::min();
  for (const Setting& setting : settings()) {
    std::mt19937 random(seed);
    std::vector<ClassSettings> classes = {bounded(1000, setting.rate)};
    classes[0].queue.fair = place != Place::kFifo;
    if (place == Place::kOwnClass) classes = {bounded(300, setting.rate), bounded(700, setting.rate)};
    SlottedTunnel tunnel(setting.rate, classes, seed);
    std::vector<Nanos> waits;
    int lost = 0;
    add_voice(tunnel, random, 0, waits, lost);
    for (std::uint32_t i = 0; i < setting.bulk_flows; ++i) {
      add_bulk(tunnel, random, kBulk + i, setting.bulk_octets, setting.rate.interval, classes.size() - 1);
    }
    tunnel.run(at_ns(0) + seconds(2));
    if (place != Place::kFifo) {
      EXPECT_GT(waits.size(), 90u);
      EXPECT_EQ(lost, 0);
    }
    // It was saturated.
    EXPECT_GT(tunnel.data_octets * 1000, tunnel.slots * setting.rate.room * 980)
        << setting.rate.room << " " << setting.rate.interval.count() << " " << setting.bulk_octets;
    std::sort(waits.begin(), waits.end());
    const Nanos p99 = waits[waits.size() * 99 / 100];
    const Nanos own = setting.rate.interval;  // 200 octets lie in one payload or in two
    worst = std::max(worst, p99 - (2 * setting.rate.interval + own));
    if (place != Place::kFifo) {
      EXPECT_LE(waits.back(), 3 * setting.rate.interval) << setting.rate.room << " " << setting.rate.interval.count()
                                                         << " " << setting.bulk_octets << " " << setting.bulk_flows;
    }
  }
  return worst;
}

void expect_within_bound(Place place, const std::string& where) {
  Nanos worst = Nanos::min();
  for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) worst = std::max(worst, worst_p99_over_bound(place, seed));
  EXPECT_LE(worst, Nanos(0));
  testing::print_figure("voice beside bulk, " + where + ": p99 of the wait " + std::to_string(-worst.count() / 1'000) +
                        " us below two slots and its own fragment's time, at the worst of all rates and seeds");
}

TEST(QueueingWaits, VoiceInAClassOfItsOwn) { expect_within_bound(Place::kOwnClass, "in a class of its own"); }

TEST(QueueingWaits, VoiceInTheSameClass) { expect_within_bound(Place::kSameClass, "in the same class"); }

// The measure sees what it is there for.
TEST(QueueingWaits, VoiceInAFifoWaitsForBulk) { EXPECT_GT(worst_p99_over_bound(Place::kFifo, 1), milliseconds(5)); }

double jain(const std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  double squares = 0;
  for (const double share : shares) squares += share * share;
  return sum * sum / (static_cast<double>(shares.size()) * squares);
}

TEST(QueueingWaits, BulkFlowsShareFairly) {
  for (const std::uint32_t flows : {2u, 5u, 20u}) {
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      std::mt19937 random(seed);
      const TunnelRate rate;
      SlottedTunnel tunnel(rate, {bounded(1000, rate)}, seed);
      std::vector<double> octets(flows);
      for (std::uint32_t i = 0; i < flows; ++i) {
        tunnel.told[kBulk + i] = [&octets, i](const InnerTraffic::Label&, const SlottedTunnel::Fate& fate) {
          if (!fate.lost) octets[i] += fate.octets;
        };
        // Sizes and zeal differ.
        add_bulk(tunnel, random, kBulk + i, 200 + 1300 * i / flows, microseconds(100 + 400 * (i % 3)), 0);
      }
      tunnel.run(at_ns(0) + seconds(4));
      EXPECT_GT(jain(octets), 0.99) << flows;
    }
  }
}

TEST(QueueingWaits, AFloodHurtsNobodyElse) {
  for (const std::uint32_t flood_octets : {64u, 1500u}) {
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      std::mt19937 random(seed);
      const TunnelRate rate;
      SlottedTunnel tunnel(rate, {bounded(1000, rate)}, seed);
      int lost = 0, sent = 0, flood_lost = 0;
      Nanos longest{};
      tunnel.told[kBulk] = [&](const InnerTraffic::Label&, const SlottedTunnel::Fate& fate) {
        flood_lost += fate.lost;
      };
      // Ten times the rate of the tunnel, whatever becomes of it.
      std::function<void()>& flood = tunnel.repeated.emplace_back();
      flood = [&] {
        for (std::uint32_t octets = 0; octets < 13'420; octets += flood_octets) tunnel.send(kBulk, flood_octets);
        tunnel.at(tunnel.now + rate.interval, flood);
      };
      tunnel.at(at_ns(0), flood);
      // Eight flows that want half of it together.
      for (std::uint32_t i = 1; i <= 8; ++i) {
        tunnel.told[kBulk + i] = [&](const InnerTraffic::Label&, const SlottedTunnel::Fate& fate) {
          ++(fate.lost ? lost : sent);
          longest = std::max(longest, fate.wait);
        };
        std::function<void()>& send = tunnel.repeated.emplace_back();
        send = [&, i] {
          tunnel.send(kBulk + i, 600);
          tunnel.at(tunnel.now + microseconds(3'500 + random() % 1'000), send);
        };
        tunnel.at(at_ns(static_cast<std::int64_t>(random() % 4'000'000)), send);
      }
      tunnel.run(at_ns(0) + seconds(4));
      EXPECT_EQ(lost, 0);
      EXPECT_GT(sent, 7'000);
      EXPECT_GT(flood_lost, 1'000);
      EXPECT_LE(longest, milliseconds(8));
    }
  }
}

TEST(QueueingWaits, ALowerClassIsNotStarved) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    std::mt19937 random(seed);
    const TunnelRate rate;
    SlottedTunnel tunnel(rate, {bounded(300, rate), bounded(700, rate)}, seed);
    std::vector<double> octets(2);
    for (std::uint32_t i = 0; i < 2; ++i) {
      tunnel.told[kBulk + i] = [&octets, i](const InnerTraffic::Label&, const SlottedTunnel::Fate& fate) {
        if (!fate.lost) octets[i] += fate.octets;
      };
      add_bulk(tunnel, random, kBulk + i, i == 0 ? 200 : 1500, microseconds(300), i);
    }
    tunnel.run(at_ns(0) + seconds(4));
    EXPECT_NEAR(octets[1] / (octets[0] + octets[1]), 0.7, 0.01);
  }
}

// A window that grows by one packet in a round trip and is halved where it hears of congestion, once in one.
class Responsive {
 public:
  Responsive(SlottedTunnel& tunnel, std::uint32_t flow, Nanos round_trip, double window, wire::Ecn ecn)
      : tunnel_(tunnel), flow_(flow), round_trip_(round_trip), window_(window), ecn_(ecn) {
    tunnel.told[flow] = [this](const InnerTraffic::Label& label, const SlottedTunnel::Fate& fate) {
      tunnel_.at(tunnel_.now + round_trip_, [this, label, fate] { hear(label, fate); });
    };
    tunnel.at(at_ns(0), [this] { send(); });
  }
  int marks = 0, losses = 0;

 private:
  void send() {
    while (in_flight_ < window_) {
      ++in_flight_;
      (void)tunnel_.send(flow_, 1400, 0, ecn_);
      if (in_flight_ > 10'000) return;
    }
  }
  void hear(const InnerTraffic::Label& label, const SlottedTunnel::Fate& fate) {
    --in_flight_;
    marks += fate.marked ? 1 : 0;
    losses += fate.lost ? 1 : 0;
    if (!fate.lost && !fate.marked) {
      window_ += 1 / window_;
    } else if (label.born >= answered_) {
      window_ = std::max(2.0, window_ / 2);
      answered_ = tunnel_.now;
    }
    send();
  }

  SlottedTunnel& tunnel_;
  std::uint32_t flow_;
  Nanos round_trip_;
  double window_;
  wire::Ecn ecn_;
  int in_flight_ = 0;
  Instant answered_ = at_ns(0);
};

TEST(QueueingWaits, WhoListensToMarksLosesNextToNothing) {
  for (const Nanos round_trip : {Nanos(milliseconds(10)), Nanos(milliseconds(30)), Nanos(milliseconds(80))}) {
    for (const std::uint32_t flows : {1u, 4u}) {
      for (const wire::Ecn ecn : {wire::Ecn::kEct0, wire::Ecn::kNotEct}) {
        const TunnelRate rate;
        SlottedTunnel tunnel(rate, {bounded(1000, rate)}, 5);
        std::vector<std::unique_ptr<Responsive>> all;
        for (std::uint32_t i = 0; i < flows; ++i) {
          all.push_back(std::make_unique<Responsive>(tunnel, kBulk + i, round_trip, 8.0 / flows, ecn));
        }
        tunnel.run(at_ns(0) + seconds(30));
        int marks = 0, losses = 0;
        for (const auto& one : all) {
          marks += one->marks;
          losses += one->losses;
        }
        EXPECT_GT(tunnel.data_octets * 100, tunnel.slots * rate.room * 70);
        if (ecn == wire::Ecn::kNotEct) {
          EXPECT_EQ(marks, 0);
          EXPECT_GT(losses, 2);
        } else {
          EXPECT_GT(marks, 2);
          EXPECT_LE(losses * 100, marks);
        }
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::queueing_waits_test
