// SPDX-License-Identifier: Apache-2.0
//
// The three forms of a log line, also with hostile text in it.
#include "app/log.h"

#include <gtest/gtest.h>

namespace levelgate::app {
namespace {

constexpr std::int64_t kMoment = 1'795'428'280'151;  // 2026-11-23T10:04:40.151Z

LogLine refused() {
  return {Level::kWarn, "ike", "peer refused all proposals", "oslo", "LG-IKE-021", {{"try", "4"}, {"next", "18s"}}};
}

TEST(LogLine, Text) {
  EXPECT_EQ(render(refused(), kMoment, LogForm::kText),
            "2026-11-23T10:04:40.151Z WARN ike oslo LG-IKE-021 peer refused all proposals try=4 next=18s");
  EXPECT_EQ(render({Level::kInfo, "app", "ready"}, kMoment, LogForm::kText), "2026-11-23T10:04:40.151Z INFO app ready");
}

TEST(LogLine, Json) {
  EXPECT_EQ(render(refused(), kMoment, LogForm::kJson),
            R"({"ts":"2026-11-23T10:04:40.151Z","level":"warn","component":"ike","event":"LG-IKE-021",)"
            R"("tunnel":"oslo","try":4,"next":"18s","msg":"peer refused all proposals"})");
}

TEST(LogLine, JournalHasThePriorityInFront) {
  EXPECT_EQ(render({Level::kError, "app", "no"}, kMoment, LogForm::kJournal), "<3>app no");
  EXPECT_EQ(render({Level::kDebug, "app", "no"}, kMoment, LogForm::kJournal), "<7>app no");
}

TEST(LogLine, StaysOneLine) {
  const LogLine line{Level::kInfo, "app", "a\nb\x1b[31m", {}, {}, {{"k", "\"v\"\\\n"}}};
  EXPECT_EQ(render(line, kMoment, LogForm::kText), "2026-11-23T10:04:40.151Z INFO app a\\nb\\x1b[31m k=\"v\"\\\\n");
  EXPECT_EQ(render(line, kMoment, LogForm::kJson),
            R"({"ts":"2026-11-23T10:04:40.151Z","level":"info","component":"app","k":"\"v\"\\\u000a",)"
            R"("msg":"a\u000ab\u001b[31m"})");
}

TEST(Log, WritesFromTheLeastLevelOn) {
  testing::internal::CaptureStderr();
  Log log(Level::kWarn, LogForm::kJournal);
  log.write({Level::kInfo, "app", "hidden"});
  log.write({Level::kWarn, "app", "shown {}"});
  log.set(Level::kInfo, LogForm::kJournal);
  log.write({Level::kInfo, "app", "now"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<4>app shown {}\n<6>app now\n");
}

}  // namespace
}  // namespace levelgate::app
