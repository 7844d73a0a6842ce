// SPDX-License-Identifier: Apache-2.0
//
// The equation as it is printed, and a bisection that ends after a dozen steps.
#include "congestion/throughput.h"

#include <cmath>

namespace levelgate::congestion {

double packets_per_round_trip(double p) {
  return 1.0 / (std::sqrt(2.0 * p / 3.0) + 12.0 * std::sqrt(3.0 * p / 8.0) * p * (1.0 + 32.0 * p * p));
}

double loss_event_rate_of(double packets) {
  double low = 1e-10;  // beyond what 32 bits of an inverse can say
  double high = 1.0;
  if (packets >= packets_per_round_trip(low)) return low;
  if (packets <= packets_per_round_trip(high)) return high;
  while (high > low * 1.02) {
    const double middle = std::sqrt(low * high);
    (packets_per_round_trip(middle) > packets ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace levelgate::congestion
