// SPDX-License-Identifier: Apache-2.0
//
// The tables of both versions for every cipher that a tunnel may have.
#include "keylog/wireshark_tables.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace levelgate::keylog::wireshark_tables_test {
namespace {

using model::WiresharkVersion;

std::shared_ptr<const Secret> counting(std::size_t octets) {
  std::array<std::byte, Secret::kCapacity> bytes{};
  for (std::size_t i = 0; i < octets; ++i) bytes[i] = static_cast<std::byte>(i);
  return std::make_shared<const Secret>(ConstBytes(bytes).first(octets));
}

model::EspSa sa(EspCipher cipher, bool esn) {
  model::EspSa made;
  made.spi = Spi{0x1001};
  made.cipher = cipher;
  made.key = counting(key_octets(cipher) + kSaltOctets);
  made.esn = esn;
  made.first_sequence = EspSeq{(5ULL << 32) + 1};
  return made;
}

std::string line(WiresharkVersion version, const model::EspSa& of, const char* from = "198.51.100.1",
                 const char* to = "198.51.100.2") {
  return esp_line(version, {"lab", *IpAddress::parse(from), *IpAddress::parse(to), of});
}

constexpr const char* kShort = "0x000102030405060708090a0b0c0d0e0f10111213";
constexpr const char* kBegin =
    "\"IPv4\",\"198.51.100.1\",\"198.51.100.2\",\"0x00001001\",\"AES-GCM with 16 octet ICV [RFC4106]\",";

TEST(WiresharkTables, EspOfBothVersions) {
  const std::string whole = std::string(kBegin) + "\"" + kShort + "\",\"NULL\",\"\"";
  EXPECT_EQ(line(WiresharkVersion::k4_0, sa(EspCipher::kAes128Gcm16, false)), whole + "\n");
  EXPECT_EQ(line(WiresharkVersion::k4_0, sa(EspCipher::kAes128Gcm16, true)), whole + "\n");
  EXPECT_EQ(line(WiresharkVersion::k4_4, sa(EspCipher::kAes128Gcm16, false)), whole + "\n");
  EXPECT_EQ(line(WiresharkVersion::k4_4, sa(EspCipher::kAes128Gcm16, true)), whole + ",\"64-bit\",\"00000005\"\n");
}

TEST(WiresharkTables, EspOverIpv6HasTheOtherWord) {
  const std::string given =
      line(WiresharkVersion::k4_4, sa(EspCipher::kAes256Gcm16, false), "2001:db8::1", "2001:db8::2");
  EXPECT_TRUE(given.starts_with("\"IPv6\",\"2001:db8::1\",\"2001:db8::2\",")) << given;
}

TEST(WiresharkTables, WhatWiresharkCannotDecryptIsACommentWithoutAKey) {
  const std::string given = line(WiresharkVersion::k4_4, sa(EspCipher::kChaCha20Poly1305, true));
  EXPECT_EQ(given, "# tunnel lab, SPI 0x00001001: Wireshark has no ChaCha20-Poly1305 for ESP\n");
}

ikestate::SaState ike_sa(ikewire::Encryption encryption, std::uint16_t bits, ikewire::Integrity integrity) {
  ikestate::SaState state;
  state.spis = {ikewire::IkeSpi{0x0102030405060708}, ikewire::IkeSpi{0xf1f2f3f4f5f6f7f8}};
  state.suite.encryption = encryption;
  state.suite.key_bits = bits;
  state.suite.integrity = integrity;
  state.suite.prf = ikewire::Prf::kHmacSha2_256;
  state.keys.encryption_initiator = SecretBytes(counting(2)->bytes());
  state.keys.encryption_responder = SecretBytes(counting(3)->bytes());
  if (integrity != ikewire::Integrity::kNone) state.keys.integrity_initiator = SecretBytes(counting(4)->bytes());
  if (integrity != ikewire::Integrity::kNone) state.keys.integrity_responder = SecretBytes(counting(5)->bytes());
  return state;
}

TEST(WiresharkTables, IkeOfEveryCipher) {
  const std::string spis = "0102030405060708,f1f2f3f4f5f6f7f8";
  using ikewire::Encryption;
  using ikewire::Integrity;
  EXPECT_EQ(ike_line(ike_sa(Encryption::kAesGcm16, 256, Integrity::kNone)),
            spis + ",0001,000102,\"AES-GCM-256 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"\n");
  EXPECT_EQ(ike_line(ike_sa(Encryption::kAesCbc, 128, Integrity::kHmacSha2_384_192)),
            spis + ",0001,000102,\"AES-CBC-128 [RFC3602]\",00010203,0001020304,\"HMAC_SHA2_384_192 [RFC4868]\"\n");
  EXPECT_EQ(ike_line(ike_sa(Encryption::kChacha20Poly1305, 0, Integrity::kNone)),
            "# tunnel , IKE SPIs " + spis + ": Wireshark cannot decrypt this cipher\n");
}

TEST(WiresharkTables, VersionsByTheirWords) {
  for (const WiresharkVersion version : {WiresharkVersion::k4_0, WiresharkVersion::k4_4})
    EXPECT_EQ(wireshark_named(name_of(version)), version);
  EXPECT_EQ(wireshark_named("wireshark-3.6"), std::nullopt);
}

}  // namespace
}  // namespace levelgate::keylog::wireshark_tables_test
