// SPDX-License-Identifier: Apache-2.0
//
// The receiving end of congestion control: from the peer's packets to what is reported back to it (RFC 9347 §3, RFC
// 5348 §5, §6). It knows arrivals and the peer's own figures, never what the packets carry.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <optional>

#include "congestion/loss_detector.h"
#include "congestion/loss_intervals.h"
#include "wire/congestion_header.h"

namespace levelgate::congestion {

// Thread: worker.
class Reporter {
 public:
  // `displaced`: see LossDetector. Marks count as losses only where the use of ECN is agreed (RFC 9347 §3.1).
  Reporter(std::uint32_t displaced, bool counts_marks) : detector_(displaced), counts_marks_(counts_marks) {}

  // An authentic packet at its place in the tunnel's count of packets; `header` is null where it carried none.
  // True when it is the newest so far: only then does it say what the peer says now.
  bool arrived(std::uint64_t position, Instant now, bool marked, const wire::CongestionHeader* header);

  // Fills in what is reported at `now`: loss event rate, E, TEcho and Echo Delay.
  void report(Instant now, wire::CongestionHeader& to) const;

  [[nodiscard]] bool started() const { return detector_.started(); }
  [[nodiscard]] std::uint64_t highest() const { return detector_.highest(); }
  // Packets so far, for the circuit breaker where the peer reports nothing.
  [[nodiscard]] std::uint64_t arrivals() const { return arrivals_; }
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  // As reported: the inverse of p; 0: no loss yet.
  [[nodiscard]] std::uint32_t loss_event_rate() const { return loss_event_rate_; }

 private:
  struct Recorded {
    std::uint32_t tval = 0;
    Instant at{};
  };

  void lost(const LostRun& run, Cause cause);
  [[nodiscard]] double first_interval() const;
  void measure(Instant now);
  void refresh(Instant now);

  LossDetector detector_;
  LossIntervals intervals_;
  bool counts_marks_;
  bool probing_ = false;  // the peer's, as it last said: payloads of sub-type 0 say nothing
  Nanos rtt_{0};          // the peer's; 0: not known
  std::optional<Recorded> recorded_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t losses_ = 0;
  std::uint32_t loss_event_rate_ = 0;
  bool marks_counted_ = false;
  bool changed_ = false;   // a loss event since the figures were last worked out
  Instant refreshed_{};    // when that was
  Instant round_began_{};  // the receive rate is measured over one round trip
  std::uint64_t round_count_ = 0;
  double fastest_ = 0;  // packets a second in the best round so far
};

}  // namespace levelgate::congestion
