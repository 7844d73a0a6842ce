// SPDX-License-Identifier: Apache-2.0
//
// What the operator hears of a tunnel's path: that its circuit breaker has tripped or closed (RFC 8084 §4), that a
// fixed rate loses packets (RFC 9347 §2.4.1), and what size of packets it carries (RFC 8899). Told from counters, which
// no lost event can falsify.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/config.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::control {

struct PathNotice {
  model::LogLevel level = model::LogLevel::kInfo;
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
    std::uint32_t size = 0;  // of outer packets while it is searched for; 0: it is not
    bool mute = false;       // told that the peer does not report
  };
  static void look_at_breaker(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats,
                              std::vector<PathNotice>& notices);
  static void look_at_loss(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats, Instant now,
                           std::vector<PathNotice>& notices);
  static void look_at_size(Seen& seen, const model::TunnelPlan& plan, const model::TunnelStats& stats,
                           std::vector<PathNotice>& notices);

  std::map<std::string, Seen> seen_;
};

}  // namespace levelgate::control
