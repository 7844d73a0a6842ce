// SPDX-License-Identifier: Apache-2.0
//
// One outbound SA: gives out sequence numbers, each at most once, and lays an ESP packet around a payload (RFC 4303 §2,
// §3.3; RFC 4106 §3, §4, §5). The AEAD itself is run later, by a Cipher.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <array>
#include <cstdint>
#include <memory>

#include "esp/cipher.h"

namespace levelgate::esp {

enum class SequenceWidth : std::uint8_t { k32, k64 };  // k64: extended sequence numbers, RFC 4303 §2.2.1

using Salt = std::array<std::byte, kSaltOctets>;

// Made by control, used by one worker.
class Sealer {
 public:
  Sealer(Spi spi, SequenceWidth width, EspSeq first, Salt salt, std::unique_ptr<CipherKey> key)
      : key_(std::move(key)), salt_(salt), spi_(spi), width_(width), next_(first.value) {}

  enum class Prepared : std::uint8_t { kReady, kExhausted };

  // `esp` is where the SPI goes; the payload stands at esp + 16 already, with room for padding, trailer and tag behind
  // it. Writes everything but the tag and the encryption and fills the job. kExhausted: no number is left; nothing is
  // written.
  Prepared prepare(std::byte* esp, std::uint32_t payload_octets, std::uint8_t next_header, CipherJob& job);

  [[nodiscard]] Spi spi() const { return spi_; }
  [[nodiscard]] EspSeq next_sequence() const { return EspSeq{next_}; }
  // Numbers that may still be used (RFC 4303 §3.3.3).
  [[nodiscard]] std::uint64_t remaining() const { return next_ > last() ? 0 : last() - next_ + 1; }
  void prefetch() const { __builtin_prefetch(key_.get()); }

 private:
  // The highest number that is ever sent; with 64 bits one is left over, so that next_ cannot wrap.
  [[nodiscard]] std::uint64_t last() const { return width_ == SequenceWidth::k32 ? 0xffffffffULL : ~0ULL - 1; }

  std::unique_ptr<CipherKey> key_;
  Salt salt_;
  Spi spi_;
  SequenceWidth width_;
  std::uint64_t next_;
};

}  // namespace levelgate::esp
