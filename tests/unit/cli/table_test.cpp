// SPDX-License-Identifier: Apache-2.0
//
// Tables and numbers as people shall see them.
#include "cli/table.h"

#include <gtest/gtest.h>

#include "cli/units.h"

namespace levelgate::cli::table_test {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"NAME"}, {"COUNT", Align::kRight}, {"LAST"}});
  table.add({"berlin", "1", "x"});
  table.add({"münchen", "12 000"});
  EXPECT_EQ(table.text(),
            "NAME      COUNT  LAST\n"
            "berlin        1  x\n"
            "münchen  12 000\n");
}

TEST(Table, HasItsTitlesWhenEmpty) {
  Table table({{"A"}, {"B"}});
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.text(), "A  B\n");
}

TEST(Units, AsInTheOperatorsContract) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1 000");
  EXPECT_EQ(count_text(12'214'285'714), "12 214 285 714");
  EXPECT_EQ(rate_text(500e6), "500.0 Mbit/s");
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(1.5e9), "1.5 Gbit/s");
  EXPECT_EQ(octets_text(18'000), "18.0 kB");
  EXPECT_EQ(octets_text(1'198'000), "1.20 MB");
  EXPECT_EQ(octets_text(12), "12 B");
  EXPECT_EQ(time_text(22'400), "22.40 us");
  EXPECT_EQ(time_text(20e6), "20.00 ms");
  EXPECT_EQ(time_text(600), "600 ns");
  EXPECT_EQ(age_text(3 * 86'400 + 4 * 3'600), "3d04h");
  EXPECT_EQ(age_text(3'600), "1h00m");
  EXPECT_EQ(age_text(250), "4m10s");
  EXPECT_EQ(age_text(12), "12s");
  EXPECT_EQ(percent_text(0.557, 1), "55.7 %");
}

}  // namespace
}  // namespace levelgate::cli::table_test
