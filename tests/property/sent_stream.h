// SPDX-License-Identifier: Apache-2.0
//
// A whole stream out of aggfrag::Sender: any packets, arriving at any pace, in payloads of any one size; and where each
// payload's data lie in the row of all inner octets, so that a law can ask which packet touches which payload.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "aggfrag/sender.h"
#include "support/aggfrag_stream.h"
#include "support/fifo_source.h"

namespace levelgate::testing {

struct SentPayload {
  Octets octets;
  aggfrag::Filled filled;
  std::uint64_t begin = 0;  // of its data in the row of all inner octets
  [[nodiscard]] std::uint64_t end() const { return begin + filled.data_octets; }
};

struct SentStream {
  std::vector<Octets> packets;
  std::vector<std::uint64_t> begins;  // of the packets in the row of all inner octets, and behind the last its end
  std::vector<SentPayload> payloads;
  std::size_t room = 0;  // for data blocks in a payload

  // The payloads with the first and the last octet of a packet.
  struct Extent {
    std::size_t first;
    std::size_t last;
  };
  [[nodiscard]] Extent extent(std::size_t packet) const {
    const auto holding = [&](std::uint64_t octet) {
      const auto holds = [&](const SentPayload& payload) { return payload.begin <= octet && octet < payload.end(); };
      return static_cast<std::size_t>(std::find_if(payloads.begin(), payloads.end(), holds) - payloads.begin());
    };
    return {holding(begins[packet]), holding(begins[packet + 1] - 1)};
  }
};

struct StreamPlan {
  std::size_t room = 1;
  aggfrag::Fragmentation fragmentation = aggfrag::Fragmentation::kAllowed;
  bool padded = true;
  std::vector<std::uint32_t> sizes;
  std::vector<std::uint8_t> arrivals;  // packets that arrive before each slot, over and over
};

// Rooms from one octet to beyond an Ethernet frame, packets from the smallest to many payloads long.
inline StreamPlan draw_plan(aggfrag::Fragmentation fragmentation = aggfrag::Fragmentation::kAllowed) {
  StreamPlan plan;
  plan.fragmentation = fragmentation;
  const bool whole = fragmentation == aggfrag::Fragmentation::kForbidden;
  plan.room = whole ? *rc::gen::inRange<std::size_t>(40, 2000)
                    : *rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 50), rc::gen::inRange<std::size_t>(50, 2000));
  const std::size_t largest = whole ? plan.room : std::min<std::size_t>(9216, 40 + 40 * plan.room);
  plan.sizes = *rc::gen::container<std::vector<std::uint32_t>>(
      rc::gen::inRange<std::uint32_t>(20, static_cast<std::uint32_t>(largest) + 1));
  plan.arrivals = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 6));
  plan.arrivals.push_back(1);  // or nothing would ever end
  return plan;
}

inline SentStream send(const StreamPlan& plan) {
  SentStream stream;
  stream.room = plan.room;
  std::uint64_t begin = 0;
  for (const std::uint32_t size : plan.sizes) {
    const unsigned version = size >= 40 && size % 2 == 0 ? 6 : 4;
    stream.packets.push_back(inner_packet(version, size, static_cast<unsigned>(stream.packets.size())));
    stream.begins.push_back(begin);
    begin += size;
  }
  stream.begins.push_back(begin);
  FifoSource queue(plan.sizes.size() + 1);
  aggfrag::Sender sender(plan.fragmentation);
  std::size_t arrived = 0;
  std::uint64_t sent = 0;
  for (std::size_t slot = 0; arrived < stream.packets.size() || !queue.empty(); ++slot) {
    for (unsigned i = plan.arrivals[slot % plan.arrivals.size()]; i != 0 && arrived < stream.packets.size(); --i) {
      RC_ASSERT(queue.push(view_of(stream.packets[arrived++])));
    }
    SentPayload payload{Octets(4 + plan.room, std::byte{0xdb}), {}, sent};
    payload.filled = plan.padded ? sender.fill(queue, payload.octets) : sender.fill_unpadded(queue, payload.octets);
    payload.octets.resize(payload.filled.payload_octets);
    sent += payload.filled.data_octets;
    stream.payloads.push_back(payload);
    RC_ASSERT(slot < 1'000'000u);
  }
  return stream;
}

}  // namespace levelgate::testing
