// SPDX-License-Identifier: Apache-2.0
//
// Synchronous calls through libipsec-mb's function table. Key material is expanded once for each key; within a burst,
// the key and the body two jobs ahead are prefetched, which decides when many SAs take turns.
#include "crypto/gcm_direct.h"

#include <intel-ipsec-mb.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace levelgate::crypto {
namespace {

constexpr std::size_t kPrefetchAhead = 2;  // jobs; measured to be enough to hide a miss to memory
constexpr std::size_t kCacheLine = 64;

// Aligned as the library asks; wiped when the SA goes.
class alignas(kCacheLine) MbKey final : public esp::CipherKey {
 public:
  explicit MbKey(EspCipher c) : cipher(c) { std::memset(&gcm, 0, sizeof gcm); }
  ~MbKey() override {
    volatile unsigned char* at = reinterpret_cast<volatile unsigned char*>(&gcm);
    for (std::size_t i = 0; i < sizeof gcm; ++i) at[i] = 0;
    at = chacha;
    for (std::size_t i = 0; i < sizeof chacha; ++i) at[i] = 0;
  }
  MbKey(const MbKey&) = delete;
  MbKey& operator=(const MbKey&) = delete;

  alignas(kCacheLine) gcm_key_data gcm;  // the library's header asks for it only where LINUX is defined
  unsigned char chacha[32] = {};
  EspCipher cipher;
};

struct MbDeleter {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};

// Equal in time that does not depend on where the tags differ.
bool tags_equal(const std::byte* a, const std::byte* b) {
  std::uint64_t x[2], y[2];
  std::memcpy(x, a, sizeof x);
  std::memcpy(y, b, sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

class MbCipher final : public esp::Cipher {
 public:
  explicit MbCipher(IMB_MGR* manager) : manager_(manager) {}

  Result<std::unique_ptr<esp::CipherKey>> prepare(EspCipher cipher, ConstBytes key, esp::Purpose) override {
    if (key.size() != key_octets(cipher)) return failure(Fault::kInternal, "cipher key of the wrong length");
    auto prepared = std::make_unique<MbKey>(cipher);
    switch (cipher) {
      case EspCipher::kAes128Gcm16:
        IMB_AES128_GCM_PRE(manager_.get(), key.data(), &prepared->gcm);
        break;
      case EspCipher::kAes256Gcm16:
        IMB_AES256_GCM_PRE(manager_.get(), key.data(), &prepared->gcm);
        break;
      case EspCipher::kChaCha20Poly1305:
        std::memcpy(prepared->chacha, key.data(), sizeof prepared->chacha);
        break;
    }
    return prepared;
  }

  void seal(std::span<esp::CipherJob> jobs) noexcept override {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (i + kPrefetchAhead < jobs.size()) prefetch(jobs[i + kPrefetchAhead]);
      seal_one(jobs[i]);
    }
  }

  void open(std::span<esp::CipherJob> jobs) noexcept override {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (i + kPrefetchAhead < jobs.size()) prefetch(jobs[i + kPrefetchAhead]);
      alignas(16) std::byte computed[esp::kTagOctets];
      open_one(jobs[i], computed);
      const bool holds = tags_equal(computed, jobs[i].tag);
      jobs[i].verdict = holds ? esp::CipherVerdict::kDone : esp::CipherVerdict::kAuthFailed;
    }
  }

  std::string_view name() const override { return "ipsec-mb"; }

 private:
  static void prefetch(const esp::CipherJob& job) {
    __builtin_prefetch(job.body);
    __builtin_prefetch(job.body + kCacheLine);
    const char* key = static_cast<const char*>(static_cast<const void*>(static_cast<const MbKey*>(job.key)));
    for (std::size_t line = 0; line < 6; ++line) __builtin_prefetch(key + line * kCacheLine);
  }

  void seal_one(esp::CipherJob& job) noexcept {
    MbKey& key = *static_cast<MbKey*>(job.key);
    job.verdict = esp::CipherVerdict::kDone;
    IMB_MGR* const m = manager_.get();
    unsigned char* const body = reinterpret_cast<unsigned char*>(job.body);
    const unsigned char* const nonce = reinterpret_cast<const unsigned char*>(job.nonce.data());
    const unsigned char* const aad = reinterpret_cast<const unsigned char*>(job.aad.data());
    unsigned char* const tag = reinterpret_cast<unsigned char*>(job.tag);
    switch (key.cipher) {
      case EspCipher::kAes128Gcm16:
        IMB_AES128_GCM_ENC(m, &key.gcm, &gcm_, body, body, job.body_octets, nonce, aad, job.aad_octets, tag,
                           esp::kTagOctets);
        return;
      case EspCipher::kAes256Gcm16:
        IMB_AES256_GCM_ENC(m, &key.gcm, &gcm_, body, body, job.body_octets, nonce, aad, job.aad_octets, tag,
                           esp::kTagOctets);
        return;
      case EspCipher::kChaCha20Poly1305:
        IMB_CHACHA20_POLY1305_INIT(m, key.chacha, &chacha_, nonce, aad, job.aad_octets);
        IMB_CHACHA20_POLY1305_ENC_UPDATE(m, key.chacha, &chacha_, body, body, job.body_octets);
        IMB_CHACHA20_POLY1305_ENC_FINALIZE(m, &chacha_, tag, esp::kTagOctets);
        return;
    }
  }

  void open_one(const esp::CipherJob& job, std::byte* computed) noexcept {
    MbKey& key = *static_cast<MbKey*>(job.key);
    IMB_MGR* const m = manager_.get();
    unsigned char* const body = reinterpret_cast<unsigned char*>(job.body);
    const unsigned char* const nonce = reinterpret_cast<const unsigned char*>(job.nonce.data());
    const unsigned char* const aad = reinterpret_cast<const unsigned char*>(job.aad.data());
    unsigned char* const tag = reinterpret_cast<unsigned char*>(computed);
    switch (key.cipher) {
      case EspCipher::kAes128Gcm16:
        IMB_AES128_GCM_DEC(m, &key.gcm, &gcm_, body, body, job.body_octets, nonce, aad, job.aad_octets, tag,
                           esp::kTagOctets);
        return;
      case EspCipher::kAes256Gcm16:
        IMB_AES256_GCM_DEC(m, &key.gcm, &gcm_, body, body, job.body_octets, nonce, aad, job.aad_octets, tag,
                           esp::kTagOctets);
        return;
      case EspCipher::kChaCha20Poly1305:
        IMB_CHACHA20_POLY1305_INIT(m, key.chacha, &chacha_, nonce, aad, job.aad_octets);
        IMB_CHACHA20_POLY1305_DEC_UPDATE(m, key.chacha, &chacha_, body, body, job.body_octets);
        IMB_CHACHA20_POLY1305_DEC_FINALIZE(m, &chacha_, tag, esp::kTagOctets);
        return;
    }
  }

  std::unique_ptr<IMB_MGR, MbDeleter> manager_;
  alignas(kCacheLine) gcm_context_data gcm_{};
  chacha20_poly1305_context_data chacha_{};
};

}  // namespace

Result<std::unique_ptr<esp::Cipher>> make_ipsec_mb_cipher() {
  IMB_MGR* const manager = alloc_mb_mgr(0);
  if (manager == nullptr) return failure(Fault::kNoMemory, "libipsec-mb got no memory");
  IMB_ARCH chosen = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager, &chosen);
  const int fault = imb_get_errno(manager);
  if (fault != 0) {
    free_mb_mgr(manager);
    return failure(Fault::kDeviceMissing, std::string("libipsec-mb does not run on this processor (") +
                                              imb_get_strerror(fault) + "); set dataplane.crypto: openssl");
  }
  return std::make_unique<MbCipher>(manager);
}

}  // namespace levelgate::crypto
