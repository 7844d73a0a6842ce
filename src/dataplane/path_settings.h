// SPDX-License-Identifier: Apache-2.0
//
// From the settings of a tunnel to those of its congestion control: floor, ceiling and breaker (RFC 9347 §2.4.2).
#pragma once

#include <levelgate/model/tunnel.h>

#include <algorithm>
#include <cstdint>

#include "congestion/path_control.h"

namespace levelgate::dataplane {

// Where a congestion-controlled tunnel begins, in bits per second; it never falls below.
[[nodiscard]] inline std::uint64_t floor_rate(const model::TfsSettings& tfs) {
  constexpr std::uint64_t kPacketsPerSecond = 10;
  const std::uint64_t set = tfs.congestion.min_rate;
  const std::uint64_t floor = set != 0 ? set : std::uint64_t{tfs.slot_octets()} * 8 * kPacketsPerSecond;
  return std::min(floor, tfs.rate_bits_per_second);
}

// Before anything is known of the path.
[[nodiscard]] inline std::uint64_t first_rate(const model::TfsSettings& tfs) {
  return tfs.congestion.controlled ? floor_rate(tfs) : tfs.rate_bits_per_second;
}

[[nodiscard]] inline congestion::PathSettings path_settings(const model::TfsSettings& tfs) {
  congestion::PathSettings settings;
  settings.limits = {first_rate(tfs), tfs.rate_bits_per_second, tfs.slot_octets()};
  settings.reduced = floor_rate(tfs);
  settings.displaced = tfs.receive.reorder_window;
  settings.counts_marks = tfs.congestion.counts_marks;
  if (const auto& mtu = tfs.path_mtu) {
    settings.mtu = {mtu->floor, mtu->base, mtu->max_size, mtu->probe_interval, mtu->longest_inner};
  }
  if (!tfs.congestion.breaker) return settings;
  const model::BreakerSettings& breaker = *tfs.congestion.breaker;
  const auto action = breaker.action == model::BreakerAction::kStop ? congestion::BreakerAction::kStop
                                                                    : congestion::BreakerAction::kFloor;
  settings.breaker = {breaker.loss_permille / 1000.0, breaker.persists, action, breaker.clears_after};
  return settings;
}

}  // namespace levelgate::dataplane
