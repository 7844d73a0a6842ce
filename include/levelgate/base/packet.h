// SPDX-License-Identifier: Apache-2.0
//
// A view of one packet in a buffer that somebody else owns (an mbuf, a test buffer). Copying the view
// does not copy the packet; exactly one view at a time is responsible for giving the buffer back to the
// PacketIo that it came from.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

namespace levelgate {

struct Packet {
  std::byte* data = nullptr;   // first octet of what the packet holds now
  std::uint32_t length = 0;    // octets in use from data
  std::uint16_t headroom = 0;  // free octets in front of data
  std::uint16_t reserved = 0;  // free for the holder's own mark (the port it came from)
  std::uint32_t tailroom = 0;  // free octets behind data + length
  void* handle = nullptr;      // opaque, names the buffer; only the PacketIo that made it looks inside

  [[nodiscard]] Bytes bytes() { return {data, length}; }
  [[nodiscard]] ConstBytes bytes() const { return {data, length}; }

  // Each of these moves the edge only; the caller has checked the room (or the length).
  void take_headroom(std::uint32_t octets) {
    data -= octets;
    length += octets;
    headroom = static_cast<std::uint16_t>(headroom - octets);
  }
  void drop_front(std::uint32_t octets) {
    data += octets;
    length -= octets;
    headroom = static_cast<std::uint16_t>(headroom + octets);
  }
  void set_length(std::uint32_t octets) {
    tailroom = tailroom + length - octets;
    length = octets;
  }
  [[nodiscard]] std::uint32_t capacity() const { return length + tailroom; }
};
static_assert(sizeof(Packet) == 32);

}  // namespace levelgate
