// SPDX-License-Identifier: Apache-2.0
//
// Two words of the configuration, seen together.
#include "negotiation/transports.h"

namespace levelgate::negotiation {

using model::Transport;

bool may_carry_esp(const model::TunnelIke& ike) { return ike.esp_in_tcp && ike.ike.transport == Transport::kTcp; }

bool may_go_apart(const model::TunnelIke& ike) { return !ike.esp_in_tcp && ike.ike.transport != Transport::kUdp; }

}  // namespace levelgate::negotiation
