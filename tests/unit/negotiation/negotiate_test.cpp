// SPDX-License-Identifier: Apache-2.0
//
// The responder's choice: order, search, policy, and the explanation of every refusal (RFC 7296 §2.7, §3.3;
// RFC 9370 §2.1, §2.2.1).
#include "negotiation/negotiate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "negotiation/limits.h"
#include "unit/negotiation/proposals_of.h"

namespace levelgate::negotiation::negotiate_test {
namespace {

using namespace tests;
using ::testing::HasSubstr;
using enum ikewire::TransformType;

constexpr Terms kUsual{};
constexpr Terms kNoIntermediate{PostQuantum::kPreferred, AdditionalExchanges::kUnavailable, KeyExchanges::kNegotiated};
constexpr Terms kFirstChild{PostQuantum::kRequired, AdditionalExchanges::kAvailable, KeyExchanges::kInherited};
constexpr Terms kRequired{PostQuantum::kRequired};
constexpr Terms kOff{PostQuantum::kOff};

std::string chosen(const std::vector<ikewire::Proposal>& own, const std::vector<ikewire::Proposal>& peer,
                   const Terms& terms = kUsual) {
  const auto choice = choose(own, peer, terms);
  if (!choice) return "refused: " + choice.error().text();
  return std::to_string(choice->answer.number) + " " + proposal_text(choice->answer);
}
Mismatch first_mismatch(const std::vector<ikewire::Proposal>& own, const std::vector<ikewire::Proposal>& peer,
                        const Terms& terms = kUsual) {
  const auto choice = choose(own, peer, terms);
  return choice ? Mismatch{} : choice.error().pairs.at(0).mismatches.at(0);
}

// [7296-2.7-a, 7296-2.7-c, 7296-2.7-d, 7296-3.3.1-b, 7296-3.3.6-a, 7296-3.3.6-b, 7296-3.3.6-c, 7296-3.3.6-e]
TEST(Choose, OneTransformOfEachTypeUnderThePeersNumber) {
  EXPECT_EQ(chosen(ike_of({"aes256gcm16-prfsha384-x25519"}),
                   ike_of({"aes128-sha256-modp2048", "aes128gcm16-aes256gcm16-prfsha256-prfsha384-ecp256-x25519"})),
            "2 aes256gcm16-prfsha384-x25519");
}

TEST(Choose, OurOrderCountsFirstAndThenThePeersOrderOfProposals) {
  const auto own = ike_of({"aes256gcm16-aes128gcm16-prfsha512-x448-x25519", "aes256-sha256-x25519"});
  EXPECT_EQ(chosen(own, ike_of({"aes256-sha256-x25519", "aes128gcm16-aes256gcm16-prfsha512-x25519-x448"})),
            "2 aes256gcm16-prfsha512-x448");
  EXPECT_EQ(chosen(own, ike_of({"aes128gcm16-prfsha512-x25519", "aes256gcm16-prfsha512-x448"})),
            "1 aes128gcm16-prfsha512-x25519");
}

// [7296-3.3.3-a, 9370-2.2.1-c, 9370-2.2.1-h]
TEST(Choose, GivesTheSuiteAsAValue) {
  const auto choice = choose(ike_of({"aes256-sha512-ecp384-ke2_mlkem768-ke5_none-ke5_x25519-ke7_mlkem1024"}),
                             ike_of({"aes256-sha512-ecp384-ke2_mlkem768-ke5_none-ke7_mlkem1024"}), kUsual);
  ASSERT_TRUE(choice);
  const Suite expected{ikewire::ProtocolId::kIke,
                       ikewire::Encryption::kAesCbc,
                       256,
                       ikewire::Prf::kHmacSha2_512,
                       ikewire::Integrity::kHmacSha2_512_256,
                       ikewire::KeMethod::kEcp384,
                       {{kAddKe2, ikewire::KeMethod::kMlKem768}, {kAddKe7, ikewire::KeMethod::kMlKem1024}},
                       ikewire::SequenceNumbers::k32Bit};
  EXPECT_EQ(choice->suite, expected);
  EXPECT_TRUE(choice->suite.post_quantum());
  EXPECT_EQ(choice->own_number, 1);
}

// [7296-3.3-d]
TEST(Choose, AnIntegrityOfNoneMayBeSaidOrNot) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519"});
  EXPECT_EQ(chosen(own, with(own, make_transform(kInteg, 0))), "1 aes256gcm16-prfsha256-NONE-x25519");
  EXPECT_EQ(first_mismatch(own, with(own, make_transform(kInteg, 12))).type, kInteg);
}

// [7296-3.3.3-a]
TEST(Choose, ExtendedSequenceNumbersAreChosenLikeTheRest) {
  EXPECT_EQ(chosen(esp_of({"aes256gcm16-esn"}), esp_of({"aes256gcm16-noesn-esn"})), "1 aes256gcm16-esn");
  EXPECT_EQ(first_mismatch(esp_of({"aes256gcm16-esn"}), esp_of({"aes256gcm16"})).type, kSequenceNumbers);
}

// [7296-3.3.6-e]
TEST(Choose, AProposalWithoutSequenceNumbersIsNotGuessedAt) {
  auto peer = esp_of({"aes256gcm16"});
  peer[0].transforms.pop_back();
  EXPECT_EQ(first_mismatch(esp_of({"aes256gcm16"}), peer).type, kSequenceNumbers);
}

// --- additional key exchanges ---

// [9370-2.2.1-i]
TEST(Choose, ATypeThatIsNotOfferedIsNone) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none"});
  EXPECT_EQ(chosen(own, ike_of({"aes256gcm16-prfsha256-x25519"})), "1 aes256gcm16-prfsha256-x25519");
  const auto demanding = ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768"});
  EXPECT_EQ(first_mismatch(demanding, ike_of({"aes256gcm16-prfsha256-x25519"})).type, kAddKe1);
  EXPECT_EQ(first_mismatch(ike_of({"aes256gcm16-prfsha256-x25519"}), demanding).type, kAddKe1);
}

// [9370-2.2.1-h]
TEST(Choose, AChosenNoneIsSaid) {
  EXPECT_EQ(
      chosen(ike_of({"aes256gcm16-prfsha256-x25519"}), ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none"})),
      "1 aes256gcm16-prfsha256-x25519-ke1_none");
}

// [9370-2.2.1-c, 9370-2.2.1-d]
TEST(Choose, SearchesWhereTheFirstChoiceWouldRepeatAMethod) {
  // Greedily x25519 is taken as the first exchange, and nothing is left for ADDKE1.
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519-ecp256-ke1_x25519"});
  EXPECT_EQ(chosen(own, own), "1 aes256gcm16-prfsha256-ecp256-ke1_x25519");
  // Each type but the first has to move for the last one.
  const auto chain =
      ike_of({"aes256gcm16-prfsha256-x25519-ecp256-ke1_ecp256-ke1_x448-ke2_x448-ke2_ecp521-ke3_ecp521-ke3_x25519"});
  EXPECT_EQ(chosen(chain, chain), "1 aes256gcm16-prfsha256-x25519-ke1_ecp256-ke2_x448-ke3_ecp521");
  const auto last = ike_of({"aes256gcm16-prfsha256-x25519-ecp256-ke1_ecp256-ke1_x448-ke2_x448-ke2_ecp521-ke3_x25519"});
  EXPECT_EQ(chosen(last, last), "1 aes256gcm16-prfsha256-ecp256-ke1_x448-ke2_ecp521-ke3_x25519");
}

// [9370-2.2.1-d, 9370-2.2.1-e]
TEST(Choose, NeverTheSameMethodTwiceButNone) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519-ke1_x25519"});
  EXPECT_EQ(first_mismatch(own, own).kind, MismatchKind::kOnlyDuplicates);
  const auto none = ike_of({"aes256gcm16-prfsha256-x25519-ke1_x25519-ke1_none-ke2_none-ke2_x25519"});
  EXPECT_EQ(chosen(none, none), "1 aes256gcm16-prfsha256-x25519-ke1_none-ke2_none");
}

// [9370-2.2.1-l]
TEST(Choose, AdditionalKeyExchangesNeedIntermediate) {
  const auto hybrid = ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768"});
  const auto optional = ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768-ke1_none"});
  EXPECT_EQ(first_mismatch(hybrid, hybrid, kNoIntermediate).kind, MismatchKind::kNoIntermediate);
  EXPECT_EQ(first_mismatch(hybrid, optional, kNoIntermediate).kind, MismatchKind::kNoIntermediate);
  EXPECT_EQ(first_mismatch(optional, hybrid, kNoIntermediate).kind, MismatchKind::kNoIntermediate);
  EXPECT_EQ(chosen(optional, optional, kNoIntermediate), "1 aes256gcm16-prfsha256-x25519-ke1_none");
  EXPECT_EQ(chosen(optional, ike_of({"aes256gcm16-prfsha256-x25519"}), kNoIntermediate),
            "1 aes256gcm16-prfsha256-x25519");
}

TEST(Choose, TheFirstChildInheritsItsKeyExchange) {
  EXPECT_EQ(chosen(esp_of({"aes256gcm16-ecp384-ke1_mlkem768"}), esp_of({"aes256gcm16"}), kFirstChild), "1 aes256gcm16");
  EXPECT_EQ(chosen(esp_of({"aes256gcm16"}), esp_of({"aes256gcm16-x25519"}), kFirstChild), "1 aes256gcm16");
  EXPECT_EQ(first_mismatch(esp_of({"aes256gcm16-ecp384"}), esp_of({"aes256gcm16"})).type, kKe);
}

// --- policy ---

TEST(Choose, PreferredTakesAPostQuantumSuiteBeforeAllOthers) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519-ke1_mlkem768"});
  const auto peer = ike_of({"aes256gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519-ke1_mlkem768"});
  EXPECT_EQ(chosen(own, peer), "2 aes128gcm16-prfsha256-x25519-ke1_mlkem768");
  EXPECT_EQ(chosen(own, ike_of({"aes256gcm16-prfsha256-x25519"})), "1 aes256gcm16-prfsha256-x25519");
  const auto one = ike_of({"aes256gcm16-prfsha256-x25519-mlkem768-ke1_none-ke1_mlkem512"});
  EXPECT_EQ(chosen(one, one), "1 aes256gcm16-prfsha256-x25519-ke1_mlkem512");
}

TEST(Choose, RequiredTakesNoOther) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519-ke1_none-ke1_mlkem768"});
  EXPECT_EQ(chosen(own, own, kRequired), "1 aes256gcm16-prfsha256-x25519-ke1_mlkem768");
  const auto classical = ike_of({"aes256gcm16-prfsha256-x25519"});
  EXPECT_EQ(first_mismatch(own, classical, kRequired).kind, MismatchKind::kPostQuantumMissing);
  const auto alone = ike_of({"aes256gcm16-prfsha256-x25519-mlkem512"});
  EXPECT_EQ(chosen(alone, alone, kRequired), "1 aes256gcm16-prfsha256-mlkem512");
}

TEST(Choose, RequiredSearchesForTheOneWayThatHasIt) {
  // ML-KEM-768 may be the first exchange or the second; only one of them leaves a method for the other.
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519-mlkem768-ke1_x25519"});
  EXPECT_EQ(chosen(own, own, kRequired), "1 aes256gcm16-prfsha256-mlkem768-ke1_x25519");
}

TEST(Choose, RequiredLeavesAChildWithoutKeyExchangeToTheIkeSa) {
  EXPECT_EQ(chosen(esp_of({"aes256gcm16"}), esp_of({"aes256gcm16"}), kRequired), "1 aes256gcm16");
  EXPECT_EQ(first_mismatch(esp_of({"aes256gcm16-x25519"}), esp_of({"aes256gcm16-x25519"}), kRequired).kind,
            MismatchKind::kPostQuantumMissing);
}

TEST(Choose, OffTakesNoneAndBreaksNoDemand) {
  const auto optional = ike_of({"aes256gcm16-prfsha256-mlkem768-x25519-ke1_mlkem512-ke1_none"});
  EXPECT_EQ(chosen(optional, optional, kOff), "1 aes256gcm16-prfsha256-x25519-ke1_none");
  const auto demanding = ike_of({"aes256gcm16-prfsha256-x25519-ke1_mlkem768"});
  EXPECT_EQ(first_mismatch(demanding, demanding, kOff).kind, MismatchKind::kPostQuantumOff);
}

// --- hostile and strange offers ---

// [7296-3.3.6-e, 7296-3.3.6-f]
TEST(Choose, WhatIsNotUnderstoodIsNotChosen) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519"});
  EXPECT_EQ(first_mismatch(own, with(own, make_transform(ikewire::TransformType{200}, 1))).kind,
            MismatchKind::kUnknownType);
  EXPECT_EQ(first_mismatch(own, with(own, make_transform(kSequenceNumbers, 0))).kind, MismatchKind::kUnknownType);
  auto strange = own;
  strange[0].transforms[0].attributes.push_back({ikewire::AttributeType{77}, ikewire::AttributeForm::kNumber, 1, {}});
  EXPECT_EQ(first_mismatch(own, strange).type, kEncr);
}

// [7296-3.3.5-c, 7296-3.3.5-d]
TEST(Choose, AKeyLengthIsWhereItBelongsAndNowhereElse) {
  const auto aes = ike_of({"aes256gcm16-prfsha256-x25519"}), chacha = ike_of({"chacha20poly1305-prfsha256-x25519"});
  auto without = aes, surplus = chacha;
  without[0].transforms[0].attributes.clear();
  surplus[0].transforms[0].attributes = aes[0].transforms[0].attributes;
  EXPECT_EQ(first_mismatch(aes, without).type, kEncr);
  EXPECT_EQ(first_mismatch(chacha, surplus).type, kEncr);
  EXPECT_EQ(chosen(chacha, chacha), "1 chacha20poly1305-prfsha256-x25519");
}

// [7296-2.7-b]
TEST(Choose, ProposalsOfOtherProtocolsAreNotOurs) {
  auto peer = esp_of({"aes256gcm16"});
  EXPECT_EQ(first_mismatch(ike_of({"aes256gcm16-prfsha256-x25519"}), peer).kind, MismatchKind::kProtocol);
  auto own = peer;
  own[0].protocol = peer[0].protocol = ikewire::ProtocolId::kAh;
  EXPECT_EQ(first_mismatch(own, peer).kind, MismatchKind::kProtocol);
}

TEST(Choose, NothingComesOfNothing) {
  const auto own = ike_of({"aes256gcm16-prfsha256-x25519"});
  EXPECT_THAT(chosen(own, {}), HasSubstr("no proposal"));
  EXPECT_THAT(chosen({}, own), HasSubstr("no proposal"));
  auto hollow = own;
  hollow[0].transforms.clear();
  EXPECT_EQ(first_mismatch(own, hollow).type, kEncr);
}

// --- explanations ---

// [7296-3.3.4-b, 7296-3.3.4-c]
TEST(Refusal, NamesBothSidesTheTypeAndTheCure) {
  EXPECT_EQ(chosen(ike_of({"aes256gcm16-prfsha384-x25519"}), ike_of({"aes128gcm16-prfsha384-x25519"})),
            "refused: proposal 1 against the peer's 1: ENCR: this side has aes256gcm16, the peer aes128gcm16; would "
            "match if the peer offered one of aes256gcm16, or this side one of aes128gcm16");
  EXPECT_EQ(chosen(ike_of({"aes256gcm16-prfsha384-x25519-ke1_mlkem768"}), ike_of({"aes256gcm16-prfsha384-x25519"})),
            "refused: proposal 1 against the peer's 1: ADDKE1: this side has ke1_mlkem768, the peer none; would match "
            "if the peer offered one of ke1_mlkem768, or this side one of none");
}

TEST(Refusal, SpeaksOfTheClosestPair) {
  const auto own = ike_of({"aes256-sha256-modp2048", "aes256gcm16-prfsha384-x25519"});
  const auto peer = ike_of({"chacha20poly1305-prfsha512-ecp521", "aes256gcm16-prfsha384-x448"});
  const auto choice = choose(own, peer, kUsual);
  ASSERT_FALSE(choice);
  ASSERT_EQ(choice.error().pairs.size(), 4u);
  EXPECT_EQ(choice.error().pairs[0].own_number, 2);
  EXPECT_EQ(choice.error().pairs[0].peer_number, 2);
  EXPECT_THAT(choice.error().text(), HasSubstr("KE: this side has x25519, the peer x448"));
}

TEST(Refusal, SaysAllThatWouldHaveToChange) {
  const std::string text = chosen(ike_of({"aes256gcm16-prfsha384-x25519"}), ike_of({"aes128gcm16-prfsha384-x448"}));
  EXPECT_THAT(text, HasSubstr("aes128gcm16, and the peer offered one of x25519"));
}

TEST(Refusal, HasAWordForEveryKind) {
  for (std::uint8_t kind = 0; kind <= static_cast<std::uint8_t>(MismatchKind::kPostQuantumOff); ++kind) {
    const Mismatch mismatch{MismatchKind{kind}, kAddKe1, {}, {make_transform(kAddKe1, 36)}};
    EXPECT_FALSE(mismatch.text().empty());
    EXPECT_FALSE(mismatch.would_match_if().empty());
  }
}

TEST(Refusal, IsBoundedAndKeepsTheClosest) {
  std::vector<ikewire::Proposal> many(limits::kProposals, ike_of({"aes128-sha256-modp2048"})[0]);
  many.push_back(ike_of({"aes256gcm16-prfsha384-x448"})[0]);
  const auto choice = choose(ike_of({"aes256gcm16-prfsha384-x25519"}), many, kUsual);
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().pairs.size(), limits::kExplainedPairs);
  EXPECT_EQ(choice.error().pairs[0].mismatches.size(), 1u);
}

}  // namespace
}  // namespace levelgate::negotiation::negotiate_test
