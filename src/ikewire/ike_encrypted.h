// SPDX-License-Identifier: Apache-2.0
//
// Where the parts of SK and SKF lie (RFC 7296 §3.14, RFC 7383 §2.5). Fields and offsets only: the octets are sealed and
// opened in place by whoever has the keys, and nothing here believes them before.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_fault.h"
#include "ikewire/ike_numbers.h"

namespace levelgate::ikewire {

// What the negotiated cipher asks for.
struct SealShape {
  std::size_t iv_octets = 8;
  std::size_t icv_octets = 16;
  std::size_t block_octets = 1;  // the ciphertext is a multiple of it
};

struct FragmentNumber {
  std::uint16_t number = 1;  // from 1
  std::uint16_t total = 1;
  bool operator==(const FragmentNumber&) const = default;
};

// Offsets in the message. The associated data of an AEAD is all in front of the IV (RFC 5282 §5.1, RFC 7383 §2.5).
struct SealedParts {
  PayloadType first_inside = PayloadType::kNone;
  std::optional<FragmentNumber> fragment{};  // of SKF
  std::size_t iv_at = 0;
  std::size_t text_at = 0;  // inner payloads, padding, pad length
  std::size_t icv_at = 0;
  std::size_t end = 0;
};

// `payload` is an SK or SKF that read_chain() found in the message's octets, `chain_at` where that chain began there.
// Offsets of faults are in the payload's body.
[[nodiscard]] IkeResult<SealedParts> read_sealed(const PayloadView& payload, std::size_t chain_at,
                                                 const SealShape& shape);

// The inner payloads in an opened text, without padding; the text has been authenticated, and may yet be wrong.
[[nodiscard]] IkeResult<ConstBytes> inner_payloads(ConstBytes text);

struct Unsealed {
  PayloadType first_inside = PayloadType::kNone;  // of fragments after the first: none
  std::optional<FragmentNumber> fragment{};       // makes it SKF
  ConstBytes inner{};                             // payloads in clear, not in the buffer that is written
  SealShape shape{};
};

// Appends SK or SKF with the least padding, of zeros, and zeros for IV and ICV. The caller sets the IV, then seals in
// place. Offsets are in the chain's buffer.
[[nodiscard]] SealedParts write_unsealed(ChainWriter& chain, const Unsealed& payload);

}  // namespace levelgate::ikewire
