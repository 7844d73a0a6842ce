// SPDX-License-Identifier: Apache-2.0
//
// Readers and writers of the plain payloads, side by side. A reader looks at no octet before it knows that it is there.
#include "ikewire/ike_payloads.h"

#include <algorithm>

namespace levelgate::ikewire {
namespace {

constexpr std::size_t kEspSpiOctets = 4;
constexpr std::uint16_t kAttributeTypeBits = 0x7fff;  // the bit above is reserved, RFC 7296 §3.15.1

}  // namespace

IkeResult<KeyExchange> read_key_exchange(ConstBytes body) {
  ByteReader from(body);
  KeyExchange payload{.method = KeMethod{from.read<std::uint16_t>()}};
  from.skip(2);
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  payload.key = from.rest();
  return payload;
}

void write_body(WireBuffer& to, const KeyExchange& payload) {
  to.write(static_cast<std::uint16_t>(payload.method));
  to.write(std::uint16_t{0});
  to.write_bytes(payload.key);
}

std::size_t body_octets(const KeyExchange& payload) { return 2 * sizeof(std::uint16_t) + payload.key.size(); }

IkeResult<ConstBytes> read_nonce(ConstBytes body) {
  if (body.size() < kShortestNonce || body.size() > kLongestNonce) return ike_fault(IkeFault::kLength, 0);
  return body;
}

IkeResult<Notify> read_notify(ConstBytes body) {
  ByteReader from(body);
  Notify payload{.protocol = ProtocolId{from.read<std::uint8_t>()}};
  const std::uint8_t spi_octets = from.read<std::uint8_t>();
  payload.type = NotifyType{from.read<std::uint16_t>()};
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  if (spi_octets > from.remaining()) return ike_fault(IkeFault::kLength, 1);
  payload.spi = from.read_bytes(spi_octets);
  payload.value = from.rest();
  return payload;
}

void write_body(WireBuffer& to, const Notify& payload) {
  to.write(static_cast<std::uint8_t>(payload.protocol));
  to.write_narrow<std::uint8_t>(payload.spi.size());
  to.write(static_cast<std::uint16_t>(payload.type));
  to.write_bytes(payload.spi);
  to.write_bytes(payload.value);
}

IkeResult<Delete> read_delete(ConstBytes body) {
  ByteReader from(body);
  Delete payload{.protocol = ProtocolId{from.read<std::uint8_t>()}, .spi_octets = from.read<std::uint8_t>()};
  const std::size_t count = from.read<std::uint16_t>();
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  const bool ipsec = payload.protocol == ProtocolId::kEsp || payload.protocol == ProtocolId::kAh;
  const bool right_size =
      ipsec ? payload.spi_octets == kEspSpiOctets : payload.protocol != ProtocolId::kIke || payload.spi_octets == 0;
  if (!right_size) return ike_fault(IkeFault::kLength, 1);
  const bool counted = payload.spi_octets != 0 || count == 0;
  if (!counted || count * payload.spi_octets != from.remaining()) return ike_fault(IkeFault::kCount, 2);
  payload.spis = from.rest();
  return payload;
}

void write_body(WireBuffer& to, const Delete& payload) {
  if (payload.count() * payload.spi_octets != payload.spis.size()) to.fail();
  to.write(static_cast<std::uint8_t>(payload.protocol));
  to.write(payload.spi_octets);
  to.write_narrow<std::uint16_t>(payload.count());
  to.write_bytes(payload.spis);
}

IkeResult<Identity> read_identity(ConstBytes body) {
  ByteReader from(body);
  Identity payload{.type = IdType{from.read<std::uint8_t>()}, .reserved = {}};
  const ConstBytes reserved = from.read_bytes(payload.reserved.size());
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  std::ranges::copy(reserved, payload.reserved.begin());
  payload.value = from.rest();
  const std::size_t octets = payload.value.size();
  const bool wrong = (payload.type == IdType::kIpv4 && octets != 4) ||
                     (payload.type == IdType::kIpv6 && octets != 16) || (payload.type == IdType::kNull && octets != 0);
  if (wrong) return ike_fault(IkeFault::kLength, 4);
  return payload;
}

void write_body(WireBuffer& to, const Identity& payload) {
  to.write(static_cast<std::uint8_t>(payload.type));
  to.write_bytes(payload.reserved);
  to.write_bytes(payload.value);
}

IkeResult<Certificate> read_certificate(ConstBytes body) {
  if (body.empty()) return ike_fault(IkeFault::kTruncated, 0);
  return Certificate{CertEncoding{std::to_integer<std::uint8_t>(body[0])}, body.subspan(1)};
}

void write_body(WireBuffer& to, const Certificate& payload) {
  to.write(static_cast<std::uint8_t>(payload.encoding));
  to.write_bytes(payload.value);
}

IkeResult<std::vector<ConstBytes>> authority_hashes(const Certificate& request) {
  if (request.value.size() % kAuthorityHashOctets != 0) return ike_fault(IkeFault::kLength, 1);
  std::vector<ConstBytes> hashes;
  for (ByteReader from(request.value); from.remaining() != 0;) hashes.push_back(from.read_bytes(kAuthorityHashOctets));
  return hashes;
}

IkeResult<Authentication> read_authentication(ConstBytes body) {
  ByteReader from(body);
  const AuthMethod method{from.read<std::uint8_t>()};
  from.skip(3);
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  return Authentication{method, from.rest()};
}

void write_body(WireBuffer& to, const Authentication& payload) {
  to.write(static_cast<std::uint8_t>(payload.method));
  to.fill(std::byte{0}, 3);
  to.write_bytes(payload.value);
}

IkeResult<DigitalSignature> read_digital_signature(ConstBytes value) {
  ByteReader from(value);
  const std::uint8_t octets = from.read<std::uint8_t>();
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  if (octets == 0 || octets > from.remaining()) return ike_fault(IkeFault::kLength, 0);
  const ConstBytes algorithm = from.read_bytes(octets);
  return DigitalSignature{algorithm, from.rest()};
}

void write_digital_signature(WireBuffer& to, const DigitalSignature& value) {
  if (value.algorithm.empty()) to.fail();
  to.write_narrow<std::uint8_t>(value.algorithm.size());
  to.write_bytes(value.algorithm);
  to.write_bytes(value.signature);
}

IkeResult<Configuration> read_configuration(ConstBytes body) {
  ByteReader from(body);
  Configuration payload{.type = CpType{from.read<std::uint8_t>()}};
  from.skip(3);
  if (!from.ok()) return ike_fault(IkeFault::kTruncated, 0);
  while (from.remaining() != 0) {
    const std::size_t at = body.size() - from.remaining();
    if (payload.attributes.size() == kMostConfigurationAttributes) return ike_fault(IkeFault::kTooMany, at);
    const std::uint16_t type = from.read<std::uint16_t>();
    const std::uint16_t octets = from.read<std::uint16_t>();
    if (!from.ok()) return ike_fault(IkeFault::kTruncated, at);
    if (octets > from.remaining()) return ike_fault(IkeFault::kLength, at + 2);
    payload.attributes.push_back({static_cast<std::uint16_t>(type & kAttributeTypeBits), from.read_bytes(octets)});
  }
  return payload;
}

void write_body(WireBuffer& to, const Configuration& payload) {
  to.write(static_cast<std::uint8_t>(payload.type));
  to.fill(std::byte{0}, 3);
  for (const ConfigurationAttribute& attribute : payload.attributes) {
    if (attribute.type > kAttributeTypeBits) to.fail();
    to.write(attribute.type);
    to.write_narrow<std::uint16_t>(attribute.value.size());
    to.write_bytes(attribute.value);
  }
}

}  // namespace levelgate::ikewire
