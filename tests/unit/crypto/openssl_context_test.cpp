// SPDX-License-Identifier: Apache-2.0
//
// The room stands on a library context of its own: it works where the process's default one allows FIPS algorithms only
// and has no provider for them, which is to say none at all. And no call leaves a complaint behind for the next one.
#include "crypto/openssl_context.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <string>
#include <vector>

#include "crypto/certificate_path.h"
#include "crypto/ike_cipher.h"
#include "crypto/ike_hash.h"
#include "crypto/key_exchange.h"
#include "crypto/prf.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "support/test_certificates.h"

namespace levelgate::crypto::openssl_context_test {
namespace {

using Octets = std::vector<std::byte>;

// What the default context can do is taken away while this lives.
class FipsOnly {
 public:
  FipsOnly() { EXPECT_EQ(EVP_default_properties_enable_fips(nullptr, 1), 1); }
  FipsOnly(const FipsOnly&) = delete;
  FipsOnly& operator=(const FipsOnly&) = delete;
  ~FipsOnly() { EXPECT_EQ(EVP_default_properties_enable_fips(nullptr, 0), 1); }
};

// The room's functions in turn on things that are made by the test before; each must succeed.
struct Everything {
  testing::TestCertificate root = testing::self_signed(testing::authority_spec("root"));
  testing::TestCertificate leaf = testing::issued(root, {});
  std::string rsa = testing::pem_of(testing::make_rsa_key());
  std::string ml_dsa = testing::pem_of(testing::make_key("ML-DSA-44"));
  std::vector<std::byte> list = testing::revocation_list(root, {});
  Octets key = Octets(36, std::byte{7});

  void signs(const std::string& pem, SignatureScheme scheme) const {
    const auto signer = private_key_from_pem(pem);
    ASSERT_TRUE(signer) << signer.error().what;
    const auto signature = (*signer)->sign(scheme, key);
    ASSERT_TRUE(signature) << signature.error().what;
    EXPECT_TRUE((*signer)->public_key().verify(scheme, key, *signature));
  }

  void exchanges_keys() const {
    for (const KeyExchangeMethod& method : key_exchange_methods()) {
      const auto generated = generate_key(method.id);
      ASSERT_TRUE(generated) << method.name;
      const auto made = encapsulate(method.id, (*generated)->public_value());
      ASSERT_TRUE(made) << method.name;
      EXPECT_TRUE((*generated)->decapsulate(made->response)) << method.name;
      EXPECT_EQ(ERR_peek_error(), 0u) << method.name;
    }
  }

  void finds_a_path() const {
    const std::vector<Certificate> anchors{Certificate::from_der(root.der()).value()};
    const std::vector<RevocationList> lists{RevocationList::from_der(list).value()};
    const auto path = validate_path(Certificate::from_der(leaf.der()).value(), {},
                                    {anchors, lists, Revocation::kStrict, testing::kTestNow});
    EXPECT_TRUE(path) << path.error().what;
    EXPECT_TRUE(anchors.front().authority_hash());
    EXPECT_TRUE(certificates_from_pem(root.pem() + leaf.pem()));
  }

  void works() const {
    Octets drawn(16);
    EXPECT_TRUE(make_openssl_random()->fill(drawn));
    EXPECT_TRUE(ike_hash(IkeHash::kSha1, {key}));
    EXPECT_TRUE(prf_plus(Prf::kHmacSha512, key, key, 500));
    EXPECT_EQ(ERR_peek_error(), 0u);
    const IkeCipher cipher = IkeCipher::create({IkeEncryption::kAes256Gcm16, IkeIntegrity::kNone}, key, {}).value();
    const auto sealed = cipher.seal(ConstBytes(drawn).first(8), {}, drawn);
    EXPECT_TRUE(sealed && cipher.open(ConstBytes(drawn).first(8), {}, *sealed));
    EXPECT_EQ(ERR_peek_error(), 0u);
    exchanges_keys();
    signs(rsa, SignatureScheme::kRsaPssSha256);
    signs(ml_dsa, SignatureScheme::kMlDsa44);
    EXPECT_EQ(ERR_peek_error(), 0u);
    finds_a_path();
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
};

TEST(OpensslContext, NoCallLeavesAComplaint) {
  const Everything everything;
  ERR_clear_error();
  everything.works();
}

TEST(OpensslContext, TheDefaultContextMayBeFipsOnly) {
  const Everything everything;
  const FipsOnly fips;
  const OpensslOwned<EVP_MD, EVP_MD_free> sha1(EVP_MD_fetch(nullptr, "SHA1", nullptr));
  ASSERT_FALSE(sha1) << "the default context still has SHA-1: this test shows nothing";
  ERR_clear_error();
  everything.works();
}

TEST(OpensslContext, FailuresLeaveNoComplaintEither) {
  const Everything everything;
  const Octets rubbish(64, std::byte{0x30});
  ERR_clear_error();
  EXPECT_FALSE(Certificate::from_der(rubbish));
  EXPECT_FALSE(PublicKey::from_spki(rubbish));
  EXPECT_FALSE(RevocationList::from_der(rubbish));
  EXPECT_FALSE(read_algorithm_identifier(rubbish));
  EXPECT_FALSE(private_key_from_pem("rubbish"));
  EXPECT_FALSE(private_key_from_store("/nonexistent"));
  EXPECT_FALSE(certificates_from_pem("rubbish"));
  EXPECT_FALSE(encapsulate(19, rubbish));
  EXPECT_FALSE(encapsulate(31, Octets(32)));
  EXPECT_FALSE(private_key_from_pem(everything.rsa)
                   .value()
                   ->public_key()
                   .verify(SignatureScheme::kRsaPssSha256, rubbish, Octets(256)));
  EXPECT_FALSE(Certificate::from_der(everything.leaf.der())
                   ->public_key()
                   ->verify(SignatureScheme::kEcdsaP256Sha256Raw, rubbish, rubbish));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(OpensslReason, IsTheOldestAndThenNone) {
  ERR_clear_error();
  EXPECT_EQ(openssl_reason(), "no reason given");
  ERR_raise(ERR_LIB_EVP, EVP_R_INVALID_KEY_LENGTH);
  ERR_raise(ERR_LIB_EVP, EVP_R_BAD_DECRYPT);
  const Error error = openssl_failure(Fault::kIo, "what").error();
  EXPECT_EQ(error.what, "what: invalid key length");
  EXPECT_EQ(error.fault, Fault::kIo);
  EXPECT_EQ(openssl_reason(), "no reason given");
}

}  // namespace
}  // namespace levelgate::crypto::openssl_context_test
