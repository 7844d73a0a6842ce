// SPDX-License-Identifier: Apache-2.0
//
// Version of the secret | note of a puzzle, if there is one | hash.
#include "admission/cookies.h"

#include <algorithm>
#include <array>

#include "negotiation/limits.h"

namespace levelgate::admission {
namespace {

constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kHashOctets = 32;  // with the rest well within the 64 octets of RFC 7296 §2.6
// prf, difficulty, number, second (RFC 8019 §7.1.1.3) [8019-7.1.1.3-a].
constexpr std::size_t kNoteOctets = 8;

std::uint32_t second_of(Instant now) { return static_cast<std::uint32_t>(to_ns(now) / 1'000'000'000); }

std::array<std::byte, kNoteOctets> note_of(Instant now, const PuzzleSet& set) {
  std::array<std::byte, kNoteOctets> note{};
  store_be(note.data(), static_cast<std::uint16_t>(set.puzzle.prf));
  note[2] = std::byte(set.puzzle.difficulty);
  note[3] = std::byte(set.number);
  store_be(note.data() + 4, second_of(now));
  return note;
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

Result<std::vector<std::byte>> Cookies::make(Instant now, const CookieRequest& request, crypto::Random& random,
                                             const std::optional<PuzzleSet>& set) {
  if (current_.secret.empty() || now >= renew_at_) {
    if (const Result<void> renewed = renew(now, random); !renewed) return std::unexpected(renewed.error());
  }
  std::array<std::byte, kNoteOctets> note{};
  if (set) note = note_of(now, *set);
  const Result<SecretBytes> cookie = cookie_of(current_, request, set ? ConstBytes(note) : ConstBytes());
  if (!cookie) return std::unexpected(cookie.error());
  return std::vector(cookie->bytes().begin(), cookie->bytes().end());
}

// [8019-7.1.1.3-b]
Result<SecretBytes> Cookies::cookie_of(const Generation& generation, const CookieRequest& request,
                                       ConstBytes note) const {
  std::array<std::byte, 8> spi{};
  store_be(spi.data(), request.initiator_spi.value);
  // The nonce stands last: it alone has a length of the peer's choice; addresses of both families and cookies of both
  // kinds are told apart by the two octets in front.
  const std::array<std::byte, 2> kinds = {std::byte(request.source.family() == IpFamily::kV4 ? 4 : 6),
                                          std::byte(note.size())};
  const std::array<ConstBytes, 5> pieces = {kinds, note, request.source.bytes(), spi, request.nonce};
  const Result<SecretBytes> hash = hash_(generation.secret.bytes(), pieces);
  if (!hash) return std::unexpected(hash.error());
  if (hash->size() < kHashOctets) return failure(Fault::kInternal, "a keyed hash for cookies is too short");
  SecretBytes cookie(1 + note.size() + kHashOctets);
  ByteWriter writer(cookie.writable());
  writer.write(generation.version);
  writer.write_bytes(note);
  writer.write_bytes(hash->bytes().first(kHashOctets));
  return cookie;
}

std::optional<CookieFacts> Cookies::check(Instant now, const CookieRequest& request, ConstBytes cookie) const {
  const bool plain = cookie.size() == 1 + kHashOctets;
  if (!plain && cookie.size() != 1 + kNoteOctets + kHashOctets) return std::nullopt;
  const ConstBytes note = plain ? ConstBytes() : cookie.subspan(1, kNoteOctets);
  for (const Generation* generation : {&current_, &previous_}) {
    if (generation->secret.empty() || now >= generation->good_until) continue;
    if (cookie.front() != std::byte(generation->version)) continue;
    const Result<SecretBytes> expected = cookie_of(*generation, request, note);
    if (!expected || !expected->equals(cookie)) continue;
    CookieFacts facts;
    facts.mark = load_be<std::uint64_t>(cookie.last(kHashOctets).data());
    if (plain) return facts;
    const std::uint32_t seconds = second_of(now) - load_be<std::uint32_t>(note.data() + 4);
    facts.age = std::chrono::seconds(seconds);
    facts.set = PuzzleSet{{ikewire::Prf{load_be<std::uint16_t>(note.data())}, std::to_integer<std::uint8_t>(note[2])},
                          std::to_integer<std::uint8_t>(note[3])};
    if (facts.age < limits::kPuzzleLife) return facts;
  }
  return std::nullopt;
}

}  // namespace levelgate::admission
