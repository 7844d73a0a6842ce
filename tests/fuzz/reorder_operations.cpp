// SPDX-License-Identifier: Apache-2.0
// links: aggfrag
//
// Any arrivals, timers and passing of time: the reorder window does what the naive one does, event by event. The first
// octet is the window; then come records of three: where the arrival lies from the awaited number (0xff: a jump, of the
// power of two that the timer says), the timer, and the time that passes.
#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "support/naive_window.h"

namespace {

constexpr std::uint64_t kFirst = 16;  // so that an arrival may fall behind it

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  levelgate::ByteReader input(std::as_bytes(std::span(octets, size)));
  const auto window_size = input.read<std::uint8_t>();
  levelgate::aggfrag::ReorderWindow<int> window(window_size, levelgate::EspSeq{kFirst});
  levelgate::testing::NaiveWindow naive(window_size, kFirst);
  levelgate::Instant now = levelgate::at_ns(1);
  int value = 0;
  while (input.remaining() >= 3 && naive.awaited() < std::uint64_t{1} << 60) {
    const auto ahead = input.read<std::uint8_t>();
    const auto timer = input.read<std::uint8_t>();
    const levelgate::Nanos lost_after(timer);
    now += levelgate::Nanos(input.read<std::uint8_t>());
    const std::uint64_t reach = ahead == 0xff ? std::uint64_t{1} << timer % 61 : ahead;
    const std::uint64_t number = naive.awaited() + reach - 8;
    ++value;
    levelgate::testing::WindowEvents events;
    levelgate::testing::WindowEvents expected;
    require(levelgate::testing::offer(window, number, value, now, lost_after, events) ==
            naive.offer(number, value, now, lost_after, expected));
    levelgate::testing::settle(window, now, events);
    naive.settle(now, expected);
    require(events == expected);
    require(window.awaited().value == naive.awaited());
    require(window.held() == naive.held() && window.held() <= window_size);
    require(window.deadline() == naive.deadline());
  }
  std::size_t drained = 0;
  window.drain([&](int) { ++drained; });
  require(drained == naive.held() && window.held() == 0);
  return 0;
}
