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

#include "aggfrag/octet_copy.h"
#include "aggfrag/unfinished_packet.h"
#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

// What became of one payload. The order is that of rising harm.
enum class Accepted : std::uint8_t {
  kFull,       // data to the last octet
  kSomePad,    // data, then padding
  kAllPad,     // padding only
  kOrphan,     // nothing but the middle of a packet whose begin was lost
  kBadBlock,   // a block of unknown type or wrong length; the blocks before it were yielded
  kMalformed,  // shorter than its header
  kUnknownSubType,
};

struct AcceptResult {
  Accepted verdict = Accepted::kFull;
  std::uint32_t pad_octets = 0;
};

// A Sink has
//   Bytes begin(std::uint32_t octets)  a writable span of that size for one inner packet, or an empty one: refused
//   void deliver()                     the packet begun last is whole
//   void abandon()                     the packet begun last will never be whole (also called for refused ones)
//   void incomplete()                  a packet whose begin was too short to be begun will never be whole

// Thread: worker.
class Receiver {
 public:
  // Inner packets above `max_inner_octets` are a bad block.
  explicit Receiver(std::uint32_t max_inner_octets)
      : max_inner_octets_(max_inner_octets), unfinished_(max_inner_octets) {}

  // `payload` is the ESP payload: AGGFRAG header and data blocks.
  template <typename Sink>
  AcceptResult accept(EspSeq number, ConstBytes payload, Sink& sink);

  // Something between the last payload and the next one is missing, or the partial packet is too old, or the SA goes.
  template <typename Sink>
  void abandon(Sink& sink) {
    unfinished_.abandon(sink);
  }

  [[nodiscard]] bool partial() const { return unfinished_.exists(); }

 private:
  template <typename Sink>
  AcceptResult parse_blocks(EspSeq number, ConstBytes data, std::uint32_t from, Sink& sink);

  std::uint32_t max_inner_octets_;
  UnfinishedPacket unfinished_;
};

template <typename Sink>
AcceptResult Receiver::accept(EspSeq number, ConstBytes payload, Sink& sink) {
  const wire::AggfragView header = wire::read_aggfrag(payload);
  if (header.verdict != wire::AggfragVerdict::kOk) {
    abandon(sink);
    const bool known = header.verdict == wire::AggfragVerdict::kTooShort;
    return {known ? Accepted::kMalformed : Accepted::kUnknownSubType, 0};
  }
  const ConstBytes data = payload.subspan(header.header_octets);
  const std::uint32_t octets = static_cast<std::uint32_t>(data.size());
  if (unfinished_.exists() && !unfinished_.continues_under(number)) abandon(sink);
  const bool padding_only =
      header.block_offset == 0 && (data.empty() || wire::block_type(data[0]) == wire::BlockType::kPad);
  if (padding_only) {
    unfinished_.pass_over_padding();
    return {Accepted::kAllPad, octets};
  }
  std::uint32_t from = header.block_offset;
  if (unfinished_.exists() && !unfinished_.feed(data, header.block_offset, sink, &from)) return {Accepted::kFull, 0};
  if (from >= octets) return {Accepted::kOrphan, 0};
  return parse_blocks(number, data, from, sink);
}

template <typename Sink>
AcceptResult Receiver::parse_blocks(EspSeq number, ConstBytes data, std::uint32_t from, Sink& sink) {
  const std::byte* const base = data.data();
  const std::uint32_t end = static_cast<std::uint32_t>(data.size());
  std::uint32_t at = from;
  while (at < end) {
    const wire::BlockType type = wire::block_type(base[at]);
    if (type == wire::BlockType::kPad) return {Accepted::kSomePad, end - at};
    if (type == wire::BlockType::kUnknown) return {Accepted::kBadBlock, 0};
    const std::uint32_t left = end - at;
    if (left < wire::length_field_end(type)) {
      unfinished_.begin_runt(number, data.subspan(at));
      return {Accepted::kFull, 0};
    }
    const std::uint32_t octets = wire::block_octets(base + at, type);
    if (octets == 0 || octets > max_inner_octets_) return {Accepted::kBadBlock, 0};
    if (octets > left) {
      unfinished_.begin(number, data.subspan(at), octets, sink);
      return {Accepted::kFull, 0};
    }
    const Bytes target = sink.begin(octets);
    if (!target.empty()) copy_octets(target.data(), base + at, octets);
    sink.deliver();
    at += octets;  // at least 20: the loop always advances
  }
  return {Accepted::kFull, 0};
}

}  // namespace levelgate::aggfrag
