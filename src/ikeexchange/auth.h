// SPDX-License-Identifier: Apache-2.0
//
// IKE_AUTH (RFC 7296 §1.2, §2.15): both sides prove who they are over all that was said before, and the first Child SA
// is agreed upon, or not (RFC 6023). What the policy is about the peer is decided by its authenticated name alone. With
// IKE_SA_INIT four messages make two SAs (RFC 7296 §4) [7296-4-c].
#pragma once

#include "ikeexchange/child_terms.h"
#include "ikeexchange/exchange.h"
#include "ikeexchange/ppk_auth.h"

namespace levelgate::ikeexchange {

class OwnAuth final : public OwnExchange {
 public:
  Outcome begin(Turn& turn) override;
  Outcome on_response(Turn& turn, const ikemessage::Message& response) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;

 private:
  Outcome on_search(Turn& turn, ikestate::PuzzleSearch& search);
  Outcome prove_own(Turn& turn);
  Outcome send_request(Turn& turn, const authentication::Proof& proof);
  Outcome refused(Turn& turn, const ikewire::Notify* error);
  Outcome established(Turn& turn, const authentication::Verified& verified);

  std::vector<std::byte> own_value_;
  std::optional<ChildOffer> offer_;  // none: childless
  OwnPpkAuth ppk_;
  const ikemessage::Message* response_ = nullptr;
};

class PeerAuth final : public PeerExchange {
 public:
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;

 private:
  Outcome refuse(Turn& turn, std::string_view id, std::string text);
  Outcome prove_own(Turn& turn, const authentication::Verified& verified);
  Outcome send_response(Turn& turn, const authentication::Proof& proof);
  void answer_child(Turn& turn);

  const ikemessage::Message* request_ = nullptr;
  ikestate::PolicyPtr matched_;
  PeerPpkAuth ppk_;
};

// Under which id a refusal is told.
[[nodiscard]] std::string_view report_of(authentication::AuthFault fault);

}  // namespace levelgate::ikeexchange
