// SPDX-License-Identifier: Apache-2.0
//
// What a tunnel's settings amount to: packets, intervals, room for inner data (RFC 9347 appendix C). Pure arithmetic.
#pragma once

#include <levelgate/model/config.h>

#include <cstdint>
#include <string>

namespace levelgate::control {

struct RateBudget {
  double packets_per_second = 0;
  double interval_us = 0;
  std::uint32_t payload_octets = 0;  // inner octets in one full outer packet
  double inner_bits_per_second = 0;  // at saturation
  double share = 0;                  // inner octets of outer octets
  double queue_octets = 0;           // what max-queue-delay lets wait
};

[[nodiscard]] RateBudget rate_budget(const model::TunnelConfig& tunnel);

// The lines of `levelgate check` when the file is right: "ok: ..." and one paragraph for each tunnel.
[[nodiscard]] std::string budget_text(const model::Config& config, bool explain);

}  // namespace levelgate::control
