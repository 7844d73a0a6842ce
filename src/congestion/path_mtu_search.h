// SPDX-License-Identifier: Apache-2.0
//
// The largest outer packet that the path carries, found by probes inside the tunnel (RFC 8899 §5, RFC 9347 §2, §6.1.2).
// What proves that a packet arrived is the peer's authentic echo of its TVal, and nothing else. Sizes are a function of
// configuration, echoes and time: inner packets have no way in. [9347-2-b]
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>

namespace levelgate::congestion {

struct PathMtuLimits {
  std::uint32_t floor = 0;          // octets of an outer IP packet, multiples of 4: MIN_PLPMTU,
  std::uint32_t base = 0;           // BASE_PLPMTU
  std::uint32_t most = 0;           // and MAX_PLPMTU; floor <= base <= most
  Nanos raise_after{0};             // PMTU_RAISE_TIMER
  std::uint32_t longest_inner = 0;  // octets of an inner packet
  bool operator==(const PathMtuLimits&) const = default;
};

enum class PathMtuState : std::uint8_t {
  kBase,       // waits for the peer's word that packets of this size arrive
  kError,      // the same below the base
  kSearch,     // larger ones are tried
  kComplete,   // until it is time to try again
  kNoReports,  // the peer sends, but tells nothing: stays at the base
};

struct ProbeCounts {
  std::uint64_t sent = 0, confirmed = 0, lost = 0;
};

// What one slot is for.
struct SlotUse {
  std::uint32_t probe = 0;        // octets of the outer packet, which carries nothing; 0: an ordinary one
  bool reports = true;            // false: a payload of sub-type 0, so that the probe stays the last that is echoed
  std::uint32_t until_probe = 0;  // a probe leaves so many slots later; 0: none is near
};

// Thread: worker. Constant work and no memory.
class PathMtuSearch {
 public:
  explicit PathMtuSearch(const PathMtuLimits& limits) : limits_(limits), size_(limits.base) {}

  // Once for each packet, in their order: what it is for. `octets`: of an ordinary one; `stamp`: its TVal.
  SlotUse slot(Instant at, std::uint32_t stamp, std::uint32_t octets);
  // An authentic packet of the peer; `reported`: with a header, and then how far apart its packets are.
  void arrived(Instant now, bool reported, Nanos peer_interval);
  // The peer has echoed this TVal, a later one than all before.
  void echoed(std::uint32_t stamp, Instant now);
  // Lets time pass. `round_trip`: 0: not known.
  void turn(Instant now, Nanos round_trip);
  // Nothing can be sent, so nothing can be told from silence.
  void rest(Instant now);

  // Octets that ordinary packets are to have, and from when on.
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] Instant holds_from() const { return holds_from_; }
  // Bit P: a missing packet may be a probe.
  [[nodiscard]] bool probing() const { return state_ == PathMtuState::kSearch; }
  [[nodiscard]] PathMtuState state() const { return state_; }
  [[nodiscard]] const ProbeCounts& probes() const { return probes_; }

 private:
  enum class Step : std::uint8_t { kNone, kLead, kHold, kWait };

  void size_arrived(Instant now);
  void begin_search(std::uint32_t first);
  void aim(std::uint32_t octets);
  void probe_arrived(Instant now);
  void probe_lost(Instant now);
  void next_size(Instant now);
  void finish(Instant now);
  void hear_nothing(Instant now);
  [[nodiscard]] Nanos hold() const;
  [[nodiscard]] Nanos patience() const;

  PathMtuLimits limits_;
  PathMtuState state_ = PathMtuState::kBase;
  std::uint32_t size_;
  Instant holds_from_{};
  std::uint32_t in_force_ = 0;     // what ordinary packets have
  bool proven_ = false;            // a packet of that size, or a later one, has been echoed
  std::uint32_t proof_stamp_ = 0;  // of the first packet whose echo proves it
  std::uint32_t last_stamp_ = 0;   // of the packet before
  Instant last_at_{};
  Nanos own_interval_{0};
  Instant news_at_ = kNever;  // since when the peer should have told of packets of that size
  Instant arrived_at_ = Instant::min();
  Instant reported_at_ = Instant::min();
  Instant raise_at_{};
  Nanos round_trip_{0};
  Nanos peer_interval_{0};

  std::uint32_t low_ = 0;   // the path carries this,
  std::uint32_t high_ = 0;  // and perhaps this
  std::uint32_t probed_ = 0;
  int tries_ = 0;
  Step step_ = Step::kNone;
  std::uint32_t lead_ = 0;         // slots before the probe
  std::uint32_t probe_stamp_ = 0;  // of the probe that is under way
  Instant probe_at_{};
  std::uint32_t behind_stamp_ = 0;  // of the first packet behind it that reports
  ProbeCounts probes_;
};

}  // namespace levelgate::congestion
