// SPDX-License-Identifier: Apache-2.0
//
// The face of an exchange: a value with its own stage that builds and processes messages, and says what is next. Our
// exchanges (requests that we send) and the peer's (requests that we answer) mirror each other. One that needs slow
// work starts a job and waits for its value; nothing blocks. Thread: control.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admission/cost_budget.h"
#include "crypto/random.h"
#include "ikemessage/message.h"
#include "ikemessage/payload_writer.h"
#include "ikestate/collision.h"
#include "ikestate/effects.h"
#include "ikestate/report_ids.h"
#include "ikestate/sa_state.h"

namespace levelgate::ikeexchange {

// What becomes of a rekeyed IKE SA when it is made.
enum class Adoption : std::uint8_t {
  kKeep,
  kDelete,  // the peer's rekey of the same SA won: this one is closed at once
};

// What spans SAs.
class Registry {
 public:
  virtual ~Registry() = default;
  // Random, not in use, never zero.
  [[nodiscard]] virtual Result<ikewire::IkeSpi> draw_ike_spi() = 0;
  [[nodiscard]] virtual Result<ikestate::SpiLease> draw_child_spi() = 0;
  [[nodiscard]] virtual ikestate::ChildId next_child() = 0;
  [[nodiscard]] virtual StreamId next_stream() = 0;  // larger than all before
  [[nodiscard]] virtual ikestate::JobId start_job(std::uint64_t own_spi) = 0;
  // A rekeyed IKE SA takes its place beside the old one.
  virtual void adopt(ikestate::SaState successor, Adoption adoption) = 0;
  // Null when there is none (any more).
  [[nodiscard]] virtual ikestate::SaState* state(std::uint64_t own_spi) = 0;
  // Both sides of this SA are authenticated; `initial_contact`: the peer has no other SA with us (RFC 7296 §2.4).
  virtual void authenticated(ikestate::SaState& sa, bool initial_contact) = 0;
  // What a half-open SA holds of fragments from now on, in octets; false: all of them hold too much already. Others are
  // not counted.
  [[nodiscard]] virtual bool hold_fragments(std::uint64_t own_spi, std::size_t octets) = 0;
  // Whether slow work may begin for this SA, should it be half open.
  [[nodiscard]] virtual bool may_work(std::uint64_t own_spi) const = 0;
  // Room for a large key of the peer; nothing: there is none.
  [[nodiscard]] virtual std::optional<admission::Budget::Charge> hold_large_key(std::size_t octets) = 0;
  // The hardest puzzle that we solve as initiator, in bits.
  [[nodiscard]] virtual std::uint8_t most_difficulty() const = 0;
  // Whether the peer is to be told that this is our only SA with it.
  [[nodiscard]] virtual bool first_contact(const ikestate::SaState& sa) const = 0;
};

struct Means {
  ikestate::Moment moment;
  crypto::Random& random;
  ikestate::Effects& effects;
  Registry& registry;
};

// Why an SA ends, for the operator.
struct Reason {
  std::string_view id;  // of report_ids.h
  std::string text;
  ikestate::Severity severity = ikestate::Severity::kWarn;
};

enum class Outcome : std::uint8_t {
  kWait,          // for a job, or for another response
  kSend,          // `out`: a request, or the response that ends the peer's exchange
  kDone,          // our exchange is over
  kClose,         // the SA ends at once, without a word
  kSendAndClose,  // the response leaves, then the SA ends
  kRefusePeer,    // as initiator: AUTHENTICATION_FAILED leaves once, then the SA ends (RFC 7296 §2.21.2)
};

struct Turn;

// A request of ours with its response; perhaps several in a row.
class OwnExchange {
 public:
  virtual ~OwnExchange() = default;
  [[nodiscard]] virtual Outcome begin(Turn& turn) = 0;
  [[nodiscard]] virtual Outcome on_response(Turn& turn, const ikemessage::Message& response) = 0;
  [[nodiscard]] virtual Outcome on_job(Turn& turn, ikestate::JobValue value) = 0;
  // For the collision resolver, and which child it is about.
  [[nodiscard]] virtual ikestate::OwnActivity activity() const { return ikestate::OwnActivity::kIdle; }
  [[nodiscard]] virtual ikestate::ChildId target() const { return {}; }
  // The peer's exchange made it pointless: it is not begun, or its answer only cleans up.
  virtual void forget() {}
};

// One call into an exchange: what it may use, and what it leaves behind.
struct Turn {
  Turn(Means& means_, ikestate::SaState& sa_) : means(means_), sa(sa_) {}

  Means& means;
  ikestate::SaState& sa;
  ikemessage::PayloadWriter out;                           // of the message that Outcome::kSend is about
  ikewire::Exchange type = ikewire::Exchange::kIkeSaInit;  // of a request of ours
  std::vector<std::unique_ptr<OwnExchange>> follow;        // that come next, before all that wait
  std::optional<Reason> reason;                            // with kClose and kSendAndClose
  ikestate::OwnActivity own_activity =
      ikestate::OwnActivity::kIdle;  // what our exchange under way is at, and on which child
  ikestate::ChildId own_target;
  std::optional<ikestate::JobId> job;  // that was started
  bool forget_own = false;             // our exchange under way became pointless

  [[nodiscard]] Instant now() const { return means.moment.now; }
  void report(ikestate::Severity severity, std::string_view id, std::string text) {
    means.effects.push_back(ikestate::Report{severity, id, sa.tunnel(), std::move(text)});
  }
  // Starts slow work; its value comes to on_job().
  template <typename Work>
  void run(Work work, ikestate::KeyWork key = {}) {
    job = means.registry.start_job(sa.own_spi());
    means.effects.push_back(ikestate::RunJob{*job, std::move(work), key});
  }
};

[[nodiscard]] inline Outcome close(Turn& turn, std::string_view id, std::string text,
                                   ikestate::Severity severity = ikestate::Severity::kWarn) {
  turn.reason = Reason{id, std::move(text), severity};
  return Outcome::kClose;
}
[[nodiscard]] inline Outcome close(Turn& turn, const Error& error) {
  return close(turn, ikestate::kInternalFault, error.what, ikestate::Severity::kError);
}

// A request of the peer.
class PeerExchange {
 public:
  virtual ~PeerExchange() = default;
  // The message outlives the exchange.
  [[nodiscard]] virtual Outcome on_request(Turn& turn, const ikemessage::Message& request) = 0;
  [[nodiscard]] virtual Outcome on_job(Turn& turn, ikestate::JobValue value) = 0;
  // The response was sealed and sent: what takes effect only behind it.
  virtual void answered(Turn&) {}
};

}  // namespace levelgate::ikeexchange
