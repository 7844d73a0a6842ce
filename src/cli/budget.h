// SPDX-License-Identifier: Apache-2.0
//
// What a tunnel's settings amount to on the wire: packets, intervals, room for inner packets (RFC 9347 appendix C).
// Pure arithmetic.
#pragma once

#include <levelgate/model/config.h>

#include <cstdint>
#include <string>

namespace levelgate::cli {

struct RateBudget {
  std::uint32_t inner_octets = 0;  // in one full outer packet
  double share = 0;                // of the outer packet's octets
  // fixed mode
  double packets_per_second = 0;
  double interval_ns = 0;
  double inner_bits_per_second = 0;  // at saturation
  double queue_octets = 0;           // what max-queue-delay lets wait
};

[[nodiscard]] RateBudget rate_budget(const model::TunnelConfig& tunnel);

// The lines of `levelgate check` when the file is right: "ok: ..." and two for each tunnel.
[[nodiscard]] std::string budget_text(const model::Config& config, bool explain);

}  // namespace levelgate::cli
