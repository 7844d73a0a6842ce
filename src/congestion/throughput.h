// SPDX-License-Identifier: Apache-2.0
//
// The rate equation of TFRC, in packets (RFC 9347 Appendix B, RFC 5348 §8.1): t_RTO = 4 R and b = 1. Only sqrt, which
// every machine rounds alike.
#pragma once

namespace levelgate::congestion {

// Packets per round trip that a TCP flow would send at loss event rate `p`, 0 < p <= 1: X * R.
[[nodiscard]] double packets_per_round_trip(double p);

// Its inverse, within 5 % (RFC 5348 §6.3.1): the loss event rate at which the equation gives `packets` a round trip.
// More packets than the equation reaches at p = 1e-10 are answered with that, fewer than at p = 1 with 1.
[[nodiscard]] double loss_event_rate_of(double packets);

}  // namespace levelgate::congestion
