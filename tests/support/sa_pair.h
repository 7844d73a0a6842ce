// SPDX-License-Identifier: Apache-2.0
//
// One SA seen from both ends, its sealer and its opener over one Cipher, and whole ESP packets as vectors.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "esp/cipher.h"
#include "esp/opener.h"
#include "esp/sealer.h"
#include "wire/esp_header.h"

namespace levelgate::testing {

using Octets = std::vector<std::byte>;

inline constexpr std::uint8_t kAggfrag = 144;  // next header, RFC 9347 §6.1
inline constexpr Spi kSpi{0x11223344};
inline constexpr esp::Salt kSalt{std::byte{0xca}, std::byte{0xfe}, std::byte{0xba}, std::byte{0xbe}};

// Octets that are a function of the seed.
inline Octets octets_of(std::size_t count, unsigned seed = 1) {
  Octets octets(count);
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    octets[i] = static_cast<std::byte>(seed >> 24);
  }
  return octets;
}

inline std::unique_ptr<esp::CipherKey> key_of(esp::Cipher& cipher, EspCipher kind, esp::Purpose purpose,
                                              unsigned seed = 7) {
  auto key = cipher.prepare(kind, octets_of(key_octets(kind), seed), purpose);
  if (!key) std::abort();
  return std::move(*key);
}

struct SaOptions {
  EspCipher kind = EspCipher::kAes128Gcm16;
  esp::SequenceWidth width = esp::SequenceWidth::k64;
  std::uint64_t first = 1;
  std::uint32_t window = 4096;
};

struct SaPair {
  explicit SaPair(esp::Cipher& c, SaOptions options = {})
      : cipher(c),
        sealer(kSpi, options.width, EspSeq{options.first}, kSalt, key_of(c, options.kind, esp::Purpose::kSeal)),
        opener(kSpi, options.width, options.window, EspSeq{options.first}, kSalt,
               key_of(c, options.kind, esp::Purpose::kOpen)) {}

  // A whole ESP packet around the payload; empty when no number is left.
  Octets seal(const Octets& payload, std::uint8_t next_header = kAggfrag) {
    Octets packet(wire::esp_octets(static_cast<std::uint32_t>(payload.size())));
    std::copy(payload.begin(), payload.end(), packet.begin() + wire::kEspPayloadOffset);
    esp::CipherJob job;
    const auto length = static_cast<std::uint32_t>(payload.size());
    if (sealer.prepare(packet.data(), length, next_header, job) != esp::Sealer::Prepared::kReady) return {};
    cipher.seal({&job, 1});
    return packet;
  }

  // What became of a packet; the payload only when it was opened.
  struct Outcome {
    esp::Opener::Checked checked = esp::Opener::Checked::kMalformed;
    esp::Opener::Opened opened = esp::Opener::Opened::kAuthFailed;
    std::uint64_t number = 0;
    std::optional<Octets> payload;
    std::uint8_t next_header = 0;
  };
  Outcome open(Octets packet) {
    Outcome outcome;
    esp::CipherJob job;
    EspSeq number;
    outcome.checked = opener.check(packet, job, number);
    outcome.number = number.value;
    if (outcome.checked != esp::Opener::Checked::kReady) return outcome;
    cipher.open({&job, 1});
    esp::Opener::Payload payload;
    outcome.opened = opener.finish(job, number, payload);
    if (outcome.opened != esp::Opener::Opened::kOk) return outcome;
    outcome.payload = Octets(payload.bytes.begin(), payload.bytes.end());
    outcome.next_header = payload.next_header;
    return outcome;
  }

  esp::Cipher& cipher;
  esp::Sealer sealer;
  esp::Opener opener;
};

}  // namespace levelgate::testing
