// SPDX-License-Identifier: Apache-2.0
//
// A small table with a fixed seed and fixed charges, to the hundredth of a second: who changes how IKE waits, repeats
// or paces sees here what it does, and writes the new figures down knowingly.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "rehearsal/handshake_table.h"

namespace levelgate::rehearsal::golden_table_test {
namespace {

using namespace std::chrono_literals;

// Some octets more in a message move what a slow line shows by less than this.
std::string hundredths(double value) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

std::string seconds_of(const std::optional<Nanos>& time) {
  return time ? hundredths(static_cast<double>(time->count()) / 1e9) : "never";
}

std::string text_of(const Results& results) {
  std::string text = "\n";
  for (const Row& row : results.rows) {
    const CellPath& path = row.cell.path;
    text += std::to_string(path.bits_per_second / 1'000'000) + " " + std::to_string(path.round_trip / 1ms) + " " +
            std::to_string(static_cast<int>(path.loss * 100)) + " " + std::string(facts_of(row.cell.keys).name) + " " +
            std::string(name_of(row.cell.delivery)) + ": ";
    const Summary& found = row.summary;
    text += seconds_of(found.first_inner.median) + " " + seconds_of(found.large.median) + " " +
            seconds_of(found.large.p99) + " " + hundredths(found.octets_over_needed) + "\n";
  }
  return text;
}

TableRun small_table() {
  return {.settings = {.rates = {1'000'000, 100'000'000},
                       .round_trips = {100ms},
                       .losses = {0, 0.1},
                       .keys = {KeySet::kMlKem768, KeySet::kMceliece348864f},
                       .deliveries = {std::begin(kDeliveries), std::end(kDeliveries)}},
          .first_seed = 1,
          .seeds = 3};
}

TEST(GoldenTable, IsTheSameToTheHundredth) {
  const auto ready = ReadyKeys::make(methods_of(KeySet::kMceliece348864f));
  ASSERT_TRUE(ready);
  const KeyCosts costs{{std::uint16_t{31}, {100us, 200us, 100us}},
                       {std::uint16_t{36}, {50us, 60us, 70us}},
                       {std::uint16_t{1111}, {20ms, 100us, 100us}}};
  std::size_t cells = 0;
  const auto results = run_table(small_table(), *ready, costs, [&](std::size_t done, std::size_t all) {
    ++cells;
    EXPECT_EQ(done, cells);
    EXPECT_EQ(all, 40u);
  });
  ASSERT_TRUE(results);
  EXPECT_EQ(text_of(*results), R"(
1 100 0 +mlkem768 rfc7383: 0.38 never never 1.00
1 100 0 +mlkem768 udp: 0.38 never never 1.00
1 100 0 +mlkem768 udp-ack: 0.38 never never 1.00
1 100 0 +mlkem768 tcp: 0.49 never never 1.10
1 100 0 +mlkem768 separate: 0.49 never never 1.08
1 100 0 +mceliece348864f rfc7383: 0.38 5.35 5.35 1.97
1 100 0 +mceliece348864f udp: 0.38 3.27 3.27 1.00
1 100 0 +mceliece348864f udp-ack: 0.38 3.27 3.27 1.00
1 100 0 +mceliece348864f tcp: 0.49 3.24 3.24 0.98
1 100 0 +mceliece348864f separate: 0.49 3.24 3.24 0.98
1 100 10 +mlkem768 rfc7383: 0.38 never never 1.00
1 100 10 +mlkem768 udp: 0.38 never never 1.00
1 100 10 +mlkem768 udp-ack: 0.38 never never 1.00
1 100 10 +mlkem768 tcp: 0.49 never never 1.10
1 100 10 +mlkem768 separate: 0.49 never never 1.08
1 100 10 +mceliece348864f rfc7383: 0.38 10.60 14.53 3.89
1 100 10 +mceliece348864f udp: 0.38 10.97 11.30 3.70
1 100 10 +mceliece348864f udp-ack: 0.38 3.97 4.74 1.12
1 100 10 +mceliece348864f tcp: 0.49 10.04 12.24 1.09
1 100 10 +mceliece348864f separate: 0.49 8.76 10.32 1.10
100 100 0 +mlkem768 rfc7383: 0.35 never never 1.00
100 100 0 +mlkem768 udp: 0.35 never never 1.00
100 100 0 +mlkem768 udp-ack: 0.35 never never 1.00
100 100 0 +mlkem768 tcp: 0.45 never never 1.10
100 100 0 +mlkem768 separate: 0.45 never never 1.08
100 100 0 +mceliece348864f rfc7383: 0.35 0.90 0.90 1.00
100 100 0 +mceliece348864f udp: 0.35 0.90 0.90 1.00
100 100 0 +mceliece348864f udp-ack: 0.35 0.90 0.90 1.00
100 100 0 +mceliece348864f tcp: 0.45 1.38 1.38 0.98
100 100 0 +mceliece348864f separate: 0.45 1.38 1.38 0.98
100 100 10 +mlkem768 rfc7383: 0.35 never never 1.00
100 100 10 +mlkem768 udp: 0.35 never never 1.00
100 100 10 +mlkem768 udp-ack: 0.35 never never 1.00
100 100 10 +mlkem768 tcp: 0.45 never never 1.10
100 100 10 +mlkem768 separate: 0.45 never never 1.08
100 100 10 +mceliece348864f rfc7383: 0.35 8.39 12.79 3.89
100 100 10 +mceliece348864f udp: 0.35 1.38 2.16 3.89
100 100 10 +mceliece348864f udp-ack: 0.35 1.12 2.02 1.11
100 100 10 +mceliece348864f tcp: 0.45 8.61 10.39 1.09
100 100 10 +mceliece348864f separate: 0.45 7.88 8.69 1.10
)");
}

}  // namespace
}  // namespace levelgate::rehearsal::golden_table_test
