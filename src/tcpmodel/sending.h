// SPDX-License-Identifier: Apache-2.0
//
// The sending half of an end: what was written and is not acknowledged, when it leaves, and when it leaves again. What
// is lost is found by time (RACK and the tail loss probe, RFC 8985) from selective acknowledgements (RFC 2018), and by
// a timer at last (RFC 6298); the window is CUBIC's. Paths that change the order are not modelled: three segments
// beyond a gap mean a loss. Neither F-RTO nor proportional rate reduction is here.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/time.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tcpmodel/cubic_window.h"
#include "tcpmodel/segment.h"
#include "tcpmodel/trip_time.h"

namespace levelgate::tcpmodel {

class Sending {
 public:
  // What nothing is acknowledged of for `patience` after the first repeat by the timer ends the connection.
  explicit Sending(Nanos patience) : patience_(patience) {}

  // The connection is made, and the other end takes octets up to `limit`. `trip`: of its handshake, if nothing of it
  // was repeated.
  void open(std::optional<Nanos> trip, Offset limit, bool many_repeats);
  void write(ConstBytes octets) { octets_.insert(octets_.end(), octets.begin(), octets.end()); }
  // Nothing more is written.
  void finish() { finishing_ = true; }
  // What a segment of the other end says of ours.
  void acknowledged(Instant now, const Segment& segment);
  // Puts out what may leave now, repeats first.
  void send(Instant now, std::vector<Segment>& out);
  void on_time(Instant now, std::vector<Segment>& out);

  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] bool gave_up() const { return gave_up_; }
  // All that was written, and that it was all.
  [[nodiscard]] bool finished() const { return finish_sent_ && flying_.empty(); }

 private:
  // Segments in the order of this came to the other end in this order, repeats included (RFC 8985 §6.1).
  struct Stamp {
    Instant sent_at{};
    Offset end = 0;
    auto operator<=>(const Stamp&) const = default;
  };
  struct Flying {
    Offset at = 0;
    std::uint32_t octets = 0;
    bool last = false;
    bool arrived = false;  // selectively acknowledged
    bool lost = false;     // and not sent again since
    Stamp stamp;
    std::uint32_t times = 1;
    [[nodiscard]] Offset end() const { return at + octets + (last ? 1 : 0); }
  };
  enum class Recovery : std::uint8_t { kNone, kFast, kTimeout };

  void note_arrival(Instant now, const Flying& flying);
  void mark_lost(Instant now);
  void enter_recovery(Recovery recovery);
  void judge_probe(const Segment& segment);
  void time_out(Instant now);
  void probe(Instant now, std::vector<Segment>& out);
  void restart_timers(Instant now);
  [[nodiscard]] bool may_send_new() const;
  void send_new(Instant now, std::vector<Segment>& out);
  void send_again(Instant now, Flying& flying, std::vector<Segment>& out);
  [[nodiscard]] Segment segment_of(const Flying& flying) const;
  [[nodiscard]] std::size_t under_way() const;  // segments, neither arrived nor lost

  Nanos patience_;
  CubicWindow window_;
  RoundTrip trip_;
  std::vector<std::byte> octets_;  // all that was ever written
  bool open_ = false, finishing_ = false, finish_sent_ = false, gave_up_ = false;
  Offset next_ = 0, limit_ = 0;
  std::deque<Flying> flying_;
  bool bounded_ = false;  // by the window, at the last look
  Instant last_sent_{};

  Recovery recovery_ = Recovery::kNone;
  Offset recovery_end_ = 0;
  bool repeats_one_ = false;  // whatever the window says: the first of a recovery (RFC 6675 §5 (4.3))
  Stamp newest_;              // of what arrived
  Nanos newest_trip_{};       // of the same
  double arrivals_ = 0;       // segments of the acknowledgement that is being read
  std::optional<Nanos> sample_;

  struct Probe {
    Offset end = 0;
    bool repeats = false;
  };
  std::optional<Probe> probe_;

  unsigned in_vain_ = 0;
  std::optional<Instant> stalled_since_;
  Instant timeout_at_ = kNever, probe_at_ = kNever, reorder_at_ = kNever;
};

}  // namespace levelgate::tcpmodel
