// SPDX-License-Identifier: Apache-2.0
//
// So many a second, and no more at once.
#include "admission/token_bucket.h"

#include <gtest/gtest.h>

namespace levelgate::admission::token_bucket_test {
namespace {

using namespace std::chrono_literals;

int taken(TokenBucket& bucket, Instant now) {
  int count = 0;
  while (count < 1000 && bucket.take(now)) ++count;
  return count;
}

TEST(TokenBucket, FillsOverASecondAndNotBeyond) {
  TokenBucket bucket(5);
  const Instant start = at_ns(1'000'000'000'000);
  EXPECT_EQ(taken(bucket, start), 5);
  EXPECT_EQ(taken(bucket, start), 0);
  EXPECT_EQ(taken(bucket, start + 200ms), 1);
  EXPECT_EQ(taken(bucket, start + 10s), 5);
  EXPECT_EQ(taken(bucket, start + 3600s), 5);
}

TEST(TokenBucket, PartsOfATokenAddUp) {
  TokenBucket bucket(5);
  const Instant start = at_ns(1'000'000'000'000);
  EXPECT_EQ(taken(bucket, start), 5);
  int count = 0;
  for (int i = 1; i <= 100; ++i) count += taken(bucket, start + i * 50ms);  // five seconds in small steps
  EXPECT_EQ(count, 25);
}

}  // namespace
}  // namespace levelgate::admission::token_bucket_test
