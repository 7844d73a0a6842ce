// SPDX-License-Identifier: Apache-2.0
//
// What every stream of payloads obeys that the sender makes, and that the receiver gives back what was put in.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "aggfrag/receiver.h"
#include "property/sent_stream.h"

namespace levelgate::aggfrag::aggfrag_stream_laws_test {
namespace {

using namespace levelgate::testing;

void check_round_trip(const SentStream& stream) {
  Receiver receiver(9216);
  RecordingSink sink;
  std::uint64_t number = 0;
  for (const SentPayload& payload : stream.payloads) {
    const AcceptResult result = receiver.accept(EspSeq{++number}, payload.octets, sink);
    const Accepted expected = payload.filled.all_pad           ? Accepted::kAllPad
                              : payload.filled.pad_octets != 0 ? Accepted::kSomePad
                                                               : Accepted::kFull;
    RC_ASSERT(result.verdict == expected);
    RC_ASSERT(result.pad_octets == payload.filled.pad_octets);
  }
  RC_ASSERT(sink.delivered == stream.packets);
  RC_ASSERT(sink.lost() == 0u);
  RC_ASSERT(!sink.out_of_turn);
  RC_ASSERT(!receiver.partial());
}

RC_GTEST_PROP(AggfragStream, RoundTrip, ()) { check_round_trip(send(draw_plan())); }

RC_GTEST_PROP(AggfragStream, RoundTripUnpadded, ()) {
  StreamPlan plan = draw_plan();
  plan.padded = false;
  check_round_trip(send(plan));
}

RC_GTEST_PROP(AggfragStream, RoundTripWithoutFragmentation, ()) {
  check_round_trip(send(draw_plan(Fragmentation::kForbidden)));
}

// Size, sums, and zeros where there is no data: what can be seen and what could leak.
RC_GTEST_PROP(AggfragStream, EveryPayloadIsFullAndAccountedFor, ()) {
  const StreamPlan plan = draw_plan(*rc::gen::element(Fragmentation::kAllowed, Fragmentation::kForbidden));
  const SentStream stream = send(plan);
  std::uint64_t consumed = 0;
  for (const SentPayload& payload : stream.payloads) {
    const Filled& filled = payload.filled;
    RC_ASSERT(payload.octets.size() == 4 + plan.room);
    RC_ASSERT(filled.data_octets + filled.pad_octets == plan.room);
    RC_ASSERT(filled.all_pad == (filled.data_octets == 0));
    RC_ASSERT(payload.octets[0] == std::byte{0} && payload.octets[1] == std::byte{0});
    const auto pad_begin = payload.octets.end() - static_cast<std::ptrdiff_t>(filled.pad_octets);
    RC_ASSERT(std::all_of(pad_begin, payload.octets.end(), [](std::byte octet) { return octet == std::byte{0}; }));
    consumed += filled.consumed;
  }
  RC_ASSERT(consumed == stream.packets.size());
  RC_ASSERT((stream.payloads.empty() || stream.payloads.back().end() == stream.begins.back()));
}

// RFC 9347 §2.2.3: octets to the next block, over the row of all data; 0 behind padding and where a block begins.
// [9347-2.2.3-h, 9347-2.2.3-i, 9347-2.2.3-j]
RC_GTEST_PROP(AggfragStream, BlockOffsetIsTheWayToTheNextBlock, ()) {
  const SentStream stream = send(draw_plan());
  bool padded_before = false;
  for (const SentPayload& payload : stream.payloads) {
    const auto next = std::lower_bound(stream.begins.begin(), stream.begins.end(), payload.begin);
    const std::uint16_t offset = block_offset_of(payload.octets);
    RC_ASSERT(offset == *next - payload.begin);
    RC_ASSERT(!padded_before || offset == 0u);
    padded_before = payload.filled.pad_octets != 0;
  }
}

// A packet that was begun goes on in the very next payload: padding never lies inside one.
// [9347-2.2.3-a]
RC_GTEST_PROP(AggfragStream, FragmentsAreBackToBack, ()) {
  const SentStream stream = send(draw_plan());
  for (std::size_t i = 0; i < stream.payloads.size(); ++i) {
    const std::uint64_t end = stream.payloads[i].end();
    const bool cut = !std::binary_search(stream.begins.begin(), stream.begins.end(), end);
    if (!cut) continue;
    RC_ASSERT(stream.payloads[i].filled.pad_octets == 0u);
    RC_ASSERT(i + 1 < stream.payloads.size());
    RC_ASSERT(stream.payloads[i + 1].filled.data_octets != 0u);
  }
}

// A first fragment shows the length field, unless the whole payload cannot.
RC_GTEST_PROP(AggfragStream, NoRunts, ()) {
  const SentStream stream = send(draw_plan());
  for (const SentPayload& payload : stream.payloads) {
    const auto behind = std::upper_bound(stream.begins.begin(), stream.begins.end(), payload.end());
    if (behind == stream.begins.end()) continue;
    const std::uint64_t last_begin = *(behind - 1);
    if (last_begin == payload.end() || last_begin < payload.begin) continue;
    const std::uint64_t fragment = payload.end() - last_begin;
    RC_ASSERT((fragment >= 6 || fragment == stream.room));
  }
}

// [9347-6.1.4-c]
RC_GTEST_PROP(AggfragStream, WithoutFragmentationEachPayloadStandsAlone, ()) {
  const SentStream stream = send(draw_plan(Fragmentation::kForbidden));
  for (const SentPayload& payload : stream.payloads) {
    RC_ASSERT(block_offset_of(payload.octets) == 0u);
    RC_ASSERT(std::binary_search(stream.begins.begin(), stream.begins.end(), payload.end()));
  }
}

// While packets wait, a payload is padded only by what is too short for a first fragment.
RC_GTEST_PROP(AggfragStream, NoPaddingWhilePacketsWait, ()) {
  StreamPlan plan = draw_plan();
  plan.arrivals = {255};
  const SentStream stream = send(plan);
  for (const SentPayload& payload : stream.payloads) {
    const bool more = payload.end() != stream.begins.back();
    RC_ASSERT((!more || payload.filled.pad_octets < 6));
  }
}

// A new SA in the middle of a packet: it starts anew there, and its receiver gets it whole (RFC 9347 §2.2.3).
RC_GTEST_PROP(AggfragStream, RestartedPacketComesWholeUnderTheNewSa, ()) {
  const auto octets = *rc::gen::inRange<std::uint32_t>(40, 9000);
  const auto room = *rc::gen::inRange<std::size_t>(1, 2000);
  const auto before = *rc::gen::inRange<std::size_t>(0, 10);
  Octets packet = inner_packet(4, octets);
  FifoSource queue(4);
  RC_ASSERT(queue.push(view_of(packet)));
  Sender sender(Fragmentation::kAllowed);
  Octets payload(4 + room);
  for (std::size_t i = 0; i < before && sender.head_offset() + room < octets; ++i) (void)sender.fill(queue, payload);
  sender.restart_packet();
  Receiver receiver(9216);
  RecordingSink sink;
  std::uint64_t number = 0;
  while (!queue.empty()) {
    (void)sender.fill(queue, payload);
    (void)receiver.accept(EspSeq{++number}, payload, sink);
  }
  RC_ASSERT(sink.delivered == std::vector<Octets>{packet});
}

}  // namespace
}  // namespace levelgate::aggfrag::aggfrag_stream_laws_test
