// SPDX-License-Identifier: Apache-2.0
//
// Every bound on memory and work that a peer can drive, each with its reason. A message that needs more is refused as a
// value; nothing here is negotiated, and nothing grows without one of these numbers.
#pragma once

#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>

#include "ikewire/ike_proposals.h"

namespace levelgate::limits {

using namespace std::chrono_literals;

// --- one message ---
// Proposals are numbered by one octet; deployed peers send fewer than ten, and negotiation looks at pairs.
inline constexpr std::size_t kProposals = ikewire::kMostProposals;
// Of all proposals of one SA payload together: a full offer of every known algorithm has fewer than a hundred.
inline constexpr std::size_t kTransforms = ikewire::kMostTransforms;
// The longest real IKE_AUTH request carries about twenty.
inline constexpr std::size_t kNotifies = 64;
// A chain, and the intermediate certificates that a peer sends without need; each is parsed before anybody is known.
inline constexpr std::size_t kCertificates = 16;
// A Delete payload names many SPIs; one payload for each protocol is enough.
inline constexpr std::size_t kDeletes = 8;
// Octets of an identity: names of hosts have at most 253, and distinguished names of real authorities some hundred.
inline constexpr std::size_t kIdentityOctets = 2048;
// Authorities that a peer's certificate requests name: announcements link to one of them by an octet (RFC 9593 §3.2.2).
inline constexpr std::size_t kAuthorities = 255;
// Selectors of one TS payload: their count is one octet, narrowing works on pairs of them.
inline constexpr std::size_t kSelectors = 64;
// What narrowing may answer: no more than anybody offers; the rest is possible in another SA (ADDITIONAL_TS_POSSIBLE).
inline constexpr std::size_t kNarrowedSelectors = kSelectors;

// --- fragments (RFC 7383 §2.6: the receiver needs a bound, since incomplete messages hold memory) ---
// Enough for 64 KB of payloads in fragments of 576-octet datagrams.
inline constexpr std::uint16_t kFragments = 160;
// An IKE message that is not split by a large-key extension fits this: two octets count a payload's length.
inline constexpr std::size_t kReassembledOctets = 65'536;
// --- large keys: of a peer that announced them, in the one exchange that brings one ---
// The largest key, with the payloads beside it.
inline constexpr std::size_t kBesideLargeKey = 1'024;
inline constexpr std::size_t kLargeMessageOctets = 1'357'824 + kBesideLargeKey;
// It in fragments of 576-octet datagrams.
inline constexpr std::uint16_t kLargeFragments = 2'800;
// Messages of more datagrams leave at a pace: a burst of them would overrun a queue somewhere on the path.
inline constexpr std::size_t kBurstDatagrams = 16;
// As often the fragments are sent in all; what lacks after so many is not lost by chance.
inline constexpr std::uint32_t kLargeTries = 32;
// Beside the round trip, the other side's time to find its secret.
inline constexpr Nanos kLargeAnswerTime = 25ms;
// So long no fragment came: what lacks is told.
inline constexpr Nanos kFragmentAckDelay = 10ms;
// On a line on which fragments are further apart than that it waits for longer, up to this.
inline constexpr Nanos kLongestFragmentAckDelay = 250ms;
// While they come the sender hears so once in a while: silence would mean that it is forgotten.
inline constexpr Nanos kLongestUntold = 3s;
// While fragments come a series of IKE_FOLLOWUP_KE lives on, but not for ever.
inline constexpr Nanos kLongestFollowup = 600s;
// So many series may be broken by a key that is none; then the peer is no peer.
inline constexpr std::uint32_t kBrokenSeries = 3;

// So long before the IKE SA is rekeyed its large key is made: longer than any machine takes for one.
inline constexpr Nanos kLargeKeyAhead = 60s;

// --- large keys before authentication: of strangers whose address is proven ---
// Keys that come in at once, each at most twice in memory while it is used: within 96 MiB.
inline constexpr std::size_t kLargeHandshakes = 32;
inline constexpr std::size_t kLargeHandshakeOctets = 44UL * 1024 * 1024;
// So many stand in line before them, and as many are remembered for a place that led to nothing. Who has not asked for
// longer than two repeats are apart is gone. So many in front are equals: with fewer, places stand empty until they
// ask.
inline constexpr std::size_t kLargeHandshakeLine = 1'024;
inline constexpr Nanos kLargeHandshakeLinePatience = 90s;
inline constexpr std::size_t kLargeHandshakeFront = 128;
// A sender makes its key within that, and its fragments come without a longer gap.
inline constexpr Nanos kLargeHandshakeIdle = 10s;
// However much progress there is: the largest key at the slowest pace, and half as much again.
inline constexpr Nanos kLargeHandshakeLife = 180s;
// Nothing is heard of who should tell of fragments: it has given up by now.
inline constexpr Nanos kLargeHandshakeSilence = 15s;

// A set of fragments that does not grow for so long belongs to a sender that gave up or starts anew.
inline constexpr Nanos kReassemblyIdle = 30s;

// --- requests and responses (RFC 7296 §2.3) ---
// Requests that we serve at once: each keeps its response until the window has passed it.
inline constexpr std::uint32_t kResponderWindow = 8;

// --- retransmission (RFC 7296 §2.4: an SA is given up only after tries over several minutes) ---
// The first wait is longer than any sane round trip, so that a slow path does not double the traffic.
inline constexpr Nanos kFirstRetry = 1s;
// Where the round trip is known and short: the other side computes before it answers.
inline constexpr Nanos kLeastFirstRetry = 100ms;
inline constexpr Nanos kAnswerTime = 50ms;
// Where it is not known yet: most paths are shorter, and on the others a small message goes twice.
inline constexpr Nanos kUnknownFirstRetry = 400ms;
// Waits double up to this, so that a path that comes back is noticed within a minute.
inline constexpr Nanos kLongestRetry = 60s;
// 1 + 2 + 4 + ... + 32 + 60 + 60 seconds and jitter: about three minutes, then the other side counts as gone.
inline constexpr std::uint32_t kTries = 8;
// A random part of a wait, so that many SAs that lost one link do not speak in chorus: at most this part of it.
inline constexpr std::uint32_t kJitterDivisor = 4;

// --- TCP (RFC 9329) ---
// Two octets count a frame's length, which has itself and the non-ESP marker before the message.
inline constexpr std::size_t kStreamMessageOctets = 65'529;
// An answer of a handshake: nothing is sent again while the connection is up.
inline constexpr Nanos kStreamHandshake = 60s;
// Connections for a handshake of which nothing authentic came.
inline constexpr std::uint32_t kHandshakeCalls = 3;
// So long is remembered that a path lets only UDP pass, or only TCP; then both are tried in their order again.
inline constexpr Nanos kTransportMemory = 600s;
// First messages over UDP without any answer before TCP is tried, where that is allowed, beside those of short waits:
// about six seconds in all (RFC 9329 §5.1: at least two messages).
inline constexpr std::uint32_t kTriesBeforeTcp = 2;
// Messages of one handshake that had to be sent again: more than an accident.
inline constexpr std::uint32_t kRepeatsOfBadPath = 3;

// --- half-open SAs and cookies (RFC 7296 §2.6) ---
// From so many half-open SAs on, everybody has to return a cookie first.
inline constexpr std::size_t kCookieAtHalfOpen = 30;
// Addresses that the count remembers, for as long as a demand of theirs is held; newcomers beyond it are dropped.
inline constexpr std::size_t kSources = 8192;
// From so many of one address (or one IPv6 /64) on, that address has to.
inline constexpr std::size_t kCookieAtHalfOpenOfSource = 3;
// From so many on, that address has to work for each (RFC 8019 §6: 3 to 5).
inline constexpr std::size_t kPuzzleAtHalfOpenOfSource = 5;
// More of one address are dropped unanswered.
inline constexpr std::size_t kHalfOpenOfSource = 8;
// More of one IPv4 /24 or IPv6 /48 likewise; from a quarter on they work for each. A restarted gateway with its
// branches behind one operator stays below that.
inline constexpr std::size_t kHalfOpenOfNetwork = 512;
// From so many half-open SAs on, everybody works for one.
inline constexpr std::size_t kPuzzleAtHalfOpen = 512;
// Half-open SAs at all: each holds keys and nonces, some kilobytes.
inline constexpr std::size_t kHalfOpen = 4096;
// A peer that has not authenticated by then is forgotten.
inline constexpr Nanos kHalfOpenLife = 30s;
// While cookies are demanded of everybody: a half-open SA whose peer is silent for so long is. A repeat of a lost
// message comes within it, and a round trip with a second of work (RFC 8019 §4.1).
inline constexpr Nanos kLoadedHalfOpenLife = 3s;
// Octets that all half-open SAs may hold: their requests, keys, and fragments of messages that are not whole yet.
inline constexpr std::size_t kHalfOpenOctets = std::size_t{24} << 20;
// What one holds besides the octets of messages: nonces, keys, ciphers, timers, entries under which it is found.
inline constexpr std::size_t kHalfOpenSaOctets = 4'096;
// Slow work for half-open SAs that may wait or run at once; a helper thread does some thousand in a second.
inline constexpr std::size_t kHalfOpenJobs = 512;
// Messages of one half-open SA that do not open: of an honest peer none, and each costs a computation.
inline constexpr std::uint32_t kUnopenedOfHandshake = 64;
// Lines that all half-open SAs may cause in one second: those of the log, and those for `monitor`.
inline constexpr std::uint32_t kHalfOpenReports = 50;
inline constexpr std::uint32_t kHalfOpenNotes = 500;
// Octets of large keys that are being put together: 33 of the largest at once; each is held twice while it is used.
inline constexpr std::size_t kLargeKeysOctets = std::size_t{44} << 20;
// Cookies stay demanded so long after the load is gone: a demand that comes and goes makes both sides sign different
// requests.
inline constexpr Nanos kCookieHold = 10s;
// A secret makes cookies for so long, and accepts them for as long again.
inline constexpr Nanos kCookieSecretLife = 120s;
// A puzzle may be solved within this: several times what the hardest takes a slow initiator.
inline constexpr Nanos kPuzzleLife = 60s;
// Solutions that are remembered as used, of the last life of a puzzle; each made a half-open SA.
inline constexpr std::size_t kSpentPuzzles = 32'768;
// Solutions of one initiator for which nobody asked a difficulty have to reach this (RFC 8019 §7.1.1.1).
inline constexpr std::uint8_t kLeastZeroBits = 8;
// And the next puzzle says how many it has to be.
inline constexpr std::uint8_t kSecondPuzzle = 12;
// prf calls of one slice of a search: some hundredths of a second, so that other work is not kept waiting.
inline constexpr std::uint64_t kPuzzleSlice = 1U << 15;
// Where the responder leaves the difficulty to us.
inline constexpr std::uint64_t kPuzzleTries = 1U << 18;
// Addresses that were authenticated lately come first when there is not enough for all.
inline constexpr std::size_t kAcquaintances = 16'384;
inline constexpr Nanos kAcquainted = 24h;
// COOKIE, INVALID_KE_PAYLOAD and puzzles may alternate (RFC 7296 §2.6.1, RFC 8019 §7.1.5); more rounds are an attack or
// a fault.
inline constexpr std::uint32_t kInitRestarts = 6;

// Things that are told once for each attempt: a forger may send as many different answers as it likes.
inline constexpr std::size_t kToldOnce = 8;
// Answers and reports that a stranger can cause, in one second and at once: enough to find a fault by hand.
inline constexpr std::uint32_t kStrangerAnswers = 50;
inline constexpr std::uint32_t kStrangerReports = 5;
// Both sides may begin at the same time; of two SAs that were made within this one is closed.
inline constexpr Nanos kSimultaneous = 10s;

// --- established SAs ---
// After TEMPORARY_FAILURE or a failed rekey (RFC 7296 §2.25): long enough for the other side's exchange to end.
inline constexpr Nanos kRetryRekey = 5s;
// The SA that lost, or was replaced, is deleted by the side whose exchange won; if that does not come, by us.
inline constexpr Nanos kReplacedLife = 60s;
// Child SAs of one IKE SA: a gateway has one, two while it rekeys, and some more while collisions settle.
inline constexpr std::size_t kChildren = 64;
// Exchanges of ours that wait for their turn; equal ones are one.
inline constexpr std::size_t kQueuedExchanges = 128;
// Between octets that keep a NAT's mapping alive (RFC 3948 §4).
inline constexpr Nanos kKeepalive = 20s;

// --- key exchanges ---
// RFC 9370 knows seven additional transform types.
inline constexpr std::size_t kAdditionalKeyExchanges = 7;
// A responder drops an IKE_FOLLOWUP_KE series that stands still for so long (RFC 9370 §2.2.4 proposes 5 to 20 seconds).
inline constexpr Nanos kFollowupIdle = 20s;
// So many answers of STATE_NOT_FOUND in a row, and the peer will never find it: the IKE SA is deleted (RFC 9370
// §2.2.4).
inline constexpr std::uint32_t kLostFollowups = 3;

// IKE_INTERMEDIATE without a key exchange, before a peer has a name: one for a list (RFC 9593 §3.1), one for PPKs
// (RFC 9867 §3.1).
inline constexpr std::size_t kBareIntermediates = 2;

// --- what is told ---
// Pairs of proposals that an explanation lists; the closest pair is always among them.
inline constexpr std::size_t kExplainedPairs = 16;

}  // namespace levelgate::limits
