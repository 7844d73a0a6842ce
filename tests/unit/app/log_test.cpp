// SPDX-License-Identifier: Apache-2.0
//
// The two forms of a log line, also with hostile text in it.
#include "app/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levelgate::app::log_test {
namespace {

constexpr std::int64_t kMoment = 1'795'428'280'151;  // 2026-11-23T10:04:40.151Z

LogLine refused() {
  return {Level::kWarn, "ike", "peer refused all proposals", "oslo", "LG-IKE-021", {{"try", "4"}, {"next", "18s"}}};
}

TEST(LogLine, Text) {
  EXPECT_EQ(render(refused(), kMoment, LogFormat::kText),
            "2026-11-23T10:04:40.151Z WARN ike oslo LG-IKE-021 peer refused all proposals try=4 next=18s");
  EXPECT_EQ(render({Level::kInfo, "app", "ready"}, kMoment, LogFormat::kText),
            "2026-11-23T10:04:40.151Z INFO app ready");
}

TEST(LogLine, Json) {
  EXPECT_EQ(render(refused(), kMoment, LogFormat::kJson),
            R"({"ts":"2026-11-23T10:04:40.151Z","level":"warn","component":"ike","event":"LG-IKE-021",)"
            R"("tunnel":"oslo","try":4,"next":"18s","msg":"peer refused all proposals"})");
}

TEST(LogLine, StaysOneLine) {
  const LogLine line{Level::kInfo, "app", "a\nb\x1b[31m", {}, {}, {{"k", "\"v\"\\\n"}}};
  EXPECT_EQ(render(line, kMoment, LogFormat::kText), "2026-11-23T10:04:40.151Z INFO app a\\nb\\x1b[31m k=\"v\"\\\\n");
  EXPECT_EQ(render(line, kMoment, LogFormat::kJson),
            R"({"ts":"2026-11-23T10:04:40.151Z","level":"info","component":"app","k":"\"v\"\\\u000a",)"
            R"("msg":"a\u000ab\u001b[31m"})");
}

TEST(Log, WritesFromTheLeastLevelOn) {
  ::testing::internal::CaptureStderr();
  Log log(Level::kWarn, LogFormat::kText);
  log.write({Level::kInfo, "app", "hidden"});
  log.write({Level::kWarn, "app", "shown {}"});
  log.set(Level::kInfo, LogFormat::kJson);
  log.write({Level::kInfo, "app", "now"});
  const std::string out = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(
      out, ::testing::MatchesRegex(".*Z WARN app shown \\{\\}\n\\{\"ts\":.*\"level\":\"info\".*\"msg\":\"now\"\\}\n"));
}

}  // namespace
}  // namespace levelgate::app::log_test
