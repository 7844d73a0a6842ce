// SPDX-License-Identifier: Apache-2.0
//
// Places.
#include "admission/large_key_room.h"

#include "admission/source_key.h"

namespace levelgate::admission {

LargeKeyRoom::Place LargeKeyRoom::take(const IpAddress& source, std::size_t octets) {
  const IpAddress key = source_key(source);
  Held& held = *held_;
  const bool room = held.by_source.size() < limits::kLargeHandshakes && !held.by_source.contains(key) &&
                    octets <= limits::kLargeHandshakeOctets - held.octets;
  if (!room) {
    ++refused_;
    return nullptr;
  }
  held.by_source[key] = octets;
  held.octets += octets;
  return Place(this, [books = held_, key](const void*) {
    const auto entry = books->by_source.find(key);
    books->octets -= entry->second;
    books->by_source.erase(entry);
  });
}

}  // namespace levelgate::admission
