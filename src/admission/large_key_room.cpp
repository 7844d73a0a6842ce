// SPDX-License-Identifier: Apache-2.0
//
// Places, and the line before them.
#include "admission/large_key_room.h"

#include <algorithm>

#include "admission/source_key.h"

namespace levelgate::admission {

LargeKeyRoom::Place LargeKeyRoom::take(const IpAddress& source, std::size_t octets, Instant now) {
  const IpAddress key = source_key(source);
  Held& held = *held_;
  if (held.by_source.contains(key)) {
    ++refused_;
    return nullptr;
  }
  forget(now);
  const std::size_t line = std::ranges::find(held.wasteful, key) == held.wasteful.end() ? kFresh : kWasteful;
  std::vector<Waiter>& own = lines_[line];
  const auto waiter = std::ranges::find(own, key, &Waiter::source);
  const bool fits = octets <= limits::kLargeHandshakeOctets - held.octets;
  if (!fits || !is_turn_of(line, static_cast<std::size_t>(waiter - own.begin()))) {
    ++refused_;
    if (waiter != own.end()) {
      waiter->asked = now;
    } else if (waiting() < limits::kLargeHandshakeLine) {
      own.push_back({key, now});
    }
    return nullptr;
  }
  if (waiter != own.end()) own.erase(waiter);
  held.by_source[key] = octets;
  held.octets += octets;
  return Place(this, [books = held_, key](const void*) {
    const auto entry = books->by_source.find(key);
    books->octets -= entry->second;
    books->by_source.erase(entry);
    std::erase(books->wasteful, key);
    if (books->wasteful.size() == limits::kLargeHandshakeLine) books->wasteful.erase(books->wasteful.begin());
    books->wasteful.push_back(key);  // until it is proven
  });
}

void LargeKeyRoom::proven(const IpAddress& source) { std::erase(held_->wasteful, source_key(source)); }

void LargeKeyRoom::forget(Instant now) {
  for (std::vector<Waiter>& line : lines_) {
    std::erase_if(line, [&](const Waiter& one) { return now - one.asked > limits::kLargeHandshakeLinePatience; });
  }
}

// Those in front may take what is free, and some behind them as well, since nobody knows when they ask next.
bool LargeKeyRoom::is_turn_of(std::size_t line, std::size_t position) const {
  const std::size_t free = limits::kLargeHandshakes - held_->by_source.size();
  if (line == kWasteful && !lines_[kFresh].empty()) return lines_[kFresh].size() + position < free;
  return free != 0 && position < free + limits::kLargeHandshakeFront;
}

}  // namespace levelgate::admission
