// SPDX-License-Identifier: Apache-2.0
//
// What people write of a path, and what they are told when it is wrong.
#include "pathmodel/path_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levelgate::pathmodel::path_spec_test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

PathStages parsed(std::string_view text) {
  const auto stages = parse_path(text);
  EXPECT_TRUE(stages) << (stages ? "" : stages.error().what);
  return stages.value_or(PathStages{{}});
}

std::string fault(std::string_view text) {
  const auto stages = parse_path(text);
  return stages ? "none" : stages.error().what;
}

TEST(PathSpec, AnEmptyTextIsAWire) {
  for (const char* const text : {"", "  "}) {
    const PathStages stages = parsed(text);
    ASSERT_EQ(stages.size(), 1u);
    EXPECT_EQ(stages[0].settings.bits_per_second, 0u);
    EXPECT_EQ(stages[0].settings.delay, Nanos(0));
  }
}

TEST(PathSpec, EachKeyReachesItsValue) {
  const PathSettings s =
      parsed(
          "rate=64 kbit/s,overhead=38B, frame = 96B ,queue=64KiB,queue-wait=2s,mtu=1280B,delay=300ms,jitter=20ms,"
          "jitter-reorders=yes,reordered=1%,held-back=40ms,loss=1.5%,burst-loss=0.01%,burst-packets=8,"
          "duplicated=2%,corrupted=3%,down=yes")[0]
          .settings;
  EXPECT_EQ(s.bits_per_second, 64'000u);
  EXPECT_EQ(s.overhead_octets, 38u);
  EXPECT_EQ(s.frame_octets, 96u);
  EXPECT_EQ(s.queue_octets, 65'536u);
  EXPECT_EQ(s.queue_wait, Nanos(2s));
  EXPECT_EQ(s.mtu, 1280u);
  EXPECT_EQ(s.delay, Nanos(300ms));
  EXPECT_EQ(s.jitter, Nanos(20ms));
  EXPECT_TRUE(s.jitter_reorders);
  EXPECT_DOUBLE_EQ(s.reordered, 0.01);
  EXPECT_EQ(s.held_back, Nanos(40ms));
  EXPECT_DOUBLE_EQ(s.loss, 0.015);
  EXPECT_DOUBLE_EQ(s.burst_loss, 0.0001);
  EXPECT_DOUBLE_EQ(s.burst_packets, 8);
  EXPECT_DOUBLE_EQ(s.duplicated, 0.02);
  EXPECT_DOUBLE_EQ(s.corrupted, 0.03);
  EXPECT_TRUE(s.down);
}

TEST(PathSpec, AStageKeepsWhatItDoesNotName) {
  const PathStages stages = parsed("rate=1 Mbit/s, delay=20ms; from=5s, down=yes; from=8s, down=no, rate=2 Mbit/s");
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[1].from, Nanos(5s));
  EXPECT_TRUE(stages[1].settings.down);
  EXPECT_EQ(stages[1].settings.bits_per_second, 1'000'000u);
  EXPECT_EQ(stages[2].from, Nanos(8s));
  EXPECT_FALSE(stages[2].settings.down);
  EXPECT_EQ(stages[2].settings.bits_per_second, 2'000'000u);
  EXPECT_EQ(stages[2].settings.delay, Nanos(20ms));
}

TEST(PathSpec, AFaultNamesThePlaceAndTheCure) {
  EXPECT_EQ(fault("dealy=20ms"), "\"dealy\" is no key of a path: did you mean \"delay\"?");
  EXPECT_THAT(fault("zzzzzz=1"), HasSubstr("the keys are rate, overhead"));
  EXPECT_EQ(fault("delay=20"), "\"delay=20\" needs a unit: did you mean \"20ms\"?");
  EXPECT_THAT(fault("rate=64 kbps"), HasSubstr("did you mean \"64 kbit/s\"?"));
  EXPECT_THAT(fault("loss=0.01"), HasSubstr("did you mean \"0.01%\"?"));
  EXPECT_THAT(fault("loss=101%"), HasSubstr("loss: must be 0% to 100%"));
  EXPECT_THAT(fault("down=1"), HasSubstr("must be yes or no"));
  EXPECT_THAT(fault("mtu=5GiB"), HasSubstr("is too large"));
  EXPECT_THAT(fault("burst-packets=many"), HasSubstr("is not a whole number"));
  EXPECT_THAT(fault("delay=1ms, delay=2ms"), HasSubstr("\"delay\" stands twice"));
  EXPECT_THAT(fault("delay 20ms"), HasSubstr("is no key=value"));
  EXPECT_THAT(fault("delay=20ms,"), HasSubstr("is no key=value"));
  EXPECT_THAT(fault("from=1s, delay=20ms"), HasSubstr("is not at the beginning of a later stage"));
  EXPECT_THAT(fault("delay=1ms; delay=2ms"), HasSubstr("does not say when it begins"));
  EXPECT_THAT(fault("delay=1ms; delay=2ms, from=1s"), HasSubstr("is not at the beginning"));
  EXPECT_THAT(fault("delay=1ms; from=2s, down=yes; from=1s"), HasSubstr("stages must follow each other"));
  EXPECT_THAT(fault("delay=1ms;"), HasSubstr("empty stage"));
  EXPECT_THAT(fault("reordered=1%"), HasSubstr("needs held-back"));
}

TEST(PathSpec, EveryKeyIsExplained) {
  const std::string text = path_keys_text();
  EXPECT_THAT(text, HasSubstr("  rate=64 kbit/s          of the line"));
  EXPECT_THAT(text, HasSubstr("  from=5s "));
}

}  // namespace
}  // namespace levelgate::pathmodel::path_spec_test
