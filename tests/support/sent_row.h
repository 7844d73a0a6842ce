// SPDX-License-Identifier: Apache-2.0
//
// A short stream out of aggfrag::Sender for tests that draw many: few packets of any size, payloads of one size, and
// which payloads carry which packet. Cheap to make, and a function of the engine.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "aggfrag/sender.h"
#include "support/aggfrag_stream.h"
#include "support/fifo_source.h"

namespace levelgate::testing {

struct SentRow {
  std::vector<Octets> packets;
  std::vector<Octets> payloads;
  std::vector<std::size_t> first;  // for each packet: the payload with its first octet
  std::vector<std::size_t> last;   // and with its last one

  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t unfinished_in = kNone;  // the payload with the begin of a packet that is not sent to its end

  // At most `most` payloads.
  SentRow(std::mt19937_64& engine, std::size_t most) {
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(engine() % bound); };
    const std::size_t room = below(3) == 0 ? 1 + below(30) : 20 + below(300);
    const std::size_t largest = below(2) == 0 ? 60 : std::min<std::size_t>(2000, 40 + room * 5);
    std::vector<Octets> waiting;
    for (std::size_t i = 0, count = 1 + below(12); i < count; ++i) {
      const std::size_t size = 20 + below(largest);
      const unsigned version = size >= 40 && size % 2 == 0 ? 6 : 4;
      waiting.push_back(inner_packet(version, static_cast<std::uint32_t>(size), static_cast<unsigned>(engine())));
    }
    FifoSource queue(16);
    aggfrag::Sender sender(aggfrag::Fragmentation::kAllowed);
    std::size_t arrived = 0;
    std::size_t begin = 0;  // of the payload's data in the row of all inner octets
    std::size_t packet_begin = 0;
    std::size_t begun = 0;
    for (std::size_t slot = 0; slot < most; ++slot) {
      for (std::size_t i = below(4); i != 0 && arrived < waiting.size(); --i) {
        (void)queue.push(view_of(waiting[arrived++]));
      }
      Octets payload(4 + room);
      const aggfrag::Filled filled = sender.fill(queue, payload);
      const std::size_t end = begin + filled.data_octets;
      while (begun < arrived && packet_begin < end) {
        first.push_back(slot);
        packet_begin += waiting[begun++].size();
      }
      for (std::uint32_t i = 0; i < filled.consumed; ++i) {
        packets.push_back(waiting[last.size()]);
        last.push_back(slot);
      }
      begin = end;
      payloads.push_back(std::move(payload));
      if (arrived == waiting.size() && queue.empty()) break;
    }
    if (first.size() > packets.size()) unfinished_in = first.back();
    first.resize(packets.size());
  }
};

}  // namespace levelgate::testing
