// SPDX-License-Identifier: Apache-2.0
//
// Takes AGGFRAG payloads in the order of their numbers and yields whole inner packets (RFC 9347 §2.2.3, §6.1). It
// cannot be called without a number, so a lost payload can never splice two packets. Every inner octet is copied once,
// straight into the sink's buffer; at most one packet is unfinished at any time. Never allocates, never trusts a
// length.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <cstdint>

#include "aggfrag/data_blocks.h"
#include "aggfrag/open_ends.h"
#include "aggfrag/unfinished_packet.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

// Thread: worker.
class Receiver {
 public:
  // Inner packets above `max_inner_octets` are a bad block.
  explicit Receiver(std::uint32_t max_inner_octets)
      : max_inner_octets_(max_inner_octets), unfinished_(max_inner_octets) {}

  // `payload` is the ESP payload: AGGFRAG header and data blocks.
  template <typename Sink>
  AcceptResult accept(EspSeq number, ConstBytes payload, Sink& sink);
  // The same for a payload that EarlyReceiver has seen: takes the ends that are still open.
  template <typename Sink>
  AcceptResult accept_ends(EspSeq number, const OpenEnds& ends, Sink& sink);

  // Something between the last payload and the next one is missing, or the partial packet is too old, or the SA goes.
  template <typename Sink>
  void abandon(Sink& sink) {
    unfinished_.abandon(sink);
  }

  [[nodiscard]] bool partial() const { return unfinished_.exists(); }

 private:
  template <typename Sink>
  void begin_tail(EspSeq number, ConstBytes data, std::uint32_t tail, std::uint32_t packet, Sink& sink) {
    if (packet == 0) return unfinished_.begin_runt(number, data.last(tail));
    unfinished_.begin(number, data.last(tail), packet, sink);
  }

  std::uint32_t max_inner_octets_;
  UnfinishedPacket unfinished_;
};

template <typename Sink>
AcceptResult Receiver::accept(EspSeq number, ConstBytes payload, Sink& sink) {
  const wire::AggfragView header = wire::read_aggfrag(payload);
  if (header.verdict != wire::AggfragVerdict::kOk) {
    abandon(sink);
    const bool known = header.verdict == wire::AggfragVerdict::kTooShort;
    return {known ? Accepted::kMalformed : Accepted::kUnknownSubType};
  }
  const ConstBytes data = payload.subspan(header.header_octets);
  const std::uint32_t octets = static_cast<std::uint32_t>(data.size());
  if (unfinished_.exists() && !unfinished_.continues_under(number)) abandon(sink);
  if (all_padding(header.block_offset, data)) {
    unfinished_.pass_over_padding();
    return {Accepted::kAllPad, false, false, octets};
  }
  bool fits = header.block_offset == 0;  // of any size [9347-2-c]
  bool contradiction = false;
  if (unfinished_.exists()) {
    const Fed fed = unfinished_.feed(data, header.block_offset, sink);
    if (fed == Fed::kUsedUp) return {};
    contradiction = fed == Fed::kContradiction;
    fits = !contradiction;
  }
  if (header.block_offset >= octets) return {Accepted::kOrphan, false, contradiction};
  const BlocksTaken taken = take_blocks(data, header.block_offset, max_inner_octets_, sink);
  if (taken.tail != 0) begin_tail(number, data, taken.tail, taken.tail_packet, sink);
  if (fits) [[likely]]
    return {taken.verdict, false, false, taken.pad_octets};
  return {taken.verdict, !contradiction, contradiction, taken.pad_octets};
}

template <typename Sink>
AcceptResult Receiver::accept_ends(EspSeq number, const OpenEnds& ends, Sink& sink) {
  if (unfinished_.exists() && !unfinished_.continues_under(number)) abandon(sink);
  AcceptResult result;
  switch (ends.kind) {
    case OpenEnds::Kind::kWhole:
      break;
    case OpenEnds::Kind::kPadding:
      unfinished_.pass_over_padding();
      break;
    case OpenEnds::Kind::kNothing:
      abandon(sink);
      break;
    case OpenEnds::Kind::kEnds:
      if (unfinished_.exists()) {
        result.contradiction = unfinished_.feed(ends.data, ends.block_offset, sink) == Fed::kContradiction;
      } else {
        result.skipped = ends.lead_open;
      }
      if (ends.lead_open && (result.contradiction || result.skipped) && ends.block_offset >= ends.data.size()) {
        result.verdict = Accepted::kOrphan;
        result.skipped = false;
      }
      if (ends.tail != 0) begin_tail(number, ends.data, ends.tail, ends.tail_packet, sink);
      break;
  }
  return result;
}

}  // namespace levelgate::aggfrag
