// SPDX-License-Identifier: Apache-2.0
//
// TCP connections in words.
#include "control/admin_streams.h"

#include <gtest/gtest.h>

namespace levelgate::control::admin_streams_test {
namespace {

constexpr model::StreamCounts::End kReset{"reset", 4}, kIdle{"idle-unproven", 0}, kLate{"prefix-late", 1};

TEST(AdminStreams, OneLineHasWhatHappened) {
  EXPECT_EQ(stream_line({}), "");
  EXPECT_EQ(stream_line({.open = 1, .connected = 1}),
            "TCP connections: 1 open (0 unproven), 0 accepted, 1 made, 0 refused");
  EXPECT_EQ(stream_line({.open = 3, .unproven = 2, .accepted = 8, .refused = 5, .ends = {kReset, kIdle, kLate}}),
            "TCP connections: 3 open (2 unproven), 8 accepted, 0 made, 5 refused; ended: 4 reset, 1 prefix-late");
}

TEST(AdminStreams, ValuesHaveEveryReason) {
  const Value::Map map = stream_values({.open = 3, .unproven = 2, .ends = {kReset, kIdle}});
  const auto of = [](const Value::Map& in, std::string_view key) -> const Value& {
    for (const auto& [name, value] : in) {
      if (name == key) return value;
    }
    throw std::out_of_range(std::string(key));
  };
  EXPECT_EQ(std::get<std::uint64_t>(of(map, "open").is), 3u);
  EXPECT_EQ(std::get<std::uint64_t>(of(map, "unproven").is), 2u);
  const auto& ended = std::get<Value::Map>(of(map, "ended").is);
  EXPECT_EQ(std::get<std::uint64_t>(of(ended, "reset").is), 4u);
  EXPECT_EQ(std::get<std::uint64_t>(of(ended, "idle-unproven").is), 0u);
}

}  // namespace
}  // namespace levelgate::control::admin_streams_test
