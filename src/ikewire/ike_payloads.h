// SPDX-License-Identifier: Apache-2.0
//
// The bodies of the plain IKEv2 payloads, each read and written (RFC 7296 §3.4 to §3.12, §3.15). What is read points
// into the body and lives no longer than the message; reserved fields are ignored and written as zero, but for those
// of an identity.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_notify_numbers.h"
#include "ikewire/ike_numbers.h"
#include "ikewire/ike_transform_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

struct KeyExchange {
  KeMethod method = KeMethod::kNone;
  ConstBytes key{};  // of the size that the method asks for: the caller compares before it copies
};
[[nodiscard]] IkeResult<KeyExchange> read_key_exchange(ConstBytes body);
void write_body(WireBuffer& to, const KeyExchange& payload);
[[nodiscard]] std::size_t body_octets(const KeyExchange& payload);

inline constexpr std::size_t kShortestNonce = 16;  // RFC 7296 §2.10
inline constexpr std::size_t kLongestNonce = 256;
[[nodiscard]] IkeResult<ConstBytes> read_nonce(ConstBytes body);

struct Notify {
  NotifyType type{};
  ProtocolId protocol = ProtocolId::kNone;
  ConstBytes spi{};  // empty, or as long as it came: who acts on it checks its size
  ConstBytes value{};
};
[[nodiscard]] IkeResult<Notify> read_notify(ConstBytes body);
void write_body(WireBuffer& to, const Notify& payload);

// The SPIs lie behind one another; those of AH and ESP are four octets each, and an IKE SA needs none.
struct Delete {
  ProtocolId protocol = ProtocolId::kIke;
  std::uint8_t spi_octets = 0;
  ConstBytes spis{};

  [[nodiscard]] std::size_t count() const { return spi_octets == 0 ? 0 : spis.size() / spi_octets; }
  [[nodiscard]] ConstBytes spi(std::size_t index) const { return spis.subspan(index * spi_octets, spi_octets); }
};
[[nodiscard]] IkeResult<Delete> read_delete(ConstBytes body);
void write_body(WireBuffer& to, const Delete& payload);

// The whole body enters the input of AUTH, with the reserved octets as they came (RFC 7296 §2.15).
struct Identity {
  IdType type = IdType::kNull;
  std::array<std::byte, 3> reserved{};
  ConstBytes value{};  // an address has the size of its kind, and ID_NULL has none
};
[[nodiscard]] IkeResult<Identity> read_identity(ConstBytes body);
void write_body(WireBuffer& to, const Identity& payload);

// CERT and CERTREQ.
struct Certificate {
  CertEncoding encoding = CertEncoding::kX509Signature;
  ConstBytes value{};
};
[[nodiscard]] IkeResult<Certificate> read_certificate(ConstBytes body);
void write_body(WireBuffer& to, const Certificate& payload);

// The SHA-1 hashes of a CERTREQ for X.509 (RFC 7296 §3.7), which must be whole ones.
inline constexpr std::size_t kAuthorityHashOctets = 20;
[[nodiscard]] IkeResult<std::vector<ConstBytes>> authority_hashes(const Certificate& request);

struct Authentication {
  AuthMethod method = AuthMethod::kSharedKey;
  ConstBytes value{};
};
[[nodiscard]] IkeResult<Authentication> read_authentication(ConstBytes body);
void write_body(WireBuffer& to, const Authentication& payload);

// The value of AUTH by digital signature (RFC 7427 §3).
struct DigitalSignature {
  ConstBytes algorithm{};  // AlgorithmIdentifier in DER, 1 to 255 octets, not looked into
  ConstBytes signature{};
};
[[nodiscard]] IkeResult<DigitalSignature> read_digital_signature(ConstBytes value);
void write_digital_signature(WireBuffer& to, const DigitalSignature& value);

struct ConfigurationAttribute {
  std::uint16_t type = 0;  // 15 bits
  ConstBytes value{};
};
struct Configuration {
  CpType type = CpType::kRequest;
  std::vector<ConfigurationAttribute> attributes{};
};
inline constexpr std::size_t kMostConfigurationAttributes = 64;
[[nodiscard]] IkeResult<Configuration> read_configuration(ConstBytes body);
void write_body(WireBuffer& to, const Configuration& payload);

}  // namespace levelgate::ikewire
