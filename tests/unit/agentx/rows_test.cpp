// SPDX-License-Identifier: Apache-2.0
//
// The daemon's answer as rows, the MIB's tables against each other, and the command line.
#include "agentx/rows.h"

#include <gtest/gtest.h>

#include <set>

#include "agentx/options.h"

namespace levelgate::agentx::rows_test {
namespace {

std::optional<std::uint64_t> interval(const std::string& text) {
  Indices indices;
  const auto rows =
      rows_of(R"({"tunnels":{"t":{"traffic-flow-security":{"max-aggregation-time":")" + text + R"("}}}})", indices);
  EXPECT_TRUE(rows);
  return rows->at(0).tables[0].at(6);
}

TEST(AgentxRows, MillisecondsBecomeNanoseconds) {
  EXPECT_EQ(interval("0.0"), 0u);
  EXPECT_EQ(interval("20.0"), 20'000'000u);
  EXPECT_EQ(interval("0.000001"), 1u);
  EXPECT_EQ(interval("7.05"), 7'050'000u);
  EXPECT_EQ(interval("2147.483647"), 2'147'483'647u);
  EXPECT_EQ(interval("2147.483648"), 2'147'483'647u) << "an Integer32 ends there";
  EXPECT_EQ(interval("18446744073709551615"), 2'147'483'647u);
  for (const char* const wrong : {"", ".", "-1.0", "1.", "1.0000001", "1.x", " 1", "99999999999999999999"}) {
    EXPECT_EQ(interval(wrong), std::nullopt) << wrong;
  }
}

TEST(AgentxRows, WhatIsNoAnswerIsAnError) {
  Indices indices;
  for (const char* const wrong : {"", "x", "[]", "7", "{}", R"({"tunnels":[]})", R"({"tunnels":{})", "null"}) {
    EXPECT_FALSE(rows_of(wrong, indices)) << wrong;
  }
  const auto odd = rows_of(R"({"tunnels":{"a":7,"b":{"ipsec-stats":[]},"c":{}}})", indices);
  ASSERT_TRUE(odd);
  for (const Row& row : *odd) {
    for (const Cells& cells : row.tables) {
      for (const auto& cell : cells) EXPECT_EQ(cell, std::nullopt);
    }
  }
}

TEST(AgentxRows, ATunnelKeepsItsIndex) {
  Indices indices;
  EXPECT_EQ(indices.of("a"), 1u);
  EXPECT_EQ(indices.of("b"), 2u);
  EXPECT_EQ(indices.of("a"), 1u);
  EXPECT_EQ(indices.of(""), 3u);
}

TEST(AgentxRows, ColumnsAreCountedFromTwoWithoutAGap) {
  std::set<std::uint32_t> groups;
  for (const MibTable& table : kMibTables) {
    groups.insert(table.group);
    std::uint32_t next = 2;
    for (const MibColumn& column : table.columns) EXPECT_EQ(column.number, next++) << table.name << " " << column.name;
  }
  EXPECT_EQ(groups, (std::set<std::uint32_t>{1, 2, 3, 4}));
}

Options options(std::vector<const char*> words) {
  words.insert(words.begin(), "levelgate-agentx");
  return read_options(static_cast<int>(words.size()), words.data());
}

TEST(AgentxOptions, EachHasAValue) {
  const Options given = options({"--socket", "/x", "--master", "tcp:127.0.0.1:705", "--cache", "30"});
  EXPECT_EQ(given.socket, "/x");
  EXPECT_EQ(given.master, "tcp:127.0.0.1:705");
  EXPECT_EQ(given.cache_seconds, 30);
  EXPECT_EQ(given.text, "");
  EXPECT_EQ(options({}).cache_seconds, 5);
}

TEST(AgentxOptions, WhatIsWrongIsSaid) {
  for (const std::vector<const char*>& wrong : std::vector<std::vector<const char*>>{
           {"--sockets", "/x"}, {"--socket"}, {"--cache", "0"}, {"--cache", "3601"}, {"--cache", "5s"}, {"x"}}) {
    EXPECT_EQ(options(wrong).exit, 2);
    EXPECT_NE(options(wrong).text.find("levelgate-agentx: "), std::string::npos);
  }
  EXPECT_EQ(options({"--help"}).exit, 0);
  EXPECT_FALSE(options({"--help"}).text.empty());
}

}  // namespace
}  // namespace levelgate::agentx::rows_test
