// SPDX-License-Identifier: Apache-2.0
//
// The initiator's half: no answer to an offer may break the policy, and an answer is exactly one of what was offered
// (RFC 7296 §2.7, §3.3.6; RFC 9370 §2.1).
#include "negotiation/offer.h"

#include <gtest/gtest.h>

#include "negotiation/limits.h"
#include "unit/negotiation/proposals_of.h"

namespace levelgate::negotiation::offer_test {
namespace {

using namespace tests;
using enum ikewire::TransformType;

constexpr Terms kUsual{};
constexpr Terms kRequired{PostQuantum::kRequired};
constexpr Terms kOff{PostQuantum::kOff};
constexpr Terms kNoIntermediate{PostQuantum::kPreferred, AdditionalExchanges::kUnavailable, KeyExchanges::kNegotiated};
constexpr Terms kFirstChild{PostQuantum::kRequired, AdditionalExchanges::kAvailable, KeyExchanges::kInherited};

using Texts = std::vector<std::string>;

Texts offered(const std::vector<ikewire::Proposal>& configured, const Terms& terms) {
  Texts texts;
  for (const ikewire::Proposal& proposal : offer(configured, terms)) {
    EXPECT_EQ(proposal.number, texts.size() + 1);
    texts.push_back(proposal_text(proposal));
  }
  return texts;
}

// [7296-3.3-a, 7296-3.3-c, 7296-3.3.4-a]
TEST(Offer, IsWhatWasConfiguredNumberedFromOne) {
  auto configured = ike_of({"aes256gcm16-prfsha256-x25519", "aes256-prfsha256-sha256-ecp384"});
  configured[0].number = 9;
  EXPECT_EQ(offered(configured, kUsual), (Texts{"aes256gcm16-prfsha256-x25519", "aes256-prfsha256-sha256-ecp384"}));
}

// [7296-3.3-a]
TEST(Offer, PreferredPutsPostQuantumFirst) {
  EXPECT_EQ(offered(ike_of({"aes256gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519-ke1_mlkem768",
                            "aes128gcm16-prfsha256-x448", "aes128gcm16-prfsha256-mlkem512"}),
                    kUsual),
            (Texts{"aes128gcm16-prfsha256-x25519-ke1_mlkem768", "aes128gcm16-prfsha256-mlkem512",
                   "aes256gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x448"}));
}

TEST(Offer, RequiredLeavesNoClassicalWay) {
  EXPECT_EQ(offered(ike_of({"aes256gcm16-prfsha256-x25519", "aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none",
                            "aes256gcm16-prfsha256-x25519-mlkem512",
                            "aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke2_mlkem1024-ke2_none",
                            "aes256gcm16-prfsha256-x25519-mlkem512-ke3_mlkem768-ke3_x448"}),
                    kRequired),
            (Texts{"aes256gcm16-prfsha256-x25519-ke1_mlkem768", "aes256gcm16-prfsha256-mlkem512",
                   "aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke2_mlkem1024-ke2_none",
                   "aes256gcm16-prfsha256-x25519-mlkem512-ke3_mlkem768"}));
}

TEST(Offer, RequiredNarrowsNothingWhereOneTypeIsPostQuantumAlready) {
  const std::string text = "aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none-ke2_mlkem1024";
  EXPECT_EQ(offered(ike_of({text}), kRequired), Texts{text});
}

TEST(Offer, RequiredKeepsAChildThatInherits) {
  EXPECT_EQ(offered(esp_of({"aes256gcm16", "aes256gcm16-x25519"}), kRequired), Texts{"aes256gcm16"});
}

TEST(Offer, OffDropsWhatDemandsIt) {
  EXPECT_EQ(offered(ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768", "aes256gcm16-prfsha256-mlkem768",
                            "aes256gcm16-prfsha256-x25519-mlkem768-ke1_mlkem512-ke1_none-ke2_x448-ke2_mlkem1024"}),
                    kOff),
            Texts{"aes256gcm16-prfsha256-x25519-ke2_x448"});
}

TEST(Offer, WithoutIntermediateNoAdditionalTypeIsMentioned) {
  EXPECT_EQ(
      offered(ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768", "aes256gcm16-prfsha256-x448-ke1_mlkem768-ke1_none"}),
              kNoIntermediate),
      Texts{"aes256gcm16-prfsha256-x448"});
}

TEST(Offer, TheFirstChildsHasNoKeyExchange) {
  EXPECT_EQ(offered(esp_of({"aes256gcm16-ecp384-ke1_mlkem768-esn"}), kFirstChild), Texts{"aes256gcm16-esn"});
}

TEST(Offer, IsBounded) {
  const std::vector<ikewire::Proposal> many(300, ike_of({"aes256gcm16-prfsha256-x25519"})[0]);
  EXPECT_EQ(offer(many, kUsual).size(), limits::kProposals);
}

// --- answers ---

class Answer : public ::testing::Test {
 protected:
  std::vector<ikewire::Proposal> offered_ =
      ike_of({"aes256gcm16-prfsha256-prfsha384-x25519-ke1_mlkem768-ke1_none-ke2_x448-ke2_x25519",
              "aes256-sha256-x25519-ecp384"});

  std::string check(const std::vector<ikewire::Proposal>& answer, const Terms& terms = kUsual) const {
    const auto suite = check_answer(offered_, answer, terms);
    return suite ? "" : text_of(suite.error());
  }
  std::string check(std::string_view text, std::uint8_t number = 1, const Terms& terms = kUsual) const {
    auto answer = ike_of({text});
    answer.at(0).number = number;
    return check(answer, terms);
  }
};

TEST_F(Answer, OneOfEachTypeIsTaken) {
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_x448"), "");
  EXPECT_EQ(check("aes256-sha256-ecp384", 2), "");
  const auto suite = check_answer(offered_, ike_of({"aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_x448"}), kUsual);
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->prf, ikewire::Prf::kHmacSha2_384);
  EXPECT_EQ(suite->additional, (std::vector<AdditionalKe>{{kAddKe1, ikewire::KeMethod::kMlKem768},
                                                          {kAddKe2, ikewire::KeMethod::kCurve448}}));
}

TEST_F(Answer, NoneMayBeSaidOrLeftOut) {
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke1_none-ke2_x448"), "");
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke2_x448"), "");
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke1_mlkem768"), text_of(AnswerFault::kTypeMissing));
}

TEST_F(Answer, IsExactlyOneProposal) {
  EXPECT_EQ(check(std::vector<ikewire::Proposal>{}), text_of(AnswerFault::kNotOneProposal));
  EXPECT_EQ(check(offered_), text_of(AnswerFault::kNotOneProposal));
}

// [7296-2.7-b, 7296-3.3.6-d]
TEST_F(Answer, HasTheNumberAndProtocolOfAnOffer) {
  EXPECT_EQ(check("aes256-sha256-ecp384", 1), text_of(AnswerFault::kNotOffered));
  EXPECT_EQ(check("aes256-sha256-ecp384", 3), text_of(AnswerFault::kUnknownNumber));
  auto esp = ike_of({"aes256-sha256-ecp384"});
  esp[0].number = 2;
  esp[0].protocol = ikewire::ProtocolId::kEsp;
  EXPECT_EQ(check(esp), text_of(AnswerFault::kUnknownNumber));
}

// [7296-3.3.5-d, 7296-3.3.6-d]
TEST_F(Answer, HasNothingThatWasNotOffered) {
  EXPECT_EQ(check("aes128gcm16-prfsha384-x25519-ke2_x448"), text_of(AnswerFault::kNotOffered));
  EXPECT_EQ(check("aes256gcm16-prfsha512-x25519-ke2_x448"), text_of(AnswerFault::kNotOffered));
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke2_x448-ke3_ecp256"), text_of(AnswerFault::kNotOffered));
  const auto extra = with(ike_of({"aes256gcm16-prfsha384-x25519-ke2_x448"}), make_transform(kGroupAuth, 1));
  EXPECT_EQ(check(extra), text_of(AnswerFault::kNotOffered));
  auto without_length = ike_of({"aes256gcm16-prfsha384-x25519-ke2_x448"});
  without_length[0].transforms[0].attributes.clear();
  EXPECT_EQ(check(without_length), text_of(AnswerFault::kNotOffered));
}

// [7296-3.3.6-d]
TEST_F(Answer, HasOneTransformOfEachType) {
  EXPECT_EQ(check("aes256gcm16-prfsha256-prfsha384-x25519-ke2_x448"), text_of(AnswerFault::kTwoOfOneType));
  auto twice = ike_of({"aes256gcm16-prfsha384-x25519-ke2_x448"});
  twice[0].transforms.push_back(twice[0].transforms[0]);
  EXPECT_EQ(check(twice), text_of(AnswerFault::kTwoOfOneType));
  for (const ikewire::TransformType type : {kEncr, kPrf, kKe}) {
    auto without = ike_of({"aes256gcm16-prfsha384-x25519-ke2_x448"});
    std::erase_if(without[0].transforms, [&](const ikewire::Transform& t) { return t.type == type; });
    EXPECT_EQ(check(without), text_of(AnswerFault::kTypeMissing));
  }
}

TEST_F(Answer, SequenceNumbersOfZeroAreNotNone) {
  auto answer = esp_of({"aes256gcm16"});
  answer[0].transforms.pop_back();
  const auto suite = check_answer(esp_of({"aes256gcm16"}), answer, kUsual);
  ASSERT_FALSE(suite);
  EXPECT_EQ(suite.error(), AnswerFault::kTypeMissing);
}

// [9370-2.2.1-f]
TEST_F(Answer, RepeatsNoMethod) {
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke2_x25519"), text_of(AnswerFault::kDuplicateMethod));
}

TEST_F(Answer, HasAdditionalExchangesOnlyWithIntermediate) {
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke2_x448", 1, kNoIntermediate), text_of(AnswerFault::kNoIntermediate));
}

TEST_F(Answer, KeepsThePolicy) {
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke2_x448", 1, kRequired), text_of(AnswerFault::kAgainstPolicy));
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_x448", 1, kRequired), "");
  EXPECT_EQ(check("aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_x448", 1, kOff), text_of(AnswerFault::kAgainstPolicy));
  EXPECT_TRUE(check_answer(esp_of({"aes256gcm16"}), esp_of({"aes256gcm16"}), kRequired));
  EXPECT_TRUE(check_answer(esp_of({"aes256gcm16"}), esp_of({"aes256gcm16"}), kFirstChild));
}

}  // namespace
}  // namespace levelgate::negotiation::offer_test
