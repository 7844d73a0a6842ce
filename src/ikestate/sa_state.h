// SPDX-License-Identifier: Apache-2.0
//
// What one IKE SA knows. Exchanges read and write this and nothing else; who runs them is ike_sa.h. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admission/large_key_room.h"
#include "authentication/announcements.h"
#include "authentication/auth_proof.h"
#include "ikemessage/answer_time.h"
#include "ikemessage/keymat.h"
#include "ikemessage/protect.h"
#include "ikestate/child_sa.h"
#include "ikestate/effects.h"
#include "ikestate/exchange_gate.h"
#include "ikestate/nat_detection.h"
#include "ikestate/peer_policy.h"
#include "ikestate/ppk_state.h"
#include "ikewire/ike_puzzle.h"
#include "negotiation/suite.h"
#include "negotiation/transports.h"

namespace levelgate::ikeexchange {
struct FollowupSeries;
}  // namespace levelgate::ikeexchange

namespace levelgate::ikestate {

// Exchanges of ours that wait for their turn, in the order in which they are served.
enum class Want : std::uint8_t { kDeleteIke, kDeleteChild, kRekeyIke, kRekeyChild, kNewChild, kLiveness };

// What the other side announced in IKE_SA_INIT.
struct PeerSupport {
  bool fragmentation = false;
  bool intermediate = false;
  bool childless = false;
  bool large_keys = false;            // the extension, both sides
  bool fragment_acks = false;         // likewise
  bool cookie_apart = false;          // AUTH covers the request of IKE_SA_INIT without its cookie (docs/cookies.md)
  std::string large_keys_lack;        // why it is not in use, where it is configured here
  bool separate_transports = false;   // both sides: IKE over TCP, ESP beside it
  bool announcements_follow = false;  // SUPPORTED_AUTH_METHODS was empty: the list comes by IKE_INTERMEDIATE
  negotiation::PeerAccepts accepts;
};

// An IKE SA over TCP (RFC 9329): which stream it is, `path` says.
struct StreamUse {
  bool up = false;             // it is made, and has not ended
  StreamId proven;             // the newest one on which something was authentic
  std::uint32_t failures = 0;  // calls in a row of which nothing authentic came
  Instant call_at = kNever;    // the next one, where it is ours to call
  bool unusable = false;       // no connection can be made, or nothing authentic comes by those that are
};

// An attempt of ours to make an IKE SA, as far as it says something of the path.
struct AttemptState {
  negotiation::Opening opening = negotiation::Opening::kUdp;
  bool falls_back = false;    // begun over UDP: where nobody answers, TCP is tried
  bool answered = false;      // IKE_SA_INIT, by whatever
  bool silent = false;        // patience has ended
  std::uint32_t repeats = 0;  // messages that were sent again
};

struct IkeProofs {
  std::string own;  // how we proved ourselves
  authentication::Verified peer;
};

struct SaState {
  ikemessage::IkeSpis spis;
  ikewire::IkeRole role = ikewire::IkeRole::kInitiator;  // ours; of a rekeyed SA: in the rekey
  Phase phase = Phase::kNone;
  Path path;
  Path datagram_path;  // where ESP goes while `path` is a stream
  StreamUse stream;
  AttemptState attempt;  // initiator
  NatSeen nat;
  PolicyPtr policy;                   // responder: the first that fits, until the peer is known
  std::vector<PolicyPtr> candidates;  // responder: who the address could be
  negotiation::Suite suite;
  authentication::TranscriptNotify transcript = authentication::TranscriptNotify::kNobody;
  PeerSupport peer;

  // Until both sides are authenticated.
  std::vector<std::byte> init_request, init_response;
  authentication::IntAuth int_auth;
  bool asks_by_name = true;       // initiator: IDr is sent; not when the last attempt was refused, to learn who it is
  std::size_t intermediates = 0;  // that were done
  bool list_by_intermediate = false;           // responder: our announcements were too long for IKE_SA_INIT
  std::vector<ikewire::Proposal> offered;      // of the peer, for explanations
  std::optional<ikewire::Puzzle> auth_puzzle;  // IKE_AUTH has to bring its solution (RFC 8019 §7.2)
  std::vector<std::byte> auth_solution;        // initiator: the keys of it

  std::vector<std::byte> nonce_initiator, nonce_responder;
  ikemessage::IkeKeys keys;
  std::optional<ikemessage::Protection> protection;
  IkeProofs proofs;
  PpkState ppk;
  authentication::IdentityPayload peer_id;

  std::map<ChildId, ChildSa> children;
  std::set<std::pair<Want, ChildId>> wants;
  PeerRekeyRecord peer_rekey;     // of this IKE SA
  std::uint64_t predecessor = 0;  // own SPI of the one whose place this one takes, while both sides' rekeys collide
  // A child that the peer deleted while our rekey of it was under way.
  ChildId departed;
  PeerRekeyRecord departed_rekey;
  std::shared_ptr<ikeexchange::FollowupSeries> series;  // of the peer's CREATE_CHILD_SA; one at a time
  std::uint32_t lost_followups = 0;                     // STATE_NOT_FOUND, in a row
  // Of the SA that began this line of rekeys: both sides judge by it which of two lines goes on.
  ikewire::IkeRole birth_role = ikewire::IkeRole::kInitiator;
  std::vector<std::byte> birth_nonce;  // the lower one
  Instant established_at = kNever, rekey_at = kNever, expire_at = kNever;
  Instant new_child_at = kNever;  // again, after a failure that passes
  Instant heard_at{};             // something authentic of the peer
  bool large_key = false;         // a large key went into its keys, or into those of an SA that it replaces
  admission::LargeKeyRoom::Place large_place;       // responder: of the large key that comes before authentication
  std::shared_ptr<crypto::GeneratedKey> ready_key;  // for the next rekey of ours, made ahead of it; sent once
  std::uint32_t broken_series = 0;                  // by a large key of the peer that was none
  ikemessage::AnswerTime answer_time;
  bool post_quantum = false;  // its keys depend on a post-quantum method, its own or that of the SA it replaces

  // Whether additional key exchanges can run (RFC 9370 §2.2.1).
  [[nodiscard]] negotiation::AdditionalExchanges additional() const {
    return peer.intermediate ? negotiation::AdditionalExchanges::kAvailable
                             : negotiation::AdditionalExchanges::kUnavailable;
  }
  // Who agreed to TCP and not to separate transports has ESP there as well (RFC 9329 §5) [9329-5-b].
  [[nodiscard]] bool esp_in_stream() const { return path.over_tcp() && !peer.separate_transports; }
  // Of ESP, and of what keeps a NAT's mapping for it alive. In a stream: without one while none is up.
  [[nodiscard]] Path esp_path() const {
    if (!path.over_tcp()) return path;
    if (!esp_in_stream()) return datagram_path;
    return stream.up ? path : Path{path.local, path.remote, {}};
  }
  // What an attempt showed that came to nothing.
  [[nodiscard]] negotiation::AttemptEnd attempt_end() const {
    using negotiation::AttemptEnd;
    if (stream.unusable || (attempt.silent && path.over_tcp())) return AttemptEnd::kNoTcp;
    const bool nobody = attempt.silent && (phase != Phase::kInitSent || !attempt.answered);
    return nobody ? AttemptEnd::kSilent : AttemptEnd::kAnswered;
  }
  // Only who began the first IKE SA makes connections, whoever rekeys it (RFC 9329 §1.2).
  [[nodiscard]] bool makes_connections() const {
    return (established_at == kNever ? role : birth_role) == ikewire::IkeRole::kInitiator;
  }
  [[nodiscard]] std::uint64_t own_spi() const {
    return role == ikewire::IkeRole::kInitiator ? spis.initiator.value : spis.responder.value;
  }
  [[nodiscard]] ikemessage::Nonces nonces() const { return {nonce_initiator, nonce_responder}; }
  [[nodiscard]] const std::string& tunnel() const {
    static const std::string kNobody;
    return policy ? policy->name : kNobody;
  }
  [[nodiscard]] ChildSa* child(ChildId id) {
    const auto found = children.find(id);
    return found == children.end() ? nullptr : &found->second;
  }
  [[nodiscard]] ChildSa* child_by_outbound(Spi spi) {
    for (auto& [id, child] : children) {
      if (child.outbound == spi) return &child;
    }
    return nullptr;
  }
  [[nodiscard]] const SecretBytes& proof_of(ikewire::IkeRole side) const {
    return side == ikewire::IkeRole::kInitiator ? keys.proof_initiator : keys.proof_responder;
  }
};

[[nodiscard]] constexpr ikewire::IkeRole other(ikewire::IkeRole role) {
  return role == ikewire::IkeRole::kInitiator ? ikewire::IkeRole::kResponder : ikewire::IkeRole::kInitiator;
}

}  // namespace levelgate::ikestate
