// SPDX-License-Identifier: Apache-2.0
//
// The forecast against the Sender itself: each packet begins in the payload that was foretold when it joined the queue,
// whatever comes, leaves, or starts anew in between.
#include "aggfrag/forecast.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace levelgate::aggfrag {
namespace {

class Both {
 public:
  Both(std::uint32_t room, Fragmentation fragmentation)
      : sender_(fragmentation), forecast_(room, fragmentation), payload_(room + 4), octets_(10'000) {}

  void push(std::uint32_t octets) {
    Packet packet;
    packet.data = octets_.data();
    packet.length = octets;
    foretold_.emplace_back(fills_ + forecast_.payloads_before(octets));
    forecast_.push(octets);
    ASSERT_TRUE(queue_.push(packet));
  }
  void fill() {
    const bool half_sent = sender_.head_offset() != 0;
    const Filled filled = sender_.fill(queue_, payload_);
    forecast_.filled();
    const std::size_t touched = filled.consumed + (sender_.head_offset() != 0 ? 1 : 0);
    for (std::size_t i = half_sent ? 1 : 0; i < touched; ++i) {
      if (foretold_[i]) {
        ASSERT_EQ(*foretold_[i], fills_);
      }
    }
    for (std::uint32_t i = 0; i < filled.consumed; ++i) {
      queue_.pop();
      foretold_.pop_front();
    }
    ++fills_;
  }
  // As at a rekey: what was foretold before is void, what comes later is not.
  void restart() {
    sender_.restart_packet();
    forecast_.restart(queue_, 0);
    for (auto& one : foretold_) one.reset();
  }
  [[nodiscard]] bool full() const { return queue_.size() > 100; }

 private:
  InnerQueue queue_{128};
  Sender sender_;
  Forecast forecast_;
  std::vector<std::byte> payload_;
  std::vector<std::byte> octets_;
  std::deque<std::optional<std::uint64_t>> foretold_;
  std::uint64_t fills_ = 0;
};

TEST(Forecast, EachPacketBeginsWhereItWasForetold) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t room = 60 + static_cast<std::uint32_t>(random() % 1'500);
    const bool whole = round % 2 == 0;
    Both both(room, whole ? Fragmentation::kForbidden : Fragmentation::kAllowed);
    const std::uint32_t longest = whole ? room : 5'000;
    for (int step = 0; step < 400; ++step) {
      const unsigned what = static_cast<unsigned>(random() % 16);
      if (what < 8 && !both.full()) {
        const std::uint32_t bound = random() % 2 == 0 ? longest : 60;
        ASSERT_NO_FATAL_FAILURE(both.push(20 + static_cast<std::uint32_t>(random() % (bound - 19))));
      } else if (what < 15) {
        ASSERT_NO_FATAL_FAILURE(both.fill());
      } else {
        both.restart();
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::aggfrag
