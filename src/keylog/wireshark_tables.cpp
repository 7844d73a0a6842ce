// SPDX-License-Identifier: Apache-2.0
//
// Wireshark's words for algorithms, and keys as digits.
#include "keylog/wireshark_tables.h"

#include <levelgate/base/bytes.h>

#include <array>
#include <cstdint>
#include <utility>

#include "ikemessage/ciphers_of_suite.h"

namespace levelgate::keylog {
namespace {

using model::WiresharkVersion;

constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex(ConstBytes octets) {
  std::string text;
  text.reserve(octets.size() * 2);
  for (const std::byte octet : octets) {
    text += kDigits[std::to_integer<unsigned>(octet) >> 4];
    text += kDigits[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

std::string hex(std::uint64_t number, int digits) {
  std::string text;
  for (int i = digits - 1; i >= 0; --i) text += kDigits[(number >> (4 * i)) & 15];
  return text;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string_view encryption_word(crypto::IkeEncryption encryption) {
  switch (encryption) {
    case crypto::IkeEncryption::kAes128Gcm16:
      return "AES-GCM-128 with 16 octet ICV [RFC5282]";
    case crypto::IkeEncryption::kAes256Gcm16:
      return "AES-GCM-256 with 16 octet ICV [RFC5282]";
    case crypto::IkeEncryption::kAes128Cbc:
      return "AES-CBC-128 [RFC3602]";
    case crypto::IkeEncryption::kAes256Cbc:
      return "AES-CBC-256 [RFC3602]";
    case crypto::IkeEncryption::kChaCha20Poly1305:
      break;
  }
  return {};
}

std::string_view integrity_word(crypto::IkeIntegrity integrity) {
  switch (integrity) {
    case crypto::IkeIntegrity::kNone:
      return "NONE [RFC4306]";
    case crypto::IkeIntegrity::kHmacSha256:
      return "HMAC_SHA2_256_128 [RFC4868]";
    case crypto::IkeIntegrity::kHmacSha384:
      return "HMAC_SHA2_384_192 [RFC4868]";
    case crypto::IkeIntegrity::kHmacSha512:
      return "HMAC_SHA2_512_256 [RFC4868]";
  }
  return {};
}

constexpr std::array<std::pair<std::string_view, WiresharkVersion>, 2> kVersions{
    {{"wireshark-4.0", WiresharkVersion::k4_0}, {"wireshark-4.4", WiresharkVersion::k4_4}}};

}  // namespace

std::optional<WiresharkVersion> wireshark_named(std::string_view word) {
  for (const auto& [name, version] : kVersions) {
    if (name == word) return version;
  }
  return std::nullopt;
}

std::string_view name_of(WiresharkVersion version) { return kVersions[static_cast<std::size_t>(version)].first; }

std::string esp_line(WiresharkVersion version, const EspEntry& entry) {
  const model::EspSa& sa = entry.sa;
  const std::string spi = "0x" + hex(sa.spi.value, 8);
  if (sa.cipher == EspCipher::kChaCha20Poly1305) {
    return "# tunnel " + std::string(entry.tunnel) + ", SPI " + spi + ": Wireshark has no ChaCha20-Poly1305 for ESP\n";
  }
  std::string line = entry.source.family() == IpFamily::kV4 ? "\"IPv4\"" : "\"IPv6\"";
  for (const std::string& field :
       {entry.source.text(), entry.destination.text(), spi, std::string("AES-GCM with 16 octet ICV [RFC4106]"),
        "0x" + hex(sa.key->bytes()), std::string("NULL"), std::string()}) {
    line += "," + quoted(field);
  }
  if (version != WiresharkVersion::k4_0 && sa.esn) {
    line += ",\"64-bit\"," + quoted(hex(sa.first_sequence.value >> 32, 8));
  }
  return line + "\n";
}

std::string ike_line(const ikestate::SaState& sa) {
  const std::string spis = hex(sa.spis.initiator.value, 16) + "," + hex(sa.spis.responder.value, 16);
  const auto ciphers = ikemessage::ike_ciphers_of(sa.suite);
  const std::string_view encryption = ciphers ? encryption_word(ciphers->protection.encryption) : "";
  if (encryption.empty()) {
    return "# tunnel " + sa.tunnel() + ", IKE SPIs " + spis + ": Wireshark cannot decrypt this cipher\n";
  }
  return spis + "," + hex(sa.keys.encryption_initiator.bytes()) + "," + hex(sa.keys.encryption_responder.bytes()) +
         "," + quoted(encryption) + "," + hex(sa.keys.integrity_initiator.bytes()) + "," +
         hex(sa.keys.integrity_responder.bytes()) + "," + quoted(integrity_word(ciphers->protection.integrity)) + "\n";
}

}  // namespace levelgate::keylog
