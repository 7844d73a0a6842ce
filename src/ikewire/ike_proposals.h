// SPDX-License-Identifier: Apache-2.0
//
// The SA payload: proposals, their transforms and attributes (RFC 7296 §3.3, RFC 9370 §2.1). Values of their own, kept
// within bounds while they are read; they outlive the message. What to choose among them is not decided here.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_numbers.h"
#include "ikewire/ike_transform_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

// Any offer that makes sense has a few of each; what a hostile one may cost ends here.
inline constexpr std::size_t kMostProposals = 64;
inline constexpr std::size_t kMostTransforms = 256;  // of all proposals together
inline constexpr std::size_t kMostAttributes = 8;    // of one transform

enum class AttributeForm : std::uint8_t { kNumber, kOctets };  // TV and TLV, RFC 7296 §3.3.5

struct Attribute {
  AttributeType type = AttributeType::kKeyLength;  // 15 bits
  AttributeForm form = AttributeForm::kNumber;
  std::uint16_t number = 0;
  std::vector<std::byte> octets{};
  bool operator==(const Attribute&) const = default;
};

struct Transform {
  TransformType type = TransformType::kEncr;
  std::uint16_t id = 0;
  std::vector<Attribute> attributes{};  // a transform with one that is not understood must not be chosen
  bool operator==(const Transform&) const = default;

  [[nodiscard]] std::optional<std::uint16_t> key_bits() const;  // Key Length
};

struct Proposal {
  std::uint8_t number = 1;
  ProtocolId protocol = ProtocolId::kIke;
  std::vector<std::byte> spi{};  // IKE: none or eight octets, AH and ESP: four
  std::vector<Transform> transforms{};
  bool operator==(const Proposal&) const = default;
};

// Numbers begin above zero and rise; an answer holds one proposal, with the number that it has in the offer. At least
// one proposal is there; one may have no transform.
[[nodiscard]] IkeResult<std::vector<Proposal>> read_proposals(ConstBytes body);
void write_body(WireBuffer& to, const std::vector<Proposal>& proposals);

}  // namespace levelgate::ikewire
