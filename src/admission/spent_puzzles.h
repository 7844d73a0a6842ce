// SPDX-License-Identifier: Apache-2.0
//
// Puzzles whose solution has made an SA: each is good for one only (RFC 8019 §10). What is remembered lives as long as
// a puzzle may be solved; a number of them, beyond which the older half is forgotten. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::admission {

// [8019-7.1.1.3-c, 8019-10-c]
class SpentPuzzles {
 public:
  // `mark`: octets of the cookie that nobody else can choose.
  void spend(Instant now, std::uint64_t mark) {
    turn(now);
    if (younger_.size() >= limits::kSpentPuzzles) older_ = std::exchange(younger_, {});
    younger_.insert(mark);
  }
  [[nodiscard]] bool spent(Instant now, std::uint64_t mark) {
    turn(now);
    return younger_.contains(mark) || older_.contains(mark);
  }
  [[nodiscard]] std::size_t size() const { return younger_.size() + older_.size(); }

 private:
  void turn(Instant now) {
    if (now < turn_at_) return;
    const bool both = now >= turn_at_ + limits::kPuzzleLife;
    older_ = both ? std::unordered_set<std::uint64_t>() : std::exchange(younger_, {});
    younger_.clear();
    turn_at_ = now + limits::kPuzzleLife;
  }

  Instant turn_at_;
  std::unordered_set<std::uint64_t> younger_, older_;
};

}  // namespace levelgate::admission
