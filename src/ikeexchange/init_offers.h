// SPDX-License-Identifier: Apache-2.0
//
// The notifications of IKE_SA_INIT that both sides send alike, and what is read out of the other side's.
#pragma once

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// NAT detection, fragmentation, hashes, IKE_INTERMEDIATE, downgrade protection. `spis`: as in the message's header.
[[nodiscard]] Result<void> write_init_offers(ikemessage::PayloadWriter& out, const ikestate::SaState& sa,
                                             const ikemessage::IkeSpis& spis);

// Fills what the peer supports and whether a NAT is between; `spis`: as in the header of the peer's message.
[[nodiscard]] Result<void> read_init_offers(ikestate::SaState& sa, const ikemessage::Contents& contents,
                                            const ikemessage::IkeSpis& spis);

// CERTREQ and SUPPORTED_AUTH_METHODS of the responder (RFC 9593 §3.1): the list now, or an empty notification where it
// is long and can come by IKE_INTERMEDIATE; then once more from there.
void write_accepted_methods(ikemessage::PayloadWriter& out, ikestate::SaState& sa);
// The same of the initiator, in IKE_AUTH.
void write_accepted_methods(ikemessage::PayloadWriter& out, const authentication::Credentials& credentials);
// What the peer says about both; false when it is malformed.
[[nodiscard]] bool read_accepted_methods(ikestate::SaState& sa, const ikemessage::Contents& contents);

// SKEYSEED and all keys, and the cipher for what follows (RFC 7296 §2.14).
[[nodiscard]] Result<void> take_initial_keys(ikestate::SaState& sa, ConstBytes shared);

}  // namespace levelgate::ikeexchange
