// SPDX-License-Identifier: Apache-2.0
//
// The one place that decides when exchanges of both sides touch the same SA: what a request is answered while an
// exchange of our own runs (RFC 7296 §2.25), and which of two rekeys of one SA survives (RFC 7296 §2.8.1, §2.8.2;
// RFC 9370 §2.2.4 where IKE_FOLLOWUP_KE has yet to come). Pure: states and nonces in, a decision out.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

namespace levelgate::ikestate {

// --- a request of the peer ---

// What we are at, on the SA that the request reaches.
enum class OwnActivity : std::uint8_t {
  kIdle,
  kCreatingChild,     // CREATE_CHILD_SA for a new Child SA, and its follow-ups
  kRekeyingChild,     // our CREATE_CHILD_SA is not answered yet
  kFollowingUpChild,  // it was answered, IKE_FOLLOWUP_KE is under way
  kClosingChild,      // our Delete of a Child SA is not answered yet
  kRekeyingIke,       // as kRekeyingChild, for the IKE SA
  kFollowingUpIke,
  kReplacedIke,  // a new IKE SA stands in its place; this one waits for its Delete
  kClosingIke,
};
inline constexpr std::uint8_t kOwnActivities = 9;

enum class PeerRequest : std::uint8_t { kCreateChild, kRekeyChild, kDeleteChild, kRekeyIke, kDeleteIke };
inline constexpr std::uint8_t kPeerRequests = 5;

// Which Child SA the request names; read for kRekeyChild and kDeleteChild.
enum class Target : std::uint8_t { kSame, kOther, kUnknown };  // the one that we are at, another one, none of ours
inline constexpr std::uint8_t kTargets = 3;

enum class Reply : std::uint8_t {
  kServe,               // as if nothing of ours were under way
  kServeAndCompare,     // serve; both exchanges' nonces decide later (see settle)
  kServeAndForgetOwn,   // serve; our own exchange is pointless now and is not sent again
  kServeWithoutDelete,  // acknowledge; the response names no SA
  kTemporaryFailure,    // N(TEMPORARY_FAILURE)
  kChildNotFound,       // N(CHILD_SA_NOT_FOUND)
};

[[nodiscard]] Reply reply_to(OwnActivity own, PeerRequest request, Target target);

// --- two rekeys of one SA ---

struct ExchangeNonces {
  ConstBytes initiator;
  ConstBytes responder;
};

enum class OwnRekey : std::uint8_t {
  kAwaiting,   // no response yet
  kFollowups,  // answered, IKE_FOLLOWUP_KE is to come: there is no new SA yet
  kMade,       // the new SA stands
  kRefused,    // TEMPORARY_FAILURE
  kNotFound,   // CHILD_SA_NOT_FOUND
};
inline constexpr std::uint8_t kOwnRekeys = 5;

enum class PeerRekey : std::uint8_t {
  kNone,       // no request came, or we refused it
  kFollowups,  // we answered, the peer's IKE_FOLLOWUP_KE is to come
  kMade,       // the new SA stands
};
inline constexpr std::uint8_t kPeerRekeys = 3;

enum class Settlement : std::uint8_t {
  kWait,            // our response decides; nothing to do before
  kContinueOwn,     // send our IKE_FOLLOWUP_KE; what the peer began is dropped or deleted by the peer
  kDeleteOld,       // our new SA survives (and inherits, for an IKE SA): delete the one that it replaces
  kDeleteOwnNew,    // the peer's survives (and inherits): delete our new one
  kAbandonOwn,      // the peer's survives: send no IKE_FOLLOWUP_KE; nothing of ours is there to delete
  kYieldToPeer,     // our request failed because the peer's was first: ignore the error
  kRetryLater,      // wait, then try again (RFC 7296 §2.25)
  kCreateAnew,      // the peer no longer has the SA: forget it, negotiate a new one
  kNoncesRepeated,  // the peer uses our nonces as its own: close the IKE SA
};

// Both exchanges' nonces are read only when both have been answered. After kDeleteOld the SA of the peer's exchange, if
// any, is accepted until the peer deletes it.
[[nodiscard]] Settlement settle(OwnRekey own, const ExchangeNonces& own_nonces, PeerRekey peer,
                                const ExchangeNonces& peer_nonces);

}  // namespace levelgate::ikestate
