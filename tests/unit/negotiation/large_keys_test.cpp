// SPDX-License-Identifier: Apache-2.0
//
// A large key stands behind all key exchanges of a proposal, and what was configured stands behind that.
#include "negotiation/large_keys.h"

#include <gtest/gtest.h>

#include "negotiation/keywords.h"

namespace levelgate::negotiation::large_keys_test {
namespace {

using ikewire::KeMethod;

std::vector<ikewire::Proposal> proposals(const std::vector<std::string>& texts) {
  std::vector<ikewire::Proposal> all;
  for (const std::string& text : texts) {
    const auto number = static_cast<std::uint8_t>(all.size() + 1);
    all.push_back(parse_proposal(ikewire::ProtocolId::kIke, text, number).value());
  }
  return all;
}

std::vector<std::string> texts(const std::vector<ikewire::Proposal>& all) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].number, i + 1);
    words.push_back(proposal_text(all[i]));
  }
  return words;
}

TEST(LargeKeys, StandBehindWhatIsThere) {
  const auto configured = proposals({"aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-x25519-ke1_mlkem768",
                                     "aes256gcm16-prfsha384-x25519-ke2_mlkem768-ke2_none"});
  EXPECT_EQ(texts(with_large(configured, KeMethod::kMceliece6688128f)),
            (std::vector<std::string>{"aes256gcm16-prfsha384-x25519-ke1_mceliece6688128f",
                                      "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mceliece6688128f",
                                      "aes256gcm16-prfsha384-x25519-ke2_mlkem768-ke2_none-ke3_mceliece6688128f",
                                      "aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-x25519-ke1_mlkem768",
                                      "aes256gcm16-prfsha384-x25519-ke2_mlkem768-ke2_none"}));
  EXPECT_TRUE(has_large(with_large(configured, KeMethod::kMceliece348864)));
  EXPECT_FALSE(has_large(configured));
}

TEST(LargeKeys, NeedAPlace) {
  const auto full = proposals({"aes256gcm16-prfsha384-x25519-ke7_mlkem768"});
  EXPECT_EQ(with_large(full, KeMethod::kMceliece348864), full);
}

TEST(LargeKeys, ComeOutOfASuite) {
  Suite suite;
  suite.additional = {{ikewire::TransformType::kAddKe1, KeMethod::kMlKem768},
                      {ikewire::TransformType::kAddKe2, KeMethod::kMceliece348864f}};
  EXPECT_TRUE(has_large(suite));
  const Suite rest = without_large(suite);
  EXPECT_FALSE(has_large(rest));
  ASSERT_EQ(rest.additional.size(), 1u);
  EXPECT_EQ(rest.additional.front().method, KeMethod::kMlKem768);
  EXPECT_EQ(without_large(rest), rest);
}

TEST(LargeKeys, AreTheTenSetsAndNothingElse) {
  unsigned count = 0;
  for (unsigned id = 0; id < 2000; ++id) count += is_large(KeMethod{static_cast<std::uint16_t>(id)}) ? 1 : 0;
  EXPECT_EQ(count, 10u);
  EXPECT_TRUE(is_large(KeMethod::kMceliece348864) && is_large(KeMethod::kMceliece8192128f));
}

}  // namespace
}  // namespace levelgate::negotiation::large_keys_test
