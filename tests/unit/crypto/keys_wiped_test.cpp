// SPDX-License-Identifier: Apache-2.0
//
// No octets of a key stay in memory that is given back. This program's own allocator looks at each block when it goes;
// an expanded AES key begins with the key itself, so it is found as well.
#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <string.h>

#include <cstdlib>
#include <new>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "crypto/ike_cipher.h"
#include "crypto/key_exchange.h"
#include "crypto/prf.h"
#include "support/aead_laws.h"

namespace {

constexpr std::size_t kWatched = 16;
const std::byte* watched = nullptr;  // that many octets must not be in a block that goes
std::size_t found = 0;

void look_at(void* block) {
  if (watched == nullptr || block == nullptr) return;
  if (memmem(block, malloc_usable_size(block), watched, kWatched) != nullptr) ++found;
}

void* crypto_malloc(std::size_t octets, const char*, int) { return std::malloc(octets); }
void* crypto_realloc(void* block, std::size_t octets, const char*, int) { return std::realloc(block, octets); }
void crypto_free(void* block, const char*, int) {
  look_at(block);
  std::free(block);
}
// Before OpenSSL has allocated anything.
const int hooked = CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);

void* allocate(std::size_t octets, std::size_t alignment) {
  void* block = nullptr;
  if (posix_memalign(&block, std::max(alignment, sizeof(void*)), octets == 0 ? 1 : octets) == 0) return block;
  throw std::bad_alloc();
}
void release(void* block) {
  look_at(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t octets) { return allocate(octets, alignof(std::max_align_t)); }
void* operator new(std::size_t octets, std::align_val_t alignment) {
  return allocate(octets, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }

namespace levelgate::testing::keys_wiped_test {
namespace {

class KeysWiped : public ::testing::TestWithParam<EspCipher> {
 protected:
  void TearDown() override { watched = nullptr; }
  // Makes a key, uses it, lets it go; how many blocks had it in them.
  std::size_t left_behind_by(esp::Cipher& cipher) {
    static std::array<std::byte, 32> key;  // itself never given back
    const Octets octets = octets_of(key.size(), 77);
    std::copy(octets.begin(), octets.end(), key.begin());
    watched = key.data();
    found = 0;
    for (const esp::Purpose purpose : {esp::Purpose::kSeal, esp::Purpose::kOpen}) {
      auto prepared = cipher.prepare(GetParam(), ConstBytes(key).first(key_octets(GetParam())), purpose);
      EXPECT_TRUE(prepared.has_value());
      AeadSheet sheet(100, 12, 3);
      sheet.job.key = prepared->get();
      purpose == esp::Purpose::kSeal ? cipher.seal({&sheet.job, 1}) : cipher.open({&sheet.job, 1});
    }
    return found;
  }
};

TEST_P(KeysWiped, ByOpenssl) {
  ASSERT_EQ(hooked, 1);
  const auto cipher = crypto::make_openssl_cipher();
  EXPECT_EQ(left_behind_by(*cipher), 0u);
}

TEST_P(KeysWiped, ByIpsecMb) {
  const auto cipher = crypto::make_ipsec_mb_cipher();
  if (!cipher) GTEST_SKIP() << cipher.error().what;
  EXPECT_EQ(left_behind_by(**cipher), 0u);
}

// The look itself sees a key that is left.
TEST_P(KeysWiped, OrElseItIsSeen) {
  const Octets key = octets_of(32, 78);
  watched = key.data();
  found = 0;
  {
    const auto careless = std::make_unique<Octets>(key);
  }
  EXPECT_EQ(found, 1u);
}

// The keys of IKE, each watched while it is used a second time; the first time tells what to look for.
class IkeKeysWiped : public ::testing::Test {
 protected:
  void TearDown() override { watched = nullptr; }

  void watch(ConstBytes secret) {
    ASSERT_GE(secret.size(), kWatched);
    static std::array<std::byte, kWatched> looked_for;
    std::copy_n(secret.begin(), kWatched, looked_for.begin());
    watched = looked_for.data();
    found = 0;
  }

  Octets key_ = octets_of(64, 79);
};

// [7296-2.12-a]
TEST_F(IkeKeysWiped, PrfAndItsOutput) {
  using crypto::Prf;
  watch(key_);
  EXPECT_TRUE(crypto::prf(Prf::kHmacSha256, key_, {key_}) && crypto::prf_plus(Prf::kHmacSha512, key_, {}, 300));
  EXPECT_EQ(found, 0u) << "the key";
  const auto output = crypto::prf_plus(Prf::kHmacSha256, key_, {}, 300);
  for (const std::size_t at : {0u, 32u, 256u, 280u}) {
    watch(output->bytes().subspan(at));
    EXPECT_TRUE(crypto::prf_plus(Prf::kHmacSha256, key_, {}, 300));
    EXPECT_EQ(found, 0u) << at;
  }
}

// [7296-2.12-a]
TEST_F(IkeKeysWiped, CipherAndIntegrityKey) {
  using crypto::IkeCipher, crypto::IkeEncryption, crypto::IkeIntegrity;
  const Octets integrity = octets_of(32, 80), iv = octets_of(16, 81), body = octets_of(32, 82);
  for (const Octets& secret : {key_, integrity}) {
    watch(secret);
    {
      const auto cbc = IkeCipher::create({IkeEncryption::kAes256Cbc, IkeIntegrity::kHmacSha256},
                                         ConstBytes(key_).first(32), integrity);
      EXPECT_TRUE(cbc->open(iv, {}, cbc->seal(iv, {}, body).value()));
      const auto gcm =
          IkeCipher::create({IkeEncryption::kAes128Gcm16, IkeIntegrity::kNone}, ConstBytes(key_).first(20), {});
      EXPECT_TRUE(gcm->seal(ConstBytes(iv).first(8), {}, body));
    }
    EXPECT_EQ(found, 0u);
  }
}

// [7296-2.12-a]
TEST_F(IkeKeysWiped, SharedSecrets) {
  for (const crypto::KeyExchangeMethod& method : crypto::key_exchange_methods()) {
    const auto own = crypto::generate_key(method.id).value();
    const auto peer = crypto::encapsulate(method.id, own->public_value()).value();
    watch(peer.secret.bytes());
    EXPECT_TRUE(own->decapsulate(peer.response));
    EXPECT_EQ(found, 0u) << method.name;
    watched = nullptr;
  }
}

INSTANTIATE_TEST_SUITE_P(All, KeysWiped, ::testing::ValuesIn(kEspCiphers),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace levelgate::testing::keys_wiped_test
