// SPDX-License-Identifier: Apache-2.0
//
// CREATE_CHILD_SA as initiator: a new Child SA, the rekey of one, the rekey of the IKE SA (RFC 7296 §1.3), and the
// IKE_FOLLOWUP_KE exchanges that their additional key exchanges need (RFC 9370 §2.2.4). When the peer rekeys the same
// SA at the same time, collision.h decides and this acts.
#pragma once

#include "ikeexchange/creation.h"
#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

class OwnCreate final : public OwnExchange {
 public:
  [[nodiscard]] static std::unique_ptr<OwnCreate> new_child();
  [[nodiscard]] static std::unique_ptr<OwnCreate> rekey_child(ikestate::ChildId child);
  [[nodiscard]] static std::unique_ptr<OwnCreate> rekey_ike();

  Outcome begin(Turn& turn) override;
  Outcome on_response(Turn& turn, const ikemessage::Message& response) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;
  [[nodiscard]] ikestate::OwnActivity activity() const override;
  [[nodiscard]] ikestate::ChildId target() const override { return creation_.replaces; }
  void forget() override { forgotten_ = true; }

 private:
  enum class Stage : std::uint8_t {
    kWaiting,     // not begun
    kAhead,       // a large key is made, nothing is asked yet
    kGenerating,  // a key of our own
    kAwaiting,    // CREATE_CHILD_SA left
    kDecapsulating,
    kFollowingUp,  // IKE_FOLLOWUP_KE left
  };

  [[nodiscard]] bool is_rekey() const { return creation_.kind != CreationKind::kNewChild; }
  Result<void> prepare(Turn& turn);
  Outcome generate(Turn& turn, ikewire::KeMethod method);
  Outcome generate_ahead(Turn& turn);
  Outcome send_request(Turn& turn);
  Outcome send_followup(Turn& turn);
  Outcome on_error(Turn& turn, const ikewire::Notify& error);
  Outcome on_wanted_method(Turn& turn, const ikewire::Notify& error);
  Outcome on_created(Turn& turn, const ikemessage::Message& response);
  Outcome on_followup(Turn& turn, const ikemessage::Message& response);
  Outcome decapsulate(Turn& turn, const ikemessage::Contents& contents);
  Outcome next_step(Turn& turn);
  Outcome finish(Turn& turn);
  Outcome finish_child(Turn& turn);
  Outcome finish_ike(Turn& turn);
  static void give_way_to_peer(Turn& turn);
  Outcome fail(Turn& turn, std::string_view id, std::string text);
  Outcome settle_failure(Turn& turn, ikestate::OwnRekey own, std::string text);
  [[nodiscard]] ikestate::PeerRekeyRecord* peer_record(ikestate::SaState& sa) const;
  [[nodiscard]] ikestate::Settlement settled(ikestate::SaState& sa, ikestate::OwnRekey own) const;
  void retry_later(Turn& turn);

  Stage stage_ = Stage::kWaiting;
  Creation creation_;
  std::vector<ikewire::Proposal> offered_;  // of an IKE SA
  ChildOffer child_offer_;
  std::vector<model::Ppk> ppks_;  // fresh ones that were offered
  ikewire::KeMethod method_ = ikewire::KeMethod::kNone;
  std::shared_ptr<crypto::GeneratedKey> key_;
  std::shared_ptr<crypto::GeneratedKey> large_key_;  // made before the exchange began
  std::vector<std::byte> link_;                      // of ADDITIONAL_KEY_EXCHANGE
  std::uint32_t restarts_ = 0;
  bool forgotten_ = false;
};

}  // namespace levelgate::ikeexchange
