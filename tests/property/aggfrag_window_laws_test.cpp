// SPDX-License-Identifier: Apache-2.0
//
// The reorder window under any arrivals, timers and passing of time: event by event what the naive one does, and the
// laws that its users build upon.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "support/naive_window.h"

namespace levelgate::aggfrag::aggfrag_window_laws_test {
namespace {

using namespace levelgate::testing;

constexpr std::uint64_t kFirst = 4;  // so that a step may fall behind it

struct Step {
  std::int64_t ahead;  // of the awaited number
  std::int64_t passes;
  std::int64_t lost_after;
};

std::vector<Step> draw_steps(std::int64_t window) {
  const auto near = rc::gen::inRange<std::int64_t>(-3, window + 6);
  const auto far = rc::gen::element<std::int64_t>(1'000, 1'000'000, std::int64_t{1} << 40);
  const auto step = rc::gen::construct<Step>(rc::gen::weightedOneOf<std::int64_t>({{20, near}, {1, far}}),
                                             rc::gen::element<std::int64_t>(0, 0, 1, 2, 10, 100),
                                             rc::gen::element<std::int64_t>(0, 1, 5, 20, 200));
  return *rc::gen::resize(150, rc::gen::container<std::vector<Step>>(step));
}

RC_GTEST_PROP(ReorderWindowLaws, DoesWhatTheNaiveOneDoes, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(0, 70);
  const auto first = *rc::gen::element(kFirst, std::uint64_t{0xffff'fff0}, std::uint64_t{1} << 48);
  ReorderWindow<int> window(size, EspSeq{first});
  NaiveWindow naive(size, first);
  Instant now = at_ns(1'000);
  int value = 0;
  for (const Step& step : draw_steps(size)) {
    now += Nanos(step.passes);
    const std::uint64_t number = naive.awaited() + static_cast<std::uint64_t>(step.ahead);
    WindowEvents events;
    WindowEvents expected;
    ++value;
    const Nanos lost_after(step.lost_after);
    RC_ASSERT(offer(window, number, value, now, lost_after, events) ==
              naive.offer(number, value, now, lost_after, expected));
    RC_ASSERT(events == expected);
    now += Nanos(step.passes);
    settle(window, now, events);
    naive.settle(now, expected);
    RC_ASSERT(events == expected);
    RC_ASSERT(window.awaited().value == naive.awaited());
    RC_ASSERT(window.held() == naive.held());
    RC_ASSERT(window.deadline() == naive.deadline());
  }
  std::vector<int> drained;
  window.drain([&](int held) { drained.push_back(held); });
  RC_ASSERT(drained.size() == naive.held());
  RC_ASSERT(window.held() == 0u);
}

// Strictly rising, without a hole: each number from the first on is present once or lost once.
RC_GTEST_PROP(ReorderWindowLaws, NumbersComeOutRisingAndComplete, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(0, 200);
  ReorderWindow<int> window(size, EspSeq{kFirst});
  Instant now = at_ns(1'000);
  std::uint64_t next = kFirst;
  for (const Step& step : draw_steps(size)) {
    now += Nanos(step.passes);
    WindowEvents events;
    (void)offer(window, next + static_cast<std::uint64_t>(step.ahead), 0, now, Nanos(step.lost_after), events);
    for (const WindowEvent& event : events) {
      RC_ASSERT(event.number == next);
      next += event.count;
    }
    RC_ASSERT(window.awaited().value == next);
    RC_ASSERT(window.held() <= size);
  }
}

// With one timer a held thing waits no longer than that timer from its own arrival, and a gap not a moment less than
// the timer, unless the window gives way.
RC_GTEST_PROP(ReorderWindowLaws, NothingIsHeldLongerThanTheTimer, ()) {
  const auto size = *rc::gen::inRange<std::uint32_t>(1, 70);
  const Nanos lost_after(*rc::gen::inRange<std::int64_t>(1, 50));
  ReorderWindow<int> window(size, EspSeq{kFirst});
  std::map<std::uint64_t, Instant> since;  // arrivals that have not come out
  Instant now = at_ns(1'000);
  for (const Step& step : draw_steps(size)) {
    now += Nanos(step.passes);
    WindowEvents expired;
    settle(window, now, expired);
    WindowEvents events;
    const std::uint64_t number = window.awaited().value + static_cast<std::uint64_t>(step.ahead);
    const bool gives_way = number > window.awaited().value + size;
    const Offered offered = offer(window, number, 0, now, lost_after, events);
    if (offered == Offered::kTaken) since.emplace(number, now);
    if (!gives_way) {
      for (const WindowEvent& event : events) RC_ASSERT(event.present);
    }
    for (const WindowEvents& batch : {expired, events}) {
      for (const WindowEvent& event : batch) {
        if (event.present) since.erase(event.number);
      }
    }
    RC_ASSERT(since.size() == window.held());
    for (const auto& [held, arrived] : since) RC_ASSERT(now - arrived < lost_after);
    if (!since.empty()) {
      const auto earliest = std::min_element(since.begin(), since.end(),
                                             [](const auto& a, const auto& b) { return a.second < b.second; });
      RC_ASSERT(window.deadline() <= earliest->second + lost_after);
    }
  }
}

// No loss, any displacement up to the window, a patient timer: everything comes out, in order.
RC_GTEST_PROP(ReorderWindowLaws, DisplacementUpToTheWindowLosesNothing, ()) {
  const auto size = *rc::gen::inRange<std::uint64_t>(0, 40);
  const auto delays =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, size + 1)));
  constexpr std::uint64_t kCount = 300;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order;  // place, number
  for (std::uint64_t n = 1; n <= kCount; ++n) order.emplace_back(n + delays[n % delays.size()], n);
  std::stable_sort(order.begin(), order.end());
  ReorderWindow<int> window(static_cast<std::uint32_t>(size), EspSeq{1});
  WindowEvents events;
  for (const auto& [place, number] : order) {
    RC_ASSERT(offer(window, number, 0, at_ns(1), std::chrono::hours(1), events) == Offered::kTaken);
  }
  RC_ASSERT(events.size() == kCount);
  for (std::uint64_t n = 1; n <= kCount; ++n) RC_ASSERT((events[n - 1].present && events[n - 1].number == n));
}

}  // namespace
}  // namespace levelgate::aggfrag::aggfrag_window_laws_test
