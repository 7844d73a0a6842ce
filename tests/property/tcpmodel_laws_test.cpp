// SPDX-License-Identifier: Apache-2.0
//
// What holds of a modelled TCP connection whatever the path does: every octet arrives once and in order, windows are
// kept, no line is outrun, and a seed says it all.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "support/case_count.h"
#include "support/tcp_pair.h"

namespace levelgate::tcpmodel::tcpmodel_laws_test {
namespace {

using namespace std::chrono_literals;
using testing::cases;
using testing::TcpPair;

constexpr std::size_t kCaller = TcpPair::kCaller, kCalled = TcpPair::kCalled;
constexpr EndSettings kPatient{.patience = std::chrono::hours(24 * 365)};

std::vector<std::byte> octets_of(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> octets(count);
  for (std::byte& one : octets) one = static_cast<std::byte>(random());
  return octets;
}

pathmodel::PathSettings path_of(std::uint64_t rate, Nanos round_trip, double loss = 0) {
  pathmodel::PathSettings path;
  path.bits_per_second = rate;
  path.delay = round_trip / 2;
  path.loss = loss;
  return path;
}

// Round trips until the last of so many segments arrives, when nothing is lost and nothing waits: the handshake, then
// ten segments, twenty, forty ...
double slow_start_trips(std::size_t segments) {
  std::size_t sent = 10, flight = 10;
  double trips = 1.5;
  for (; sent < segments; sent += flight) {
    flight *= 2;
    ++trips;
  }
  return trips;
}
Nanos trips(double count, Nanos round_trip) {
  return Nanos(static_cast<std::int64_t>(count * static_cast<double>(round_trip.count())));
}

// Both sides write in pieces, at once or later, over a path that is drawn.
struct Talk {
  explicit Talk(std::uint64_t seed) : random(seed) {
    std::uniform_real_distribution<double> share(0, 1);
    pathmodel::PathSettings path;
    if (random() % 4 != 0) path.bits_per_second = static_cast<std::uint64_t>(std::pow(10, 4.5 + 4.5 * share(random)));
    if (random() % 2 == 0) path.queue_octets = 3'000 + random() % 200'000;
    path.delay = Nanos(static_cast<std::int64_t>(random() % 200'000'000));
    path.loss = random() % 3 == 0 ? 0 : share(random) * (random() % 8 == 0 ? 0.9 : 0.4);
    settings = path;
    for (auto& text : written) text = octets_of(random() % (path.loss > 0.4 ? 6'000 : 120'000), random());
  }
  std::mt19937_64 random;
  pathmodel::PathSettings settings;
  std::array<std::vector<std::byte>, 2> written;

  void run(TcpPair& pair) {
    std::array<std::size_t, 2> done{};
    pair.call();
    while (done[0] < written[0].size() || done[1] < written[1].size()) {
      const std::size_t side = random() % 2;
      const std::size_t most = written[side].size() - done[side];
      const std::size_t size = std::min<std::size_t>(most, random() % (random() % 3 == 0 ? 100 : 60'000));
      pair.write(side, ConstBytes(written[side]).subspan(done[side], size));
      done[side] += size;
      if (random() % 3 == 0) pair.run_for(Nanos(static_cast<std::int64_t>(random() % 700'000'000)));
    }
    pair.finish(kCaller);
    if (random() % 2 == 0) pair.run_for(2s);
    pair.finish(kCalled);
  }
};

TEST(TcpModelLaws, EveryOctetArrivesOnceAndInOrderWhateverIsLost) {
  std::uint64_t repeats = 0;
  for (std::uint64_t seed = 1; seed <= cases(400); ++seed) {
    SCOPED_TRACE(seed);
    Talk talk(seed);
    TcpPair pair(talk.settings, seed, kPatient);
    talk.run(pair);
    ASSERT_TRUE(pair.run_until(
        [&] {
          return pair.received(0).size() >= talk.written[1].size() && pair.received(1).size() >= talk.written[0].size();
        },
        std::chrono::hours(200)))
        << pair.received(0).size() << " of " << talk.written[1].size() << ", " << pair.received(1).size() << " of "
        << talk.written[0].size() << " at a loss of " << talk.settings.loss;
    ASSERT_EQ(pair.received(0), talk.written[1]);
    ASSERT_EQ(pair.received(1), talk.written[0]);
    ASSERT_TRUE(
        pair.run_until([&] { return pair.end(kCaller).ended() && pair.end(kCalled).ended(); }, std::chrono::hours(200)))
        << "both said that they are done";
    ASSERT_EQ(pair.received(0).size() + pair.received(1).size(), talk.written[0].size() + talk.written[1].size());
    if (talk.settings.loss == 0 && talk.settings.queue_octets > 1'000'000 && talk.settings.bits_per_second == 0) {
      ASSERT_EQ(pair.seen(0).repeats + pair.seen(1).repeats, 0u) << "nothing is sent again that was not lost";
    }
    repeats += pair.seen(0).repeats;
  }
  EXPECT_GT(repeats, 0u);
}

TEST(TcpModelLaws, WindowsAreKept) {
  for (std::uint64_t seed = 1; seed <= cases(150); ++seed) {
    SCOPED_TRACE(seed);
    Talk talk(seed);
    const Offset window = 2'000 + seed * 700 % 60'000;
    TcpPair pair(talk.settings, seed, {.window = window, .patience = kPatient.patience});
    talk.run(pair);
    pair.run_for(std::chrono::hours(2));
    for (const std::size_t side : {kCaller, kCalled}) {
      EXPECT_FALSE(pair.seen(side).beyond_limit);
      EXPECT_LE(pair.seen(side).most_under_way, window + 1);
    }
  }
}

// The window opens by one segment for each that arrives, at most, from ten on.
TEST(TcpModelLaws, SlowStartIsTheFastestBeginning) {
  for (std::uint64_t seed = 1; seed <= cases(60); ++seed) {
    SCOPED_TRACE(seed);
    TcpPair pair(path_of(0, 100ms, seed % 3 == 0 ? 0 : 0.02), seed, {.window = 10'000'000});
    Offset told = 0;
    pair.arrives = [&](std::size_t side, const Segment& segment) {
      if (side == kCaller)
        told = std::max(
            told, segment.next + [&] {
              Offset held = 0;
              for (const Range& range : segment.held) held += range.to - range.from;
              return held;
            }());
    };
    Offset most = 0;
    bool kept = true;
    pair.drops = [&](std::size_t side, const Segment& segment) {
      if (side != kCaller || !segment.carries()) return false;
      most = std::max(most, segment.end());
      // One more may leave as a probe.
      kept = kept && most <= (10 + 1) * kSegmentMost + 2 * told;
      return false;
    };
    pair.call();
    const auto text = octets_of(400'000, seed);
    pair.write(kCaller, text);
    ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 600s));
    EXPECT_TRUE(kept);
  }
}

TEST(TcpModelLaws, WithoutLossItTakesWhatSlowStartTakes) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < cases(100); ++i) {
    const std::size_t segments = 1 + random() % 800;
    const Nanos round_trip = 10ms + Nanos(static_cast<std::int64_t>(random() % 400'000'000));
    SCOPED_TRACE(std::to_string(segments) + " segments, ms " + std::to_string(round_trip / 1ms));
    TcpPair pair(path_of(0, round_trip), i);
    pair.call();
    const auto text = octets_of(segments * kSegmentMost - random() % kSegmentMost, i);
    pair.write(kCaller, text);
    ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 60s));
    const Nanos least = trips(slow_start_trips(segments), round_trip);
    EXPECT_GE(pair.since(), least - 1us);
    // Where a flight is odd its last segment is acknowledged late.
    EXPECT_LE(pair.since(), least + kDelayedAck + 1us);
    EXPECT_EQ(pair.seen(kCaller).repeats, 0u);
  }
}

TEST(TcpModelLaws, NoLineIsOutrunAndItIsFilled) {
  for (const std::uint64_t rate : {1'000'000ULL, 10'000'000ULL, 100'000'000ULL}) {
    for (const Nanos round_trip : {Nanos(10ms), Nanos(100ms), Nanos(300ms)}) {
      SCOPED_TRACE(std::to_string(rate) + " bit/s, ms " + std::to_string(round_trip / 1ms));
      TcpPair pair(path_of(rate, round_trip), 1);
      pair.call();
      const auto text = octets_of(1'044'992, 1);
      pair.write(kCaller, text);
      ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 600s));
      const std::size_t segments = (text.size() + kSegmentMost - 1) / kSegmentMost;
      const std::size_t on_path = text.size() + segments * kHeaders;
      const auto line =
          Nanos(static_cast<std::int64_t>(static_cast<double>(on_path) * 8e9 / static_cast<double>(rate)));
      EXPECT_GE(pair.since(), line + trips(1.5, round_trip));
      EXPECT_LE(pair.since(), line + trips(slow_start_trips(segments), round_trip) + 2 * kDelayedAck);
      EXPECT_EQ(pair.seen(kCaller).repeats, 0u);
    }
  }
}

TEST(TcpModelLaws, AtTenPerCentItEndsAndRepeatsLittleMoreThanWasLost) {
  for (std::uint64_t seed = 1; seed <= cases(100); ++seed) {
    SCOPED_TRACE(seed);
    TcpPair pair(path_of(100'000'000, 100ms, 0.1), seed);
    pair.call();
    const auto text = octets_of(261'120, seed);
    pair.write(kCaller, text);
    ASSERT_TRUE(pair.run_until([&] { return pair.received(kCalled).size() == text.size(); }, 300s));
    const std::uint64_t lost = pair.path(kCaller).counts().loss_pkts;
    EXPECT_LE(pair.seen(kCaller).repeats, 2 * lost + 5);
  }
}

TEST(TcpModelLaws, ASeedSaysItAll) {
  for (std::uint64_t seed = 1; seed <= cases(40); ++seed) {
    std::array<std::vector<Instant>, 2> moments;
    for (auto& one : moments) {
      Talk talk(seed);
      TcpPair pair(talk.settings, seed, kPatient);
      talk.run(pair);
      pair.run_for(60s);
      one = pair.seen(kCaller).moments;
    }
    EXPECT_EQ(moments[0], moments[1]);
  }
}

}  // namespace
}  // namespace levelgate::tcpmodel::tcpmodel_laws_test
