// SPDX-License-Identifier: Apache-2.0
//
// The one inner packet whose begin has arrived and whose end has not: what it still needs, and under which number its
// next octets must come (RFC 9347 §2.2.3). Its octets lie in the sink's buffer; only a begin that is too short to tell
// the packet's length (a runt) is kept here.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

enum class Fed : std::uint8_t {
  kUsedUp,         // every octet of the payload belonged to the packet
  kEnded,          // it is whole: go on with the blocks at the payload's BlockOffset
  kContradiction,  // the BlockOffset is not what it needs: it is abandoned, and blocks may follow at the BlockOffset
};

// Thread: worker.
class UnfinishedPacket {
 public:
  explicit UnfinishedPacket(std::uint32_t max_inner_octets) : max_inner_octets_(max_inner_octets) {}

  [[nodiscard]] bool exists() const { return state_ != State::kNone; }
  // Fragments come under consecutive numbers (RFC 9347 §2.2.3).
  [[nodiscard]] bool continues_under(EspSeq number) const { return number.value == next_number_; }
  // An all-pad payload between two fragments breaks nothing (RFC 9347 §2.2.3).
  void pass_over_padding() { ++next_number_; }

  // The last block of the payload `number`, shorter than the `octets` that its own header tells.
  template <typename Sink>
  void begin(EspSeq number, ConstBytes head, std::uint32_t octets, Sink& sink) {
    next_number_ = number.value + 1;
    begin_in_sink(head, octets, sink);
  }
  // The same with 1 to 5 octets, in which the length field is not whole.
  void begin_runt(EspSeq number, ConstBytes head) {
    next_number_ = number.value + 1;
    std::memcpy(runt_.data(), head.data(), head.size());
    runt_octets_ = static_cast<std::uint32_t>(head.size());
    state_ = State::kRunt;
  }

  // Takes its octets from the front of `data`.
  template <typename Sink>
  Fed feed(ConstBytes data, std::uint32_t block_offset, Sink& sink);

  template <typename Sink>
  void abandon(Sink& sink) {
    if (state_ == State::kPartial) sink.abandon();
    if (state_ == State::kRunt) sink.incomplete();
    state_ = State::kNone;
  }

 private:
  enum class State : std::uint8_t { kNone, kRunt, kPartial };

  template <typename Sink>
  bool complete_runt(ConstBytes data, Sink& sink, std::uint32_t* taken);
  template <typename Sink>
  void begin_in_sink(ConstBytes head, std::uint32_t octets, Sink& sink);

  std::uint32_t max_inner_octets_;
  State state_ = State::kNone;
  std::uint64_t next_number_ = 0;  // the number that must come for it to go on
  Bytes target_;                   // where its next octets go; empty: refused, octets are passed over
  std::uint32_t need_ = 0;         // octets that are missing
  std::uint32_t runt_octets_ = 0;
  std::array<std::byte, wire::kLongestRunt + 1> runt_{};
};

template <typename Sink>
Fed UnfinishedPacket::feed(ConstBytes data, std::uint32_t block_offset, Sink& sink) {
  ++next_number_;
  std::uint32_t taken = 0;
  if (state_ == State::kRunt) {
    if (block_offset == 0 ||
        !complete_runt(data.first(std::min<std::size_t>(data.size(), block_offset)), sink, &taken)) {
      abandon(sink);
      return Fed::kContradiction;
    }
    if (state_ == State::kRunt) {
      if (block_offset > data.size()) return Fed::kUsedUp;  // still too short: a tiny payload
      abandon(sink);                                        // it says that a block begins within the length field
      return Fed::kContradiction;
    }
  }
  // The offset must be what the packet's own length says (RFC 9347 §2.2.3); anything else is a contradiction.
  if (state_ == State::kPartial && block_offset != need_ + taken) {
    abandon(sink);
    return Fed::kContradiction;
  }
  const std::uint32_t here = std::min(need_, static_cast<std::uint32_t>(data.size()) - taken);
  if (!target_.empty() && here != 0) {
    std::memcpy(target_.data(), data.data() + taken, here);
    target_ = target_.subspan(here);
  }
  need_ -= here;
  if (need_ != 0) return Fed::kUsedUp;
  state_ = State::kNone;
  sink.deliver();
  return block_offset < data.size() ? Fed::kEnded : Fed::kUsedUp;
}

// Adds octets until the length field is whole, then becomes partial. False: the lengths contradict each other.
template <typename Sink>
bool UnfinishedPacket::complete_runt(ConstBytes data, Sink& sink, std::uint32_t* taken) {
  const wire::BlockType type = wire::block_type(runt_[0]);
  const std::uint32_t wanted = wire::length_field_end(type) - runt_octets_;
  const std::uint32_t here = std::min(wanted, static_cast<std::uint32_t>(data.size()));
  std::memcpy(runt_.data() + runt_octets_, data.data(), here);
  runt_octets_ += here;
  *taken = here;
  if (here < wanted) return true;
  const std::uint32_t octets = wire::block_octets(runt_.data(), type);
  if (octets < runt_octets_ || octets > max_inner_octets_) return false;
  begin_in_sink({runt_.data(), runt_octets_}, octets, sink);
  return true;
}

template <typename Sink>
void UnfinishedPacket::begin_in_sink(ConstBytes head, std::uint32_t octets, Sink& sink) {
  target_ = sink.begin(octets);
  if (!target_.empty()) {
    std::memcpy(target_.data(), head.data(), head.size());
    target_ = target_.subspan(head.size());
  }
  need_ = octets - static_cast<std::uint32_t>(head.size());
  state_ = State::kPartial;
}

}  // namespace levelgate::aggfrag
