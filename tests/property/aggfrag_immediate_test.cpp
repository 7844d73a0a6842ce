// SPDX-License-Identifier: Apache-2.0
//
// Immediate delivery (RFC 9347 §2.5) against the naive one: all orders of eight payloads, every row of four small
// payloads out of a telling set, honest or not, in every order, and payloads of an honest stream with faults.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <random>

#include "support/case_count.h"
#include "support/naive_immediate.h"
#include "support/receiving_stream.h"
#include "support/sent_row.h"

namespace levelgate::testing::aggfrag_immediate_test {
namespace {

constexpr std::uint32_t kMaxInner = 2048;
constexpr Nanos kPatient = std::chrono::hours(1);

// Both side by side; false: they differ.
class Both {
 public:
  explicit Both(std::uint32_t window) : stream_(Delivery::kImmediate, window, 1, kMaxInner), naive_(kMaxInner) {}

  [[nodiscard]] bool arrive(std::uint64_t number, const Octets& payload) {
    if (stream_.arrive(number, payload, at_ns(1), kPatient)) {
      naive_.take(number, payload);
    } else {
      naive_.take_late(payload);
    }
    return same();
  }
  // At the end each packet that began is whole or incomplete.
  [[nodiscard]] bool end() {
    stream_.end(at_ns(2));
    return same() && stream_.incomplete == naive_.begun - naive_.joined;
  }
  [[nodiscard]] const std::vector<Octets>& delivered() const { return stream_.delivered; }

 private:
  [[nodiscard]] bool same() const { return stream_.delivered == naive_.delivered && !stream_.out_of_turn; }

  ReceivingStream stream_;
  NaiveImmediate naive_;
};

// Eight payloads with whole packets, fragments over two and over four payloads, padding between fragments, and a runt.
std::vector<Octets> eight_payloads() {
  const Octets a = inner_packet(4, 50, 1);
  const Octets b = inner_packet(6, 150, 2);
  const Octets c = inner_packet(4, 60, 3);
  const Octets d = inner_packet(4, 30, 4);
  const Octets e = inner_packet(4, 40, 5);
  return {payload_of(0, {a, part(b, 0, 50)}),
          payload_of(100, {part(b, 50, 60)}),
          payload_of(0, {pad(20)}),
          payload_of(40, {part(b, 110, 30)}),
          payload_of(10, {part(b, 140, 10), part(c, 0, 3)}),
          payload_of(57, {part(c, 3, 57), d}),
          payload_of(0, {part(e, 0, 20)}),
          payload_of(20, {part(e, 20, 20), pad(3)})};
}

TEST(AggfragImmediate, EachOrderOfEightPayloadsYieldsAllAtTheFirstPossibleMoment) {
  const std::vector<Octets> payloads = eight_payloads();
  std::array<std::size_t, 8> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<Octets> in_order;
  {
    Both both(8);
    for (const std::size_t i : order) ASSERT_TRUE(both.arrive(i + 1, payloads[i]));
    in_order = both.delivered();
    ASSERT_EQ(in_order.size(), 5u);
  }
  std::vector<Octets> sorted = in_order;
  std::sort(sorted.begin(), sorted.end());
  std::size_t orders = 0;
  do {
    if (orders++ % (kFewCases ? 41 : 1) != 0) continue;
    Both both(8);
    for (const std::size_t i : order) ASSERT_TRUE(both.arrive(i + 1, payloads[i])) << orders;
    std::vector<Octets> got = both.delivered();
    std::sort(got.begin(), got.end());
    ASSERT_EQ(got, sorted) << orders;
    ASSERT_TRUE(both.end());
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 40'320u);
}

// Pieces of one packet of 20 octets, padding, nothing, and what no honest sender makes: up to 16 octets of blocks.
std::vector<Octets> small_payloads() {
  const Octets p = inner_packet(4, 20, 7);
  const Octets six = inner_packet(6, 40, 8);
  return {payload_of(0, {part(p, 0, 16)}),                              // begins
          payload_of(0, {part(p, 0, 3)}),                               // begins with a runt
          payload_of(17, {part(p, 3, 1)}),                              // goes on: the length is told now
          payload_of(17, {part(p, 3, 13)}),                             // goes on up to 16
          payload_of(4, {part(p, 16, 4)}),                              // ends
          payload_of(4, {part(p, 16, 4), part(p, 0, 12)}),              // ends, and the next begins
          payload_of(8, {part(p, 12, 8), part(six, 0, 5)}),             // ends after 12, and one begins with a runt
          payload_of(0, {pad(6)}),                                      // padding
          payload_of(4, {}),                                            // goes on without an octet
          payload_of(5, {part(p, 15, 5), Octets(2, std::byte{0x50})}),  // an offset that fits nothing, a bad block
          Octets(3)};                                                   // shorter than its header
}

TEST(AggfragImmediate, EveryRowOfFourSmallPayloadsInEveryOrder) {
  const std::vector<Octets> kinds = small_payloads();
  std::vector<std::array<std::size_t, 4>> orders;
  std::array<std::size_t, 4> order{0, 1, 2, 3};
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  const std::size_t lost = kinds.size();  // one that never comes
  const std::size_t choices = kinds.size() + 1;
  std::size_t rows = 0;
  std::size_t packets = 0;
  for (std::size_t code = 0; code < choices * choices * choices * choices; code += kFewCases ? 37 : 1) {
    const std::array<std::size_t, 4> row{code % choices, code / choices % choices, code / choices / choices % choices,
                                         code / choices / choices / choices};
    for (const auto& places : orders) {
      Both both(rows % 3 == 0 ? 1 : 4);
      for (const std::size_t place : places) {
        if (row[place] == lost) continue;
        ASSERT_TRUE(both.arrive(place + 1, kinds[row[place]])) << code;
      }
      ASSERT_TRUE(both.end()) << code;
      packets += both.delivered().size();
    }
    ++rows;
  }
  EXPECT_GT(packets, rows);
}

// An honest stream whose payloads are cut, flipped, lost, displaced.
TEST(AggfragImmediate, FaultyPayloadsDoWhatTheNaiveOneDoes) {
  std::mt19937_64 engine(20260101);
  const auto below = [&](std::size_t bound) { return engine() % bound; };
  for (std::size_t i = 0; i < cases(20'000); ++i) {
    std::vector<Octets> payloads = SentRow(engine, 10).payloads;
    std::vector<std::pair<std::size_t, std::size_t>> arrivals;  // place, payload
    for (std::size_t n = 0; n < payloads.size(); ++n) {
      Octets& payload = payloads[n];
      const std::size_t fate = below(12);
      if (fate == 0) payload.resize(below(payload.size() + 1));
      if (fate == 1 && !payload.empty()) payload[below(std::min<std::size_t>(payload.size(), 40))] ^= std::byte{1};
      if (fate == 2) payload[0] = static_cast<std::byte>(below(3));
      if (fate != 3) arrivals.emplace_back(n + below(6), n);
    }
    std::stable_sort(arrivals.begin(), arrivals.end());
    Both both(static_cast<std::uint32_t>(below(8)));
    for (const auto& [place, n] : arrivals) ASSERT_TRUE(both.arrive(n + 1, payloads[n])) << i;
    ASSERT_TRUE(both.end()) << i;
  }
}

}  // namespace
}  // namespace levelgate::testing::aggfrag_immediate_test
