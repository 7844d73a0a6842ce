// SPDX-License-Identifier: Apache-2.0
//
// Two rings for each line: one of places, one of octets.
#include "sockets/inbox.h"

#include <algorithm>

namespace levelgate::sockets {

WaitingLine::WaitingLine(std::size_t messages, std::size_t octets)
    : places_(messages), octets_most_(octets), octets_(std::make_unique_for_overwrite<std::byte[]>(octets)) {}

// Used octets lie between the oldest message and end_, or around the end of the memory when end_ is before them. A
// message that does not fit behind the newest one goes to the beginning.
std::optional<std::size_t> WaitingLine::room_for(std::size_t octets) const {
  if (waiting_ == 0) return octets <= octets_most_ ? std::optional<std::size_t>(0) : std::nullopt;
  const std::size_t oldest = places_[first_].at;
  if (oldest < end_) {
    if (octets <= octets_most_ - end_) return end_;
    return octets <= oldest ? std::optional<std::size_t>(0) : std::nullopt;
  }
  return octets <= oldest - end_ ? std::optional<std::size_t>(end_) : std::nullopt;
}

bool WaitingLine::put(const Datagram& datagram) {
  if (waiting_ == places_.size()) return false;
  // An empty message takes an octet, so that end_ meets the oldest one from behind alone.
  const std::size_t taken = std::max<std::size_t>(datagram.octets.size(), 1);
  const auto at = room_for(taken);
  if (!at) return false;
  std::ranges::copy(datagram.octets, octets_.get() + *at);
  places_[(first_ + waiting_) % places_.size()] = {datagram.from, *at, datagram.octets.size()};
  end_ = *at + taken;
  ++waiting_;
  return true;
}

std::optional<Datagram> WaitingLine::take() {
  if (waiting_ == 0) return std::nullopt;
  const Place& place = places_[first_];
  first_ = (first_ + 1) % places_.size();
  --waiting_;
  return Datagram{place.from, ConstBytes(octets_.get() + place.at, place.octets)};
}

std::optional<Datagram> Inbox::take() {
  const Line line = next_;
  const Line other = line == Line::kReturned ? Line::kFirst : Line::kReturned;
  next_ = other;
  if (auto datagram = of(line).take()) return datagram;
  return of(other).take();
}

}  // namespace levelgate::sockets
