// SPDX-License-Identifier: Apache-2.0
//
// What IKE_SA_INIT says about PPKs: USE_PPK (RFC 8784 §3) and USE_PPK_INT (RFC 9867 §3.1), both without data.
#pragma once

#include "ikeexchange/exchange.h"
#include "ppk/decisions.h"

namespace levelgate::ikeexchange {

// As initiator; with a cookie the same again.
void write_ppk_offers(ikemessage::PayloadWriter& out, const ppk::Offers& offers);
// As responder: one of both.
void write_ppk_answer(ikemessage::PayloadWriter& out, ppk::Agreed agreed);
// Of the other side. USE_PPK_INT counts where the side also has IKE_INTERMEDIATE, and whatever data it has
// [9867-3.1-a].
[[nodiscard]] ppk::Offers read_ppk_offers(const ikemessage::Contents& contents);

// What the responder agrees to, for all whom the address could be.
[[nodiscard]] ppk::Agreed agree_on_ppk(const ikestate::SaState& sa, const ikemessage::Contents& request);

}  // namespace levelgate::ikeexchange
