// SPDX-License-Identifier: Apache-2.0
//
// What holds for every esp::Cipher, whatever is behind it: known answers, the same octets as the oracle's, nothing
// accepted that was touched, nothing written beside the packet. A test calls these with the cipher that it has made.
#pragma once

#include <gtest/gtest.h>
#include <levelgate/base/algorithms.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "esp/cipher.h"
#include "support/hex_octets.h"
#include "support/sa_pair.h"
#include "vectors/aead_vectors.h"

namespace levelgate::testing {

inline constexpr std::array kEspCiphers{EspCipher::kAes128Gcm16, EspCipher::kAes256Gcm16, EspCipher::kChaCha20Poly1305};

inline std::string name_of(EspCipher kind) {
  constexpr std::array<const char*, 3> kNames{"aes128gcm16", "aes256gcm16", "chacha20poly1305"};
  return kNames[static_cast<std::size_t>(kind)];
}

// One packet for a Cipher: where its octets lie, with guards around them, and the job on them.
class AeadSheet {
 public:
  AeadSheet(Octets body, const Octets& nonce, const Octets& aad, std::size_t shift = 0)
      : body_octets_(body.size()), begin_(kGuard + shift), octets_(begin_ + body.size() + esp::kTagOctets + kGuard) {
    std::fill(octets_.begin(), octets_.end(), kGuardOctet);
    std::copy(body.begin(), body.end(), octets_.begin() + static_cast<std::ptrdiff_t>(begin_));
    std::copy(nonce.begin(), nonce.end(), job.nonce.begin());
    std::copy(aad.begin(), aad.end(), job.aad.begin());
    job.aad_octets = static_cast<std::uint8_t>(aad.size());
    point();
  }
  // Pseudo-random in everything.
  AeadSheet(std::size_t body_octets, std::uint8_t aad_octets, unsigned seed, std::size_t shift = 0)
      : AeadSheet(octets_of(body_octets, seed), octets_of(esp::kNonceOctets, seed + 1), octets_of(aad_octets, seed + 2),
                  shift) {}
  AeadSheet(const AeadSheet& other)
      : job(other.job), body_octets_(other.body_octets_), begin_(other.begin_), octets_(other.octets_) {
    point();
  }
  AeadSheet& operator=(const AeadSheet&) = delete;

  [[nodiscard]] Octets body() const { return Octets(job.body, job.body + body_octets_); }
  [[nodiscard]] Octets tag() const { return Octets(job.tag, job.tag + esp::kTagOctets); }
  [[nodiscard]] bool guards_hold() const {
    const auto whole = [](std::byte octet) { return octet == kGuardOctet; };
    const auto front = octets_.begin() + static_cast<std::ptrdiff_t>(begin_);
    return std::all_of(octets_.begin(), front, whole) && std::all_of(octets_.end() - kGuard, octets_.end(), whole);
  }

  esp::CipherJob job;

 private:
  static constexpr std::size_t kGuard = 32;
  static constexpr std::byte kGuardOctet{0xa5};
  void point() {
    job.body = octets_.data() + begin_;
    job.tag = job.body + body_octets_;
    job.body_octets = static_cast<std::uint32_t>(body_octets_);
  }

  std::size_t body_octets_;
  std::size_t begin_;
  Octets octets_;
};

// A key ready for both ways.
struct AeadKeys {
  AeadKeys(esp::Cipher& cipher, EspCipher kind, const Octets& key)
      : seal(cipher.prepare(kind, key, esp::Purpose::kSeal).value()),
        open(cipher.prepare(kind, key, esp::Purpose::kOpen).value()) {}
  AeadKeys(esp::Cipher& cipher, EspCipher kind, unsigned seed)
      : AeadKeys(cipher, kind, octets_of(key_octets(kind), seed)) {}
  std::unique_ptr<esp::CipherKey> seal, open;
};

inline esp::CipherVerdict seal(esp::Cipher& cipher, AeadSheet& sheet, const AeadKeys& keys) {
  sheet.job.key = keys.seal.get();
  cipher.seal({&sheet.job, 1});
  return sheet.job.verdict;
}

inline esp::CipherVerdict open(esp::Cipher& cipher, AeadSheet& sheet, const AeadKeys& keys) {
  sheet.job.key = keys.open.get();
  cipher.open({&sheet.job, 1});
  return sheet.job.verdict;
}

// Known answers of that cipher, as far as ESP's associated data is concerned or `any_aad` says; how many there were.
inline int expect_known_answers(esp::Cipher& cipher, EspCipher kind, bool any_aad) {
  int used = 0;
  for (const AeadVector& vector : kAeadVectors) {
    const Octets aad = from_hex(vector.aad);
    if (vector.cipher != kind || (!any_aad && aad.size() != 8 && aad.size() != 12)) continue;
    SCOPED_TRACE(vector.source);
    ++used;
    const AeadKeys keys(cipher, kind, from_hex(vector.key));
    Octets sealed = from_hex(vector.sealed);
    const Octets tag(sealed.end() - esp::kTagOctets, sealed.end());
    sealed.resize(sealed.size() - esp::kTagOctets);
    AeadSheet arrived(sealed, from_hex(vector.nonce), aad);
    std::copy(tag.begin(), tag.end(), arrived.job.tag);
    if (vector.authentic == Authentic::kNo) {
      EXPECT_EQ(open(cipher, arrived, keys), esp::CipherVerdict::kAuthFailed);
      continue;
    }
    EXPECT_EQ(open(cipher, arrived, keys), esp::CipherVerdict::kDone);
    EXPECT_EQ(arrived.body(), from_hex(vector.plain));
    AeadSheet made(from_hex(vector.plain), from_hex(vector.nonce), aad);
    EXPECT_EQ(seal(cipher, made, keys), esp::CipherVerdict::kDone);
    EXPECT_EQ(made.body(), sealed);
    EXPECT_EQ(made.tag(), tag);
  }
  return used;
}

// The cipher and the oracle write the same octets for each body length, wherever it lies, and open each other's.
inline void expect_equals_oracle(esp::Cipher& cipher, esp::Cipher& oracle, EspCipher kind,
                                 const std::vector<std::size_t>& lengths) {
  const AeadKeys keys(cipher, kind, 99u);
  const AeadKeys same(oracle, kind, 99u);
  for (const std::size_t length : lengths) {
    for (const std::uint8_t aad : {std::uint8_t{8}, std::uint8_t{12}}) {
      const unsigned seed = static_cast<unsigned>(length * 2 + aad);
      const AeadSheet plain(length, aad, seed, length % 17);
      AeadSheet ours = plain;
      AeadSheet theirs = plain;
      ASSERT_EQ(seal(cipher, ours, keys), esp::CipherVerdict::kDone) << length;
      ASSERT_EQ(seal(oracle, theirs, same), esp::CipherVerdict::kDone) << length;
      ASSERT_EQ(ours.body(), theirs.body()) << "body of " << length << ", associated data of " << int{aad};
      ASSERT_EQ(ours.tag(), theirs.tag()) << "body of " << length << ", associated data of " << int{aad};
      const Octets tag = ours.tag();
      ASSERT_EQ(open(cipher, theirs, keys), esp::CipherVerdict::kDone) << length;
      ASSERT_EQ(open(oracle, ours, same), esp::CipherVerdict::kDone) << length;
      ASSERT_EQ(theirs.body(), plain.body()) << length;
      ASSERT_EQ(ours.body(), plain.body()) << length;
      ASSERT_EQ(theirs.tag(), tag) << "opening wrote the tag";
      ASSERT_TRUE(ours.guards_hold() && theirs.guards_hold()) << length;
    }
  }
}

// One bit changed anywhere, or another key, and the packet is refused; unchanged it is taken.
inline void expect_forgeries_refused(esp::Cipher& cipher, EspCipher kind, std::uint8_t aad_octets) {
  const AeadKeys keys(cipher, kind, 5u);
  AeadSheet sealed(61, aad_octets, 3);
  ASSERT_EQ(seal(cipher, sealed, keys), esp::CipherVerdict::kDone);
  const auto verdict_with = [&](auto&& change) {
    AeadSheet sheet = sealed;
    change(sheet.job);
    const auto verdict = open(cipher, sheet, keys);
    EXPECT_TRUE(sheet.guards_hold());
    return verdict;
  };
  const auto flip = [](std::byte& octet, int bit) { octet ^= static_cast<std::byte>(1 << bit); };
  ASSERT_EQ(verdict_with([](esp::CipherJob&) {}), esp::CipherVerdict::kDone);
  constexpr auto kRefused = esp::CipherVerdict::kAuthFailed;
  for (int bit = 0; bit < 8; ++bit) {
    for (std::size_t i = 0; i < 61; ++i) {
      EXPECT_EQ(verdict_with([&](esp::CipherJob& job) { flip(job.body[i], bit); }), kRefused) << "body " << i;
    }
    for (std::size_t i = 0; i < esp::kTagOctets; ++i) {
      EXPECT_EQ(verdict_with([&](esp::CipherJob& job) { flip(job.tag[i], bit); }), kRefused) << "tag " << i;
    }
    for (std::size_t i = 0; i < aad_octets; ++i) {
      EXPECT_EQ(verdict_with([&](esp::CipherJob& job) { flip(job.aad[i], bit); }), kRefused) << "aad " << i;
    }
    for (std::size_t i = 0; i < esp::kNonceOctets; ++i) {
      EXPECT_EQ(verdict_with([&](esp::CipherJob& job) { flip(job.nonce[i], bit); }), kRefused) << "nonce " << i;
    }
  }
  const auto other_length = static_cast<std::uint8_t>(20 - aad_octets);
  EXPECT_EQ(verdict_with([&](esp::CipherJob& job) { job.aad_octets = other_length; }), kRefused) << "other width";
  AeadSheet sheet = sealed;
  EXPECT_EQ(open(cipher, sheet, AeadKeys(cipher, kind, 6u)), kRefused) << "another key";
}

// Many packets in one call are each what they are alone: keys, lengths and both widths mixed, every fourth one forged.
inline void expect_burst_as_single(esp::Cipher& cipher, const std::vector<EspCipher>& kinds, std::size_t count) {
  std::vector<AeadKeys> keys;
  for (const EspCipher kind : kinds) {
    for (unsigned seed = 1; seed <= 2; ++seed) keys.emplace_back(cipher, kind, seed);
  }
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<AeadSheet> plain;
  std::vector<const AeadKeys*> key_of;
  std::vector<esp::CipherJob> jobs;
  for (std::size_t i = 0; i < count; ++i) {
    plain.emplace_back(random() % 1500, random() % 2 == 0 ? std::uint8_t{8} : std::uint8_t{12}, random(),
                       random() % 16);
    key_of.push_back(&keys[random() % keys.size()]);
  }
  std::vector<AeadSheet> alone(plain), together(plain);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(seal(cipher, alone[i], *key_of[i]), esp::CipherVerdict::kDone);
    together[i].job.key = key_of[i]->seal.get();
    jobs.push_back(together[i].job);
  }
  cipher.seal(jobs);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(jobs[i].verdict, esp::CipherVerdict::kDone) << i;
    ASSERT_EQ(together[i].body(), alone[i].body()) << i;
    ASSERT_EQ(together[i].tag(), alone[i].tag()) << i;
    jobs[i].key = key_of[i]->open.get();
    if (i % 4 == 3) jobs[i].tag[i % esp::kTagOctets] ^= std::byte{1};
  }
  cipher.open(jobs);
  for (std::size_t i = 0; i < count; ++i) {
    const bool forged = i % 4 == 3;
    EXPECT_EQ(jobs[i].verdict, forged ? esp::CipherVerdict::kAuthFailed : esp::CipherVerdict::kDone) << i;
    if (!forged) {
      EXPECT_EQ(together[i].body(), plain[i].body()) << i;
    }
    EXPECT_TRUE(together[i].guards_hold()) << i;
  }
}

// The verdict is the call's own: what stood there before does not matter.
inline void expect_verdict_is_fresh(esp::Cipher& cipher, EspCipher kind) {
  const AeadKeys keys(cipher, kind, 8u);
  AeadSheet sheet(100, 8, 4);
  sheet.job.verdict = esp::CipherVerdict::kAuthFailed;
  EXPECT_EQ(seal(cipher, sheet, keys), esp::CipherVerdict::kDone);
  AeadSheet forged = sheet;
  sheet.job.verdict = esp::CipherVerdict::kAuthFailed;
  EXPECT_EQ(open(cipher, sheet, keys), esp::CipherVerdict::kDone);
  forged.job.tag[0] ^= std::byte{1};
  forged.job.verdict = esp::CipherVerdict::kDone;
  EXPECT_EQ(open(cipher, forged, keys), esp::CipherVerdict::kAuthFailed);
}

inline void expect_wrong_key_lengths_refused(esp::Cipher& cipher, EspCipher kind) {
  for (const std::size_t octets : {0u, 1u, 15u, 16u, 17u, 20u, 24u, 31u, 32u, 33u, 36u, 64u}) {
    for (const esp::Purpose purpose : {esp::Purpose::kSeal, esp::Purpose::kOpen}) {
      EXPECT_EQ(cipher.prepare(kind, octets_of(octets), purpose).has_value(), octets == key_octets(kind)) << octets;
    }
  }
}

}  // namespace levelgate::testing
