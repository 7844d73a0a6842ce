// SPDX-License-Identifier: Apache-2.0
//
// What holds of a path whatever its settings and whoever sends: nothing is lost without a name, the line is never
// faster than its rate, order is kept where nobody asked otherwise, chance keeps its shares, and a seed says it all.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "pathmodel/path.h"
#include "support/case_count.h"

namespace levelgate::pathmodel::pathmodel_laws_test {
namespace {

using namespace std::chrono_literals;
using testing::cases;

constexpr Instant kStart = at_ns(1'000'000'000);

struct Offer {
  Instant when;
  std::uint32_t octets;
};

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  double share() { return one_in(2) ? 0 : one_in(10) ? 1 : static_cast<double>(below(1000)) / 2000; }
  Nanos span(Nanos most) {
    return Nanos(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.count()) + 1)));
  }

  PathSettings settings() {
    PathSettings made;
    // From a sensor's radio to a backbone: the exponent is drawn, so that each scale is met.
    if (!one_in(5))
      made.bits_per_second = static_cast<std::uint64_t>(std::pow(10, 2 + static_cast<double>(below(90)) / 10));
    if (one_in(2)) made.overhead_octets = static_cast<std::uint32_t>(below(60));
    if (one_in(3)) made.frame_octets = static_cast<std::uint32_t>(kLeastFrame + below(200));
    if (one_in(2)) made.queue_octets = below(one_in(2) ? 3'000 : 200'000);
    if (one_in(2)) made.queue_wait = span(one_in(2) ? Nanos(1ms) : Nanos(2s));
    if (one_in(4)) made.mtu = static_cast<std::uint32_t>(500 + below(1000));
    made.delay = span(500ms);
    if (one_in(2)) made.jitter = span(300ms);
    made.jitter_reorders = one_in(3);
    made.reordered = share();
    made.held_back = Nanos(1) + span(100ms);
    made.loss = share();
    made.burst_loss = share();
    made.burst_packets = 1 + static_cast<double>(below(200)) / 10;
    made.burst_loss = std::min(made.burst_loss, 0.5);
    made.duplicated = share();
    made.corrupted = share();
    made.down = one_in(8);
    return made;
  }
  PathStages stages() {
    PathStages made{{Nanos(0), settings()}};
    for (std::uint64_t more = below(4); more != 0; --more) {
      made.push_back({made.back().from + Nanos(1) + span(3s), settings()});
    }
    return made;
  }
  // In bursts, steadily, or with long silence, about as the line can bear.
  std::vector<Offer> offers(std::size_t count) {
    std::vector<Offer> made;
    Instant now = kStart;
    const Nanos gap = span(one_in(2) ? Nanos(100us) : Nanos(50ms));
    for (std::size_t i = 0; i < count; ++i) {
      if (!one_in(4)) now += span(gap);
      if (one_in(200)) now += span(2s);
      made.push_back({now, static_cast<std::uint32_t>(below(one_in(3) ? 65'576 : 1'501))});
    }
    return made;
  }

 private:
  std::mt19937 random_;
};

std::vector<Outcome> run(Path& path, const std::vector<Offer>& offers) {
  std::vector<Outcome> outcomes;
  for (const Offer& offer : offers) outcomes.push_back(path.offer(offer.when, offer.octets));
  return outcomes;
}

bool same(const Outcome& a, const Outcome& b) {
  return a.number == b.number && a.drop == b.drop && a.leaves == b.leaves && a.flipped_bit == b.flipped_bit &&
         std::ranges::equal(a.arrivals(), b.arrivals());
}

std::uint64_t line_bits(std::uint32_t octets, const PathSettings& settings) {
  std::uint64_t frames = 1;
  if (settings.frame_octets != 0 && octets != 0) frames = (octets - 1) / settings.frame_octets + 1;
  return (octets + frames * settings.overhead_octets) * std::uint64_t{8};
}

bool on_line(const Outcome& outcome) { return outcome.drop != Drop::kQueue && outcome.drop != Drop::kTooLong; }

void check_counts(const PathCounts& counts, const std::vector<Offer>& offers, const std::vector<Outcome>& outcomes) {
  PathCounts own;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    ASSERT_EQ(outcome.number, i);
    ASSERT_EQ(outcome.copies == 0, outcome.drop != Drop::kNone);
    ++own.offered_pkts;
    own.offered_octets += offers[i].octets;
    own.delivered_pkts += outcome.copies != 0 ? 1 : 0;
    own.delivered_octets += outcome.copies != 0 ? offers[i].octets : 0;
    own.duplicated_pkts += outcome.copies == 2 ? 1 : 0;
    own.corrupted_pkts += outcome.flipped_bit ? 1 : 0;
    own.too_long_pkts += outcome.drop == Drop::kTooLong ? 1 : 0;
    own.queue_pkts += outcome.drop == Drop::kQueue ? 1 : 0;
    own.loss_pkts += outcome.drop == Drop::kLoss ? 1 : 0;
    own.burst_loss_pkts += outcome.drop == Drop::kBurstLoss ? 1 : 0;
    own.down_pkts += outcome.drop == Drop::kDown ? 1 : 0;
    if (outcome.flipped_bit) {
      ASSERT_NE(outcome.copies, 0u);
      ASSERT_LT(*outcome.flipped_bit, std::uint64_t{offers[i].octets} * 8);
    }
  }
  ASSERT_EQ(counts.offered_pkts, counts.delivered_pkts + counts.too_long_pkts + counts.queue_pkts + counts.loss_pkts +
                                     counts.burst_loss_pkts + counts.down_pkts);
  ASSERT_EQ(counts.offered_pkts, own.offered_pkts);
  ASSERT_EQ(counts.offered_octets, own.offered_octets);
  ASSERT_EQ(counts.delivered_pkts, own.delivered_pkts);
  ASSERT_EQ(counts.delivered_octets, own.delivered_octets);
  ASSERT_EQ(counts.too_long_pkts, own.too_long_pkts);
  ASSERT_EQ(counts.queue_pkts, own.queue_pkts);
  ASSERT_EQ(counts.loss_pkts, own.loss_pkts);
  ASSERT_EQ(counts.burst_loss_pkts, own.burst_loss_pkts);
  ASSERT_EQ(counts.down_pkts, own.down_pkts);
  ASSERT_EQ(counts.duplicated_pkts, own.duplicated_pkts);
  ASSERT_EQ(counts.corrupted_pkts, own.corrupted_pkts);
}

TEST(PathLaws, NothingIsLostWithoutANameAndASeedSaysItAll) {
  std::uint64_t delivered = 0, queue = 0, bursts = 0;
  for (std::uint32_t seed = 1; seed <= cases(2'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    const PathStages stages = draw.stages();
    ASSERT_TRUE(check(stages));
    const std::vector<Offer> offers = draw.offers(300);
    Path first(stages, seed, kStart), second(stages, seed, kStart);
    const std::vector<Outcome> outcomes = run(first, offers);
    ASSERT_TRUE(std::ranges::equal(outcomes, run(second, offers), same));
    check_counts(first.counts(), offers, outcomes);
    ASSERT_FALSE(HasFatalFailure());
    delivered += first.counts().delivered_pkts;
    queue += first.counts().queue_pkts;
    bursts += first.counts().burst_loss_pkts;
  }
  EXPECT_GT(delivered, cases(50'000));  // the settings are not all dead
  EXPECT_GT(queue, cases(10'000));
  EXPECT_GT(bursts, cases(10'000));
}

TEST(PathLaws, NothingArrivesBeforeItsDelayOrAfterItsJitter) {
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    PathSettings settings = draw.settings();
    settings.jitter_reorders = true;
    const std::vector<Offer> offers = draw.offers(200);
    Path path(settings, seed, kStart);
    for (std::size_t i = 0; i < offers.size(); ++i) {
      const Outcome outcome = path.offer(offers[i].when, offers[i].octets);
      for (const Instant moment : outcome.arrivals()) {
        ASSERT_GE(outcome.leaves, offers[i].when);
        const Nanos spent = moment - outcome.leaves - settings.delay;
        ASSERT_GE(spent, Nanos(0));
        ASSERT_LE(spent, settings.jitter + (settings.reordered > 0 ? settings.held_back : Nanos(0)));
      }
    }
  }
}

// Over every window that begins and ends with a packet; the line gives each packet at most one nanosecond too much.
TEST(PathLaws, TheRateIsNeverExceededAndAnIdleLineIsNotLeftIdle) {
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    PathSettings settings = draw.settings();
    if (settings.bits_per_second == 0) settings.bits_per_second = 10'000'000;
    const double rate = static_cast<double>(settings.bits_per_second);
    const std::vector<Offer> offers = draw.offers(200);
    Path path(settings, seed, kStart);
    std::vector<std::pair<Instant, double>> sent;  // when with its last bit, bits of this and all before
    Instant free_at = kStart;
    double total = 0;
    for (const Offer& offer : offers) {
      const Outcome outcome = path.offer(offer.when, offer.octets);
      if (!on_line(outcome)) continue;
      const double bits = static_cast<double>(line_bits(offer.octets, settings));
      const Instant begin = std::max(free_at, offer.when);
      ASSERT_LE(begin - offer.when, settings.queue_wait);
      const double needed = bits * 1e9 / rate;
      const double took = static_cast<double>((outcome.leaves - begin).count());
      ASSERT_NEAR(took, needed + 0.5, 0.5 + 1e-9 * needed);
      free_at = outcome.leaves;
      total += bits;
      sent.emplace_back(outcome.leaves, total);
    }
    for (std::size_t i = 0; i < sent.size(); ++i) {
      for (std::size_t j = i + 1; j < sent.size(); ++j) {
        const double seconds = static_cast<double>((sent[j].first - sent[i].first).count()) * 1e-9;
        ASSERT_LE(sent[j].second - sent[i].second, rate * seconds * (1 + 1e-9));
      }
    }
  }
}

// The queue as a list of packets says the same as the model, which keeps none.
TEST(PathLaws, TheQueueHoldsNoMoreThanItsLimitAndDropsOnlyWhatFindsNoRoom) {
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    PathSettings settings = draw.settings();
    settings.bits_per_second = 8'000 * (1 + draw.below(100'000));
    settings.queue_octets = draw.below(100'000);
    settings.mtu = 0;
    const double octet_ns = 8e9 / static_cast<double>(settings.bits_per_second);
    Path path(settings, seed, kStart);
    Instant free_at = kStart;
    for (const Offer& offer : draw.offers(300)) {
      const double waiting = static_cast<double>(std::max(free_at - offer.when, Nanos(0)).count()) / octet_ns;
      const double after = waiting + static_cast<double>(line_bits(offer.octets, settings)) / 8;
      const double limit = static_cast<double>(settings.queue_octets);
      const bool late = free_at - offer.when > settings.queue_wait;
      const Outcome outcome = path.offer(offer.when, offer.octets);
      if (outcome.drop == Drop::kQueue) {
        ASSERT_TRUE(late || after > limit - 1);
        ASSERT_GT(waiting, 0);
      } else {
        ASSERT_TRUE(free_at <= offer.when || (!late && after < limit + 1));
        free_at = outcome.leaves;
      }
    }
  }
}

TEST(PathLaws, OrderIsKeptWhereNobodyAskedOtherwise) {
  std::uint64_t bunched = 0;
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    PathStages stages = draw.stages();
    for (PathStage& stage : stages) {
      stage.settings.jitter_reorders = false;
      stage.settings.reordered = 0;
    }
    Path path(stages, seed, kStart);
    Instant last = kStart, last_left = kStart;
    for (const Outcome& outcome : run(path, draw.offers(300))) {
      if (on_line(outcome)) {
        ASSERT_GE(outcome.leaves, last_left);
        last_left = outcome.leaves;
      }
      for (const Instant moment : outcome.arrivals()) {
        ASSERT_GE(moment, last);
        bunched += moment == last ? 1 : 0;
        last = moment;
      }
    }
  }
  EXPECT_GT(bunched, 0u);
}

// So that a slower line or a shorter queue can be compared: by chance the same numbers are lost.
TEST(PathLaws, WhatChanceTakesDoesNotDependOnTheLine) {
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    const PathSettings settings = draw.settings();
    PathSettings plain;
    plain.loss = settings.loss;
    plain.burst_loss = settings.burst_loss;
    plain.burst_packets = settings.burst_packets;
    PathSettings full = settings;
    full.down = false;
    const std::vector<Offer> offers = draw.offers(300);
    Path one(plain, seed, kStart), other(full, seed, kStart);
    const std::vector<Outcome> bare = run(one, offers), whole = run(other, offers);
    for (std::size_t i = 0; i < offers.size(); ++i) {
      if (on_line(whole[i])) {
        ASSERT_EQ(whole[i].drop, bare[i].drop) << i;
      }
    }
  }
}

// Stages that say the same are one, but for the bit that is being sent at the boundary.
TEST(PathLaws, AStageThatChangesNothingChangesNothing) {
  for (std::uint32_t seed = 1; seed <= cases(1'000); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    PathSettings settings = draw.settings();
    settings.queue_octets = std::numeric_limits<std::uint64_t>::max();
    settings.queue_wait = kLongest;
    const double rate = static_cast<double>(settings.bits_per_second);
    const double bit_ns = rate > 0 ? 1e9 / rate : 0;
    const Nanos boundary = Nanos(1) + draw.span(5s);
    Path one(settings, seed, kStart), other(PathStages{{0s, settings}, {boundary, settings}}, seed, kStart);
    const std::vector<Offer> offers = draw.offers(200);
    const std::vector<Outcome> whole = run(one, offers), cut = run(other, offers);
    for (std::size_t i = 0; i < offers.size(); ++i) {
      ASSERT_EQ(whole[i].drop, cut[i].drop);
      ASSERT_LE(static_cast<double>(std::abs((whole[i].leaves - cut[i].leaves).count())), bit_ns + 2);
    }
  }
}

// Five standard deviations of the counts, and the variance of a bursty sequence is that of its bursts.
TEST(PathLaws, ChanceKeepsItsShares) {
  constexpr std::uint64_t kPackets = 100'000;
  for (std::uint32_t seed = 1; seed <= cases(40); ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    const double loss = static_cast<double>(1 + draw.below(300)) / 1000;
    const double burst_share = static_cast<double>(1 + draw.below(200)) / 1000;
    const double length = 1 + static_cast<double>(draw.below(150)) / 10;
    PathSettings settings;
    settings.loss = settings.duplicated = settings.corrupted = settings.reordered = loss;
    settings.held_back = 1ms;
    settings.burst_loss = burst_share;
    settings.burst_packets = length;
    Path path(settings, seed, kStart);
    std::uint64_t bursts = 0;
    bool in_burst = false;
    for (std::uint64_t i = 0; i < kPackets; ++i) {
      const bool lost = path.offer(kStart, 100).drop == Drop::kBurstLoss;
      bursts += lost && !in_burst ? 1 : 0;
      in_burst = lost;
    }
    const PathCounts& counts = path.counts();
    const auto near = [](std::uint64_t count, double of, double share, double stretch) {
      EXPECT_NEAR(static_cast<double>(count), of * share, 5 * std::sqrt(of * share * (1 - share) * stretch) + 1);
    };
    const double all = static_cast<double>(kPackets);
    near(counts.burst_loss_pkts, all, burst_share, 2 * length);
    near(counts.loss_pkts, all - static_cast<double>(counts.burst_loss_pkts), loss, 1);
    const double passed = static_cast<double>(counts.delivered_pkts);
    near(counts.duplicated_pkts, passed, loss, 1);
    near(counts.corrupted_pkts, passed, loss, 1);
    near(counts.held_back_pkts, passed, loss, 1);
    const double mean = static_cast<double>(counts.burst_loss_pkts) / static_cast<double>(bursts);
    EXPECT_NEAR(mean, length, 5 * length / std::sqrt(static_cast<double>(bursts)) + 0.01);
  }
}

TEST(PathLaws, AnotherSeedIsAnotherPath) {
  PathSettings settings;
  settings.loss = 0.3;
  std::vector<std::vector<bool>> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Path path(settings, seed, kStart);
    std::vector<bool> lost;
    for (int i = 0; i < 200; ++i) lost.push_back(path.offer(kStart, 1).drop == Drop::kLoss);
    seen.push_back(std::move(lost));
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

}  // namespace
}  // namespace levelgate::pathmodel::pathmodel_laws_test
