// SPDX-License-Identifier: Apache-2.0
//
// Offsets inside SK and SKF, read and laid out.
#include "ikewire/ike_encrypted.h"

namespace levelgate::ikewire {
namespace {

constexpr std::size_t kPadLengthOctets = 1;

std::size_t padding_behind(std::size_t inner, std::size_t block) {
  return block <= 1 ? 0 : (block - (inner + kPadLengthOctets) % block) % block;
}

bool is_possible(const FragmentNumber& fragment) { return fragment.number != 0 && fragment.number <= fragment.total; }

}  // namespace

IkeResult<SealedParts> read_sealed(const PayloadView& payload, std::size_t chain_at, const SealShape& shape) {
  ByteReader from(payload.body);
  SealedParts parts{.first_inside = payload.next};
  if (payload.type == PayloadType::kSkf) {
    parts.fragment = FragmentNumber{from.read<std::uint16_t>(), from.read<std::uint16_t>()};
    if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
    if (!is_possible(*parts.fragment)) return ike_fault(IkeFault::kNumber, 0);
  }
  const std::size_t iv_in_body = payload.body.size() - from.remaining();
  const std::size_t least = shape.iv_octets + kPadLengthOctets + shape.icv_octets;
  if (from.remaining() < least) return ike_fault(IkeFault::kTruncated, iv_in_body);
  const std::size_t text_octets = from.remaining() - shape.iv_octets - shape.icv_octets;
  if (shape.block_octets > 1 && text_octets % shape.block_octets != 0) return ike_fault(IkeFault::kLength, iv_in_body);
  parts.iv_at = chain_at + payload.offset + kPayloadHeaderOctets + iv_in_body;
  parts.text_at = parts.iv_at + shape.iv_octets;
  parts.icv_at = parts.text_at + text_octets;
  parts.end = parts.icv_at + shape.icv_octets;
  return parts;
}

IkeResult<ConstBytes> inner_payloads(ConstBytes text) {
  if (text.empty()) return ike_fault(IkeFault::kTruncated, 0);
  const std::size_t padding = std::to_integer<std::size_t>(text.back());
  if (padding + kPadLengthOctets > text.size()) return ike_fault(IkeFault::kLength, text.size() - kPadLengthOctets);
  return text.first(text.size() - padding - kPadLengthOctets);
}

SealedParts write_unsealed(ChainWriter& chain, const Unsealed& payload) {
  WireBuffer& to = chain.buffer();
  SealedParts parts{.first_inside = payload.first_inside, .fragment = payload.fragment};
  chain.open_encrypted(payload.fragment ? PayloadType::kSkf : PayloadType::kSk, payload.first_inside);
  if (payload.fragment) {
    if (!is_possible(*payload.fragment)) to.fail();
    to.write(payload.fragment->number);
    to.write(payload.fragment->total);
  }
  const std::size_t padding = padding_behind(payload.inner.size(), payload.shape.block_octets);
  parts.iv_at = to.size();
  to.fill(std::byte{0}, payload.shape.iv_octets);
  parts.text_at = to.size();
  to.write_bytes(payload.inner);
  to.fill(std::byte{0}, padding);
  to.write_narrow<std::uint8_t>(padding);
  parts.icv_at = to.size();
  to.fill(std::byte{0}, payload.shape.icv_octets);
  parts.end = to.size();
  chain.close();
  return parts;
}

}  // namespace levelgate::ikewire
