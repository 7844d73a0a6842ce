// SPDX-License-Identifier: Apache-2.0
//
// Takes AGGFRAG payloads in the order of their numbers and yields whole inner packets (RFC 9347 §2.2.3, §6.1). It
// cannot be called without a number, so a lost payload can never splice two packets. Every inner octet is copied once,
// straight into the sink's buffer; at most one packet is unfinished at any time. Never allocates, never trusts a
// length.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "aggfrag/octet_copy.h"
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
  explicit Receiver(std::uint32_t max_inner_octets) : max_inner_octets_(max_inner_octets) {}

  // `payload` is the ESP payload: AGGFRAG header and data blocks.
  template <typename Sink>
  AcceptResult accept(EspSeq number, ConstBytes payload, Sink& sink);

  // Something between the last payload and the next one is missing, or the partial packet is too old, or the SA goes.
  template <typename Sink>
  void abandon(Sink& sink) {
    if (state_ == State::kPartial) sink.abandon();
    if (state_ == State::kRunt) sink.incomplete();
    state_ = State::kIdle;
  }

  [[nodiscard]] bool partial() const { return state_ != State::kIdle; }

 private:
  enum class State : std::uint8_t { kIdle, kRunt, kPartial };

  template <typename Sink>
  bool continue_packet(ConstBytes data, std::uint32_t block_offset, Sink& sink, std::uint32_t* from);
  template <typename Sink>
  bool complete_runt(ConstBytes data, Sink& sink, std::uint32_t* taken);
  template <typename Sink>
  AcceptResult parse_blocks(EspSeq number, ConstBytes data, std::uint32_t from, Sink& sink);
  template <typename Sink>
  void begin_partial(ConstBytes head, std::uint32_t octets, Sink& sink);

  std::uint32_t max_inner_octets_;
  State state_ = State::kIdle;
  std::uint64_t next_number_ = 0;  // the number that must come for the unfinished packet to go on
  Bytes target_;                   // where the partial packet's next octets go; empty: refused, octets are passed over
  std::uint32_t need_ = 0;         // octets that are missing
  std::uint32_t runt_octets_ = 0;
  std::array<std::byte, wire::kLongestRunt + 1> runt_{};
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
  // Fragments come under consecutive numbers (RFC 9347 §2.2.3).
  if (state_ != State::kIdle && number.value != next_number_) abandon(sink);
  const bool padding_only =
      header.block_offset == 0 && (data.empty() || wire::block_type(data[0]) == wire::BlockType::kPad);
  if (padding_only) {
    // An all-pad payload between two fragments breaks nothing (RFC 9347 §2.2.3).
    ++next_number_;
    return {Accepted::kAllPad, octets};
  }
  std::uint32_t from = header.block_offset;
  if (state_ != State::kIdle) {
    ++next_number_;
    if (!continue_packet(data, header.block_offset, sink, &from)) return {Accepted::kFull, 0};
  }
  if (from >= octets) return {Accepted::kOrphan, 0};
  return parse_blocks(number, data, from, sink);
}

// Feeds the unfinished packet. True: go on with blocks at *from. False: the payload is used up.
template <typename Sink>
bool Receiver::continue_packet(ConstBytes data, std::uint32_t block_offset, Sink& sink, std::uint32_t* from) {
  std::uint32_t taken = 0;
  if (state_ == State::kRunt) {
    if (block_offset == 0 ||
        !complete_runt(data.first(std::min<std::size_t>(data.size(), block_offset)), sink, &taken)) {
      abandon(sink);
      return true;
    }
    if (state_ == State::kRunt) {
      if (block_offset > data.size()) return false;  // still too short: a tiny payload
      abandon(sink);                                 // it says that a block begins within the length field
      return true;
    }
  }
  // The offset must be what the packet's own length says (RFC 9347 §2.2.3); anything else is a contradiction.
  if (state_ == State::kPartial && block_offset != need_ + taken) {
    abandon(sink);
    return true;
  }
  const std::uint32_t here = std::min(need_, static_cast<std::uint32_t>(data.size()) - taken);
  if (!target_.empty() && here != 0) {
    std::memcpy(target_.data(), data.data() + taken, here);
    target_ = target_.subspan(here);
  }
  need_ -= here;
  if (need_ != 0) return false;
  state_ = State::kIdle;
  sink.deliver();
  *from = block_offset;
  return block_offset < data.size();
}

// Adds octets until the length field is whole, then becomes partial. False: the lengths contradict each other.
template <typename Sink>
bool Receiver::complete_runt(ConstBytes data, Sink& sink, std::uint32_t* taken) {
  const wire::BlockType type = wire::block_type(runt_[0]);
  const std::uint32_t wanted = wire::length_field_end(type) - runt_octets_;
  const std::uint32_t here = std::min(wanted, static_cast<std::uint32_t>(data.size()));
  std::memcpy(runt_.data() + runt_octets_, data.data(), here);
  runt_octets_ += here;
  *taken = here;
  if (here < wanted) return true;
  const std::uint32_t octets = wire::block_octets(runt_.data(), type);
  if (octets < runt_octets_ || octets > max_inner_octets_) return false;
  begin_partial({runt_.data(), runt_octets_}, octets, sink);
  return true;
}

template <typename Sink>
void Receiver::begin_partial(ConstBytes head, std::uint32_t octets, Sink& sink) {
  target_ = sink.begin(octets);
  if (!target_.empty()) {
    std::memcpy(target_.data(), head.data(), head.size());
    target_ = target_.subspan(head.size());
  }
  need_ = octets - static_cast<std::uint32_t>(head.size());
  state_ = State::kPartial;
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
      std::memcpy(runt_.data(), base + at, left);
      runt_octets_ = left;
      state_ = State::kRunt;
      next_number_ = number.value + 1;
      return {Accepted::kFull, 0};
    }
    const std::uint32_t octets = wire::block_octets(base + at, type);
    if (octets == 0 || octets > max_inner_octets_) return {Accepted::kBadBlock, 0};
    if (octets > left) {
      begin_partial(data.subspan(at), octets, sink);
      next_number_ = number.value + 1;
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
