// SPDX-License-Identifier: Apache-2.0
//
// IKE_INTERMEDIATE (RFC 9242), one for each additional key exchange (RFC 9370 §2.2.2), or one without that brings the
// peer's announcements (RFC 9593 §3.1) or agrees on a PPK (RFC 9867 §3.1), as the last one may besides. Request and
// response are under the old keys, what follows is under the new ones.
#pragma once

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

class OwnIntermediate final : public OwnExchange {
 public:
  // kNone: without a key exchange.
  explicit OwnIntermediate(ikewire::KeMethod method) : method_(method) {}
  Outcome begin(Turn& turn) override;
  Outcome on_response(Turn& turn, const ikemessage::Message& response) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;

 private:
  Outcome send_request(Turn& turn) const;
  Outcome finish(Turn& turn) const;

  ikewire::KeMethod method_;
  std::optional<model::Ppk> ppk_;  // that the responder took
  std::shared_ptr<crypto::GeneratedKey> key_;
};

class PeerIntermediate final : public PeerExchange {
 public:
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;
  void answered(Turn& turn) override;

 private:
  Outcome send_response(Turn& turn, ConstBytes key);

  ikewire::KeMethod method_ = ikewire::KeMethod::kNone;
  SecretBytes shared_;
  std::optional<model::Ppk> ppk_;
};

}  // namespace levelgate::ikeexchange
