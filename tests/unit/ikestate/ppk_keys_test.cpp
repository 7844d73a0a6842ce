// SPDX-License-Identifier: Apache-2.0
//
// Keys of SAs with a PPK in them against answers that another program in another language found (RFC 9867 §3.1.1,
// §3.2.1).
#include <gtest/gtest.h>

#include "ikemessage/keymat.h"
#include "ppk/mixing.h"
#include "support/hex_octets.h"
#include "vectors/ike_ppk_vectors.h"

namespace levelgate::ikestate::ppk_keys_test {
namespace {

using testing::from_hex;
using Octets = std::vector<std::byte>;

Octets all_of(std::initializer_list<const SecretBytes*> keys) {
  Octets all;
  for (const SecretBytes* key : keys) all.insert(all.end(), key->bytes().begin(), key->bytes().end());
  return all;
}

Octets all_of(const ikemessage::IkeKeys& keys) {
  return all_of({&keys.d, &keys.integrity_initiator, &keys.integrity_responder, &keys.encryption_initiator,
                 &keys.encryption_responder, &keys.proof_initiator, &keys.proof_responder});
}

ikemessage::IkeSpis spis_of(const Octets& octets) {
  return {ikewire::IkeSpi{load_be<std::uint64_t>(octets.data())},
          ikewire::IkeSpi{load_be<std::uint64_t>(octets.data() + 8)}};
}

class PpkKeys : public ::testing::TestWithParam<testing::IkePpkVector> {
 protected:
  const testing::IkePpkVector& vector = GetParam();
  Octets secret = from_hex(vector.ppk), d = from_hex(vector.d), ni = from_hex(vector.ni), nr = from_hex(vector.nr);
  Octets new_ni = from_hex(vector.new_ni), new_nr = from_hex(vector.new_nr), shared = from_hex(vector.shared);
  ikemessage::IkeKeyShape shape{vector.prf, {vector.encryption, vector.integrity}};
  model::Ppk ppk{"berlin", {std::make_shared<const SecretBytes>(ConstBytes(secret))}};
  Result<SecretBytes> seed = ppk::mixed(vector.prf, ppk, d);
};

// [9867-3.1.1-a]
TEST_P(PpkKeys, BeforeAuthenticationAllKeysAreMadeAnew) {
  ASSERT_TRUE(seed);
  const auto keys = ikemessage::keys_of_seed(shape, *seed, {ni, nr}, spis_of(from_hex(vector.spis)));
  ASSERT_TRUE(keys);
  EXPECT_EQ(all_of(*keys), from_hex(vector.intermediate));
}

TEST_P(PpkKeys, InCreateChildSaTheMixedKeyStandsForTheOther) {
  ASSERT_TRUE(seed);
  const ConstBytes one = shared;
  const ikemessage::OldIke old{vector.prf, seed->bytes()};
  const auto child = ikemessage::child_keys(old, shape.sizes, {new_ni, new_nr}, {&one, 1});
  ASSERT_TRUE(child);
  EXPECT_EQ(all_of({&child->from_initiator.encryption, &child->from_initiator.integrity,
                    &child->from_responder.encryption, &child->from_responder.integrity}),
            from_hex(vector.child));
  const auto keys =
      ikemessage::rekeyed_keys(old, shape, {new_ni, new_nr}, spis_of(from_hex(vector.new_spis)), {&one, 1});
  ASSERT_TRUE(keys);
  EXPECT_EQ(all_of(*keys), from_hex(vector.rekeyed));
}

INSTANTIATE_TEST_SUITE_P(Known, PpkKeys, ::testing::ValuesIn(testing::kIkePpkVectors));

TEST(PpkKeysMissing, NothingIsMadeOfAnEmptySeed) {
  const Octets nonce(32, std::byte{1});
  const ikemessage::IkeKeyShape shape{crypto::Prf::kHmacSha256, {20, 0}};
  EXPECT_FALSE(ikemessage::keys_of_seed(shape, SecretBytes(), {nonce, nonce}, {}));
  EXPECT_FALSE(ikemessage::keys_of_seed(shape, SecretBytes(nonce), {nonce, {}}, {}));
}

}  // namespace
}  // namespace levelgate::ikestate::ppk_keys_test
