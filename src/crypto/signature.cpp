// SPDX-License-Identifier: Apache-2.0
//
// Signatures by OpenSSL: padding, digest and length are judged by the library alone; nothing of a signature is parsed
// here but the two numbers of ECDSA, from one form into the other.
#include "crypto/signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using enum SignatureScheme;
using OwnedKey = OpensslOwned<EVP_PKEY, EVP_PKEY_free>;
using Number = OpensslOwned<BIGNUM, BN_free>;
using DigestContext = OpensslOwned<EVP_MD_CTX, EVP_MD_CTX_free>;
using PemText = OpensslOwned<BIO, BIO_free>;

constexpr int kLeastRsaBits = 2048;  // RFC 8247 §3.1.1
constexpr int kMostRsaBits = 8192;   // longer ones cost a verifier more than they give
constexpr unsigned kLeastExponent = 65537;

Result<KeyType> rsa_type(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kLeastRsaBits || bits > kMostRsaBits) {
    return failure(Fault::kBadInput, "RSA key of " + std::to_string(bits) + " bits: 2048 to 8192 are accepted");
  }
  BIGNUM* read = nullptr;
  const bool found = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &read) == 1;
  const Number exponent(read);
  const Number least(BN_new());
  if (!found || !least || BN_set_word(least.get(), kLeastExponent) != 1) {
    return openssl_failure(Fault::kInternal, "RSA key without an exponent");
  }
  if (BN_is_odd(exponent.get()) == 0 || BN_cmp(exponent.get(), least.get()) < 0) {
    return failure(Fault::kBadInput, "RSA key whose exponent is even or below 65537");
  }
  return EVP_PKEY_is_a(key, "RSA-PSS") == 1 ? KeyType::kRsaPss : KeyType::kRsa;
}

Result<KeyType> ec_type(EVP_PKEY* key) {
  int written_out = 0;
  std::array<char, 64> group{};
  std::size_t length = 0;
  (void)EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &written_out);
  if (written_out != 0) return failure(Fault::kBadInput, "EC key whose curve is written out instead of named");
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1) {
    const std::string_view name(group.data(), length);
    if (name == "prime256v1") return KeyType::kEcP256;
    if (name == "secp384r1") return KeyType::kEcP384;
    if (name == "secp521r1") return KeyType::kEcP521;
  }
  return failure(Fault::kBadInput,
                 std::string("EC key on the curve ") + group.data() + ": P-256, P-384 and P-521 are accepted");
}

Result<KeyType> type_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) return rsa_type(key);
  if (EVP_PKEY_is_a(key, "EC") == 1) return ec_type(key);
  constexpr std::array kTypes{KeyType::kEd25519, KeyType::kEd448, KeyType::kMlDsa44, KeyType::kMlDsa65,
                              KeyType::kMlDsa87};
  for (const KeyType type : kTypes) {
    if (EVP_PKEY_is_a(key, std::string(name_of(type)).c_str()) == 1) return type;
  }
  const char* const name = EVP_PKEY_get0_type_name(key);
  return failure(Fault::kBadInput, std::string("key of the type ") + (name == nullptr ? "unknown" : name) +
                                       ": not one that signs for IKE");
}

Error misfit(KeyType type, SignatureScheme scheme) {
  return Error{
      Fault::kBadInput,
      std::string("a key of the type ").append(name_of(type)).append(" cannot be used with ").append(name_of(scheme))};
}

// nullptr where the scheme hashes by itself.
const char* signed_digest(SignatureScheme scheme) {
  constexpr std::array<const char*, 6> kNames{nullptr, nullptr, "SHA2-256", "SHA2-384", "SHA2-512", nullptr};
  return kNames.at(hash_algorithm_of(scheme));
}

// 0 where the signature is what OpenSSL makes; else the octets of r and of s.
std::size_t raw_number_octets(SignatureScheme scheme) {
  if (scheme == kEcdsaP256Sha256Raw) return 32;
  if (scheme == kEcdsaP384Sha384Raw) return 48;
  if (scheme == kEcdsaP521Sha512Raw) return 66;
  return 0;
}

bool set_padding(EVP_PKEY_CTX* context, KeyType type, SignatureScheme scheme) {
  if (type != KeyType::kRsa && type != KeyType::kRsaPss) return true;
  if (scheme == kRsaPkcs1Sha256 || scheme == kRsaPkcs1Sha384 || scheme == kRsaPkcs1Sha512) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// An empty optional for a length that is not the scheme's.
std::optional<std::vector<std::byte>> raw_to_der(ConstBytes raw, std::size_t number_octets) {
  if (raw.size() != 2 * number_octets) return std::nullopt;
  const int octets = static_cast<int>(number_octets);
  const OpensslOwned<ECDSA_SIG, ECDSA_SIG_free> numbers(ECDSA_SIG_new());
  Number r(BN_bin2bn(octets_of(raw), octets, nullptr));
  Number s(BN_bin2bn(octets_of(raw.subspan(number_octets)), octets, nullptr));
  if (!numbers || !r || !s || ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();
  (void)s.release();
  std::vector<std::byte> der(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(numbers.get(), nullptr))));
  unsigned char* at = octets_of(Bytes(der));
  if (der.empty() || i2d_ECDSA_SIG(numbers.get(), &at) != static_cast<int>(der.size())) return std::nullopt;
  return der;
}

std::optional<std::vector<std::byte>> der_to_raw(ConstBytes der, std::size_t number_octets) {
  const unsigned char* at = octets_of(der);
  const OpensslOwned<ECDSA_SIG, ECDSA_SIG_free> numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!numbers) return std::nullopt;
  std::vector<std::byte> raw(2 * number_octets);
  const int octets = static_cast<int>(number_octets);
  unsigned char* const to = octets_of(Bytes(raw));
  if (BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), to, octets) != octets ||
      BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), to + number_octets, octets) != octets) {
    return std::nullopt;
  }
  return raw;
}

enum class Purpose : std::uint8_t { kSign, kVerify };

// A context with everything set but the message. A key that is restricted to other digests refuses here.
Result<DigestContext> prepared(Purpose purpose, EVP_PKEY* key, KeyType type, SignatureScheme scheme) {
  if (!fits(type, scheme)) return std::unexpected(misfit(type, scheme));
  DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const auto start = purpose == Purpose::kSign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
  if (!context ||
      start(context.get(), &key_context, signed_digest(scheme), openssl_context(), nullptr, key, nullptr) != 1 ||
      !set_padding(key_context, type, scheme)) {
    return openssl_failure(Fault::kBadInput, std::string("the key refuses ").append(name_of(scheme)));
  }
  return context;
}

class MemoryKey final : public PrivateKey {
 public:
  MemoryKey(OwnedKey key, PublicKey public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {}

  const PublicKey& public_key() const override { return public_key_; }
  Result<std::vector<std::byte>> sign(SignatureScheme scheme, ConstBytes message) const override {
    const Result<DigestContext> context = prepared(Purpose::kSign, key_.get(), public_key_.type(), scheme);
    if (!context) return std::unexpected(context.error());
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::vector<std::byte> signature(size);
    if (EVP_DigestSign(context->get(), octets_of(Bytes(signature)), &size, octets_of(message), message.size()) != 1) {
      return openssl_failure(Fault::kInternal, std::string("no signature was made, ").append(name_of(scheme)));
    }
    signature.resize(size);
    const std::size_t number_octets = raw_number_octets(scheme);
    if (number_octets == 0) return signature;
    std::optional<std::vector<std::byte>> raw = der_to_raw(signature, number_octets);
    if (!raw) return openssl_failure(Fault::kInternal, "a signature of ECDSA without its two numbers");
    return std::move(*raw);
  }

 private:
  OwnedKey key_;
  PublicKey public_key_;
};

Result<std::unique_ptr<PrivateKey>> private_key(OwnedKey key) {
  unsigned char* made = nullptr;
  const int length = i2d_PUBKEY(key.get(), &made);
  const OpensslOwned<unsigned char, [](unsigned char* octets) { OPENSSL_free(octets); }> spki(made);
  if (length <= 0) return openssl_failure(Fault::kBadInput, "private key without a public one");
  Result<PublicKey> public_key =
      PublicKey::from_spki(as_bytes(reinterpret_cast<const char*>(made), static_cast<std::size_t>(length)));
  if (!public_key) return std::unexpected(std::move(public_key.error()));
  return std::make_unique<MemoryKey>(std::move(key), std::move(*public_key));
}

}  // namespace

Result<PublicKey> PublicKey::from_spki(ConstBytes der) {
  const unsigned char* at = octets_of(der);
  std::shared_ptr<EVP_PKEY> key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(der.size()), openssl_context(), nullptr),
                                EVP_PKEY_free);
  if (!key) return openssl_failure(Fault::kBadInput, "public key cannot be read");
  if (at != octets_of(der) + der.size()) return failure(Fault::kBadInput, "public key with octets behind it");
  const Result<KeyType> type = type_of(key.get());
  if (!type) return std::unexpected(type.error());
  return PublicKey(std::move(key), *type, der);
}

Result<void> PublicKey::verify(SignatureScheme scheme, ConstBytes message, ConstBytes signature) const {
  const Result<DigestContext> context = prepared(Purpose::kVerify, key_.get(), type_, scheme);
  if (!context) return std::unexpected(context.error());
  std::optional<std::vector<std::byte>> der;
  if (const std::size_t number_octets = raw_number_octets(scheme); number_octets != 0) {
    der = raw_to_der(signature, number_octets);
    if (!der) return failure(Fault::kBadInput, std::string("signature of the wrong length, ").append(name_of(scheme)));
    signature = *der;
  }
  if (EVP_DigestVerify(context->get(), octets_of(signature), signature.size(), octets_of(message), message.size()) !=
      1) {
    (void)openssl_reason();
    return failure(Fault::kBadInput, std::string("the signature does not hold, ").append(name_of(scheme)));
  }
  return {};
}

Result<std::unique_ptr<PrivateKey>> private_key_from_pem(std::string_view pem) {
  const PemText input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  OwnedKey key(
      input ? PEM_read_bio_PrivateKey_ex(input.get(), nullptr, no_passphrase, nullptr, openssl_context(), nullptr)
            : nullptr);
  if (!key) return openssl_failure(Fault::kBadInput, "no private key without a passphrase in the PEM text");
  return private_key(std::move(key));
}

Result<std::unique_ptr<PrivateKey>> private_key_from_store(const std::string& uri) {
  const OpensslOwned<UI_METHOD, UI_destroy_method> nobody(UI_UTIL_wrap_read_pem_callback(no_passphrase, 0));
  const OpensslOwned<OSSL_STORE_CTX, OSSL_STORE_close> store(
      OSSL_STORE_open_ex(uri.c_str(), openssl_context(), nullptr, nobody.get(), nullptr, nullptr, nullptr, nullptr));
  if (!store || OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) != 1) {
    return openssl_failure(Fault::kNotFound, "private key " + uri + " cannot be opened");
  }
  while (OSSL_STORE_eof(store.get()) == 0) {
    const OpensslOwned<OSSL_STORE_INFO, OSSL_STORE_INFO_free> found(OSSL_STORE_load(store.get()));
    if (!found && OSSL_STORE_error(store.get()) != 0) break;
    if (found && OSSL_STORE_INFO_get_type(found.get()) == OSSL_STORE_INFO_PKEY) {
      return private_key(OwnedKey(OSSL_STORE_INFO_get1_PKEY(found.get())));
    }
  }
  return openssl_failure(Fault::kBadInput, "no private key without a passphrase at " + uri);
}

}  // namespace levelgate::crypto
