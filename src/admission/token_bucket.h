// SPDX-License-Identifier: Apache-2.0
//
// So many of something in a second, and no more: for answers and reports that strangers cause. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstdint>

namespace levelgate::admission {

class TokenBucket {
 public:
  explicit TokenBucket(std::uint32_t per_second) : per_second_(per_second), tokens_(per_second) {}

  [[nodiscard]] bool take(Instant now) {
    const Nanos passed = std::min<Nanos>(now - filled_at_, std::chrono::seconds(1));
    const auto fresh = passed * per_second_ / std::chrono::seconds(1);
    if (fresh > 0) {
      tokens_ = std::min<std::int64_t>(per_second_, tokens_ + fresh);
      filled_at_ = now;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  std::uint32_t per_second_;
  std::int64_t tokens_;
  Instant filled_at_{};
};

}  // namespace levelgate::admission
