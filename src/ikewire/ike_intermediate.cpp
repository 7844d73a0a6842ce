// SPDX-License-Identifier: Apache-2.0
//
// Part A of IntAuth: the octets as they came, but for two lengths and the name of a fragment.
#include "ikewire/ike_intermediate.h"

#include <limits>

#include "ikewire/ike_header.h"

namespace levelgate::ikewire {

void write_intermediate_prefix(WireBuffer& to, ConstBytes message, const std::vector<PayloadView>& chain,
                               std::size_t inner_octets, BigPayloads big) {
  const bool is_sealed =
      !chain.empty() && (chain.back().type == PayloadType::kSk || chain.back().type == PayloadType::kSkf);
  if (!is_sealed) return to.fail();
  const std::size_t begin = to.size();
  const std::size_t sealed_at = kIkeHeaderOctets + chain.back().offset;
  const std::size_t named_at =
      chain.size() == 1 ? kIkeFirstPayloadAt : kIkeHeaderOctets + chain[chain.size() - 2].offset;
  to.write_bytes(message.first(sealed_at + 2));
  to.patch(begin + named_at, static_cast<std::uint8_t>(PayloadType::kSk));
  const bool needs_big = inner_octets > std::numeric_limits<std::uint16_t>::max() - kPayloadHeaderOctets;
  if (needs_big && big == BigPayloads::kKeyExchange) {
    const std::uint8_t bits = std::to_integer<std::uint8_t>(message[sealed_at + 1]);
    to.patch(begin + sealed_at + 1, static_cast<std::uint8_t>(bits | kBigPayloadBit));
    to.write_narrow<std::uint32_t>(inner_octets + kBigPayloadHeaderOctets);
  } else {
    to.write_narrow<std::uint16_t>(inner_octets + kPayloadHeaderOctets);
  }
  to.patch_narrow<std::uint32_t>(begin + kIkeLengthAt, to.size() - begin + inner_octets);
}

}  // namespace levelgate::ikewire
