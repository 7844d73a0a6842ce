// SPDX-License-Identifier: Apache-2.0
//
// Decisions about exchanges that collide.
#include "ikestate/collision.h"

#include <algorithm>
#include <compare>
#include <utility>

namespace levelgate::ikestate {
namespace {

// What the IKE SA as a whole is at; the rest happens to one of its children.
enum class IkeState : std::uint8_t { kSteady, kRekeying, kFollowingUp, kEnding };

IkeState ike_state(OwnActivity own) {
  switch (own) {
    case OwnActivity::kRekeyingIke:
      return IkeState::kRekeying;
    case OwnActivity::kFollowingUpIke:
      return IkeState::kFollowingUp;
    case OwnActivity::kReplacedIke:
    case OwnActivity::kClosingIke:
      return IkeState::kEnding;
    case OwnActivity::kIdle:
    case OwnActivity::kCreatingChild:
    case OwnActivity::kRekeyingChild:
    case OwnActivity::kFollowingUpChild:
    case OwnActivity::kClosingChild:
      return IkeState::kSteady;
  }
  return IkeState::kEnding;
}

Reply reply_to_rekey_child(OwnActivity own, Target target) {
  // New children would not know which IKE SA to belong to (RFC 7296 §2.25.2).
  if (ike_state(own) != IkeState::kSteady) return Reply::kTemporaryFailure;
  if (target == Target::kUnknown) {
    // It may be the very one that our exchange makes, whose response is late.
    const bool making = own == OwnActivity::kCreatingChild || own == OwnActivity::kRekeyingChild ||
                        own == OwnActivity::kFollowingUpChild;
    return making ? Reply::kTemporaryFailure : Reply::kChildNotFound;
  }
  if (target == Target::kOther) return Reply::kServe;
  if (own == OwnActivity::kRekeyingChild) return Reply::kServeAndCompare;
  // Past CREATE_CHILD_SA nonces no longer decide (RFC 9370 §2.2.4); a closing SA gets no successor (RFC 7296 §2.25.1).
  const bool busy = own == OwnActivity::kFollowingUpChild || own == OwnActivity::kClosingChild;
  return busy ? Reply::kTemporaryFailure : Reply::kServe;
}

Reply reply_to_delete_child(OwnActivity own, Target target) {
  if (target == Target::kUnknown) return Reply::kServeWithoutDelete;
  if (target == Target::kOther) return Reply::kServe;
  if (own == OwnActivity::kClosingChild) return Reply::kServeWithoutDelete;  // our Delete names it (RFC 7296 §1.4.1)
  // An unanswered rekey is left to its response, which may be late rather than a refusal (RFC 7296 §2.8.1); a series
  // of follow-ups would replace nothing any more.
  return own == OwnActivity::kFollowingUpChild ? Reply::kServeAndForgetOwn : Reply::kServe;
}

Reply reply_to_rekey_ike(OwnActivity own) {
  if (own == OwnActivity::kIdle) return Reply::kServe;
  return own == OwnActivity::kRekeyingIke ? Reply::kServeAndCompare : Reply::kTemporaryFailure;
}

// The lower nonce of an exchange, then the other one. A span that ends first is the lower one (RFC 7296 §2.8.1).
std::pair<ConstBytes, ConstBytes> in_order(const ExchangeNonces& nonces) {
  const bool swapped = std::ranges::lexicographical_compare(nonces.responder, nonces.initiator);
  return swapped ? std::pair(nonces.responder, nonces.initiator) : std::pair(nonces.initiator, nonces.responder);
}

std::strong_ordering compare(ConstBytes a, ConstBytes b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

// Less: our exchange has the lowest of the four nonces, and loses. A peer that takes one nonce for both of its parts
// may make the lowest ones equal; then the higher ones decide, which are the other side's own.
std::strong_ordering own_against_peer(const ExchangeNonces& own, const ExchangeNonces& peer) {
  const auto [own_low, own_high] = in_order(own);
  const auto [peer_low, peer_high] = in_order(peer);
  const std::strong_ordering lowest = compare(own_low, peer_low);
  return lowest != 0 ? lowest : compare(own_high, peer_high);
}

}  // namespace

Reply reply_to(OwnActivity own, PeerRequest request, Target target) {
  switch (request) {
    case PeerRequest::kCreateChild:
      return ike_state(own) == IkeState::kSteady ? Reply::kServe : Reply::kTemporaryFailure;
    case PeerRequest::kRekeyChild:
      return reply_to_rekey_child(own, target);
    case PeerRequest::kDeleteChild:
      return reply_to_delete_child(own, target);
    case PeerRequest::kRekeyIke:
      return reply_to_rekey_ike(own);
    case PeerRequest::kDeleteIke:
      return own == OwnActivity::kIdle ? Reply::kServe : Reply::kServeAndForgetOwn;
  }
  return Reply::kTemporaryFailure;
}

Settlement settle(OwnRekey own, const ExchangeNonces& own_nonces, PeerRekey peer, const ExchangeNonces& peer_nonces) {
  const bool alone = peer == PeerRekey::kNone;
  switch (own) {
    case OwnRekey::kAwaiting:
      return Settlement::kWait;
    case OwnRekey::kRefused:
      return alone ? Settlement::kRetryLater : Settlement::kYieldToPeer;
    case OwnRekey::kNotFound:
      return alone ? Settlement::kCreateAnew : Settlement::kYieldToPeer;
    case OwnRekey::kFollowups:
    case OwnRekey::kMade:
      break;
  }
  const bool made = own == OwnRekey::kMade;
  const Settlement won = made ? Settlement::kDeleteOld : Settlement::kContinueOwn;
  if (alone) return won;
  const std::strong_ordering order = own_against_peer(own_nonces, peer_nonces);
  if (order == 0) return Settlement::kNoncesRepeated;
  if (order > 0) return won;
  return made ? Settlement::kDeleteOwnNew : Settlement::kAbandonOwn;
}

}  // namespace levelgate::ikestate
