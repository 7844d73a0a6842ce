// SPDX-License-Identifier: Apache-2.0
//
// TCP connections in memory for ESP (RFC 9329): each has a line bounded in octets, as a write queue is, which a test
// empties, or leaves standing.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "publisher/stream_desk.h"

namespace levelgate::testing {

class MemoryStreams final : public publisher::EspStreams {
 public:
  struct Line {
    std::size_t limit = SIZE_MAX;  // octets, the length in front of each packet included
    std::size_t octets = 0;
    std::size_t most = 0;  // octets that ever stood in it
    std::deque<std::vector<std::byte>> packets;
  };
  std::map<std::uint64_t, Line> open;  // by StreamId
  std::uint64_t refused = 0;

  [[nodiscard]] bool send(StreamId stream, ConstBytes esp) override {
    const auto found = open.find(stream.value);
    const std::size_t cost = esp.size() + dataplane::kStreamLengthOctets;
    if (found == open.end() || found->second.octets + cost > found->second.limit) {
      ++refused;
      return false;
    }
    Line& line = found->second;
    line.octets += cost;
    line.most = std::max(line.most, line.octets);
    line.packets.emplace_back(esp.begin(), esp.end());
    return true;
  }
  // The oldest packet of a line that has some.
  [[nodiscard]] std::vector<std::byte> take(StreamId stream) {
    Line& line = open.at(stream.value);
    std::vector<std::byte> packet = std::move(line.packets.front());
    line.packets.pop_front();
    line.octets -= packet.size() + dataplane::kStreamLengthOctets;
    return packet;
  }
};

}  // namespace levelgate::testing
