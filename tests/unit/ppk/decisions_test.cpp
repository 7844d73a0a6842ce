// SPDX-License-Identifier: Apache-2.0
//
// Every row of the tables of RFC 8784 §3 and RFC 9867 §3.1, with every circumstance that a star stands for, and what
// the texts say of the initiator.
#include "ppk/decisions.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/hex_octets.h"

namespace levelgate::ppk::decisions_test {
namespace {

using Exchange = model::PpkExchange;

model::PpkSettings settings(bool required, Exchange exchange = Exchange::kEither) {
  const std::vector<std::byte> octets(32, std::byte{7});
  return {{{"berlin", {std::make_shared<const SecretBytes>(ConstBytes(octets))}}}, required, exchange};
}

std::vector<bool> each(std::optional<bool> value) {
  return value ? std::vector<bool>{*value} : std::vector<bool>{false, true};
}

constexpr std::nullopt_t kAny = std::nullopt;

// Table 1 of RFC 8784. "Configured with PPK": a PPK of the name that came, for the identity that came.
// [8784-3-f, 8784-3-g, 8784-3-h]
TEST(PpkDecisions, TheTableOfRfc8784) {
  struct Row {
    bool use_ppk;
    std::optional<bool> no_ppk_auth;
    bool configured;
    std::optional<bool> mandatory;
    std::vector<AuthStep> action;
  };
  const std::vector<Row> table = {
      {false, kAny, false, false, {AuthStep::kWithoutPpk}}, {false, kAny, true, false, {AuthStep::kWithoutPpk}},
      {false, kAny, true, true, {AuthStep::kNotUsed}},      {true, false, false, kAny, {AuthStep::kUnknownPpk}},
      {true, true, false, true, {AuthStep::kUnknownPpk}},   {true, true, false, false, {AuthStep::kNoPpkAuth}},
      {true, kAny, true, kAny, {AuthStep::kUsePpk}},
  };
  int circumstances = 0;
  for (const Row& row : table) {
    for (const bool no_ppk_auth : each(row.no_ppk_auth)) {
      for (const bool mandatory : each(row.mandatory)) {
        const AuthRequest request{.agreed = row.use_ppk ? Agreed::kAuth : Agreed::kNone,
                                  .identity = row.use_ppk,
                                  .known = row.configured,
                                  .no_ppk_auth = no_ppk_auth,
                                  .required = mandatory};
        EXPECT_EQ(judge_request(request), row.action.front()) << circumstances;
        ++circumstances;
      }
    }
  }
  // The row without a PPK and with a demand for one cannot be configured.
  EXPECT_EQ(circumstances, 14);
}

// [8784-3-f]
TEST(PpkDecisions, UsePpkWithoutAnIdentityIsRefusedWhateverElseIsSaid) {
  for (const bool no_ppk_auth : {false, true}) {
    for (const bool required : {false, true}) {
      EXPECT_EQ(judge_request({Agreed::kAuth, false, false, no_ppk_auth, required}), AuthStep::kNoIdentity);
    }
  }
}

// [8784-3-j]
TEST(PpkDecisions, TheInitiatorGoesOnWithoutOnlyWhereItMay) {
  EXPECT_EQ(judge_answer(true, true), AuthAnswer::kUsed);
  EXPECT_EQ(judge_answer(true, false), AuthAnswer::kUsed);
  EXPECT_EQ(judge_answer(false, true), AuthAnswer::kRefuse);
  EXPECT_EQ(judge_answer(false, false), AuthAnswer::kWithout);
}

// Table 1 of RFC 9867: what IKE_SA_INIT decides, and what IKE_INTERMEDIATE does. [9867-3.1-d, 9867-3.1-h]
TEST(PpkDecisions, TheTableOfRfc9867) {
  const Offers nothing, intermediate{false, true}, old{true, false}, all{true, true};
  const model::PpkSettings mandatory = settings(true, Exchange::kIntermediate);
  const model::PpkSettings optional = settings(false, Exchange::kIntermediate);
  // No, *, *, No: RFC 8784 where it is proposed, or none.
  EXPECT_TRUE(admits(optional, nothing));
  EXPECT_TRUE(admits(settings(false), old));
  for (const auto& policy : {settings(false), settings(true), settings(false, Exchange::kAuth)}) {
    const model::PpkSettings* const one = &policy;
    EXPECT_EQ(agree(old, {&one, 1}), Agreed::kAuth);
    EXPECT_EQ(agree(nothing, {&one, 1}), Agreed::kNone);
  }
  // No, Yes, *, Yes: NO_PROPOSAL_CHOSEN.
  EXPECT_FALSE(admits(mandatory, nothing));
  EXPECT_FALSE(admits(mandatory, old));
  // Yes, Yes, ...
  EXPECT_TRUE(admits(mandatory, intermediate));
  EXPECT_TRUE(admits(mandatory, all));
  EXPECT_EQ(judge_keys(true, true), KeyStep::kUse);
  EXPECT_EQ(judge_keys(true, false), KeyStep::kUse);
  EXPECT_EQ(judge_keys(false, true), KeyStep::kRefuse);
  EXPECT_EQ(judge_keys(false, false), KeyStep::kWithout);
}

TEST(PpkDecisions, ADemandIsMetByEitherFormThatBothHave) {
  EXPECT_TRUE(admits(settings(true), {true, false}));
  EXPECT_TRUE(admits(settings(true), {false, true}));
  EXPECT_FALSE(admits(settings(true), {}));
  EXPECT_FALSE(admits(settings(true, Exchange::kAuth), {false, true}));
  EXPECT_TRUE(admits({}, {})) << "no PPK is configured";
}

// [9867-3.1-c]
TEST(PpkDecisions, OneFormIsAnsweredAndTheStrongerOneFirst) {
  const model::PpkSettings either = settings(true), auth = settings(true, Exchange::kAuth), none;
  const std::vector<const model::PpkSettings*> all{&none, &auth, &either};
  EXPECT_EQ(agree({true, true}, all), Agreed::kIntermediate);
  EXPECT_EQ(agree({true, false}, all), Agreed::kAuth);
  EXPECT_EQ(agree({false, true}, all), Agreed::kIntermediate);
  EXPECT_EQ(agree({true, true}, std::span(all).first(2)), Agreed::kAuth);
  EXPECT_EQ(agree({true, true}, std::span(all).first(1)), Agreed::kNone) << "without a PPK it is ignored";
  EXPECT_EQ(agree({true, true}, {}), Agreed::kNone);
}

TEST(PpkDecisions, OffersFollowTheConfiguration) {
  EXPECT_EQ(offers_of({}), (Offers{false, false}));
  EXPECT_EQ(offers_of(settings(false)), (Offers{true, true}));
  EXPECT_EQ(offers_of(settings(false, Exchange::kAuth)), (Offers{true, false}));
  EXPECT_EQ(offers_of(settings(false, Exchange::kIntermediate)), (Offers{false, true}));
}

// [8784-3-b, 9867-3.1-c]
TEST(PpkDecisions, TheInitiatorTakesWhatItAskedForAndWaitsWhereItMust) {
  for (const bool required : {false, true}) {
    const InitAnswer without = required ? InitAnswer::kAwait : InitAnswer::kWithout;
    EXPECT_EQ(judge_init(settings(required), {true, false}), InitAnswer::kAuth);
    EXPECT_EQ(judge_init(settings(required), {false, true}), InitAnswer::kIntermediate);
    EXPECT_EQ(judge_init(settings(required), {}), without);
    EXPECT_EQ(judge_init(settings(required), {true, true}), InitAnswer::kMalformed);
    EXPECT_EQ(judge_init(settings(required, Exchange::kAuth), {false, true}), without) << "never asked for";
    EXPECT_EQ(judge_init(settings(required, Exchange::kIntermediate), {true, false}), without);
  }
  EXPECT_EQ(judge_init({}, {}), InitAnswer::kWithout);
  EXPECT_EQ(judge_init({}, {true, false}), InitAnswer::kWithout);
}

}  // namespace
}  // namespace levelgate::ppk::decisions_test
