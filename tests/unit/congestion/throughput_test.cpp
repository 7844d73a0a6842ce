// SPDX-License-Identifier: Apache-2.0
//
// The equation against values worked out by hand, and its inverse against it (RFC 9347 Appendix B, RFC 5348 §6.3.1).
#include "congestion/throughput.h"

#include <gtest/gtest.h>

namespace levelgate::congestion::throughput_test {
namespace {

TEST(Throughput, IsTheEquation) {
  // p = 0.01: sqrt(0.02 / 3) = 0.0816497; 12 * sqrt(0.00375) * 0.01 * 1.0032 = 0.0073720.
  EXPECT_NEAR(packets_per_round_trip(0.01), 1 / (0.0816497 + 0.0073720), 1e-3);
  // p = 1: sqrt(2 / 3) = 0.8164966; 12 * sqrt(0.375) * 33 = 242.4995.
  EXPECT_NEAR(packets_per_round_trip(1), 1 / (0.8164966 + 242.4995), 1e-6);
}

TEST(Throughput, FallsAsLossRises) {
  for (double p = 1e-9; p < 0.9; p *= 1.1) EXPECT_GT(packets_per_round_trip(p), packets_per_round_trip(p * 1.1));
}

TEST(Throughput, InverseIsWithinFivePercent) {
  for (double packets = 0.5; packets < 1e5; packets *= 1.7) {
    const double back = packets_per_round_trip(loss_event_rate_of(packets));
    EXPECT_NEAR(back, packets, 0.05 * packets);
  }
}

TEST(Throughput, InverseEndsAtItsLimits) {
  EXPECT_EQ(loss_event_rate_of(0), 1.0);
  EXPECT_EQ(loss_event_rate_of(1e300), 1e-10);
}

}  // namespace
}  // namespace levelgate::congestion::throughput_test
