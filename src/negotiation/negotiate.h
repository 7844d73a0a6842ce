// SPDX-License-Identifier: Apache-2.0
//
// The responder's choice among what is offered (RFC 7296 §2.7, §3.3.4, RFC 9370 §2.1). It searches: a suite that exists
// is found, whatever the order of transforms; and when there is none, the refusal says why.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "ikewire/ike_proposals.h"
#include "negotiation/refusal.h"
#include "negotiation/suite.h"

namespace levelgate::negotiation {

struct Choice {
  ikewire::Proposal answer;  // without SPI; the peer's number, one transform of each type that the peer listed
  Suite suite;
  std::uint8_t own_number = 0;
};

// As responder. Our order of proposals and transforms counts, then the peer's order of proposals.
[[nodiscard]] std::expected<Choice, Refusal> choose(const std::vector<ikewire::Proposal>& configured,
                                                    const std::vector<ikewire::Proposal>& offered, const Terms& terms);

}  // namespace levelgate::negotiation
