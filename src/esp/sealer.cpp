// SPDX-License-Identifier: Apache-2.0
//
// Layout of an outbound ESP packet (RFC 4303 §2.1 to §2.7). The IV is the 64-bit number itself: unique for the key as
// long as the number is (RFC 4106 §3.1).
#include "esp/sealer.h"

#include <cstring>

#include "wire/esp_header.h"

namespace levelgate::esp {

Sealer::Prepared Sealer::prepare(std::byte* esp, std::uint32_t payload_octets, std::uint8_t next_header,
                                 CipherJob& job) {
  if (exhausted_) return Prepared::kExhausted;
  const std::uint64_t number = next_;
  exhausted_ = number == last(width_);
  next_ = exhausted_ ? number : number + 1;
  store_be<std::uint32_t>(esp, spi_.value);
  store_be<std::uint32_t>(esp + 4, static_cast<std::uint32_t>(number));  // [9347-2.2.3-e]
  store_be<std::uint64_t>(esp + wire::kEspHeaderOctets, number);
  const std::uint32_t padding = wire::esp_padding(payload_octets);
  std::byte* at = esp + wire::kEspPayloadOffset + payload_octets;
  for (std::uint32_t i = 1; i <= padding; ++i) *at++ = static_cast<std::byte>(i);
  *at++ = static_cast<std::byte>(padding);
  *at++ = static_cast<std::byte>(next_header);
  job.key = key_.get();
  job.body = esp + wire::kEspPayloadOffset;
  job.body_octets = payload_octets + padding + wire::kEspTrailerOctets;
  job.tag = at;
  std::memcpy(job.nonce.data(), salt_.data(), salt_.size());
  store_be<std::uint64_t>(job.nonce.data() + kSaltOctets, number);
  store_be<std::uint32_t>(job.aad.data(), spi_.value);
  if (width_ == SequenceWidth::k64) {
    store_be<std::uint64_t>(job.aad.data() + 4, number);
    job.aad_octets = 12;
  } else {
    store_be<std::uint32_t>(job.aad.data() + 4, static_cast<std::uint32_t>(number));
    job.aad_octets = 8;
  }
  return Prepared::kReady;
}

}  // namespace levelgate::esp
