// SPDX-License-Identifier: Apache-2.0
//
// Cookies that need no memory (RFC 7296 §2.6), and that say themselves, behind a hash, which puzzle was set with them
// and when (RFC 8019 §7.1.1.3). Keyed hash and randomness are given. Thread: control.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "crypto/random.h"
#include "ikewire/ike_header.h"
#include "ikewire/ike_puzzle.h"

namespace levelgate::admission {

using KeyedHash = std::function<Result<SecretBytes>(ConstBytes key, std::span<const ConstBytes> pieces)>;

// What stays the same when a request is sent again with its cookie. The port may change on the way.
struct CookieRequest {
  ConstBytes nonce;
  IpAddress source;
  ikewire::IkeSpi initiator_spi;
};

// The puzzle that is set with a cookie.
struct PuzzleSet {
  ikewire::Puzzle puzzle;
  std::uint8_t number = 1;  // of those that were set to this initiator, one after the other
  bool operator==(const PuzzleSet&) const = default;
};

// What a good cookie says.
struct CookieFacts {
  std::optional<PuzzleSet> set;
  Nanos age{};             // of a puzzle, to the second
  std::uint64_t mark = 0;  // of this cookie, by octets that nobody else can choose
};

// Two secrets: one makes cookies for a while and is then still good for as long again. A plain cookie is the same for
// the same request as long as its secret makes cookies; that of a puzzle is another one each second.
class Cookies {
 public:
  explicit Cookies(KeyedHash hash) : hash_(std::move(hash)) {}

  // Draws a new secret when the old one has had its time.
  [[nodiscard]] Result<std::vector<std::byte>> make(Instant now, const CookieRequest& request, crypto::Random& random,
                                                    const std::optional<PuzzleSet>& set = std::nullopt);
  // Nothing: it is of nobody's making, of another request, of a secret that is gone, or of a puzzle that is too old.
  [[nodiscard]] std::optional<CookieFacts> check(Instant now, const CookieRequest& request, ConstBytes cookie) const;

 private:
  struct Generation {
    std::uint8_t version = 0;
    SecretBytes secret;  // empty: there is none
    Instant good_until;
  };
  [[nodiscard]] Result<void> renew(Instant now, crypto::Random& random);
  [[nodiscard]] Result<SecretBytes> cookie_of(const Generation& generation, const CookieRequest& request,
                                              ConstBytes note) const;

  KeyedHash hash_;
  Instant renew_at_;
  Generation current_, previous_;
};

}  // namespace levelgate::admission
