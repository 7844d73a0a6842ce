// SPDX-License-Identifier: Apache-2.0
//
// Proposals as operators write them, in the words that strongSwan made usual: aes256gcm16-prfsha384-x25519-ke1_mlkem768
// for an IKE SA, aes256gcm16-ecp384-esn for a Child SA. Only what is safe today and computed here has a word; what a
// text leaves open is filled in or refused, so that a proposal from here is always complete
// [7296-3.3.4-a, 7296-5-a, 7296-5-b].
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ikewire/ike_proposals.h"

namespace levelgate::negotiation {

// For kIke or kEsp. Several words of one kind are alternatives, the preferred one first. An Error names the word.
[[nodiscard]] Result<ikewire::Proposal> parse_proposal(ikewire::ProtocolId protocol, std::string_view text,
                                                       std::uint8_t number = 1);

// Reads back as the same proposal where every transform has a word; others, of a peer, appear by their registry's name.
[[nodiscard]] std::string proposal_text(const ikewire::Proposal& proposal);
[[nodiscard]] std::string transform_text(const ikewire::Transform& transform);

// Every transform of a kind that has a word, once, in the order of the table.
[[nodiscard]] std::vector<ikewire::Transform> transforms_with_words(ikewire::TransformType type);

// The key exchange that a word of proposals names, without a place; empty: none does.
[[nodiscard]] std::optional<ikewire::KeMethod> key_exchange_of(std::string_view text);
[[nodiscard]] ikewire::Transform make_transform(ikewire::TransformType type, std::uint16_t id,
                                                std::uint16_t key_bits = 0);

// Ciphers that authenticate by themselves: no integrity transform stands beside one (RFC 5282 §8).
[[nodiscard]] bool is_aead(ikewire::Encryption encryption);
// Methods that a quantum computer is not known to break.
[[nodiscard]] bool is_post_quantum(ikewire::KeMethod method);

}  // namespace levelgate::negotiation
