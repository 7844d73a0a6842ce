// SPDX-License-Identifier: Apache-2.0
//
// IKE_SA_INIT (RFC 7296 §1.2): suite, key exchange, nonces, and what both sides support. As initiator with COOKIE,
// puzzles and INVALID_KE_PAYLOAD in every order (RFC 7296 §2.6.1, RFC 8019 §7.1.2); nobody is authenticated yet, so a
// bad answer never ends the attempt (RFC 7296 §2.21.1): it is told, and a better one is waited for.
#pragma once

#include <set>

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

class OwnSaInit final : public OwnExchange {
 public:
  Outcome begin(Turn& turn) override;
  Outcome on_response(Turn& turn, const ikemessage::Message& response) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;

 private:
  enum class Stage : std::uint8_t { kGenerating, kAwaiting, kSolving, kDecapsulating };

  Outcome generate(Turn& turn);
  Outcome send_request(Turn& turn);
  Outcome wait_on(Turn& turn);
  Outcome on_cookie(Turn& turn, const ikewire::Notify& notify, const ikewire::Notify* puzzle);
  [[nodiscard]] bool begin_solving(Turn& turn, const ikewire::Notify& puzzle);
  Outcome on_search(Turn& turn, ikestate::PuzzleSearch& search);
  Outcome on_wanted_method(Turn& turn, const ikewire::Notify& notify);
  Outcome on_answer(Turn& turn, const ikemessage::Message& response);
  Outcome tell_once(Turn& turn, std::string_view id, std::string text);
  void follow_up(Turn& turn) const;

  Stage stage_ = Stage::kGenerating;
  std::vector<ikewire::Proposal> offered_;
  ikewire::KeMethod method_ = ikewire::KeMethod::kNone;
  std::shared_ptr<crypto::GeneratedKey> key_;
  std::vector<std::byte> cookie_;
  std::vector<std::byte> solution_;  // the keys for the puzzle that came with the cookie; empty: none came
  std::uint32_t restarts_ = 0;
  std::set<std::string> told_;
};

// The first request of a stranger, whose address is proven or believed. What it asks for has been chosen already: see
// InitChoice.
struct InitChoice {
  ikestate::PolicyPtr policy;
  negotiation::Suite suite;
  ikewire::Proposal answer;
  admission::LargeKeyRoom::Place large_place;  // where the suite has a large key
};

// How long the answer will be, all of it. `draft` is thrown away: what has to be known for that is written into it. 0:
// there will be none.
[[nodiscard]] std::size_t init_answer_octets(ikestate::SaState& draft, const InitChoice& choice,
                                             const ikemessage::Contents& contents);

class PeerSaInit final : public PeerExchange {
 public:
  explicit PeerSaInit(InitChoice choice) : choice_(std::move(choice)) {}
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn& turn, ikestate::JobValue value) override;
  void answered(Turn& turn) override;

 private:
  Outcome send_response(Turn& turn, const crypto::Encapsulation& made);

  InitChoice choice_;
  SecretBytes shared_;
};

}  // namespace levelgate::ikeexchange
