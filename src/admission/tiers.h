// SPDX-License-Identifier: Apache-2.0
//
// What a stranger has to show before an SA is made for it, by the load (RFC 8019 §6): nothing, then that it is where it
// says, then work, and beyond the quotas nothing helps. Demands are sticky: one that comes and goes makes both sides
// sign different requests, and good credentials fail. Counts half-open SAs, all of them, by source and by network.
// Thread: control.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "admission/acquaintances.h"
#include "negotiation/limits.h"

namespace levelgate::admission {

// What came with the request, checked by now.
enum class Shown : std::uint8_t {
  kNothing,   // or what was wrong, which counts as nothing [7296-2.6-d]
  kAddress,   // a good cookie, or it came over a stream
  kUnsolved,  // the cookie of a puzzle, without its solution: the initiator may know no puzzles
  kSolved,    // with it
};

enum class Verdict : std::uint8_t {
  kServe,
  kAskCookie,
  kAskPuzzle,  // with a cookie
  kDrop,       // no answer
};

struct TierSettings {
  std::size_t cookie_at =
      limits::kCookieAtHalfOpen;  // half-open SAs from which on everybody returns a cookie; 0: always
  std::size_t puzzle_at = limits::kPuzzleAtHalfOpen;    // likewise a solution; limits::kHalfOpen: nobody is ever asked
  std::size_t of_source = limits::kHalfOpenOfSource;    // of one address (or one IPv6 /64), no more
  std::size_t of_network = limits::kHalfOpenOfNetwork;  // of one IPv4 /24 or IPv6 /48, no more
  bool operator==(const TierSettings&) const = default;
};

class Tiers {
 public:
  void configure(const TierSettings& settings) { settings_ = settings; }

  // `draw` is any random number: while puzzles are asked for, some of those who solve none are served, and fewer the
  // higher the load is (RFC 8019 §7.1.5).
  [[nodiscard]] Verdict judge(Instant now, const IpAddress& source, Shown shown, std::uint16_t draw);

  void opened(const IpAddress& source);
  // Authenticated, failed or timed out; each opened one once.
  void closed(const IpAddress& source);
  void authenticated(Instant now, const IpAddress& source) { known_.met(now, source); }
  [[nodiscard]] bool knows(Instant now, const IpAddress& source) const { return known_.knows(now, source); }

  // Everybody has to show something: half-open SAs have a short life (RFC 8019 §4.1).
  [[nodiscard]] bool loaded(Instant now) const { return now < cookies_until_ || total_ >= settings_.cookie_at; }
  [[nodiscard]] std::size_t half_open() const { return total_; }
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }

 private:
  enum class Demand : std::uint8_t { kNothing, kAddress, kWork };
  struct Counted {
    std::size_t half_open = 0;
    Instant cookies_until, puzzles_until;  // even when the load is gone
    [[nodiscard]] bool idle(Instant now) const {
      return half_open == 0 && now >= cookies_until && now >= puzzles_until;
    }
  };
  using Counts = std::map<IpAddress, Counted>;

  [[nodiscard]] bool puzzles() const { return settings_.puzzle_at < limits::kHalfOpen; }
  [[nodiscard]] Demand demand_of_all(Instant now);
  [[nodiscard]] Demand demand_of(Instant now, Counted* source, Counted* network) const;
  [[nodiscard]] bool lucky(std::uint16_t draw) const;
  void forget_idle(Instant now);

  TierSettings settings_;
  std::size_t total_ = 0;
  Instant cookies_until_, puzzles_until_;
  Instant forget_at_;
  Counts sources_, networks_;
  Acquaintances known_;
};

}  // namespace levelgate::admission
