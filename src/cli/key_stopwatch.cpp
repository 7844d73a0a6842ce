// SPDX-License-Identifier: Apache-2.0
//
// Each method some times in turn.
#include "cli/key_stopwatch.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "crypto/key_exchange.h"

namespace levelgate::cli {
namespace {

constexpr std::size_t kTimes = 5;
using Times = std::array<Nanos, kTimes>;

Nanos median(Times times) {
  std::ranges::sort(times);
  return times[kTimes / 2];
}

// Of this thread: what others do meanwhile costs nothing here.
Nanos spent() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec);
}

template <typename Work>
Nanos taken_by(Work work) {
  const Nanos begin = spent();
  work();
  return spent() - begin;
}

}  // namespace

Result<rehearsal::KeyCosts> measured_key_costs(std::span<const std::uint16_t> methods) {
  rehearsal::KeyCosts costs;
  for (const std::uint16_t method : methods) {
    Times generate{}, encapsulate{}, decapsulate{};
    for (std::size_t i = 0; i < kTimes; ++i) {
      auto key = Result<std::unique_ptr<crypto::GeneratedKey>>();
      auto made = Result<crypto::Encapsulation>();
      generate[i] = taken_by([&] { key = crypto::generate_key(method); });
      if (!key) return std::unexpected(key.error());
      encapsulate[i] = taken_by([&] { made = crypto::encapsulate(method, (*key)->public_value()); });
      if (!made) return std::unexpected(made.error());
      decapsulate[i] = taken_by([&] { (void)(*key)->decapsulate(made->response); });
    }
    costs[method] = {median(generate), median(encapsulate), median(decapsulate)};
  }
  return costs;
}

}  // namespace levelgate::cli
