// SPDX-License-Identifier: Apache-2.0
//
// Inbound ESP processing (RFC 4303 §3.4.3, §3.4.4.2, appendix A2).
#include "esp/opener.h"

#include <cstring>

#include "wire/esp_header.h"

namespace levelgate::esp {

// RFC 4303 appendix A2.1: the candidate with these low bits that lies in the window or ahead of it. T is the highest
// number seen, W the window; B = T - W + 1 is the lowest acceptable one.
std::uint64_t Opener::infer(std::uint32_t low) const {
  if (width_ == SequenceWidth::k32) return low;
  const std::uint64_t highest = window_.highest().value;
  const std::uint64_t high_half = highest >> 32;
  const std::uint32_t top = static_cast<std::uint32_t>(highest);
  const std::uint32_t bottom = top - window_.window() + 1;  // below zero it wraps, on purpose
  const std::uint64_t here = high_half << 32 | low;
  if (top >= window_.window() - 1) {
    // The window lies within one subspace: lower low bits belong to the next one. Behind the last subspace there is
    // none; the sum then wraps to a number that the window refuses as too old.
    return low >= bottom ? here : here + (1ULL << 32);
  }
  // The window spans two subspaces: very high low bits belong to the one before, which the first one does not have.
  if (low < bottom || high_half == 0) return here;
  return here - (1ULL << 32);
}

Opener::Checked Opener::check(Bytes esp, CipherJob& job, EspSeq& number) const {
  const std::uint32_t octets = static_cast<std::uint32_t>(esp.size());
  if (octets < wire::kShortestEsp || octets % wire::kEspAlignment != 0) return Checked::kMalformed;
  number = EspSeq{infer(wire::read_esp(esp.data()).sequence_low)};
  if (!window_.acceptable(number)) return Checked::kReplay;
  job.key = key_.get();
  job.body = esp.data() + wire::kEspPayloadOffset;
  job.body_octets = octets - wire::kEspPayloadOffset - wire::kEspIcvOctets;
  job.tag = esp.data() + octets - wire::kEspIcvOctets;
  std::memcpy(job.nonce.data(), salt_.data(), salt_.size());
  std::memcpy(job.nonce.data() + kSaltOctets, esp.data() + wire::kEspHeaderOctets, wire::kEspIvOctets);
  std::memcpy(job.aad.data(), esp.data(), sizeof(Spi));  // as received: a foreign SPI fails the tag
  if (width_ == SequenceWidth::k64) {
    store_be<std::uint64_t>(job.aad.data() + 4, number.value);
    job.aad_octets = 12;
  } else {
    store_be<std::uint32_t>(job.aad.data() + 4, static_cast<std::uint32_t>(number.value));
    job.aad_octets = 8;
  }
  return Checked::kReady;
}

// With 64-bit numbers a packet behind the window is taken for one of the next subspace, whose tag then does not hold.
// Where its low bits in the subspace before are nearer, it is old and not forged.
bool Opener::too_old(EspSeq number) const {
  constexpr std::uint64_t kSubspace = 1ULL << 32;
  return width_ == SequenceWidth::k64 && number.value > kSubspace &&
         number.value > window_.highest().value + kSubspace / 2;
}

Opener::Opened Opener::finish(const CipherJob& job, EspSeq number, Payload& payload) {
  if (job.verdict != CipherVerdict::kDone) return too_old(number) ? Opened::kReplay : Opened::kAuthFailed;
  if (!window_.mark(number)) return Opened::kReplay;
  const std::byte* const trailer = job.body + job.body_octets - wire::kEspTrailerOctets;
  const std::uint32_t padding = std::to_integer<std::uint32_t>(trailer[0]);
  if (padding + wire::kEspTrailerOctets > job.body_octets) return Opened::kBadTrailer;
  // RFC 4303 §2.4: padding counts 1, 2, 3; anything else is a damaged or foreign packet.
  const std::byte* const pad = trailer - padding;
  for (std::uint32_t i = 0; i < padding; ++i) {
    if (pad[i] != static_cast<std::byte>(i + 1)) return Opened::kBadTrailer;
  }
  payload.bytes = {job.body, job.body_octets - wire::kEspTrailerOctets - padding};
  payload.next_header = std::to_integer<std::uint8_t>(trailer[1]);
  return Opened::kOk;
}

}  // namespace levelgate::esp
