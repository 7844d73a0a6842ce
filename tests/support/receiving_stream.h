// SPDX-License-Identifier: Apache-2.0
//
// The receiving side of one SA out of its pieces, in either mode: reorder window, receiver, and the early one. Holds
// payloads in a map, keeps what is delivered, and notices a sink that is called out of turn.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "aggfrag/early_receiver.h"
#include "aggfrag/receiver.h"
#include "aggfrag/reorder_window.h"
#include "support/aggfrag_stream.h"

namespace levelgate::testing {

enum class Delivery : std::uint8_t { kInOrder, kImmediate };

class ReceivingStream {
 public:
  ReceivingStream(Delivery delivery, std::uint32_t window, std::uint64_t first, std::uint32_t max_inner_octets)
      : immediate_(delivery == Delivery::kImmediate),
        window_(window, EspSeq{first}),
        receiver_(max_inner_octets),
        early_(max_inner_octets) {}
  ReceivingStream(const ReceivingStream&) = delete;
  ReceivingStream& operator=(const ReceivingStream&) = delete;

  std::vector<Octets> delivered;
  std::size_t incomplete = 0;
  std::size_t late = 0;
  std::size_t missed = 0;
  bool out_of_turn = false;

  // False: it came too late.
  bool arrive(std::uint64_t number, const Octets& payload, Instant now, Nanos lost_after) {
    expire(now);
    if (window_.pass(EspSeq{number})) {
      (void)receiver_.accept(EspSeq{number}, payload, turn_);
      return true;
    }
    if (number < window_.awaited().value) {
      ++late;
      if (immediate_) (void)early_.accept_late(payload, ahead_);
      return false;
    }
    if (window_.insert(EspSeq{number}, number, now, lost_after) == aggfrag::Inserted::kMakeRoom) {
      expire(now);
      out_of_turn |= window_.insert(EspSeq{number}, number, now, lost_after) != aggfrag::Inserted::kHeld;
    }
    Held& held = held_[number] = {payload, {}};
    if (immediate_ && number > window_.awaited().value) {
      const auto find = [&](std::uint64_t n) -> aggfrag::OpenEnds* {
        return window_.find(n) == nullptr ? nullptr : &held_.at(n).ends;
      };
      const aggfrag::EarlyResult result = early_.accept(EspSeq{number}, held.payload, held.ends, find, ahead_);
      out_of_turn |= result.used_from > number || result.used_to < number;
      for (std::uint64_t n = result.used_from; n <= result.used_to; ++n) {
        Held& used = held_.at(n);
        if (!used.ends.spent()) continue;
        used.payload.assign(used.payload.size(), std::byte{0xdd});  // its buffer is somebody else's now
        used.ends.data = {};
      }
    }
    expire(now);
    return true;
  }
  void expire(Instant now) {
    std::uint64_t place = 0;
    std::uint64_t number = 0;
    std::uint64_t lost = 0;
    for (aggfrag::Next next; (next = window_.next(now, &place, &number, &lost)) != aggfrag::Next::kWait;) {
      if (next == aggfrag::Next::kLost) {
        missed += lost;
        receiver_.abandon(turn_);
        continue;
      }
      Held& held = held_.at(number);
      if (held.ends.kind == aggfrag::OpenEnds::Kind::kWhole) {
        (void)receiver_.accept(EspSeq{number}, held.payload, turn_);
      } else {
        (void)receiver_.accept_ends(EspSeq{number}, held.ends, turn_);
      }
      held_.erase(number);
    }
  }
  // Nothing will come any more.
  void end(Instant now) {
    window_.give_way();
    expire(now);
    receiver_.abandon(turn_);
    out_of_turn |= window_.held() != 0 || !held_.empty();
  }
  [[nodiscard]] std::uint64_t awaited() const { return window_.awaited().value; }
  [[nodiscard]] std::size_t held() const { return window_.held(); }
  [[nodiscard]] Instant deadline() const { return window_.deadline(); }

 private:
  struct Held {
    Octets payload;
    aggfrag::OpenEnds ends;
  };

  // Of one receiver; both deliver into the same row.
  class Sink {
   public:
    explicit Sink(ReceivingStream& stream) : stream_(stream) {}
    Bytes begin(std::uint32_t octets) {
      stream_.out_of_turn |= open_;
      open_ = true;
      current_.assign(octets, std::byte{0xee});
      return current_;
    }
    void deliver() {
      close();
      stream_.delivered.push_back(current_);
    }
    void abandon() {
      close();
      ++stream_.incomplete;
    }
    void incomplete() { ++stream_.incomplete; }

   private:
    void close() {
      stream_.out_of_turn |= !open_;
      open_ = false;
    }
    ReceivingStream& stream_;
    Octets current_;
    bool open_ = false;
  };

  bool immediate_;
  aggfrag::ReorderWindow<std::uint64_t> window_;
  aggfrag::Receiver receiver_;
  aggfrag::EarlyReceiver early_;
  Sink turn_{*this};
  Sink ahead_{*this};
  std::map<std::uint64_t, Held> held_;
};

}  // namespace levelgate::testing
