// SPDX-License-Identifier: Apache-2.0
//
// libmceliece draws its randomness from a function that whoever links it provides: here it is OpenSSL's generator, as
// for every other key. That function cannot fail; what it could not draw is remembered, and the result thrown away.
#include "crypto/mceliece.h"

#include <mceliece.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "crypto/openssl_context.h"
#include "crypto/peer_value.h"

namespace levelgate::crypto {
namespace {

thread_local bool draw_failed = false;

struct Functions {
  void (*keypair)(unsigned char* public_key, unsigned char* secret_key);
  int (*encapsulate)(unsigned char* ciphertext, unsigned char* secret, const unsigned char* public_key);
  int (*decapsulate)(unsigned char* secret, const unsigned char* ciphertext, const unsigned char* secret_key);
  std::size_t secret_key_octets;
};

struct Set {
  KeyExchangeMethod facts;
  Functions functions;
};

#define LEVELGATE_MCELIECE(id, set)                                                                                  \
  Set {                                                                                                              \
    {id, "mceliece" #set, mceliece##set##_PUBLICKEYBYTES, mceliece##set##_CIPHERTEXTBYTES, mceliece##set##_BYTES}, { \
      mceliece##set##_keypair, mceliece##set##_enc, mceliece##set##_dec, mceliece##set##_SECRETKEYBYTES              \
    }                                                                                                                \
  }

// Private-use numbers until there are others (docs/large-keys.md).
const std::array<Set, 10> kSets{LEVELGATE_MCELIECE(1110, 348864),  LEVELGATE_MCELIECE(1111, 348864f),
                                LEVELGATE_MCELIECE(1112, 460896),  LEVELGATE_MCELIECE(1113, 460896f),
                                LEVELGATE_MCELIECE(1114, 6688128), LEVELGATE_MCELIECE(1115, 6688128f),
                                LEVELGATE_MCELIECE(1116, 6960119), LEVELGATE_MCELIECE(1117, 6960119f),
                                LEVELGATE_MCELIECE(1118, 8192128), LEVELGATE_MCELIECE(1119, 8192128f)};

#undef LEVELGATE_MCELIECE

const Set& set_of(const KeyExchangeMethod& method) { return kSets.at(method.id - kSets.front().facts.id); }

// Begins a call that draws; ok() afterwards says whether all of it was random.
class Drawing {
 public:
  Drawing() { draw_failed = false; }
  [[nodiscard]] bool ok() const { return !draw_failed; }
};

class MceliecePair final : public GeneratedKey {
 public:
  MceliecePair(const Set& set, std::vector<std::byte> public_value, SecretBytes secret_key)
      : set_(set), public_value_(std::move(public_value)), secret_key_(std::move(secret_key)) {}

  const KeyExchangeMethod& method() const override { return set_.facts; }
  ConstBytes public_value() const override { return public_value_; }
  Result<SecretBytes> decapsulate(ConstBytes response) const override {
    if (const auto sized = check_size(set_.facts, response, set_.facts.responder_octets); !sized) {
      return std::unexpected(sized.error());
    }
    SecretBytes secret(set_.facts.secret_octets);
    if (set_.functions.decapsulate(octets_of(secret.writable()), octets_of(response), octets_of(secret_key_.bytes())) !=
        0) {
      return failure(Fault::kBadInput, says(set_.facts, ": the peer's ciphertext has bits where it must have none"));
    }
    return secret;
  }

 private:
  const Set& set_;
  std::vector<std::byte> public_value_;
  SecretBytes secret_key_;
};

}  // namespace

std::span<const KeyExchangeMethod> mceliece_methods() {
  static const auto kFacts = [] {
    std::array<KeyExchangeMethod, kSets.size()> facts{};
    std::ranges::transform(kSets, facts.begin(), &Set::facts);
    return facts;
  }();
  return kFacts;
}

Result<std::unique_ptr<GeneratedKey>> generate_mceliece(const KeyExchangeMethod& method) {
  const Set& set = set_of(method);
  std::vector<std::byte> public_value(set.facts.initiator_octets);
  SecretBytes secret_key(set.functions.secret_key_octets);
  const Drawing drawing;
  set.functions.keypair(octets_of(Bytes(public_value)), octets_of(secret_key.writable()));
  if (!drawing.ok()) return failure(Fault::kInternal, "OpenSSL's generator gave no randomness");
  return std::make_unique<MceliecePair>(set, std::move(public_value), std::move(secret_key));
}

Result<Encapsulation> encapsulate_mceliece(const KeyExchangeMethod& method, ConstBytes public_value) {
  const Set& set = set_of(method);
  if (const auto sized = check_size(method, public_value, method.initiator_octets); !sized) {
    return std::unexpected(sized.error());
  }
  Encapsulation made{std::vector<std::byte>(method.responder_octets), SecretBytes(method.secret_octets)};
  const Drawing drawing;
  const int refused = set.functions.encapsulate(octets_of(Bytes(made.response)), octets_of(made.secret.writable()),
                                                octets_of(public_value));
  if (!drawing.ok()) return failure(Fault::kInternal, "OpenSSL's generator gave no randomness");
  if (refused != 0) {
    return failure(Fault::kBadInput, says(method, ": the peer's key has bits where it must have none"));
  }
  return made;
}

}  // namespace levelgate::crypto

// What libmceliece calls to draw.
extern "C" void randombytes_internal_void_voidstar_longlong(void* to, long long octets) {
  using levelgate::crypto::draw_failed;
  auto* const at = static_cast<unsigned char*>(to);
  const auto count = static_cast<std::size_t>(octets);
  if (RAND_priv_bytes_ex(levelgate::crypto::openssl_context(), at, count, 0) != 1) {
    // Key generation tries until it likes what it drew, so it has to be something: any sequence, since the key is
    // thrown away.
    static thread_local std::minstd_rand sequence;
    std::generate_n(at, count, [] { return static_cast<unsigned char>(sequence() >> 8); });
    draw_failed = true;
  }
}
