// SPDX-License-Identifier: Apache-2.0
//
// Defence against half-open SAs (RFC 7296 §2.6): who must return a cookie before it costs anything, and cookies that
// need no memory. The demand is sticky: one that comes and goes makes both sides sign different requests, and good
// credentials fail. Keyed hash and randomness are given. Thread: control.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>
#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "crypto/random.h"
#include "ikewire/ike_header.h"
#include "negotiation/limits.h"

namespace levelgate::admission {

// --- cookies ---

using KeyedHash = std::function<Result<SecretBytes>(ConstBytes key, std::span<const ConstBytes> pieces)>;

// What stays the same when a request is sent again with its cookie. The port may change on the way.
struct CookieRequest {
  ConstBytes nonce;
  IpAddress source;
  ikewire::IkeSpi initiator_spi;
};

enum class CookieVerdict : std::uint8_t {
  kGood,
  kWrong,  // of nobody's making, of another request, or of a secret that is gone
};

// Two secrets: one makes cookies for a while and is then still good for as long again.
class Cookies {
 public:
  explicit Cookies(KeyedHash hash) : hash_(std::move(hash)) {}

  // Version of the secret, then the hash. Draws a new secret when the old one has had its time.
  [[nodiscard]] Result<std::vector<std::byte>> make(Instant now, const CookieRequest& request, crypto::Random& random);
  [[nodiscard]] CookieVerdict check(Instant now, const CookieRequest& request, ConstBytes cookie) const;

 private:
  struct Generation {
    std::uint8_t version = 0;
    SecretBytes secret;  // empty: there is none
    Instant good_until;
  };
  [[nodiscard]] Result<void> renew(Instant now, crypto::Random& random);
  [[nodiscard]] Result<SecretBytes> cookie_of(const Generation& generation, const CookieRequest& request) const;

  KeyedHash hash_;
  Instant renew_at_;
  Generation current_, previous_;
};

// --- when they are demanded ---

enum class Admission : std::uint8_t {
  kServe,
  kAskCookie,  // serve a request that has a good one, answer others with N(COOKIE)
  kDrop,       // too many already: no answer, cookie or not
};

// Counts half-open SAs, all of them and by source: an IPv4 address, or the /64 of an IPv6 one, which is what one
// subscriber has.
class HalfOpenCount {
 public:
  [[nodiscard]] Admission admit(Instant now, const IpAddress& source);
  void opened(const IpAddress& source);
  // Authenticated, failed or timed out; each opened one once.
  void closed(const IpAddress& source);

  // From so many half-open SAs on everybody has to return a cookie; 0: always.
  void demand_from(std::size_t half_open) { cookie_at_ = half_open; }

  [[nodiscard]] std::size_t half_open() const { return total_; }
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }

 private:
  struct Source {
    std::size_t half_open = 0;
    Instant demand_until;  // a cookie, even when the load is gone
  };
  void forget_idle(Instant now);

  std::size_t cookie_at_ = limits::kCookieAtHalfOpen;
  std::size_t total_ = 0;
  Instant demand_until_;
  Instant forget_at_;
  std::map<IpAddress, Source> sources_;
};

}  // namespace levelgate::admission
