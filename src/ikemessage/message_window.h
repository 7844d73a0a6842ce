// SPDX-License-Identifier: Apache-2.0
//
// Message ids of one IKE SA and one direction each: our requests, one at a time, retransmitted until answered; the
// peer's requests, up to a window of them, each answered again with the very same octets (RFC 7296 §2.1 to §2.3). Knows
// no layout and no keys: callers open a message first and then say that it counts. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ikewire/ike_header.h"
#include "negotiation/limits.h"

namespace levelgate::ikemessage {

using ikewire::MessageId;
// Never used, so that a counter cannot run around: an SA that gets here must be closed (RFC 7296 §2.2).
inline constexpr MessageId kLastMessageId{0xffff'ffff};

using Datagram = std::vector<std::byte>;
using SentMessage = std::vector<Datagram>;  // more than one when fragmented
using MessageDigest = std::array<std::byte, 32>;

// A random number that spreads waits; injected, 0 is allowed.
struct Jitter {
  std::uint16_t value = 0;
};

// Time until the given try is over (0 is the first): doubling up to a bound, plus up to a quarter.
[[nodiscard]] Nanos retry_wait(std::uint32_t attempt, Jitter jitter, Nanos first = limits::kFirstRetry);
// How many waits are shorter than limits::kFirstRetry where the first one is `first`.
[[nodiscard]] std::uint32_t short_tries(Nanos first);

enum class ResponseVerdict : std::uint8_t { kAwaited, kOld, kUnasked };
enum class RetryStep : std::uint8_t { kWait, kResend, kGiveUp };

// The requests that we send.
class OwnRequests {
 public:
  explicit OwnRequests(MessageId first = {}) : next_(first) {}

  [[nodiscard]] bool busy() const { return outstanding_.has_value(); }
  // What the next request is numbered; empty when the numbers are used up.
  [[nodiscard]] std::optional<MessageId> next_id() const;
  // A request with next_id() left now. False, and nothing kept, when one is outstanding or the numbers are used up.
  [[nodiscard]] bool sent(Instant now, SentMessage message, Jitter jitter, Nanos first = limits::kFirstRetry);
  // The outstanding request leaves again in another form with the same number: COOKIE, INVALID_KE_PAYLOAD, smaller
  // fragments. False when none is outstanding.
  [[nodiscard]] bool replaced(Instant now, SentMessage message, Jitter jitter);

  [[nodiscard]] ResponseVerdict verdict(MessageId id) const;
  // The awaited response was authentic (or is IKE_SA_INIT's and was taken). False for any other number.
  [[nodiscard]] bool answered(MessageId id);

  // The outstanding request is still leaving, or was sent for the last time just now: when on_time() counts next.
  void postpone(Instant due) {
    if (outstanding_) outstanding_->due = due;
  }
  [[nodiscard]] Instant deadline() const { return outstanding_ ? outstanding_->due : kNever; }
  // After kResend, outstanding() is to be sent again; after kGiveUp the peer counts as gone.
  [[nodiscard]] RetryStep on_time(Instant now, Jitter jitter, std::uint32_t most_tries = limits::kTries);
  [[nodiscard]] const SentMessage* outstanding() const { return outstanding_ ? &outstanding_->message : nullptr; }
  [[nodiscard]] std::uint32_t tries() const { return outstanding_ ? outstanding_->tries : 0; }

 private:
  struct Outstanding {
    SentMessage message;
    Instant due;
    Nanos first = limits::kFirstRetry;
    std::uint32_t tries = 1;
  };
  MessageId next_;
  std::optional<Outstanding> outstanding_;
};

// One datagram that claims to be (a part of) a request. The digest is of the datagram; fragment 0 means whole.
struct RequestArrival {
  MessageId id;
  MessageDigest digest{};
  std::uint16_t fragment = 0;
};

enum class RequestVerdict : std::uint8_t {
  kNew,                // open it
  kUnderWay,           // known, its response is not ready: say nothing
  kAnswerAgain,        // known octets: send the kept response
  kAnswerIfAuthentic,  // a first fragment with other octets: the peer splits anew; answer again only if it opens
  kOtherFragment,      // of an answered request: only fragment 1 asks for the response (RFC 7383 §2.6.1)
  kOtherOctets,        // a known number on a whole message that is not the known one: forged or broken
  kTooOld,
  kTooNew,  // beyond the window
  kNoMore,  // the last number: the SA is to be closed
};

// The requests that the peer sends.
class PeerRequests {
 public:
  explicit PeerRequests(MessageId first = {}, std::uint32_t window = 1);

  [[nodiscard]] RequestVerdict verdict(const RequestArrival& arrival) const;
  // The request opened; the digest is that of the datagram, or of its first fragment. False if it is not kNew.
  [[nodiscard]] bool accept(MessageId id, const MessageDigest& digest);
  // Keeps the response. False when no accepted request waits for it.
  [[nodiscard]] bool answer(MessageId id, SentMessage response);
  // Null when there is none (any more).
  [[nodiscard]] const SentMessage* response(MessageId id) const;
  // Lowest number that was not answered yet.
  [[nodiscard]] MessageId awaited() const { return awaited_; }
  [[nodiscard]] std::size_t kept() const { return known_.size(); }

 private:
  struct Known {
    MessageDigest digest;
    std::optional<SentMessage> response;
  };
  void forget_passed();

  MessageId awaited_;
  std::uint32_t window_;
  std::map<MessageId, Known> known_;
};

}  // namespace levelgate::ikemessage
