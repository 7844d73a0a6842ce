// SPDX-License-Identifier: Apache-2.0
//
// Which transports a tunnel's configuration allows beside UDP: ESP in the connection of its IKE SA (RFC 9329 §5), or
// apart from it (SEPARATE_TRANSPORTS, draft-ietf-ipsecme-ikev2-reliable-transport-04).
#pragma once

#include <levelgate/model/ike_config.h>

namespace levelgate::negotiation {

// Without SEPARATE_TRANSPORTS an IKE SA over TCP takes its ESP along. Where the operator wants neither UDP nor none for
// ESP, and where it is not to stay on UDP by `separate` or `tcp` alone.
[[nodiscard]] bool may_carry_esp(const model::TunnelIke& ike);
// SEPARATE_TRANSPORTS may be offered, and is agreed to.
[[nodiscard]] bool may_go_apart(const model::TunnelIke& ike);

}  // namespace levelgate::negotiation
