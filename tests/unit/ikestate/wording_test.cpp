// SPDX-License-Identifier: Apache-2.0
//
// What operators read about offers, suites and selectors; and what is bounded, since peers write it.
#include "ikestate/wording.h"

#include <gtest/gtest.h>

#include "negotiation/keywords.h"

namespace levelgate::ikestate::wording_test {
namespace {

std::vector<ikewire::Proposal> offer(std::size_t count) {
  std::vector<ikewire::Proposal> proposals;
  for (std::size_t i = 0; i < count; ++i) {
    proposals.push_back(*negotiation::parse_proposal(ikewire::ProtocolId::kIke, "aes256gcm16-prfsha384-x25519",
                                                     static_cast<std::uint8_t>(i + 1)));
  }
  return proposals;
}

TEST(Wording, OffersAreNamedAndBounded) {
  EXPECT_EQ(offer_text({}), "nothing");
  EXPECT_EQ(offer_text(offer(2)), "aes256gcm16-prfsha384-x25519 | aes256gcm16-prfsha384-x25519");
  const std::string many = offer_text(offer(100));
  EXPECT_LT(many.size(), 2000U);
  EXPECT_NE(many.find(" more"), std::string::npos);
}

TEST(Wording, ASuiteIsWrittenAsItIsConfigured) {
  negotiation::Suite suite;
  suite.protocol = ikewire::ProtocolId::kIke;
  suite.encryption = ikewire::Encryption::kAesGcm16;
  suite.key_bits = 256;
  suite.prf = ikewire::Prf::kHmacSha2_384;
  suite.key_exchange = ikewire::KeMethod::kCurve25519;
  EXPECT_EQ(suite_text(suite), "aes256gcm16-prfsha384-x25519");
}

TEST(Wording, SelectorsArePrefixesWhereTheyAre) {
  negotiation::Selectors selectors{model::TrafficSelector::from(*IpPrefix::parse("10.1.0.0/16"))};
  EXPECT_EQ(selectors_text(selectors), "10.1.0.0/16");
  EXPECT_EQ(selectors_text(negotiation::SelectorOffer{selectors, {}}), "10.1.0.0/16 <-> none");
  selectors.front().protocol = 17;
  selectors.front().port_first = selectors.front().port_last = 53;
  EXPECT_EQ(selectors_text(selectors), "10.1.0.0/16[17]:53");
  selectors.front().last = *IpAddress::parse("10.1.0.77");
  EXPECT_NE(selectors_text(selectors).find("10.1.0.77"), std::string::npos);
  selectors.resize(64, selectors.front());
  EXPECT_LT(selectors_text(selectors).size(), 1000U);
}

}  // namespace
}  // namespace levelgate::ikestate::wording_test
