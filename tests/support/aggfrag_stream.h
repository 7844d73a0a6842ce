// SPDX-License-Identifier: Apache-2.0
//
// AGGFRAG from the outside: inner packets whose every octet is known, payloads laid out by hand, and a receiver's sink
// that keeps what it was given and notices when it is called out of turn.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/packet.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace levelgate::testing {

using Octets = std::vector<std::byte>;

// An inner packet of `octets`, at least 20 (40 for IPv6): version and length are right, the rest is a function of
// `mark`.
inline Octets inner_packet(unsigned version, std::uint32_t octets, unsigned mark = 0) {
  Octets packet(octets);
  for (std::uint32_t i = 0; i < octets; ++i) packet[i] = static_cast<std::byte>(mark * 37 + i * 11 + (i >> 8));
  packet[0] = static_cast<std::byte>(version == 4 ? 0x45 : 0x60);
  if (version == 4) store_be<std::uint16_t>(packet.data() + 2, static_cast<std::uint16_t>(octets));
  if (version == 6) store_be<std::uint16_t>(packet.data() + 4, static_cast<std::uint16_t>(octets - 40));
  return packet;
}

inline Packet view_of(Octets& octets) {
  Packet packet;
  packet.data = octets.data();
  packet.length = static_cast<std::uint32_t>(octets.size());
  return packet;
}

inline Octets part(const Octets& of, std::size_t from, std::size_t count) {
  return {of.begin() + static_cast<std::ptrdiff_t>(from), of.begin() + static_cast<std::ptrdiff_t>(from + count)};
}

inline Octets pad(std::size_t count) { return Octets(count); }

// A payload of sub-type 0 with these octets as its data blocks (RFC 9347 §6.1.1).
inline Octets payload_of(std::size_t block_offset, std::initializer_list<Octets> pieces) {
  Octets payload(4);
  store_be<std::uint16_t>(payload.data() + 2, static_cast<std::uint16_t>(block_offset));
  for (const Octets& piece : pieces) payload.insert(payload.end(), piece.begin(), piece.end());
  return payload;
}

inline std::uint16_t block_offset_of(ConstBytes payload) { return load_be<std::uint16_t>(payload.data() + 2); }

class RecordingSink {
 public:
  std::vector<Octets> delivered;
  std::vector<std::uint32_t> begun;  // the size of each packet that was begun
  std::size_t abandoned = 0;         // begun packets
  std::size_t incomplete_runts = 0;
  std::size_t refused_delivered = 0;
  bool refuse = false;       // answer begin() with an empty span
  bool out_of_turn = false;  // the receiver called in an order that makes no sense

  Bytes begin(std::uint32_t octets) {
    out_of_turn = out_of_turn || open_;
    open_ = true;
    open_refused_ = refuse;
    begun.push_back(octets);
    current_.assign(refuse ? 0 : octets, std::byte{0xee});
    return current_;
  }
  void deliver() {
    close();
    if (open_refused_) {
      ++refused_delivered;
    } else {
      delivered.push_back(current_);
    }
  }
  void abandon() {
    close();
    ++abandoned;
  }
  void incomplete() {
    out_of_turn = out_of_turn || open_;
    ++incomplete_runts;
  }
  [[nodiscard]] std::size_t lost() const { return abandoned + incomplete_runts; }

 private:
  void close() {
    out_of_turn = out_of_turn || !open_;
    open_ = false;
  }

  Octets current_;
  bool open_ = false;
  bool open_refused_ = false;
};

}  // namespace levelgate::testing
