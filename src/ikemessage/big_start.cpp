// SPDX-License-Identifier: Apache-2.0
//
// Walks the generic headers that are there.
#include "ikemessage/big_start.h"

#include "ikewire/ike_chain.h"

namespace levelgate::ikemessage {
namespace {

constexpr std::size_t kMethodOctets = 4;  // of a Key Exchange payload, in front of the key: the number and two reserved

}  // namespace

BigStart judge_big_start(ikewire::PayloadType first_inside, ConstBytes inner, const AgreedKey& agreed) {
  ikewire::PayloadType type = first_inside;
  for (std::size_t count = 0; type != ikewire::PayloadType::kNone; ++count) {
    if (count == ikewire::kMostPayloads) return BigStart::kOther;
    ByteReader from(inner);
    const auto next = ikewire::PayloadType{from.read<std::uint8_t>()};
    const bool big = (from.read<std::uint8_t>() & ikewire::kBigPayloadBit) != 0 && type == ikewire::PayloadType::kKe;
    const std::size_t header = big ? ikewire::kBigPayloadHeaderOctets : ikewire::kPayloadHeaderOctets;
    const std::size_t octets = big ? from.read<std::uint32_t>() : from.read<std::uint16_t>();
    if (!from.ok()) return BigStart::kUnknown;
    if (octets < header) return BigStart::kOther;
    if (type == ikewire::PayloadType::kKe) {
      if (octets != header + kMethodOctets + agreed.octets) return BigStart::kOther;
      const auto method = ikewire::KeMethod{from.read<std::uint16_t>()};
      if (!from.ok()) return BigStart::kUnknown;
      return method == agreed.method ? BigStart::kAgreed : BigStart::kOther;
    }
    if (octets >= inner.size()) return BigStart::kUnknown;
    inner = inner.subspan(octets);
    type = next;
  }
  return BigStart::kOther;
}

}  // namespace levelgate::ikemessage
