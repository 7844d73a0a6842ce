// SPDX-License-Identifier: Apache-2.0
//
// Payloads that come before or behind their turn, in the mode that delivers at once (RFC 9347 §2.5): whole inner
// packets leave on arrival, in the order of their payload; fragments are joined as soon as every payload from the
// packet's first octet to its last is held. What is not joined here is left for Receiver, which takes the ends when
// their turn comes. Each end is used once, so each inner packet comes out once; the work per payload is that of its own
// octets, and of each payload held behind it once in its life.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "aggfrag/data_blocks.h"
#include "aggfrag/open_ends.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

struct EarlyResult {
  AcceptResult result;
  std::uint32_t joined = 0;     // inner packets out of several payloads that it completed
  std::uint64_t used_from = 0;  // the payloads whose ends may be used up now: from this one,
  std::uint64_t used_to = 0;    // to this one; its own number lies between
};

// Thread: worker.
class EarlyReceiver {
 public:
  explicit EarlyReceiver(std::uint32_t max_inner_octets) : max_inner_octets_(max_inner_octets) {}

  // A payload ahead of a gap. `find(number)` gives the OpenEnds of a payload that is held, or null; for this one it
  // gives `ends`, which are filled in here. `payload` is the ESP payload and stays where it is while an end is open.
  template <typename Find, typename Sink>
  EarlyResult accept(EspSeq number, ConstBytes payload, OpenEnds& ends, Find&& find, Sink& sink) const;

  // A payload whose turn is over: nothing of it can be joined any more.
  template <typename Sink>
  AcceptResult accept_late(ConstBytes payload, Sink& sink) const;

 private:
  [[nodiscard]] static AcceptResult refused(wire::AggfragVerdict verdict) {
    return {verdict == wire::AggfragVerdict::kTooShort ? Accepted::kMalformed : Accepted::kUnknownSubType};
  }
  template <typename Find, typename Sink>
  void join_below(EspSeq number, OpenEnds& ends, Find&& find, Sink& sink, EarlyResult& early) const;
  template <typename Find, typename Sink>
  void join_above(EspSeq number, const OpenEnds& ends, Find&& find, Sink& sink, EarlyResult& early) const;
  template <typename Find, typename Sink>
  static void join(const FragmentRun& run, std::uint64_t last, Find&& find, Sink& sink);

  std::uint32_t max_inner_octets_;
};

template <typename Find, typename Sink>
EarlyResult EarlyReceiver::accept(EspSeq number, ConstBytes payload, OpenEnds& ends, Find&& find, Sink& sink) const {
  EarlyResult early{{}, 0, number.value, number.value};
  const wire::AggfragView header = wire::read_aggfrag(payload);
  if (header.verdict != wire::AggfragVerdict::kOk) {
    ends.kind = OpenEnds::Kind::kNothing;
    early.result = refused(header.verdict);
    return early;
  }
  ends.data = payload.subspan(header.header_octets);
  ends.block_offset = header.block_offset;
  if (all_padding(header.block_offset, ends.data)) {
    ends.kind = OpenEnds::Kind::kPadding;
    early.result = {Accepted::kAllPad, false, false, static_cast<std::uint32_t>(ends.data.size())};
    join_below(number, ends, find, sink, early);
  } else {
    ends.kind = OpenEnds::Kind::kEnds;
    ends.lead_open = header.block_offset != 0;
    join_below(number, ends, find, sink, early);
    const BlocksTaken taken = take_blocks(ends.data, header.block_offset, max_inner_octets_, sink);
    early.result = {taken.verdict, false, false, taken.pad_octets};
    ends.tail = taken.tail;
    ends.tail_packet = taken.tail_packet;
    if (taken.tail != 0) {
      ends.run = {number.value, taken.tail_packet, taken.tail_packet - taken.tail, 0, true, {}};
      if (taken.tail_packet == 0) {
        ends.run.runt_octets = static_cast<std::uint8_t>(taken.tail);
        std::memcpy(ends.run.runt.data(), ends.data.last(taken.tail).data(), taken.tail);
      }
    }
  }
  join_above(number, ends, find, sink, early);
  return early;
}

template <typename Sink>
AcceptResult EarlyReceiver::accept_late(ConstBytes payload, Sink& sink) const {
  const wire::AggfragView header = wire::read_aggfrag(payload);
  if (header.verdict != wire::AggfragVerdict::kOk) return refused(header.verdict);
  const ConstBytes data = payload.subspan(header.header_octets);
  if (all_padding(header.block_offset, data)) {
    return {Accepted::kAllPad, false, false, static_cast<std::uint32_t>(data.size())};
  }
  if (header.block_offset >= data.size()) return {Accepted::kOrphan};
  const BlocksTaken taken = take_blocks(data, header.block_offset, max_inner_octets_, sink);
  if (taken.tail != 0) sink.incomplete();
  return {taken.verdict, header.block_offset != 0, false, taken.pad_octets};
}

// Goes on with the packet that is unfinished behind the payload before this one.
template <typename Find, typename Sink>
void EarlyReceiver::join_below(EspSeq number, OpenEnds& ends, Find&& find, Sink& sink, EarlyResult& early) const {
  const OpenEnds* const before = find(number.value - 1);
  if (before == nullptr || !before->run.exists) return;
  FragmentRun run = before->run;
  switch (step(run, ends, max_inner_octets_)) {
    case RunStep::kGoesOn:
      ends.run = run;
      return;
    case RunStep::kEnds:
      early.used_from = run.start;
      ++early.joined;
      return join(run, number.value, find, sink);
    case RunStep::kBroken:
      return;
  }
}

// Takes the packet that is unfinished behind this payload over those that are held behind it already.
template <typename Find, typename Sink>
void EarlyReceiver::join_above(EspSeq number, const OpenEnds& ends, Find&& find, Sink& sink, EarlyResult& early) const {
  FragmentRun run = ends.run;
  if (!run.exists) return;
  for (std::uint64_t n = number.value + 1;; ++n) {
    OpenEnds* const next = find(n);
    if (next == nullptr) return;
    switch (step(run, *next, max_inner_octets_)) {
      case RunStep::kGoesOn:
        next->run = run;
        break;
      case RunStep::kEnds:
        early.used_from = std::min(early.used_from, run.start);
        early.used_to = n;
        ++early.joined;
        return join(run, n, find, sink);
      case RunStep::kBroken:
        return;
    }
  }
}

template <typename Find, typename Sink>
void EarlyReceiver::join(const FragmentRun& run, std::uint64_t last, Find&& find, Sink& sink) {
  Bytes target = sink.begin(run.packet);
  const auto add = [&](ConstBytes octets) {
    if (target.empty() || octets.empty()) return;
    std::memcpy(target.data(), octets.data(), octets.size());
    target = target.subspan(octets.size());
  };
  OpenEnds& first = *find(run.start);
  add(first.data.last(first.tail));
  first.tail = 0;
  for (std::uint64_t n = run.start + 1; n <= last; ++n) {
    OpenEnds& next = *find(n);
    if (!next.lead_open) continue;  // padding
    add(next.lead());
    next.lead_open = false;
  }
  sink.deliver();
}

}  // namespace levelgate::aggfrag
