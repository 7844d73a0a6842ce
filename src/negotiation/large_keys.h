// SPDX-License-Identifier: Apache-2.0
//
// Key exchanges whose public values need the big form of a payload (draft-smyslov-ipsecme-ikev2-mceliece-01 §4). They
// stand in no configured proposal: who has both sides' consent adds one to a proposal, behind what is there.
#pragma once

#include <vector>

#include "ikewire/ike_proposals.h"
#include "negotiation/suite.h"

namespace levelgate::negotiation {

[[nodiscard]] bool is_large(ikewire::KeMethod method);
[[nodiscard]] bool has_large(const std::vector<ikewire::Proposal>& proposals);
[[nodiscard]] bool has_large(const Suite& suite);
// What is left when the large key is taken out.
[[nodiscard]] Suite without_large(Suite suite);

// Each proposal with the method as one more additional key exchange, then the proposals as they are, so that a peer may
// decline; numbered anew. A proposal whose seven additional types are in use stays as it is.
[[nodiscard]] std::vector<ikewire::Proposal> with_large(const std::vector<ikewire::Proposal>& proposals,
                                                        ikewire::KeMethod method);

}  // namespace levelgate::negotiation
