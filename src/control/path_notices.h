// SPDX-License-Identifier: Apache-2.0
//
// What the operator hears of a tunnel's path: that its circuit breaker has tripped or closed (RFC 8084 §4), and that a
// fixed rate loses packets (RFC 9347 §2.4.1). Told from counters, which no lost event can falsify.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::control {

struct PathNotice {
  bool alarm = false;  // else: for information, or a warning of loss
  std::string_view id;
  std::string tunnel;
  std::string text;
};

// Thread: control.
class PathNotices {
 public:
  // Call it about once a second; tunnels that are gone are forgotten.
  [[nodiscard]] std::vector<PathNotice> observe(const model::ForwardingPlan& plan, const model::Stats& stats,
                                                Instant now);

 private:
  struct Seen {
    std::uint64_t trips = 0;
    std::uint64_t state = 0;
    std::uint64_t missed = 0;  // told
    std::optional<Instant> loss_told;
  };
  static void look_at_breaker(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats,
                              std::vector<PathNotice>& notices);
  static void look_at_loss(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats, Instant now,
                           std::vector<PathNotice>& notices);

  std::map<std::string, Seen> seen_;
};

}  // namespace levelgate::control
