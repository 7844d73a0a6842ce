// SPDX-License-Identifier: Apache-2.0
//
// Frames in, frames out; what the link says for itself goes beside the path where that was asked.
#include "support/link_emulator/direction.h"

#include <algorithm>
#include <utility>

namespace levelgate::testing {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kEach = 64;  // what a frame costs beside its octets

unsigned at(std::span<const std::byte> frame, std::size_t place) {
  return place < frame.size() ? std::to_integer<unsigned>(frame[place]) : 0;
}

}  // namespace

bool is_neighbour_talk(std::span<const std::byte> frame) {
  const unsigned type = at(frame, 12) << 8 | at(frame, 13);
  if (type == 0x0806) return true;
  if (type != 0x86DD) return false;
  constexpr unsigned kHopByHop = 0, kIcmpv6 = 58;
  unsigned next = at(frame, kEthernetHeader + 6);
  std::size_t place = kEthernetHeader + kIpv6Header;
  if (next == kHopByHop) {  // listener reports carry a router alert
    next = at(frame, place);
    place += 8 + std::size_t{at(frame, place + 1)} * 8;
  }
  if (next != kIcmpv6 || place >= frame.size()) return false;
  const unsigned kind = at(frame, place);
  return (kind >= 130 && kind <= 137) || kind == 143;
}

Direction::Direction(pathmodel::PathStages stages, std::uint64_t seed, Instant start, std::size_t most_octets,
                     bool spares_neighbours)
    : path_(std::move(stages), seed, start), room_(most_octets), spares_neighbours_(spares_neighbours) {}

void Direction::take(Instant now, std::span<const std::byte> frame) {
  if (spares_neighbours_ && is_neighbour_talk(frame)) {
    ++counts_.spared_pkts;
    return add(path_.beside(now), frame);
  }
  const std::size_t octets = frame.size() - std::min(frame.size(), kEthernetHeader);
  const pathmodel::Outcome outcome = path_.offer(now, static_cast<std::uint32_t>(octets));
  if (!outcome.flipped_bit) {
    for (const Instant arrives : outcome.arrivals()) add(arrives, frame);
    return;
  }
  std::vector<std::byte> damaged(frame.begin(), frame.end());
  damaged[kEthernetHeader + *outcome.flipped_bit / 8] ^= std::byte(1U << (*outcome.flipped_bit % 8));
  for (const Instant arrives : outcome.arrivals()) add(arrives, damaged);
}

void Direction::add(Instant arrives, std::span<const std::byte> frame) {
  if (frame.size() + kEach > room_) {
    ++counts_.memory_pkts;
    return;
  }
  room_ -= frame.size() + kEach;
  under_way_.add(arrives, {frame.begin(), frame.end()});
}

void Direction::deliver(Instant now, const std::function<bool(std::span<const std::byte>)>& write) {
  while (const auto frame = under_way_.take(now)) {
    room_ += frame->size() + kEach;
    ++(write(*frame) ? counts_.written_pkts : counts_.refused_pkts);
  }
}

}  // namespace levelgate::testing
