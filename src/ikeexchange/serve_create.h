// SPDX-License-Identifier: Apache-2.0
//
// CREATE_CHILD_SA and IKE_FOLLOWUP_KE as responder (RFC 7296 §1.3, §2.25; RFC 9370 §2.2.4). A series of follow-ups is
// held by the SA under a link of our own making, one at a time, and not for long.
#pragma once

#include "ikeexchange/creation.h"
#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// What waits for the peer's IKE_FOLLOWUP_KE.
struct FollowupSeries {
  Creation creation;
  std::vector<std::byte> link;
  Instant until;
  Instant longest = kNever;             // however much progress there is
  admission::Budget::Charge large_key;  // room for the one that is to come
};

// The series comes to nothing: a rekey of ours of the same SA stands alone.
void drop_series(ikestate::SaState& sa);
// As drop_series(), by the peer's fault; true: that is enough, and its SA is to end.
[[nodiscard]] bool break_series(ikestate::SaState& sa);

class PeerCreate final : public PeerExchange {
 public:
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;
  void answered(Turn& turn) override;

 private:
  Outcome serve_ike(Turn& turn);
  Outcome serve_child(Turn& turn);
  Outcome serve_rekey_of_child(Turn& turn, const ikewire::Notify& rekey);
  Outcome exchange_keys(Turn& turn, ikewire::KeMethod method);
  Outcome send_response(Turn& turn, ConstBytes key);
  Outcome refuse(Turn& turn, ikewire::NotifyType type);
  [[nodiscard]] Result<void> start_series(Turn& turn);

  const ikemessage::Message* request_ = nullptr;
  Creation creation_;
  ChildAnswer answer_;  // of a Child SA
  ikewire::Proposal ike_answer_;
  std::optional<ikestate::SaState> successor_;  // to be adopted behind the response
  admission::Budget::Charge large_key_;
};

class PeerFollowup final : public PeerExchange {
 public:
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;
  void answered(Turn& turn) override;

 private:
  static Outcome refuse(Turn& turn);

  std::shared_ptr<FollowupSeries> series_;
  std::optional<ikestate::SaState> successor_;
};

}  // namespace levelgate::ikeexchange
