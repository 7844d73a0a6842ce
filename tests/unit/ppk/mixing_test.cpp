// SPDX-License-Identifier: Apache-2.0
//
// PPKs in keys against answers that another program in another language found (RFC 8784 §3; RFC 9867 §3.1, §3.2), and
// the choice among several.
#include "ppk/mixing.h"

#include <gtest/gtest.h>

#include "support/hex_octets.h"
#include "vectors/ike_ppk_vectors.h"

namespace levelgate::ppk::mixing_test {
namespace {

using testing::from_hex;
using Octets = std::vector<std::byte>;

Octets octets_of(const SecretBytes& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

model::Ppk ppk_of(std::string id, ConstBytes octets) {
  return {std::move(id), {std::make_shared<const SecretBytes>(octets)}};
}

class PpkMixing : public ::testing::TestWithParam<testing::IkePpkVector> {
 protected:
  const testing::IkePpkVector& vector = GetParam();
  Octets secret = from_hex(vector.ppk), ni = from_hex(vector.ni), nr = from_hex(vector.nr);
  Octets spis = from_hex(vector.spis), new_ni = from_hex(vector.new_ni);
  model::Ppk ppk = ppk_of("berlin", secret);
};

TEST_P(PpkMixing, MakesTheThreeKeysOfIkeAuth) {
  const std::pair<std::string_view, std::string_view> keys[] = {
      {vector.d, vector.auth_d}, {vector.pi, vector.auth_pi}, {vector.pr, vector.auth_pr}};
  for (const auto& [before, after] : keys) {
    const auto made = mixed(vector.prf, ppk, from_hex(before));
    ASSERT_TRUE(made);
    EXPECT_EQ(octets_of(*made), from_hex(after));
  }
}

TEST_P(PpkMixing, ConfirmsWithBothNoncesBeforeAuthenticationAndWithOneBehindIt) {
  const auto first = confirmation(vector.prf, ppk, {ni, nr, spis});
  ASSERT_TRUE(first);
  EXPECT_EQ(Octets(first->begin(), first->end()), from_hex(vector.confirmation));
  const auto later = confirmation(vector.prf, ppk, {new_ni, spis});
  ASSERT_TRUE(later);
  EXPECT_EQ(Octets(later->begin(), later->end()), from_hex(vector.create_confirmation));
}

INSTANTIATE_TEST_SUITE_P(Known, PpkMixing, ::testing::ValuesIn(testing::kIkePpkVectors));

TEST(PpkMatching, TakesTheFirstOfThePeersListThatHasTheSameOctets) {
  const Octets a(32, std::byte{1}), b(32, std::byte{2}), c(32, std::byte{3}), seed(16, std::byte{9});
  const auto confirm = [&](const model::Ppk& one) { return confirmation(crypto::Prf::kHmacSha384, one, {seed}); };
  const model::Ppk a_here = ppk_of("a", a), b_here = ppk_of("b", b), b_there = ppk_of("b", c), c_there = ppk_of("c", c);
  const std::vector<model::Ppk> here{a_here, b_here};
  const auto offer = [&](const std::vector<model::Ppk>& there) {
    std::vector<Confirmation> proofs;
    std::vector<ikewire::PpkIdentityKey> keys;
    proofs.reserve(there.size());
    for (const model::Ppk& one : there) {
      proofs.push_back(confirm(one).value());
      keys.push_back({identity_of(one), proofs.back()});
    }
    const auto found = match(keys, here, confirm);
    EXPECT_TRUE(found);
    return found && *found ? (*found)->id : std::string();
  };
  EXPECT_EQ(offer({a_here, b_here}), "a");
  EXPECT_EQ(offer({b_here, a_here}), "b") << "the peer's order counts";
  EXPECT_EQ(offer({c_there, a_here}), "a");
  EXPECT_EQ(offer({b_there, a_here}), "a") << "the same id with other octets is none";
  EXPECT_EQ(offer({b_there}), "");
  EXPECT_EQ(offer({b_there, b_here}), "b") << "an id may stand twice";
  EXPECT_EQ(offer({c_there}), "");
  EXPECT_EQ(offer({}), "");
}

TEST(PpkMatching, OnlyFixedIdsNameWhatIsConfigured) {
  const Octets octets(32, std::byte{1});
  const model::Ppk ppk = ppk_of("a", octets);
  EXPECT_TRUE(names({ikewire::PpkIdType::kFixed, from_hex("61")}, ppk));
  EXPECT_FALSE(names({ikewire::PpkIdType::kOpaque, from_hex("61")}, ppk));
  EXPECT_FALSE(names({ikewire::PpkIdType::kFixed, from_hex("6161")}, ppk));
  EXPECT_FALSE(names({ikewire::PpkIdType::kFixed, {}}, ppk));
}

TEST(PpkMatching, WhatCannotBeReadIsLeftOut) {
  const Octets good = from_hex(
                   "0261"
                   "0102030405060708"),
               bad = from_hex("0102030405060708");
  const std::vector<ConstBytes> values{bad, good, {}};
  const auto keys = identity_keys(values);
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.front().identity.name.size(), 1u);
}

TEST(PpkMatching, WithoutOctetsThereIsAnError) {
  const model::Ppk nothing{"a", {}};
  const Octets key(32, std::byte{1});
  EXPECT_FALSE(mixed(crypto::Prf::kHmacSha256, nothing, key));
  EXPECT_FALSE(confirmation(crypto::Prf::kHmacSha256, nothing, {key}));
  EXPECT_FALSE(mixed(crypto::Prf::kHmacSha256, ppk_of("a", key), {}));
}

}  // namespace
}  // namespace levelgate::ppk::mixing_test
