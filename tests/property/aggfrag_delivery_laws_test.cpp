// SPDX-License-Identifier: Apache-2.0
//
// What both ways of delivery promise under any loss, displacement and duplication of outer packets, over many random
// streams (RFC 9347 §2.2.3, §2.5): nothing comes out that did not go in, nothing twice, nothing that is not missing an
// octet is missing, and each thing is counted once.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <random>

#include "support/case_count.h"
#include "support/receiving_stream.h"
#include "support/sent_row.h"

namespace levelgate::testing::aggfrag_delivery_laws_test {
namespace {

struct Arrival {
  std::size_t place;
  std::size_t payload;
};

struct Weather {
  std::vector<Arrival> arrivals;
  std::uint32_t window = 0;
  Nanos lost_after{};
};

// Each payload may be lost, or displaced, or come twice; the second one would be stopped as a replay.
Weather draw_weather(std::mt19937_64& engine, std::size_t payloads) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(engine() % bound); };
  Weather weather;
  weather.window = static_cast<std::uint32_t>(below(4) == 0 ? 0 : below(12));
  weather.lost_after = Nanos(below(3) == 0 ? 1'000'000 : static_cast<std::int64_t>(1 + below(8)));
  const std::size_t loss = 3 + below(20);
  const std::size_t reach = 1 + below(12);
  for (std::size_t i = 0; i < payloads; ++i) {
    if (below(loss) == 0) continue;
    weather.arrivals.push_back({i + (below(3) == 0 ? below(reach) : 0), i});
  }
  std::stable_sort(weather.arrivals.begin(), weather.arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.place < b.place; });
  return weather;
}

// One way of a stream through one weather.
struct Passage {
  Passage(Delivery delivery, const SentRow& row, const Weather& weather)
      : stream(delivery, weather.window, 1, 9216), in_time(row.payloads.size()) {
    Instant now = at_ns(1);
    std::size_t arrivals = 0;
    for (const Arrival& arrival : weather.arrivals) {
      now += Nanos(1);
      in_time[arrival.payload] =
          stream.arrive(arrival.payload + 1, row.payloads[arrival.payload], now, weather.lost_after);
      delivered_at.resize(stream.delivered.size(), arrivals++);
      most_held = std::max(most_held, stream.held());
    }
    stream.expire(now + std::chrono::hours(1));
    stream.end(now + std::chrono::hours(1));
    delivered_at.resize(stream.delivered.size(), arrivals);
  }

  ReceivingStream stream;
  std::vector<bool> in_time;              // for each payload
  std::vector<std::size_t> delivered_at;  // for each delivered packet: after how many arrivals
  std::size_t most_held = 0;
};

// The packets none of whose payloads is lost or came too late.
std::vector<std::size_t> whole_packets(const SentRow& row, const std::vector<bool>& in_time) {
  std::vector<std::size_t> whole;
  for (std::size_t i = 0; i < row.packets.size(); ++i) {
    const auto begin = in_time.begin() + static_cast<std::ptrdiff_t>(row.first[i]);
    const auto end = in_time.begin() + static_cast<std::ptrdiff_t>(row.last[i]) + 1;
    if (std::find(begin, end, false) == end) whole.push_back(i);
  }
  return whole;
}

// [9347-2.5-b, 9347-2.5-c]
TEST(AggfragDelivery, InOrderExactlyTheWholePacketsInTheirOrder) {
  std::mt19937_64 engine(9347);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < cases(100'000); ++i) {
    const SentRow row(engine, 10);
    const Passage got(Delivery::kInOrder, row, draw_weather(engine, row.payloads.size()));
    std::vector<Octets> expected;
    for (const std::size_t packet : whole_packets(row, got.in_time)) expected.push_back(row.packets[packet]);
    lost += row.packets.size() - expected.size();
    ASSERT_EQ(got.stream.delivered, expected) << i;
    ASSERT_FALSE(got.stream.out_of_turn) << i;
  }
  EXPECT_GT(lost, cases(100'000) / 10);
}

// Whole packets of late payloads come as well; no packet waits for anything but its own octets; those of one payload
// keep their order; and without misordering the order is that of the sender.
// [9347-2.5-a, 9347-2.5-b]
TEST(AggfragDelivery, ImmediateEachWholePacketWithItsLastPayload) {
  std::mt19937_64 engine(2025);
  std::size_t early = 0;
  for (std::size_t i = 0; i < cases(100'000); ++i) {
    const SentRow row(engine, 10);
    const Weather weather = draw_weather(engine, row.payloads.size());
    const Passage got(Delivery::kImmediate, row, weather);
    ASSERT_FALSE(got.stream.out_of_turn) << i;
    ASSERT_LE(got.most_held, weather.window) << i;
    std::vector<std::size_t> arrived_at(row.payloads.size(), std::numeric_limits<std::size_t>::max());
    for (std::size_t n = 0; n < weather.arrivals.size(); ++n) arrived_at[weather.arrivals[n].payload] = n;
    struct Due {
      std::size_t at;
      std::size_t packet;
    };
    std::vector<Due> due;
    for (const std::size_t packet : whole_packets(row, got.in_time)) {
      std::size_t last = 0;
      for (std::size_t n = row.first[packet]; n <= row.last[packet]; ++n) last = std::max(last, arrived_at[n]);
      due.push_back({last, packet});
    }
    for (std::size_t packet = 0; packet < row.packets.size(); ++packet) {
      const std::size_t only = row.first[packet];
      const bool late = arrived_at[only] != std::numeric_limits<std::size_t>::max() && !got.in_time[only];
      if (only == row.last[packet] && late) due.push_back({arrived_at[only], packet});
    }
    std::sort(due.begin(), due.end(),
              [](const Due& a, const Due& b) { return a.at != b.at ? a.at < b.at : a.packet < b.packet; });
    ASSERT_EQ(got.stream.delivered.size(), due.size()) << i;
    for (std::size_t n = 0; n < due.size(); ++n) {
      ASSERT_EQ(got.stream.delivered[n], row.packets[due[n].packet]) << i;
      ASSERT_EQ(got.delivered_at[n], due[n].at) << i;
      early += n != 0 && due[n].packet < due[n - 1].packet ? 1 : 0;
    }
  }
  EXPECT_GT(early, cases(100'000) / 10);
}

// What is not delivered is counted: each packet of which a begin arrived, and each number that never came in time.
TEST(AggfragDelivery, BothCountEachLossOnce) {
  std::mt19937_64 engine(348);
  for (std::size_t i = 0; i < cases(20'000); ++i) {
    const SentRow row(engine, 10);
    const Weather weather = draw_weather(engine, row.payloads.size());
    for (const Delivery delivery : {Delivery::kInOrder, Delivery::kImmediate}) {
      const Passage got(delivery, row, weather);
      std::vector<bool> seen = got.in_time;
      if (delivery == Delivery::kImmediate) {
        for (const Arrival& arrival : weather.arrivals) seen[arrival.payload] = true;
      }
      std::size_t begun = 0;
      for (std::size_t packet = 0; packet < row.packets.size(); ++packet) begun += seen[row.first[packet]] ? 1 : 0;
      const std::size_t unfinished = row.unfinished_in != SentRow::kNone && seen[row.unfinished_in] ? 1 : 0;
      ASSERT_EQ(got.stream.delivered.size() + got.stream.incomplete, begun + unfinished) << i;
      const auto in_time = static_cast<std::size_t>(std::count(got.in_time.begin(), got.in_time.end(), true));
      ASSERT_EQ(got.stream.late, weather.arrivals.size() - in_time) << i;
      ASSERT_EQ(got.stream.missed, got.stream.awaited() - 1 - in_time) << i;
    }
  }
}

}  // namespace
}  // namespace levelgate::testing::aggfrag_delivery_laws_test
