// SPDX-License-Identifier: Apache-2.0
//
// SK bodies by OpenSSL. IKE messages are few: a context is made for each, and no key waits in one.
#include "crypto/ike_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <limits>

#include "crypto/openssl_context.h"
#include "crypto/prf.h"

namespace levelgate::crypto {
namespace {

using CipherContext = OpensslOwned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t kAeadNonceOctets = 12;  // RFC 5282 §4, RFC 7634 §2: salt, then IV
constexpr std::size_t kAeadSaltOctets = 4;
constexpr std::size_t kAeadIvOctets = 8;
constexpr std::size_t kAeadIcvOctets = 16;
constexpr std::size_t kAesBlockOctets = 16;

struct EncryptionFacts {
  const char* openssl_name;
  std::size_t key_octets;
  bool aead;
};

EncryptionFacts facts(IkeEncryption encryption) {
  switch (encryption) {
    case IkeEncryption::kAes128Gcm16:
      return {"AES-128-GCM", 16, true};
    case IkeEncryption::kAes256Gcm16:
      return {"AES-256-GCM", 32, true};
    case IkeEncryption::kChaCha20Poly1305:
      return {"ChaCha20-Poly1305", 32, true};
    case IkeEncryption::kAes128Cbc:
      return {"AES-128-CBC", 16, false};
    case IkeEncryption::kAes256Cbc:
      return {"AES-256-CBC", 32, false};
  }
  return {"", 0, false};
}

// RFC 4868 §2.1.1: the key is as long as the hash, the check value half of it.
std::size_t integrity_key_octets(IkeIntegrity integrity) {
  switch (integrity) {
    case IkeIntegrity::kNone:
      return 0;
    case IkeIntegrity::kHmacSha256:
      return 32;
    case IkeIntegrity::kHmacSha384:
      return 48;
    case IkeIntegrity::kHmacSha512:
      return 64;
  }
  return 0;
}

Prf hmac_of(IkeIntegrity integrity) {
  switch (integrity) {
    case IkeIntegrity::kHmacSha384:
      return Prf::kHmacSha384;
    case IkeIntegrity::kHmacSha512:
      return Prf::kHmacSha512;
    case IkeIntegrity::kNone:  // has no key and never comes here
    case IkeIntegrity::kHmacSha256:
      break;
  }
  return Prf::kHmacSha256;
}

// Looked up by name once for each cipher: the lookup costs as much as a short message. Lives as long as the context.
const EVP_CIPHER* cipher_of(IkeEncryption encryption) {
  using enum IkeEncryption;
  const auto fetch = [](IkeEncryption one) {
    return EVP_CIPHER_fetch(openssl_context(), facts(one).openssl_name, nullptr);
  };
  static const std::array<const EVP_CIPHER*, 5> ciphers{fetch(kAes128Gcm16), fetch(kAes256Gcm16),
                                                        fetch(kChaCha20Poly1305), fetch(kAes128Cbc), fetch(kAes256Cbc)};
  return ciphers[static_cast<std::size_t>(encryption)];
}

Result<CipherContext> keyed(IkeEncryption encryption, ConstBytes key, ConstBytes iv, int seal) {
  const EVP_CIPHER* const cipher = cipher_of(encryption);
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !context ||
      EVP_CipherInit_ex2(context.get(), cipher, octets_of(key), octets_of(iv), seal, nullptr) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return openssl_failure(Fault::kInternal, "OpenSSL refused a cipher of an SK payload");
  }
  return context;
}

Error tag_failure() { return Error{Fault::kBadInput, "SK payload: the integrity check value does not hold"}; }

}  // namespace

Result<IkeCipherSizes> ike_cipher_sizes(IkeProtection protection) {
  const EncryptionFacts encryption = facts(protection.encryption);
  const std::size_t integrity_key = integrity_key_octets(protection.integrity);
  if (encryption.aead != (integrity_key == 0)) {
    return failure(Fault::kBadInput, encryption.aead ? "an AEAD cipher goes without an integrity algorithm"
                                                     : "AES-CBC needs an integrity algorithm");
  }
  if (encryption.aead) {
    return IkeCipherSizes{.encryption_key_octets = encryption.key_octets + kAeadSaltOctets,
                          .salt_octets = kAeadSaltOctets,
                          .integrity_key_octets = 0,
                          .iv_octets = kAeadIvOctets,
                          .block_octets = 1,
                          .icv_octets = kAeadIcvOctets};
  }
  return IkeCipherSizes{.encryption_key_octets = encryption.key_octets,
                        .salt_octets = 0,
                        .integrity_key_octets = integrity_key,
                        .iv_octets = kAesBlockOctets,
                        .block_octets = kAesBlockOctets,
                        .icv_octets = integrity_key / 2};
}

Result<IkeCipher> IkeCipher::create(IkeProtection protection, ConstBytes encryption_key, ConstBytes integrity_key) {
  const Result<IkeCipherSizes> sizes = ike_cipher_sizes(protection);
  if (!sizes) return std::unexpected(sizes.error());
  if (encryption_key.size() != sizes->encryption_key_octets || integrity_key.size() != sizes->integrity_key_octets) {
    return failure(Fault::kInternal, "SK payload: a key of the wrong length");
  }
  return IkeCipher(protection, *sizes, encryption_key, integrity_key);
}

Result<std::vector<std::byte>> IkeCipher::seal(ConstBytes iv, ConstBytes associated, ConstBytes plaintext) const {
  if (iv.size() != sizes_.iv_octets || plaintext.size() % sizes_.block_octets != 0) {
    return failure(Fault::kInternal, "SK payload: IV or padding of the wrong length");
  }
  std::vector<std::byte> sealed(plaintext.begin(), plaintext.end());
  sealed.resize(plaintext.size() + sizes_.icv_octets);
  const Bytes body = Bytes(sealed).first(plaintext.size());
  const Bytes icv = Bytes(sealed).last(sizes_.icv_octets);
  if (is_aead()) {
    if (const Result<void> done = run_aead(body, icv, iv, associated, 1); !done) return std::unexpected(done.error());
    return sealed;
  }
  if (const Result<void> done = run_cbc(body, iv, 1); !done) return std::unexpected(done.error());
  const Result<SecretBytes> whole = mac(associated, iv, body);
  if (!whole) return std::unexpected(whole.error());
  std::ranges::copy(whole->bytes().first(icv.size()), icv.begin());
  return sealed;
}

Result<std::vector<std::byte>> IkeCipher::open(ConstBytes iv, ConstBytes associated, ConstBytes sealed) const {
  if (iv.size() != sizes_.iv_octets || sealed.size() < sizes_.icv_octets ||
      (sealed.size() - sizes_.icv_octets) % sizes_.block_octets != 0) {
    return failure(Fault::kBadInput, "SK payload: its length does not fit the cipher");
  }
  const ConstBytes ciphertext = sealed.first(sealed.size() - sizes_.icv_octets);
  std::vector<std::byte> icv(sealed.end() - static_cast<std::ptrdiff_t>(sizes_.icv_octets), sealed.end());
  std::vector<std::byte> body(ciphertext.begin(), ciphertext.end());
  if (is_aead()) {
    if (const Result<void> done = run_aead(body, icv, iv, associated, 0); !done) return std::unexpected(done.error());
    return body;
  }
  const Result<SecretBytes> whole = mac(associated, iv, ciphertext);
  if (!whole) return std::unexpected(whole.error());
  // Nothing is decrypted before the check value holds, and where it differs does not show in the time.
  if (CRYPTO_memcmp(whole->bytes().data(), icv.data(), icv.size()) != 0) return std::unexpected(tag_failure());
  if (const Result<void> done = run_cbc(body, iv, 0); !done) return std::unexpected(done.error());
  return body;
}

Result<void> IkeCipher::run_aead(Bytes body, Bytes icv, ConstBytes iv, ConstBytes associated, int seal) const {
  if (body.size() > std::numeric_limits<int>::max() || associated.size() > std::numeric_limits<int>::max()) {
    return failure(Fault::kBadInput, "SK payload: too long");
  }
  const ConstBytes key = encryption_key_.bytes();
  const std::size_t key_octets = key.size() - sizes_.salt_octets;
  std::array<std::byte, kAeadNonceOctets> nonce{};
  std::ranges::copy(iv, std::ranges::copy(key.subspan(key_octets), nonce.begin()).out);
  const Result<CipherContext> context = keyed(protection_.encryption, key.first(key_octets), nonce, seal);
  if (!context) return std::unexpected(context.error());
  EVP_CIPHER_CTX* const evp = context->get();
  const int tag = static_cast<int>(icv.size());
  int written = 0;
  std::array<unsigned char, kAesBlockOctets> none;
  bool done = seal == 1 || EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_SET_TAG, tag, icv.data()) == 1;
  done = done && EVP_CipherUpdate(evp, nullptr, &written, octets_of(associated), int(associated.size())) == 1;
  done = done && (body.empty() ||
                  EVP_CipherUpdate(evp, octets_of(body), &written, octets_of(ConstBytes(body)), int(body.size())) == 1);
  if (!done) return openssl_failure(Fault::kInternal, "OpenSSL refused an SK payload");
  if (EVP_CipherFinal_ex(evp, none.data(), &written) != 1) {
    // OpenSSL says nothing but that it failed, and with a tag set this is what fails.
    (void)openssl_reason();
    return std::unexpected(tag_failure());
  }
  if (seal == 1 && EVP_CIPHER_CTX_ctrl(evp, EVP_CTRL_AEAD_GET_TAG, tag, icv.data()) != 1) {
    return openssl_failure(Fault::kInternal, "OpenSSL gave no tag");
  }
  return {};
}

Result<void> IkeCipher::run_cbc(Bytes body, ConstBytes iv, int seal) const {
  if (body.size() > std::numeric_limits<int>::max()) return failure(Fault::kBadInput, "SK payload: too long");
  const Result<CipherContext> context = keyed(protection_.encryption, encryption_key_.bytes(), iv, seal);
  if (!context) return std::unexpected(context.error());
  int written = 0;
  std::array<unsigned char, kAesBlockOctets> none;
  const int octets = static_cast<int>(body.size());
  if (!body.empty() &&
      (EVP_CipherUpdate(context->get(), octets_of(body), &written, octets_of(ConstBytes(body)), octets) != 1 ||
       written != octets || EVP_CipherFinal_ex(context->get(), none.data(), &written) != 1)) {
    return openssl_failure(Fault::kInternal, "OpenSSL refused an SK payload");
  }
  return {};
}

Result<SecretBytes> IkeCipher::mac(ConstBytes associated, ConstBytes iv, ConstBytes ciphertext) const {
  return prf(hmac_of(protection_.integrity), integrity_key_.bytes(), {associated, iv, ciphertext});
}

}  // namespace levelgate::crypto
