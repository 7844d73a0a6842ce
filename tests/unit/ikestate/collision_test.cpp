// SPDX-License-Identifier: Apache-2.0
//
// Every row of the two decisions about collisions: answers while we are busy (RFC 7296 §2.25), and the survivor of two
// rekeys (RFC 7296 §2.8.1, §2.8.2; RFC 9370 §2.2.4), seen from one side and from both.
#include "ikestate/collision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace levelgate::ikestate::collision_test {
namespace {

using Octets = std::vector<std::byte>;

// --- answers while an exchange of ours runs ---

// One letter each: S serve, C serve and compare, F serve and forget own, W serve without Delete, T temporary failure,
// N not found.
constexpr char kLetter[] = {'S', 'C', 'F', 'W', 'T', 'N'};

// Requests: new child; rekey of the same, another, an unknown child; delete of the same, another, an unknown child;
// rekey of the IKE SA; its delete.
struct AnswerRow {
  OwnActivity own;
  const char* replies;
};
constexpr std::array<AnswerRow, kOwnActivities> kAnswers = {{
    {OwnActivity::kIdle, "S SSN SSW S S"},
    {OwnActivity::kCreatingChild, "S SST SSW T F"},
    {OwnActivity::kRekeyingChild, "S CST SSW T F"},
    {OwnActivity::kFollowingUpChild, "S TST FSW T F"},
    {OwnActivity::kClosingChild, "S TSN WSW T F"},
    {OwnActivity::kRekeyingIke, "T TTT SSW C F"},
    {OwnActivity::kFollowingUpIke, "T TTT SSW T F"},
    {OwnActivity::kReplacedIke, "T TTT SSW T F"},
    {OwnActivity::kClosingIke, "T TTT SSW T F"},
}};

std::string replies(OwnActivity own) {
  const auto letter = [&](PeerRequest request, Target target) {
    return kLetter[static_cast<std::size_t>(reply_to(own, request, target))];
  };
  const auto each_target = [&](PeerRequest request) {
    return std::string{letter(request, Target::kSame), letter(request, Target::kOther),
                       letter(request, Target::kUnknown)};
  };
  std::string row;
  row += letter(PeerRequest::kCreateChild, Target::kUnknown);
  row += " " + each_target(PeerRequest::kRekeyChild) + " " + each_target(PeerRequest::kDeleteChild) + " ";
  row += letter(PeerRequest::kRekeyIke, Target::kUnknown);
  row += ' ';
  row += letter(PeerRequest::kDeleteIke, Target::kUnknown);
  return row;
}

// [9370-2.2.4-j]
TEST(CollisionReply, TheWholeTable) {
  for (const AnswerRow& row : kAnswers) EXPECT_EQ(replies(row.own), row.replies) << int(row.own);
}

TEST(CollisionReply, TheTargetCountsOnlyForRequestsThatNameAChild) {
  for (std::uint8_t own = 0; own < kOwnActivities; ++own) {
    for (const PeerRequest request : {PeerRequest::kCreateChild, PeerRequest::kRekeyIke, PeerRequest::kDeleteIke}) {
      const Reply same = reply_to(OwnActivity{own}, request, Target::kSame);
      EXPECT_EQ(reply_to(OwnActivity{own}, request, Target::kOther), same);
      EXPECT_EQ(reply_to(OwnActivity{own}, request, Target::kUnknown), same);
    }
  }
}

TEST(CollisionReply, ADeleteIsAlwaysAcknowledged) {
  for (std::uint8_t own = 0; own < kOwnActivities; ++own) {
    for (std::uint8_t target = 0; target < kTargets; ++target) {
      for (const PeerRequest request : {PeerRequest::kDeleteChild, PeerRequest::kDeleteIke}) {
        const Reply reply = reply_to(OwnActivity{own}, request, Target{target});
        EXPECT_NE(reply, Reply::kTemporaryFailure);
        EXPECT_NE(reply, Reply::kChildNotFound);
      }
    }
  }
}

// --- the survivor of two rekeys ---

Octets nonce(int first, std::size_t octets = 16) {
  Octets value(octets);
  value[0] = std::byte(first);
  return value;
}

struct Four {
  Octets own_i, own_r, peer_i, peer_r;
  Settlement settle(OwnRekey own, PeerRekey peer) const {
    return ikestate::settle(own, {own_i, own_r}, peer, {peer_i, peer_r});
  }
};

// All orders of four different nonces.
std::vector<Four> all_orders() {
  std::array<int, 4> ranks = {1, 2, 3, 4};
  std::vector<Four> orders;
  do {
    orders.push_back({nonce(ranks[0]), nonce(ranks[1]), nonce(ranks[2]), nonce(ranks[3])});
  } while (std::next_permutation(ranks.begin(), ranks.end()));
  return orders;
}

bool own_has_lowest(const Four& four) { return std::min(four.own_i, four.own_r) < std::min(four.peer_i, four.peer_r); }

struct SettleRow {
  OwnRekey own;
  PeerRekey peer;
  Settlement lost, won;  // own exchange has the lowest nonce, or the peer's has
};
using enum Settlement;
constexpr std::array<SettleRow, kOwnRekeys * kPeerRekeys> kSettlements = {{
    {OwnRekey::kAwaiting, PeerRekey::kNone, kWait, kWait},
    {OwnRekey::kAwaiting, PeerRekey::kFollowups, kWait, kWait},
    {OwnRekey::kAwaiting, PeerRekey::kMade, kWait, kWait},
    {OwnRekey::kFollowups, PeerRekey::kNone, kContinueOwn, kContinueOwn},
    {OwnRekey::kFollowups, PeerRekey::kFollowups, kAbandonOwn, kContinueOwn},
    {OwnRekey::kFollowups, PeerRekey::kMade, kAbandonOwn, kContinueOwn},
    {OwnRekey::kMade, PeerRekey::kNone, kDeleteOld, kDeleteOld},
    {OwnRekey::kMade, PeerRekey::kFollowups, kDeleteOwnNew, kDeleteOld},
    {OwnRekey::kMade, PeerRekey::kMade, kDeleteOwnNew, kDeleteOld},
    {OwnRekey::kRefused, PeerRekey::kNone, kRetryLater, kRetryLater},
    {OwnRekey::kRefused, PeerRekey::kFollowups, kYieldToPeer, kYieldToPeer},
    {OwnRekey::kRefused, PeerRekey::kMade, kYieldToPeer, kYieldToPeer},
    {OwnRekey::kNotFound, PeerRekey::kNone, kCreateAnew, kCreateAnew},
    {OwnRekey::kNotFound, PeerRekey::kFollowups, kYieldToPeer, kYieldToPeer},
    {OwnRekey::kNotFound, PeerRekey::kMade, kYieldToPeer, kYieldToPeer},
}};

TEST(CollisionSettlement, TheWholeTableForEveryOrderOfTheFourNonces) {
  for (const Four& four : all_orders()) {
    for (const SettleRow& row : kSettlements) {
      EXPECT_EQ(four.settle(row.own, row.peer), own_has_lowest(four) ? row.lost : row.won)
          << int(row.own) << " against " << int(row.peer);
    }
  }
}

// What a side's exchange looks like to the other one once its CREATE_CHILD_SA was answered.
PeerRekey seen_by_peer(OwnRekey rekey) {
  return rekey == OwnRekey::kFollowups ? PeerRekey::kFollowups : PeerRekey::kMade;
}

TEST(CollisionSettlement, BothSidesAgreeOnOneSurvivor) {
  for (const Four& four : all_orders()) {
    for (const OwnRekey a : {OwnRekey::kFollowups, OwnRekey::kMade}) {
      for (const OwnRekey b : {OwnRekey::kFollowups, OwnRekey::kMade}) {
        const Settlement at_a = four.settle(a, seen_by_peer(b));
        const Settlement at_b = Four{four.peer_i, four.peer_r, four.own_i, four.own_r}.settle(b, seen_by_peer(a));
        const auto survives = [](Settlement s) { return s == kContinueOwn || s == kDeleteOld; };
        const auto gives_up = [](Settlement s) { return s == kAbandonOwn || s == kDeleteOwnNew; };
        EXPECT_NE(survives(at_a), survives(at_b));
        EXPECT_NE(gives_up(at_a), gives_up(at_b));
      }
    }
  }
}

TEST(CollisionSettlement, ANonceThatEndsFirstIsTheLower) {
  const Four shorter{nonce(1, 16), nonce(9), nonce(1, 17), nonce(9)};
  EXPECT_EQ(shorter.settle(OwnRekey::kMade, PeerRekey::kMade), kDeleteOwnNew);
  const Four longer{nonce(1, 17), nonce(9), nonce(1, 16), nonce(9)};
  EXPECT_EQ(longer.settle(OwnRekey::kMade, PeerRekey::kMade), kDeleteOld);
}

TEST(CollisionSettlement, NoncesCompareAsOctetsAndNotAsNumbers) {
  const Four four{nonce(2, 16), nonce(9), nonce(1, 256), nonce(9)};  // the peer's is the larger number
  EXPECT_EQ(four.settle(OwnRekey::kMade, PeerRekey::kMade), kDeleteOld);
}

TEST(CollisionSettlement, APeerThatUsesOneNonceTwiceDoesNotMakeATie) {
  // It answered our exchange and began its own with the same nonce, which is the lowest of all.
  const Four four{nonce(5), nonce(1), nonce(1), nonce(6)};
  EXPECT_EQ(four.settle(OwnRekey::kMade, PeerRekey::kMade), kDeleteOwnNew);
  const Four mirrored{nonce(1), nonce(6), nonce(5), nonce(1)};
  EXPECT_EQ(mirrored.settle(OwnRekey::kMade, PeerRekey::kMade), kDeleteOld);
}

TEST(CollisionSettlement, APeerThatRepeatsOurNoncesIsCaught) {
  const Four four{nonce(1), nonce(2), nonce(2), nonce(1)};
  EXPECT_EQ(four.settle(OwnRekey::kMade, PeerRekey::kMade), kNoncesRepeated);
  EXPECT_EQ(four.settle(OwnRekey::kFollowups, PeerRekey::kMade), kNoncesRepeated);
}

TEST(CollisionSettlement, NoncesAreNotReadBeforeBothAreThere) {
  EXPECT_EQ(Four{}.settle(OwnRekey::kAwaiting, PeerRekey::kMade), kWait);
  EXPECT_EQ(Four{}.settle(OwnRekey::kMade, PeerRekey::kNone), kDeleteOld);
}

}  // namespace
}  // namespace levelgate::ikestate::collision_test
