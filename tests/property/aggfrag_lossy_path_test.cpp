// SPDX-License-Identifier: Apache-2.0
//
// Sender, a path that loses, repeats and displaces, reorder window, receiver: what comes out is what went in, in its
// order, without exactly those packets that had to do with a payload that never came or came too late.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "aggfrag/receiver.h"
#include "property/sent_stream.h"
#include "support/naive_window.h"

namespace levelgate::aggfrag::aggfrag_lossy_path_test {
namespace {

using namespace levelgate::testing;

struct Arrival {
  std::size_t place;
  std::size_t payload;
};

// One draw decides what becomes of a payload: 0 to 9. Draws repeat over the stream.
struct Path {
  std::vector<std::uint8_t> fates;
  std::size_t displacement = 0;
  std::uint32_t window = 0;
  Nanos lost_after{};
  bool tells_of_loss = true;  // whether the receiver hears of numbers that are given up
};

Path draw_path() {
  Path path;
  path.fates = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 10)));
  path.displacement = *rc::gen::inRange<std::size_t>(1, 40);
  path.window = *rc::gen::inRange<std::uint32_t>(0, 33);
  path.lost_after = Nanos(*rc::gen::element(0, 5, 30, 1'000'000));
  path.tells_of_loss = *rc::gen::arbitrary<bool>();
  return path;
}

std::vector<Arrival> arrivals_over(const Path& path, std::size_t payloads) {
  std::vector<Arrival> arrivals;
  for (std::size_t i = 0; i < payloads; ++i) {
    const std::uint8_t fate = path.fates[i % path.fates.size()];
    if (fate == 0) continue;
    const std::size_t late = fate == 1 ? path.displacement : fate == 2 ? path.displacement / 2 : 0;
    arrivals.push_back({i + late, i});
    if (fate == 3) arrivals.push_back({i + path.displacement, i});
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.place < b.place; });
  return arrivals;
}

struct Outcome {
  std::vector<bool> released;  // for each payload: handed to the receiver
  RecordingSink sink;
  bool partial = false;
};

// Arrivals one nanosecond apart; at the end time passes until nothing is held.
Outcome run(const std::vector<Octets>& payloads, const Path& path) {
  Outcome outcome;
  outcome.released.assign(payloads.size(), false);
  ReorderWindow<int> window(path.window, EspSeq{1});
  Receiver receiver(9216);
  std::uint64_t last = 0;
  const auto take = [&](const WindowEvents& events) {
    for (const WindowEvent& event : events) {
      RC_ASSERT(event.number > last);
      last = event.number + event.count - 1;
      if (event.present) {
        outcome.released[event.number - 1] = true;
        (void)receiver.accept(EspSeq{event.number}, payloads[event.number - 1], outcome.sink);
      } else if (path.tells_of_loss) {
        receiver.abandon(outcome.sink);
      }
    }
  };
  Instant now = at_ns(1);
  for (const Arrival& arrival : arrivals_over(path, payloads.size())) {
    now += Nanos(1);
    WindowEvents events;
    (void)offer(window, arrival.payload + 1, static_cast<int>(arrival.payload), now, path.lost_after, events);
    take(events);
    WindowEvents expired;
    settle(window, now, expired);
    take(expired);
  }
  WindowEvents rest;
  settle(window, now + std::chrono::hours(1), rest);
  take(rest);
  RC_ASSERT(window.held() == 0u);
  outcome.partial = receiver.partial();
  return outcome;
}

RC_GTEST_PROP(AggfragLossyPath, OnlyPacketsWithALostPayloadAreMissing, ()) {
  const SentStream stream = send(draw_plan());
  std::vector<Octets> payloads;
  for (const SentPayload& payload : stream.payloads) payloads.push_back(payload.octets);
  const Outcome outcome = run(payloads, draw_path());
  std::vector<Octets> expected;
  for (std::size_t i = 0; i < stream.packets.size(); ++i) {
    const auto [first, last] = stream.extent(i);
    const auto begin = outcome.released.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = outcome.released.begin() + static_cast<std::ptrdiff_t>(last) + 1;
    if (std::find(begin, end, false) == end) expected.push_back(stream.packets[i]);
  }
  RC_ASSERT(outcome.sink.delivered == expected);
  RC_ASSERT(!outcome.sink.out_of_turn);
  const std::size_t unfinished = outcome.partial ? 1 : 0;
  RC_ASSERT(outcome.sink.delivered.size() + outcome.sink.abandoned <= outcome.sink.begun.size());
  RC_ASSERT(outcome.sink.begun.size() <= outcome.sink.delivered.size() + outcome.sink.abandoned + unfinished);
}

// Payloads of padding may stand anywhere, also between two fragments (RFC 9347 §2.2.3).
RC_GTEST_PROP(AggfragLossyPath, PaddingAnywhereChangesNothing, ()) {
  const SentStream stream = send(draw_plan());
  const auto pads = *rc::gen::nonEmpty(rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>()));
  Receiver receiver(9216);
  RecordingSink sink;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < stream.payloads.size(); ++i) {
    if (pads[i % pads.size()]) {
      const AcceptResult result = receiver.accept(EspSeq{++number}, payload_of(0, {pad(stream.room)}), sink);
      RC_ASSERT(result.verdict == Accepted::kAllPad);
    }
    (void)receiver.accept(EspSeq{++number}, stream.payloads[i].octets, sink);
  }
  RC_ASSERT(sink.delivered == stream.packets);
}

// Whatever was lost, the first block that begins in the next good payload is delivered, and so is all behind it.
RC_GTEST_PROP(AggfragLossyPath, ResynchronisesAtTheNextBlock, ()) {
  const SentStream stream = send(draw_plan());
  const auto from = *rc::gen::inRange<std::size_t>(0, stream.payloads.size() + 1);
  Receiver receiver(9216);
  RecordingSink sink;
  for (std::size_t i = from; i < stream.payloads.size(); ++i) {
    (void)receiver.accept(EspSeq{i + 1}, stream.payloads[i].octets, sink);
  }
  const std::uint64_t begin = from == stream.payloads.size() ? stream.begins.back() : stream.payloads[from].begin;
  const auto first = std::lower_bound(stream.begins.begin(), stream.begins.end(), begin) - stream.begins.begin();
  RC_ASSERT(sink.delivered == std::vector<Octets>(stream.packets.begin() + first, stream.packets.end()));
}

}  // namespace
}  // namespace levelgate::aggfrag::aggfrag_lossy_path_test
