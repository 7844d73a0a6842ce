// SPDX-License-Identifier: Apache-2.0
#include "ikemessage/handshake_patience.h"

#include <gtest/gtest.h>

namespace levelgate::ikemessage::handshake_patience_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = Instant(Nanos(1h));

TEST(HandshakePatience, IsAFixedTimeWithoutALargeKey) {
  HandshakePatience patience;
  EXPECT_EQ(patience.deadline(), kNever);
  patience.begin(kBegin);
  EXPECT_EQ(patience.deadline(), kBegin + limits::kHalfOpenLife);
  patience.progress(kBegin + 29s);
  patience.large_came(kBegin + 29s);
  EXPECT_EQ(patience.deadline(), kBegin + limits::kHalfOpenLife) << "messages alone hold nothing open";
}

TEST(HandshakePatience, FollowsTheProgressOfALargeKeyUpToACap) {
  HandshakePatience patience;
  patience.begin(kBegin);
  patience.await_large();
  EXPECT_EQ(patience.deadline(), kBegin + limits::kLargeHandshakeIdle);
  Instant now = kBegin;
  while (now < patience.deadline()) {
    now = now + 9s;
    patience.progress(now);
    ASSERT_LE(patience.deadline(), kBegin + limits::kLargeHandshakeLife);
  }
  EXPECT_GE(now, kBegin + limits::kLargeHandshakeLife) << "one that drips";
}

TEST(HandshakePatience, BehindTheKeyTheRestHasItsTime) {
  HandshakePatience patience;
  patience.begin(kBegin);
  patience.await_large();
  patience.progress(kBegin + 8s);
  patience.large_came(kBegin + 12s);
  EXPECT_EQ(patience.deadline(), kBegin + 12s + limits::kHalfOpenLife);
  patience.large_came(kBegin + 20s);
  EXPECT_EQ(patience.deadline(), kBegin + 12s + limits::kHalfOpenLife) << "once";
}

}  // namespace
}  // namespace levelgate::ikemessage::handshake_patience_test
