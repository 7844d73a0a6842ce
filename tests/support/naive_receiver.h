// SPDX-License-Identifier: Apache-2.0
//
// What a receiver of AGGFRAG payloads has to yield (RFC 9347 §2.2.3), said without regard to cost: the unfinished
// packet is kept octet by octet, and everything about it is asked of those octets anew. Compared with
// aggfrag::Receiver.
#pragma once

#include <levelgate/base/bytes.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggfrag/receiver.h"

namespace levelgate::testing {

class NaiveReceiver {
 public:
  using Octets = std::vector<std::byte>;

  explicit NaiveReceiver(std::uint32_t max_inner_octets) : max_(max_inner_octets) {}

  std::vector<Octets> delivered;
  std::size_t lost = 0;  // packets whose begin came and whose end did not

  aggfrag::Accepted accept(std::uint64_t number, ConstBytes payload) {
    const std::size_t header = payload.size() >= 4 && payload[0] == std::byte{1} ? 24 : 4;
    if (payload.size() < header || std::to_integer<unsigned>(payload[0]) > 1) {
      lose();
      const bool unknown = payload.size() >= 4 && std::to_integer<unsigned>(payload[0]) > 1;
      return unknown ? aggfrag::Accepted::kUnknownSubType : aggfrag::Accepted::kMalformed;
    }
    const std::size_t offset = load_be<std::uint16_t>(payload.data() + 2);
    const ConstBytes data = payload.subspan(header);
    if (number != expected_) lose();
    expected_ = number + 1;
    if (offset == 0 && (data.empty() || nibble(data[0]) == 0)) return aggfrag::Accepted::kAllPad;
    if (!have_.empty() && !continue_with(data, offset)) return aggfrag::Accepted::kFull;
    if (offset < data.size()) return parse(data.subspan(offset));
    return aggfrag::Accepted::kOrphan;
  }
  void lose() {
    lost += have_.empty() ? 0 : 1;
    have_.clear();
  }
  [[nodiscard]] bool unfinished() const { return !have_.empty(); }

 private:
  static unsigned nibble(std::byte octet) { return std::to_integer<unsigned>(octet) >> 4; }

  // Nothing while the octets do not tell; 0 for a length that cannot be.
  [[nodiscard]] std::optional<std::size_t> length_of(ConstBytes begin) const {
    const bool v4 = nibble(begin[0]) == 4;
    if (begin.size() < (v4 ? 4u : 6u)) return std::nullopt;
    std::size_t length = v4 ? load_be<std::uint16_t>(begin.data() + 2) : 40u + load_be<std::uint16_t>(begin.data() + 4);
    const std::size_t header = v4 ? (std::to_integer<unsigned>(begin[0]) & 15u) * 4 : 40;
    if (header < 20 || length < header || length > max_) length = 0;
    return length;
  }

  // False: every octet of the payload was the packet's.
  bool continue_with(ConstBytes data, std::size_t offset) {
    const std::size_t before = have_.size();
    const ConstBytes lead = data.first(std::min(offset, data.size()));
    have_.insert(have_.end(), lead.begin(), lead.end());
    const std::optional<std::size_t> length = length_of(have_);
    const bool agrees = length ? *length == before + offset : offset > data.size();
    if (!agrees) {
      lose();
      return true;
    }
    if (!length || have_.size() < *length) return false;
    delivered.push_back(have_);
    have_.clear();
    return offset < data.size();
  }

  aggfrag::Accepted parse(ConstBytes blocks) {
    while (!blocks.empty()) {
      const unsigned type = nibble(blocks[0]);
      if (type == 0) return aggfrag::Accepted::kSomePad;
      if (type != 4 && type != 6) return aggfrag::Accepted::kBadBlock;
      const std::optional<std::size_t> length = length_of(blocks);
      if (length && *length == 0) return aggfrag::Accepted::kBadBlock;
      if (!length || *length > blocks.size()) {
        have_.assign(blocks.begin(), blocks.end());
        return aggfrag::Accepted::kFull;
      }
      delivered.emplace_back(blocks.begin(), blocks.begin() + static_cast<std::ptrdiff_t>(*length));
      blocks = blocks.subspan(*length);
    }
    return aggfrag::Accepted::kFull;
  }

  std::size_t max_;
  std::uint64_t expected_ = 0;
  Octets have_;
};

}  // namespace levelgate::testing
