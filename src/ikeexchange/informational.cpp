// SPDX-License-Identifier: Apache-2.0
//
// Liveness and deletion, both halves.
#include "ikeexchange/informational.h"

#include <array>

#include "ikeexchange/creation.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::ChildDown;
using ikestate::ChildId;
using ikestate::ChildSa;
using ikestate::ChildStage;
using ikestate::ChildUse;
using ikestate::kChildClosed;
using ikestate::kIkeClosed;
using ikestate::kPeerRefusedUs;
using ikestate::OwnActivity;
using ikestate::PeerRekey;
using ikestate::PeerRequest;
using ikestate::Phase;
using ikestate::Reply;
using ikestate::reply_to;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::Target;
using ikewire::NotifyType;
using ikewire::PayloadType;
using ikewire::ProtocolId;

// RFC 7296 §3.11: one protocol, four octets each [7296-2.4-h].
void write_delete(ikemessage::PayloadWriter& out, const std::vector<Spi>& spis) {
  std::vector<std::byte> octets(spis.size() * 4);
  for (std::size_t i = 0; i < spis.size(); ++i) store_be<std::uint32_t>(octets.data() + 4 * i, spis[i].value);
  out.add(PayloadType::kDelete, ikewire::Delete{ProtocolId::kEsp, 4, octets});
}

void remove_child(Turn& turn, ChildId id) {
  SaState& sa = turn.sa;
  const auto found = sa.children.find(id);
  if (found == sa.children.end()) return;
  turn.means.effects.push_back(ChildDown{sa.tunnel(), id});
  sa.children.erase(found);
}

}  // namespace

std::unique_ptr<OwnInformational> OwnInformational::liveness() { return std::make_unique<OwnInformational>(); }

std::unique_ptr<OwnInformational> OwnInformational::delete_child(ChildId child) {
  auto made = std::make_unique<OwnInformational>();
  made->purpose_ = Purpose::kDeleteChild;
  made->child_ = child;
  return made;
}

std::unique_ptr<OwnInformational> OwnInformational::delete_spi(Spi own) {
  auto made = std::make_unique<OwnInformational>();
  made->purpose_ = Purpose::kDeleteSpi;
  made->spi_ = own;
  return made;
}

std::unique_ptr<OwnInformational> OwnInformational::delete_ike() {
  auto made = std::make_unique<OwnInformational>();
  made->purpose_ = Purpose::kDeleteIke;
  return made;
}

OwnActivity OwnInformational::activity() const {
  if (!begun_) return OwnActivity::kIdle;
  switch (purpose_) {
    case Purpose::kDeleteChild:
      return OwnActivity::kClosingChild;
    case Purpose::kDeleteIke:
      return OwnActivity::kClosingIke;
    case Purpose::kLiveness:
    case Purpose::kDeleteSpi:
      break;
  }
  return OwnActivity::kIdle;
}

Outcome OwnInformational::begin(Turn& turn) {
  SaState& sa = turn.sa;
  begun_ = true;
  turn.type = ikewire::Exchange::kInformational;
  switch (purpose_) {
    case Purpose::kLiveness:
      return Outcome::kSend;
    case Purpose::kDeleteChild: {
      ChildSa* const child = sa.child(child_);
      if (child == nullptr) return Outcome::kDone;
      child->stage = ChildStage::kClosing;
      write_delete(turn.out, {child->inbound});
      return Outcome::kSend;
    }
    case Purpose::kDeleteSpi:
      write_delete(turn.out, {spi_});
      return Outcome::kSend;
    case Purpose::kDeleteIke:
      if (sa.phase == Phase::kEstablished) sa.phase = Phase::kClosing;
      turn.out.add(PayloadType::kDelete, ikewire::Delete{ProtocolId::kIke, 0, {}});  // RFC 7296 §3.11
      return Outcome::kSend;
  }
  return Outcome::kDone;
}

Outcome OwnInformational::on_response(Turn& turn, const ikemessage::Message&) {
  if (purpose_ == Purpose::kDeleteIke) return close(turn, kIkeClosed, "IKE SA closed", Severity::kInfo);
  if (purpose_ == Purpose::kDeleteChild && turn.sa.child(child_) != nullptr) remove_child(turn, child_);
  return Outcome::kDone;
}

// The peer's rekey of this SA won before our own one was answered (RFC 7296 §2.25.2): the children are its successor's.
void PeerInformational::leave_to_successor(Turn& turn) {
  SaState& sa = turn.sa;
  if (sa.phase != Phase::kEstablished || sa.peer_rekey.state != PeerRekey::kMade) return;
  SaState* const successor = turn.means.registry.state(sa.peer_rekey.made_ike);
  if (successor == nullptr || successor->phase != Phase::kEstablished) return;
  hand_over(sa, *successor, turn.now());
  sa.phase = Phase::kRekeyed;
}

// Always answered, if by nothing [7296-1.4-d, 7296-4-d].
Outcome PeerInformational::on_request(Turn& turn, const ikemessage::Message& request) {
  const ikemessage::Contents& contents = request.contents;
  for (const ikewire::Delete& payload : contents.deletes) {
    if (payload.protocol == ProtocolId::kIke) {
      leave_to_successor(turn);
      turn.reason = Reason{kIkeClosed, "the peer closed the IKE SA", Severity::kInfo};
      return Outcome::kSendAndClose;
    }
  }
  if (contents.has(NotifyType::kAuthenticationFailed)) {
    turn.reason = Reason{kPeerRefusedUs, "the peer does not believe our authentication: AUTHENTICATION_FAILED"};
    return Outcome::kSendAndClose;
  }
  for (const ikewire::Delete& payload : contents.deletes) {
    if (payload.protocol == ProtocolId::kEsp && payload.spi_octets == 4) delete_children(turn, payload);
  }
  return Outcome::kSend;
}

void PeerInformational::delete_children(Turn& turn, const ikewire::Delete& payload) {
  inherit(turn);
  SaState& sa = turn.sa;
  std::vector<Spi> answered;
  for (std::size_t i = 0; i < payload.count(); ++i) {
    ChildSa* const child = sa.child_by_outbound(Spi{load_be<std::uint32_t>(payload.spi(i).data())});
    if (child == nullptr) continue;  // by our own Delete, which crossed it (RFC 7296 §1.4.1)
    const bool same = child->id == turn.own_target;
    const bool closing = same && turn.own_activity == OwnActivity::kClosingChild;
    const Reply reply = reply_to(turn.own_activity, PeerRequest::kDeleteChild, same ? Target::kSame : Target::kOther);
    if (reply == Reply::kServeAndForgetOwn) turn.forget_own = true;
    if (same && !closing) {
      sa.departed = child->id;
      sa.departed_rekey = child->peer_rekey;
    }
    if (reply != Reply::kServeWithoutDelete) answered.push_back(child->inbound);
    // Who rekeyed the SA that now goes has its successor by now (RFC 7296 §2.8); also when a rekey of ours is not
    // answered yet.
    const bool succeeded = child->stage != ChildStage::kClosing && sa.child(child->peer_rekey.made) != nullptr;
    if (succeeded) turn.means.effects.push_back(ChildUse{sa.tunnel(), child->peer_rekey.made});
    if (child->stage == ChildStage::kActive && !succeeded) {
      turn.report(Severity::kInfo, kChildClosed, "the peer closed a Child SA");
    }
    remove_child(turn, child->id);
  }
  if (!answered.empty()) write_delete(turn.out, answered);
}

}  // namespace levelgate::ikeexchange
