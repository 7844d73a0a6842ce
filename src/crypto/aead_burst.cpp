// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's EVP interface, one context for each key, made when the key is prepared; a packet only sets its nonce.
#include "crypto/aead_burst.h"

#include <openssl/evp.h>

#include <cstring>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

class OpensslKey final : public esp::CipherKey {
 public:
  std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter> context;
};

struct CipherDeleter {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};

std::unique_ptr<EVP_CIPHER, CipherDeleter> evp_cipher(EspCipher cipher) {
  const auto fetch = [](const char* name) {
    return std::unique_ptr<EVP_CIPHER, CipherDeleter>(EVP_CIPHER_fetch(openssl_context(), name, nullptr));
  };
  switch (cipher) {
    case EspCipher::kAes128Gcm16:
      return fetch("AES-128-GCM");
    case EspCipher::kAes256Gcm16:
      return fetch("AES-256-GCM");
    case EspCipher::kChaCha20Poly1305:
      return fetch("ChaCha20-Poly1305");
  }
  return nullptr;
}

const unsigned char* octets(const std::byte* at) { return reinterpret_cast<const unsigned char*>(at); }
unsigned char* octets(std::byte* at) { return reinterpret_cast<unsigned char*>(at); }

bool run(const esp::CipherJob& job, bool seal) {
  EVP_CIPHER_CTX* const context = static_cast<OpensslKey*>(job.key)->context.get();
  const int body = static_cast<int>(job.body_octets);
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, octets(job.nonce.data()), -1) != 1) return false;
  if (EVP_CipherUpdate(context, nullptr, &written, octets(job.aad.data()), job.aad_octets) != 1) return false;
  if (body != 0 && EVP_CipherUpdate(context, octets(job.body), &written, octets(job.body), body) != 1) return false;
  constexpr int kTag = static_cast<int>(esp::kTagOctets);
  unsigned char none[16];
  if (!seal && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTag, job.tag) != 1) return false;
  if (EVP_CipherFinal_ex(context, none, &written) != 1) return false;
  return !seal || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTag, job.tag) == 1;
}

class OpensslCipher final : public esp::Cipher {
 public:
  Result<std::unique_ptr<esp::CipherKey>> prepare(EspCipher cipher, ConstBytes key, esp::Purpose purpose) override {
    auto prepared = std::make_unique<OpensslKey>();
    prepared->context.reset(EVP_CIPHER_CTX_new());
    if (key.size() != key_octets(cipher)) return failure(Fault::kInternal, "cipher key of the wrong length");
    const int enc = purpose == esp::Purpose::kSeal ? 1 : 0;
    const auto evp = evp_cipher(cipher);
    if (!evp || !prepared->context ||
        EVP_CipherInit_ex2(prepared->context.get(), evp.get(), octets(key.data()), nullptr, enc, nullptr) != 1) {
      return failure(Fault::kInternal, "OpenSSL refused the cipher");
    }
    return prepared;
  }
  void seal(std::span<esp::CipherJob> jobs) noexcept override { run_all(jobs, true); }
  void open(std::span<esp::CipherJob> jobs) noexcept override { run_all(jobs, false); }
  std::string_view name() const override { return "openssl"; }

 private:
  static void run_all(std::span<esp::CipherJob> jobs, bool seal) noexcept {
    for (esp::CipherJob& job : jobs) {
      const bool done = run(job, seal);
      job.verdict = done ? esp::CipherVerdict::kDone : esp::CipherVerdict::kAuthFailed;
      if (done || !seal) continue;
      std::memset(job.body, 0, job.body_octets);
      std::memset(job.tag, 0, esp::kTagOctets);
    }
  }
};

}  // namespace

std::unique_ptr<esp::Cipher> make_openssl_cipher() { return std::make_unique<OpensslCipher>(); }

}  // namespace levelgate::crypto
