// SPDX-License-Identifier: Apache-2.0
//
// Key exchanges by OpenSSL, and large keys by libmceliece. Sizes are held against the table before OpenSSL sees a
// peer's octets; group membership is OpenSSL's to judge. Key pairs come from OpenSSL's own generator.
#include "crypto/key_exchange.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <string>

#include "crypto/mceliece.h"
#include "crypto/openssl_context.h"
#include "crypto/peer_value.h"

namespace levelgate::crypto {
namespace {

using Key = OpensslOwned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = OpensslOwned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

enum class Family : std::uint8_t { kModp, kEcp, kMontgomery, kMlKem };

struct Method {
  KeyExchangeMethod facts;
  Family family;
  const char* openssl_name;  // of the group, or of the algorithm where it has no groups
};

// RFC 3526, RFC 5903, RFC 8031 and draft-ietf-ipsecme-ikev2-mlkem-08 in the order of their ids.
constexpr std::array<Method, 11> kMethods{{
    {{14, "MODP-2048", 256, 256, 256}, Family::kModp, "modp_2048"},
    {{15, "MODP-3072", 384, 384, 384}, Family::kModp, "modp_3072"},
    {{16, "MODP-4096", 512, 512, 512}, Family::kModp, "modp_4096"},
    {{19, "ECP-256", 64, 64, 32}, Family::kEcp, "P-256"},
    {{20, "ECP-384", 96, 96, 48}, Family::kEcp, "P-384"},
    {{21, "ECP-521", 132, 132, 66}, Family::kEcp, "P-521"},
    {{31, "X25519", 32, 32, 32}, Family::kMontgomery, "X25519"},
    {{32, "X448", 56, 56, 56}, Family::kMontgomery, "X448"},
    {{35, "ML-KEM-512", 800, 768, 32}, Family::kMlKem, "ML-KEM-512"},
    {{36, "ML-KEM-768", 1184, 1088, 32}, Family::kMlKem, "ML-KEM-768"},
    {{37, "ML-KEM-1024", 1568, 1568, 32}, Family::kMlKem, "ML-KEM-1024"},
}};

constexpr std::byte kUncompressedPoint{4};  // SEC 1 puts it before X | Y; IKE does not (RFC 5903 §7)

const Method* find(std::uint16_t id) {
  const auto found = std::ranges::find(kMethods, id, [](const Method& method) { return method.facts.id; });
  return found == kMethods.end() ? nullptr : &*found;
}

const char* algorithm(const Method& method) {
  switch (method.family) {
    case Family::kModp:
      return "DH";
    case Family::kEcp:
      return "EC";
    case Family::kMontgomery:
    case Family::kMlKem:
      break;
  }
  return method.openssl_name;
}

bool has_group(const Method& method) { return method.family == Family::kModp || method.family == Family::kEcp; }

Result<Key> generate(const Method& method) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(openssl_context(), algorithm(method), nullptr));
  EVP_PKEY* made = nullptr;
  const bool done = context && EVP_PKEY_keygen_init(context.get()) == 1 &&
                    (!has_group(method) || EVP_PKEY_CTX_set_group_name(context.get(), method.openssl_name) == 1) &&
                    EVP_PKEY_generate(context.get(), &made) == 1;
  Key key(made);
  if (!done) return openssl_failure(Fault::kInternal, says(method.facts, ": no key was generated"));
  return key;
}

// The octets that a KE payload carries for the key.
Result<std::vector<std::byte>> public_octets(const Method& method, EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &encoded);
  const auto* const from = reinterpret_cast<const std::byte*>(encoded);
  std::vector<std::byte> octets(from, from + size);
  OPENSSL_free(encoded);
  if (method.family == Family::kEcp && !octets.empty()) octets.erase(octets.begin());
  if (octets.size() != method.facts.initiator_octets) {
    return openssl_failure(Fault::kInternal, says(method.facts, ": no public value was made"));
  }
  return octets;
}

// EC and DH keys are built from parameters, since their groups are.
Key group_key(const Method& method, ConstBytes value) {
  const OpensslOwned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  std::vector<std::byte> point{kUncompressedPoint};
  point.insert(point.end(), value.begin(), value.end());
  const OpensslOwned<BIGNUM, BN_free> number(BN_bin2bn(octets_of(value), static_cast<int>(value.size()), nullptr));
  const bool filled =
      builder && number &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, method.openssl_name, 0) == 1 &&
      (method.family == Family::kEcp
           ? OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1
           : OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, number.get()) == 1);
  const OpensslOwned<OSSL_PARAM, OSSL_PARAM_free> params(filled ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  const KeyContext context(EVP_PKEY_CTX_new_from_name(openssl_context(), algorithm(method), nullptr));
  EVP_PKEY* made = nullptr;
  if (params && context && EVP_PKEY_fromdata_init(context.get()) == 1) {
    (void)EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get());
  }
  return Key(made);
}

// The peer's public value as a key, tested: in range and on the curve (RFC 6989 §2.1, §2.3), coefficients below the
// modulus (FIPS 203 section 7.2; OpenSSL does it on import). These groups need no test of the order.
Result<Key> peer_key(const Method& method, ConstBytes value) {
  Key key(has_group(method) ? group_key(method, value).release()
                            : EVP_PKEY_new_raw_public_key_ex(openssl_context(), method.openssl_name, nullptr,
                                                             octets_of(value), value.size()));
  const KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(openssl_context(), key.get(), nullptr) : nullptr);
  if (!context || (has_group(method) && EVP_PKEY_public_check_quick(context.get()) != 1)) {
    return openssl_failure(Fault::kBadInput, says(method.facts, ": the peer's public value is refused"));
  }
  return key;
}

// The Diffie-Hellman secret as RFC 7296 §2.13 and RFC 5903 §7 want it: padded to the modulus, or X alone.
Result<SecretBytes> derive(const Method& method, EVP_PKEY* own, EVP_PKEY* peer) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(openssl_context(), own, nullptr));
  SecretBytes secret(method.facts.secret_octets);
  std::size_t written = secret.size();
  unsigned pad = 1;
  const std::array<OSSL_PARAM, 2> padded{OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad),
                                         OSSL_PARAM_construct_end()};
  const bool is_modp = method.family == Family::kModp;
  if (!context || EVP_PKEY_derive_init_ex(context.get(), is_modp ? padded.data() : nullptr) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer, 0) != 1) {
    return openssl_failure(Fault::kInternal, says(method.facts, ": OpenSSL refused the key pair"));
  }
  // X25519 and X448 fail here for a value of small order, whose secret is all zero (RFC 7748 §6).
  if (EVP_PKEY_derive(context.get(), octets_of(secret.writable()), &written) != 1 || written != secret.size()) {
    return openssl_failure(Fault::kBadInput, says(method.facts, ": the peer's public value gives no secret"));
  }
  return secret;
}

Result<SecretBytes> kem_decapsulate(const Method& method, EVP_PKEY* own, ConstBytes ciphertext) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(openssl_context(), own, nullptr));
  SecretBytes secret(method.facts.secret_octets);
  std::size_t written = secret.size();
  if (!context || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
      EVP_PKEY_decapsulate(context.get(), octets_of(secret.writable()), &written, octets_of(ciphertext),
                           ciphertext.size()) != 1 ||
      written != secret.size()) {
    return openssl_failure(Fault::kInternal, says(method.facts, ": decapsulation failed"));
  }
  return secret;
}

Result<Encapsulation> kem_encapsulate(const Method& method, EVP_PKEY* peer) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(openssl_context(), peer, nullptr));
  Encapsulation made{std::vector<std::byte>(method.facts.responder_octets), SecretBytes(method.facts.secret_octets)};
  std::size_t ciphertext = made.response.size();
  std::size_t secret = made.secret.size();
  if (!context || EVP_PKEY_encapsulate_init(context.get(), nullptr) != 1 ||
      EVP_PKEY_encapsulate(context.get(), octets_of(Bytes(made.response)), &ciphertext,
                           octets_of(made.secret.writable()), &secret) != 1 ||
      ciphertext != made.response.size() || secret != made.secret.size()) {
    return openssl_failure(Fault::kInternal, says(method.facts, ": encapsulation failed"));
  }
  return made;
}

// Diffie-Hellman as a KEM: a key of our own for this exchange, and its public value is the answer.
Result<Encapsulation> dh_encapsulate(const Method& method, EVP_PKEY* peer) {
  const Result<Key> own = generate(method);
  if (!own) return std::unexpected(own.error());
  Result<SecretBytes> secret = derive(method, own->get(), peer);
  if (!secret) return std::unexpected(std::move(secret.error()));
  Result<std::vector<std::byte>> response = public_octets(method, own->get());
  if (!response) return std::unexpected(std::move(response.error()));
  return Encapsulation{std::move(*response), std::move(*secret)};
}

class OpensslGeneratedKey final : public GeneratedKey {
 public:
  OpensslGeneratedKey(const Method& method, Key key, std::vector<std::byte> public_value)
      : method_(method), key_(std::move(key)), public_value_(std::move(public_value)) {}

  const KeyExchangeMethod& method() const override { return method_.facts; }
  ConstBytes public_value() const override { return public_value_; }
  Result<SecretBytes> decapsulate(ConstBytes response) const override {
    const Result<void> sized = check_size(method_.facts, response, method_.facts.responder_octets);
    if (!sized) return std::unexpected(sized.error());
    if (method_.family == Family::kMlKem) return kem_decapsulate(method_, key_.get(), response);
    const Result<Key> peer = peer_key(method_, response);
    if (!peer) return std::unexpected(peer.error());
    return derive(method_, key_.get(), peer->get());
  }

 private:
  const Method& method_;
  Key key_;
  std::vector<std::byte> public_value_;
};

const KeyExchangeMethod* find_mceliece(std::uint16_t id) {
  const auto found = std::ranges::find(mceliece_methods(), id, &KeyExchangeMethod::id);
  return found == mceliece_methods().end() ? nullptr : &*found;
}

std::unexpected<Error> unknown(std::uint16_t id) {
  return failure(Fault::kNotFound, "key exchange method " + std::to_string(id) + " is not one of ours");
}

}  // namespace

std::span<const KeyExchangeMethod> key_exchange_methods() {
  static const std::vector<KeyExchangeMethod> kFacts = [] {
    std::vector<KeyExchangeMethod> facts;
    for (const Method& method : kMethods) facts.push_back(method.facts);
    facts.insert(facts.end(), mceliece_methods().begin(), mceliece_methods().end());
    return facts;
  }();
  return kFacts;
}

const KeyExchangeMethod* find_key_exchange(std::uint16_t id) {
  const auto found = std::ranges::find(key_exchange_methods(), id, &KeyExchangeMethod::id);
  return found == key_exchange_methods().end() ? nullptr : &*found;
}

Result<std::unique_ptr<GeneratedKey>> generate_key(std::uint16_t id) {
  if (const KeyExchangeMethod* const large = find_mceliece(id)) return generate_mceliece(*large);
  const Method* const method = find(id);
  if (method == nullptr) return unknown(id);
  Result<Key> key = generate(*method);
  if (!key) return std::unexpected(std::move(key.error()));
  Result<std::vector<std::byte>> value = public_octets(*method, key->get());
  if (!value) return std::unexpected(std::move(value.error()));
  return std::make_unique<OpensslGeneratedKey>(*method, std::move(*key), std::move(*value));
}

Result<Encapsulation> encapsulate(std::uint16_t id, ConstBytes public_value) {
  if (const KeyExchangeMethod* const large = find_mceliece(id)) return encapsulate_mceliece(*large, public_value);
  const Method* const method = find(id);
  if (method == nullptr) return unknown(id);
  const Result<void> sized = check_size(method->facts, public_value, method->facts.initiator_octets);
  if (!sized) return std::unexpected(sized.error());
  const Result<Key> peer = peer_key(*method, public_value);
  if (!peer) return std::unexpected(peer.error());
  return method->family == Family::kMlKem ? kem_encapsulate(*method, peer->get())
                                          : dh_encapsulate(*method, peer->get());
}

}  // namespace levelgate::crypto
