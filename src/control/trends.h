// SPDX-License-Identifier: Apache-2.0
//
// What counters did lately: rates, and when something happened last. Fed with samples about once a second; holds two
// samples and a few moments, nothing that grows with time.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/stats.h>

#include <array>
#include <map>
#include <optional>
#include <string>

namespace levelgate::control {

// So long is not seen of a peer that should send all the time, before it is told.
inline constexpr Nanos kSilence = std::chrono::seconds(10);

struct TunnelTrend {
  Instant since{};                       // first seen
  std::optional<Instant> first_inbound;  // moments of the sample that showed an authenticated packet, since it is up
  std::optional<Instant> last_inbound;
  // bits per second over the last interval
  double wire_out = 0, wire_in = 0, inner_out = 0, inner_in = 0;
  double outer_pkts_out = 0;  // packets per second
};

// Thread: control.
class Trends {
 public:
  void observe(const model::Stats& stats, Instant now);
  // Null for a tunnel that no sample has shown.
  [[nodiscard]] const TunnelTrend* tunnel(const std::string& name) const;
  [[nodiscard]] std::optional<Instant> last_drop(model::Drop reason) const;

 private:
  struct Seen {
    TunnelTrend trend;
    model::TunnelStats last;
    bool fresh = true;
    bool sent = false;  // it has had an SA to send by
  };
  std::map<std::string, Seen> tunnels_;
  model::DropCounts drops_{};
  std::array<std::optional<Instant>, model::kDropCount> last_drop_{};
  std::optional<Instant> last_;
};

}  // namespace levelgate::control
