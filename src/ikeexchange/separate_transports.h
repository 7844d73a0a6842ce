// SPDX-License-Identifier: Apache-2.0
//
// IKE over TCP and ESP beside it: SEPARATE_TRANSPORTS, and the move of an IKE SA to a stream
// (draft-ietf-ipsecme-ikev2-reliable-transport-04, RFC 9329).
#pragma once

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// In IKE_SA_INIT, where it is wanted and, by the responder, where the peer said it.
void write_separate_transports(ikemessage::PayloadWriter& out, const ikestate::SaState& sa);
void read_separate_transports(ikestate::SaState& sa, const ikemessage::Contents& contents);

// A connection to the peer from now on: ESP stays where it was, or would be.
void call_peer(Means& means, ikestate::SaState& sa);

}  // namespace levelgate::ikeexchange
