// SPDX-License-Identifier: Apache-2.0
//
// The initiator's half of negotiation: what is offered under a policy, and whether the answer is part of it
// (RFC 7296 §2.7, §3.3.6; RFC 9370 §2.1).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "ikewire/ike_proposals.h"
#include "negotiation/suite.h"

namespace levelgate::negotiation {

// What may be offered of the configured proposals, numbered anew: every answer to it keeps the policy. May be empty.
[[nodiscard]] std::vector<ikewire::Proposal> offer(const std::vector<ikewire::Proposal>& configured,
                                                   const Terms& terms);

// The method that a first message guesses: of the first proposal that has one; NONE when there is none.
[[nodiscard]] ikewire::KeMethod first_key_exchange(const std::vector<ikewire::Proposal>& proposals);
[[nodiscard]] bool offers_key_exchange(const std::vector<ikewire::Proposal>& proposals, ikewire::KeMethod method);

enum class AnswerFault : std::uint8_t {
  kNotOneProposal,
  kUnknownNumber,  // of no proposal that was offered, or of another protocol
  kNotOffered,     // a transform that was not offered, or not so
  kTwoOfOneType,
  kTypeMissing,  // a type that was offered without NONE has no transform
  kDuplicateMethod,
  kNoIntermediate,  // an additional key exchange without IKE_INTERMEDIATE
  kAgainstPolicy,
};
[[nodiscard]] std::string text_of(AnswerFault fault);

// As initiator: the answer must be exactly one of what was offered. A type that was offered with NONE may be left out.
[[nodiscard]] std::expected<Suite, AnswerFault> check_answer(const std::vector<ikewire::Proposal>& offered,
                                                             const std::vector<ikewire::Proposal>& answer,
                                                             const Terms& terms);

}  // namespace levelgate::negotiation
