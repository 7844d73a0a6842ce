// SPDX-License-Identifier: Apache-2.0
//
// The last resort where the path stays congested (RFC 8084 §4, RFC 9347 §2.4.2.1): trips when loss of at least a
// configured share of the packets has persisted for a configured time. It sees reports, arrivals and the time.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <optional>

namespace levelgate::congestion {

enum class BreakerAction : std::uint8_t { kStop, kFloor };
enum class BreakerState : std::uint8_t {
  kClosed,   // as configured
  kReduced,  // tripped: only the floor is sent, and watching goes on
  kOpen,     // tripped: nothing is sent
};
enum class BreakerCause : std::uint8_t { kReportedLoss, kNoReports, kInboundLoss };

struct BreakerSettings {
  double loss = 0;  // of the packets, 0 < loss <= 1
  Nanos persists{0};
  BreakerAction action = BreakerAction::kStop;
  std::optional<Nanos> clears_after;  // empty: the operator clears it
  bool operator==(const BreakerSettings&) const = default;
};

// The share of packets lost that explains a reported loss event rate, where `in_round_trip` packets are sent in one
// round trip: a loss event hides what else is lost within its round trip, so an interval is that long plus the wait for
// the next loss. `packets_per_event`: as reported, 0: no loss.
[[nodiscard]] double loss_of(std::uint32_t packets_per_event, double in_round_trip);

// Thread: worker.
class CircuitBreaker {
 public:
  CircuitBreaker(const BreakerSettings& settings, Instant start);

  // A report that tells something new: the share of packets lost on the way to the peer.
  void reported(double loss);
  // Packets of the peer so far, for when it reports nothing.
  void inbound(std::uint64_t arrivals, std::uint64_t losses);
  // True: it has tripped right now, or from kReduced to kOpen.
  bool turn(Instant now, Nanos round_trip);
  // Nothing can be sent, so nothing can be told from silence.
  void rest(Instant now);
  // The operator's: closed as at birth.
  void clear(Instant now);

  [[nodiscard]] BreakerState state() const { return state_; }
  // Of the last period that was measured, or of the one that tripped it.
  [[nodiscard]] double loss() const { return loss_; }
  [[nodiscard]] BreakerCause cause() const { return cause_; }

 private:
  [[nodiscard]] bool measure();
  void begin_period(Instant now);
  bool may_clear(Instant now) const;

  BreakerSettings settings_;
  BreakerState state_ = BreakerState::kClosed;
  BreakerCause cause_ = BreakerCause::kReportedLoss;
  double loss_ = 0;
  bool armed_ = false;            // the peer has reported: from now on its silence counts
  std::optional<double> latest_;  // reported in this period
  std::uint64_t arrivals_ = 0, losses_ = 0;
  std::uint64_t arrivals_before_ = 0, losses_before_ = 0;  // at the begin of this period
  Instant period_began_;
  std::optional<Instant> bad_since_;
  std::uint32_t bad_periods_ = 0;
  Instant tripped_at_{};
};

}  // namespace levelgate::congestion
