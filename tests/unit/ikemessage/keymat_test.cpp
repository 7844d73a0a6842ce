// SPDX-License-Identifier: Apache-2.0
//
// Key schedules against answers that another program in another language found (RFC 7296 §2.14, §2.17, §2.18;
// RFC 9370 §2.2.2, §2.2.4), and what each of them refuses.
#include "ikemessage/keymat.h"

#include <gtest/gtest.h>

#include "support/hex_octets.h"
#include "vectors/ike_key_vectors.h"

namespace levelgate::ikemessage::keymat_test {
namespace {

using testing::from_hex;
using Octets = std::vector<std::byte>;

void append(Octets& to, const SecretBytes& piece) { to.insert(to.end(), piece.bytes().begin(), piece.bytes().end()); }

Octets all_of(const IkeKeys& keys) {
  Octets all;
  for (const SecretBytes* key :
       {&keys.d, &keys.integrity_initiator, &keys.integrity_responder, &keys.encryption_initiator,
        &keys.encryption_responder, &keys.proof_initiator, &keys.proof_responder}) {
    append(all, *key);
  }
  return all;
}

Octets all_of(const ChildKeys& keys) {
  Octets all;
  for (const ChildKeys::Direction* direction : {&keys.from_initiator, &keys.from_responder}) {
    append(all, direction->encryption);
    append(all, direction->integrity);
  }
  return all;
}

IkeSpis spis_of(const Octets& octets) {
  return {ikewire::IkeSpi{load_be<std::uint64_t>(octets.data())},
          ikewire::IkeSpi{load_be<std::uint64_t>(octets.data() + 8)}};
}

class KeySchedule : public ::testing::TestWithParam<testing::IkeKeyVector> {
 protected:
  const testing::IkeKeyVector& vector = GetParam();
  Octets ni = from_hex(vector.ni), nr = from_hex(vector.nr);
  Octets new_ni = from_hex(vector.new_ni), new_nr = from_hex(vector.new_nr);
  Octets shared0 = from_hex(vector.shared0), shared1 = from_hex(vector.shared1), shared2 = from_hex(vector.shared2);
  CipherKeySizes sizes{vector.encryption, vector.integrity};
  IkeKeyShape shape{vector.prf, sizes};
  IkeKeyShape new_shape{vector.new_prf, sizes};
  Nonces nonces{ni, nr};
  Nonces new_nonces{new_ni, new_nr};
  IkeSpis spis = spis_of(from_hex(vector.spis));
  IkeSpis new_spis = spis_of(from_hex(vector.new_spis));
  Octets last = from_hex(vector.after_second);  // begins with SK_d
  OldIke old{vector.prf, ConstBytes(last).first(crypto::prf_octets(vector.prf))};
};

TEST_P(KeySchedule, StartsFromTheFirstExchangeAndTakesInEachAdditionalOne) {
  const auto initial = initial_keys(shape, nonces, spis, shared0);
  ASSERT_TRUE(initial);
  EXPECT_EQ(all_of(*initial), from_hex(vector.initial));
  const auto first = keys_after_intermediate(shape, initial->d.bytes(), nonces, spis, shared1);
  ASSERT_TRUE(first);
  EXPECT_EQ(all_of(*first), from_hex(vector.after_first));
  const auto second = keys_after_intermediate(shape, first->d.bytes(), nonces, spis, shared2);
  ASSERT_TRUE(second);
  EXPECT_EQ(all_of(*second), from_hex(vector.after_second));
}

// [7296-2.13-c, 7296-2.14-a]
TEST_P(KeySchedule, CutsKeysOfTheSuitesSizes) {
  const auto keys = initial_keys(shape, nonces, spis, shared0);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->prf, vector.prf);
  for (const SecretBytes* key : {&keys->d, &keys->proof_initiator, &keys->proof_responder}) {
    EXPECT_EQ(key->size(), crypto::prf_octets(vector.prf));
  }
  EXPECT_EQ(keys->encryption_initiator.size(), vector.encryption);
  EXPECT_EQ(keys->encryption_responder.size(), vector.encryption);
  EXPECT_EQ(keys->integrity_initiator.size(), vector.integrity);
  EXPECT_EQ(keys->integrity_responder.size(), vector.integrity);
}

TEST_P(KeySchedule, ARekeySeedsWithTheOldPrfAndExpandsWithTheNewOneOverTheNewSpis) {
  const ConstBytes one[] = {shared0};
  const auto rekeyed = rekeyed_keys(old, new_shape, new_nonces, new_spis, one);
  ASSERT_TRUE(rekeyed);
  EXPECT_EQ(all_of(*rekeyed), from_hex(vector.rekeyed));
  EXPECT_EQ(rekeyed->prf, vector.new_prf);
  const ConstBytes three[] = {shared0, shared1, shared2};
  const auto hybrid = rekeyed_keys(old, new_shape, new_nonces, new_spis, three);
  ASSERT_TRUE(hybrid);
  EXPECT_EQ(all_of(*hybrid), from_hex(vector.rekeyed_hybrid));
}

// [7296-2.17-a, 7296-2.17-b]
TEST_P(KeySchedule, AChildsKeysAreTheInitiatorsFirst) {
  const auto child = child_keys(old, sizes, nonces, {});
  ASSERT_TRUE(child);
  EXPECT_EQ(all_of(*child), from_hex(vector.child));
  EXPECT_EQ(child->from_initiator.encryption.size(), vector.encryption);
  EXPECT_EQ(child->from_responder.integrity.size(), vector.integrity);
  const ConstBytes three[] = {shared0, shared1, shared2};
  const auto hybrid = child_keys(old, sizes, new_nonces, three);
  ASSERT_TRUE(hybrid);
  EXPECT_EQ(all_of(*hybrid), from_hex(vector.child_hybrid));
}

TEST_P(KeySchedule, NothingIsDerivedFromWhatIsMissing) {
  const ConstBytes hole[] = {shared0, {}};
  EXPECT_FALSE(initial_keys(shape, nonces, spis, {}));
  EXPECT_FALSE(initial_keys(shape, {ni, {}}, spis, shared0));
  EXPECT_FALSE(initial_keys(shape, {{}, nr}, spis, shared0));
  EXPECT_FALSE(initial_keys({vector.prf, {0, 32}}, nonces, spis, shared0));
  EXPECT_FALSE(keys_after_intermediate(shape, {}, nonces, spis, shared1));
  EXPECT_FALSE(keys_after_intermediate(shape, old.d, nonces, spis, {}));
  EXPECT_FALSE(rekeyed_keys(old, shape, nonces, spis, {}));
  EXPECT_FALSE(rekeyed_keys(old, shape, nonces, spis, hole));
  EXPECT_FALSE(rekeyed_keys({vector.prf, {}}, shape, nonces, spis, {hole, 1}));
  EXPECT_FALSE(child_keys(old, sizes, nonces, hole));
  EXPECT_FALSE(child_keys(old, sizes, {ni, {}}, {}));
  EXPECT_FALSE(child_keys({vector.prf, {}}, sizes, nonces, {}));
  EXPECT_FALSE(child_keys(old, {}, nonces, {}));
  EXPECT_FALSE(child_keys(old, {9'000, 9'000}, nonces, {}));  // more than prf+ can give
}

INSTANTIATE_TEST_SUITE_P(Known, KeySchedule, ::testing::ValuesIn(testing::kIkeKeyVectors));

// [7296-2.10-b]
TEST(Nonce, HasSixteenOctetsAndHalfAPrfKeyAtLeast) {
  EXPECT_FALSE(nonce_fits(15, crypto::Prf::kHmacSha256));
  EXPECT_TRUE(nonce_fits(16, crypto::Prf::kHmacSha256));
  EXPECT_FALSE(nonce_fits(23, crypto::Prf::kHmacSha384));
  EXPECT_TRUE(nonce_fits(24, crypto::Prf::kHmacSha384));
  EXPECT_FALSE(nonce_fits(31, crypto::Prf::kHmacSha512));
  EXPECT_TRUE(nonce_fits(256, crypto::Prf::kHmacSha512));
  EXPECT_FALSE(nonce_fits(257, crypto::Prf::kHmacSha256));
}

}  // namespace
}  // namespace levelgate::ikemessage::keymat_test
