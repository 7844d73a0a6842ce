// SPDX-License-Identifier: Apache-2.0
//
// One outbound SA: gives out sequence numbers, each at most once, and lays an ESP packet around a payload (RFC 4303 §2,
// §3.3; RFC 4106 §3, §4, §5). The AEAD itself is run later, by a Cipher.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "esp/cipher.h"

namespace levelgate::esp {

enum class SequenceWidth : std::uint8_t { k32, k64 };  // k64: extended sequence numbers, RFC 4303 §2.2.1

using Salt = std::array<std::byte, kSaltOctets>;

// Made by control, used by one worker.
class Sealer {
 public:
  // Number 0 is never used: a `first` of 0 counts as 1 (RFC 4303 §3.3.3).
  Sealer(Spi spi, SequenceWidth width, EspSeq first, Salt salt, std::unique_ptr<CipherKey> key)
      : key_(std::move(key)),
        salt_(salt),
        spi_(spi),
        width_(width),
        exhausted_(first.value > last(width)),
        next_(std::max<std::uint64_t>(first.value, 1)) {}

  enum class Prepared : std::uint8_t { kReady, kExhausted };

  // `esp` is where the SPI goes; the payload stands at esp + 16 already, with room for padding, trailer and tag behind
  // it. Writes everything but the tag and the encryption and fills the job. kExhausted: no number is left; nothing is
  // written.
  Prepared prepare(std::byte* esp, std::uint32_t payload_octets, std::uint8_t next_header, CipherJob& job);

  [[nodiscard]] Spi spi() const { return spi_; }
  // The number that the next packet bears; without meaning when none remains.
  [[nodiscard]] EspSeq next_sequence() const { return EspSeq{next_}; }
  // Numbers that may still be used.
  [[nodiscard]] std::uint64_t remaining() const { return exhausted_ ? 0 : last(width_) - next_ + 1; }
  void prefetch() const { __builtin_prefetch(key_.get()); }

 private:
  // The counter never cycles (RFC 4303 §3.3.3): behind this number the SA is used up.
  [[nodiscard]] static constexpr std::uint64_t last(SequenceWidth width) {
    return width == SequenceWidth::k32 ? 0xffffffffULL : ~0ULL;
  }

  std::unique_ptr<CipherKey> key_;
  Salt salt_;
  Spi spi_;
  SequenceWidth width_;
  bool exhausted_;
  std::uint64_t next_;
};

}  // namespace levelgate::esp
