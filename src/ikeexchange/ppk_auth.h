// SPDX-License-Identifier: Apache-2.0
//
// A PPK in IKE_AUTH (RFC 8784 §3): SK_d, SK_pi and SK_pr are mixed with it before either side proves anything, so that
// a side with other octets fails to authenticate. Where the initiator can do without, a second proof goes along.
#pragma once

#include <expected>
#include <optional>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

class OwnPpkAuth {
 public:
  // Whether the next proof is the one without the PPK.
  [[nodiscard]] bool wants_plain(const ikestate::SaState& sa) const;
  void keep_plain(authentication::Proof proof) { plain_proof_ = std::move(proof); }
  // Mixes the policy's first PPK into the keys, when that was agreed on.
  [[nodiscard]] Result<void> enter(ikestate::SaState& sa);
  void write(ikemessage::PayloadWriter& out, const ikestate::SaState& sa) const;
  // By the answer of the responder: keys with the PPK, or without it as before. False: the responder does not use it,
  // and the policy demands that.
  [[nodiscard]] bool settle(ikestate::SaState& sa, const ikemessage::Contents& answer);
  // Of the proof that counts by then where it is not that of AUTH.
  [[nodiscard]] const std::vector<std::byte>* plain_value(const ikestate::SaState& sa) const;

 private:
  struct Plain {
    SecretBytes d, proof_initiator, proof_responder;
  };
  std::optional<Plain> plain_;  // what the keys were
  std::optional<authentication::Proof> plain_proof_;
};

// What the responder does about the PPK of an IKE_AUTH request.
struct PeerPpkAuth {
  bool answers = false;             // PPK_IDENTITY, empty, in the response
  std::optional<ConstBytes> value;  // of NO_PPK_AUTH, in the place of AUTH's
};
// Mixes the PPK into the keys where one is used; an Error is a refusal by AUTHENTICATION_FAILED. The policy is that of
// the peer by now.
[[nodiscard]] std::expected<PeerPpkAuth, Reason> serve_ppk(ikestate::SaState& sa, const ikemessage::Contents& request);

// A failed proof of the peer, when the PPK may be why.
[[nodiscard]] std::optional<Reason> ppk_blamed(const ikestate::SaState& sa, const authentication::AuthRefusal& refusal);

}  // namespace levelgate::ikeexchange
