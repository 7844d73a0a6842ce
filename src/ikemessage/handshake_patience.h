// SPDX-License-Identifier: Apache-2.0
//
// How long a responder waits for a peer that has not authenticated itself: a fixed time, but while a large key comes
// in for as long as it makes progress, up to a cap. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>

#include "negotiation/limits.h"

namespace levelgate::ikemessage {

class HandshakePatience {
 public:
  void begin(Instant now) { began_ = progress_ = now; }
  // A large key is to come.
  void await_large() { large_ = true; }
  // A message of the peer, or a fragment that was not there.
  void progress(Instant now) { progress_ = now; }
  // Under load a peer that is silent is forgotten sooner (RFC 8019 §4.1), but for one whose large key comes in.
  void hurry() { silence_ = limits::kLoadedHalfOpenLife; }
  // It came: what is left of the handshake has the time of any other.
  void large_came(Instant now) {
    if (large_) began_ = now;
    large_ = false;
  }

  // kNever before begin().
  [[nodiscard]] Instant deadline() const {
    if (began_ == kNever) return kNever;
    return large_ ? std::min(progress_ + limits::kLargeHandshakeIdle, began_ + limits::kLargeHandshakeLife)
                  : std::min(began_ + limits::kHalfOpenLife, std::max(began_, progress_) + silence_);
  }

 private:
  Instant began_ = kNever;
  Instant progress_ = kNever;
  Nanos silence_ = limits::kHalfOpenLife;
  bool large_ = false;
};

}  // namespace levelgate::ikemessage
