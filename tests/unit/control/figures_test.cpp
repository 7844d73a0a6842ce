// SPDX-License-Identifier: Apache-2.0
//
// Figures as interface section 5 shows them.
#include "control/figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace levelgate::control::figures_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Figures, Counts) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1 000");
  EXPECT_EQ(grouped(12'214'285'714), "12 214 285 714");
  EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18 446 744 073 709 551 615");
}

TEST(Figures, Rates) {
  EXPECT_EQ(bit_rate(0), "0");
  EXPECT_EQ(bit_rate(-1), "0");
  EXPECT_EQ(bit_rate(500e6), "500.0 Mbit/s");
  EXPECT_EQ(bit_rate(1.25e9), "1.2 Gbit/s");
  EXPECT_EQ(bit_rate(999), "999 bit/s");
  EXPECT_EQ(bit_rate(1500), "1.5 kbit/s");
  EXPECT_EQ(set_rate(500'000'000), "500 Mbit/s");
  EXPECT_EQ(set_rate(2'500'000'000), "2.5 Gbit/s");
  EXPECT_EQ(set_rate(1'234'567), "1.234567 Mbit/s");
  EXPECT_EQ(set_rate(1), "1 bit/s");
}

TEST(Figures, Volumes) {
  EXPECT_EQ(volume(0), "0 B");
  EXPECT_EQ(volume(18'000), "18 kB");
  EXPECT_EQ(volume(1'200'000), "1.20 MB");
  EXPECT_EQ(volume(3e9), "3.00 GB");
}

TEST(Figures, Times) {
  EXPECT_EQ(span(Nanos(0)), "0");
  EXPECT_EQ(span(Nanos(22'400)), "22.40 us");
  EXPECT_EQ(span(milliseconds(20)), "20 ms");
  EXPECT_EQ(span(Nanos(1)), "1 ns");
  EXPECT_EQ(span(milliseconds(1'500)), "1.50 s");
  EXPECT_EQ(age(seconds(12)), "12s");
  EXPECT_EQ(age(seconds(250)), "4m10s");
  EXPECT_EQ(age(hours(2) + seconds(60)), "2h01m");
  EXPECT_EQ(age(hours(76)), "3d04h");
  EXPECT_EQ(decimals(0.605, 2), "0.60");
  EXPECT_EQ(decimals(std::numeric_limits<double>::max(), 1).size(), 311u);
}

}  // namespace
}  // namespace levelgate::control::figures_test
