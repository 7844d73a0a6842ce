// SPDX-License-Identifier: Apache-2.0
//
// Cookies and the load that makes them needed.
#include "admission/cookies.h"

#include <algorithm>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::admission {
namespace {

constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kHashOctets = 32;  // with the version well within the 64 octets of RFC 7296 §2.6

IpAddress source_key(const IpAddress& source) {
  return source.family() == IpFamily::kV4 ? source : IpPrefix{source, 64}.network().address;
}

}  // namespace

Result<void> Cookies::renew(Instant now, crypto::Random& random) {
  SecretBytes fresh(kSecretOctets);
  if (const Result<void> filled = random.fill(fresh.writable()); !filled) return filled;
  const auto version = static_cast<std::uint8_t>(current_.version + 1);
  previous_ = std::move(current_);
  current_ = Generation{version, std::move(fresh), now + 2 * limits::kCookieSecretLife};
  renew_at_ = now + limits::kCookieSecretLife;
  return {};
}

Result<std::vector<std::byte>> Cookies::make(Instant now, const CookieRequest& request, crypto::Random& random) {
  if (current_.secret.empty() || now >= renew_at_) {
    if (const Result<void> renewed = renew(now, random); !renewed) return std::unexpected(renewed.error());
  }
  const Result<SecretBytes> cookie = cookie_of(current_, request);
  if (!cookie) return std::unexpected(cookie.error());
  return std::vector(cookie->bytes().begin(), cookie->bytes().end());
}

Result<SecretBytes> Cookies::cookie_of(const Generation& generation, const CookieRequest& request) const {
  std::array<std::byte, 8> spi{};
  store_be(spi.data(), request.initiator_spi.value);
  // The nonce stands last: it alone has a length of the peer's choice, and addresses of both families are told apart
  // by the version octet in front.
  const std::array<std::byte, 1> family = {std::byte(request.source.family() == IpFamily::kV4 ? 4 : 6)};
  const std::array<ConstBytes, 4> pieces = {family, request.source.bytes(), spi, request.nonce};
  const Result<SecretBytes> hash = hash_(generation.secret.bytes(), pieces);
  if (!hash) return std::unexpected(hash.error());
  if (hash->size() < kHashOctets) return failure(Fault::kInternal, "a keyed hash for cookies is too short");
  SecretBytes cookie(1 + kHashOctets);
  ByteWriter writer(cookie.writable());
  writer.write(generation.version);
  writer.write_bytes(hash->bytes().first(kHashOctets));
  return cookie;
}

CookieVerdict Cookies::check(Instant now, const CookieRequest& request, ConstBytes cookie) const {
  for (const Generation* generation : {&current_, &previous_}) {
    if (generation->secret.empty() || now >= generation->good_until || cookie.empty()) continue;
    if (cookie.front() != std::byte(generation->version)) continue;
    const Result<SecretBytes> expected = cookie_of(*generation, request);
    if (expected && expected->equals(cookie)) return CookieVerdict::kGood;
  }
  return CookieVerdict::kWrong;
}

Admission HalfOpenCount::admit(Instant now, const IpAddress& source) {
  forget_idle(now);
  const auto found = sources_.find(source_key(source));
  const std::size_t of_source = found == sources_.end() ? 0 : found->second.half_open;
  if (total_ >= limits::kHalfOpen || of_source >= limits::kHalfOpenOfSource) return Admission::kDrop;
  if (found == sources_.end() && sources_.size() >= limits::kSources) return Admission::kDrop;
  if (total_ >= cookie_at_) demand_until_ = now + limits::kCookieHold;
  if (of_source >= limits::kCookieAtHalfOpenOfSource) found->second.demand_until = now + limits::kCookieHold;
  const bool demanded = now < demand_until_ || (found != sources_.end() && now < found->second.demand_until);
  return demanded ? Admission::kAskCookie : Admission::kServe;
}

void HalfOpenCount::opened(const IpAddress& source) {
  ++total_;
  ++sources_[source_key(source)].half_open;
}

void HalfOpenCount::closed(const IpAddress& source) {
  const auto found = sources_.find(source_key(source));
  if (found == sources_.end() || found->second.half_open == 0) return;
  --total_;
  const bool idle = --found->second.half_open == 0 && found->second.demand_until == Instant();
  if (idle) sources_.erase(found);
}

// In turns as long as a demand is held, so that the cost for one request is small.
void HalfOpenCount::forget_idle(Instant now) {
  if (now < forget_at_) return;
  forget_at_ = now + limits::kCookieHold;
  std::erase_if(sources_,
                [&](const auto& entry) { return entry.second.half_open == 0 && now >= entry.second.demand_until; });
}

}  // namespace levelgate::admission
