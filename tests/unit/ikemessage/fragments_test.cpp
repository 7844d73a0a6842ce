// SPDX-License-Identifier: Apache-2.0
//
// Fragments of IKE messages: each rule of RFC 7383 §2.5 and §2.6, and the bounds that it asks for.
#include "ikemessage/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace levelgate::ikemessage::fragments_test {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::byte>;

constexpr Instant kStart = at_ns(0);

Octets octets(std::size_t count, int value = 1) { return Octets(count, std::byte(value)); }

class Fragments : public ::testing::Test {
 protected:
  PieceVerdict add(std::uint16_t number, std::uint16_t total, const Octets& inner, std::uint32_t id = 1,
                   Instant now = kStart) {
    return reassembly_.add(
        now, {MessageId{id}, {number, total}, ikewire::PayloadType::kIdi, MessageDigest{std::byte(number)}, inner});
  }
  PieceVerdict verdict(std::uint16_t number, std::uint16_t total, std::uint32_t id = 1) const {
    return reassembly_.verdict(MessageId{id}, {number, total});
  }
  Reassembly reassembly_{{4, 100}};
};

TEST_F(Fragments, MakeAMessageInAnyOrder) {
  EXPECT_EQ(add(3, 3, octets(2, 3)), PieceVerdict::kWanted);
  EXPECT_EQ(add(1, 3, octets(4, 1)), PieceVerdict::kWanted);
  EXPECT_FALSE(reassembly_.take());
  EXPECT_EQ(add(2, 3, octets(4, 2)), PieceVerdict::kWanted);
  const auto whole = reassembly_.take();
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->id, MessageId{1});
  EXPECT_EQ(whole->first_inside, ikewire::PayloadType::kIdi);
  EXPECT_EQ(whole->digest, MessageDigest{std::byte(1)});
  Octets expected = octets(4, 1);
  expected.resize(8, std::byte(2));
  expected.resize(10, std::byte(3));
  EXPECT_EQ(whole->inner, expected);
  EXPECT_TRUE(reassembly_.empty());
  EXPECT_FALSE(reassembly_.take());
}

// [7383-2.5-b]
TEST_F(Fragments, TheFirstPayloadIsToldByTheFirstFragmentAlone) {
  ASSERT_EQ(add(1, 2, octets(1)), PieceVerdict::kWanted);
  const Octets inner = octets(1);
  ASSERT_EQ(reassembly_.add(kStart, {MessageId{1}, {2, 2}, ikewire::PayloadType::kEap, {}, inner}),
            PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.take()->first_inside, ikewire::PayloadType::kIdi);
}

TEST_F(Fragments, OfOneAreAWholeMessage) {
  EXPECT_EQ(add(1, 1, octets(5)), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.take()->inner, octets(5));
}

// [7383-2.5-c, 7383-2.6-a]
TEST_F(Fragments, WithImpossibleNumbersAreDropped) {
  EXPECT_EQ(add(0, 3, octets(1)), PieceVerdict::kWrongNumber);
  EXPECT_EQ(add(1, 0, octets(1)), PieceVerdict::kWrongNumber);
  EXPECT_EQ(add(0, 0, octets(1)), PieceVerdict::kWrongNumber);
  EXPECT_EQ(add(4, 3, octets(1)), PieceVerdict::kWrongNumber);
  EXPECT_TRUE(reassembly_.empty());
}

// [7383-2.6-b, 7383-2.6.1-a]
TEST_F(Fragments, ThatCameBeforeChangeNothing) {
  ASSERT_EQ(add(1, 2, octets(3, 1)), PieceVerdict::kWanted);
  EXPECT_EQ(verdict(1, 2), PieceVerdict::kDuplicate);
  EXPECT_EQ(add(1, 2, octets(3, 9), 1, kStart + 10s), PieceVerdict::kDuplicate);
  EXPECT_EQ(reassembly_.deadline(), kStart + limits::kReassemblyIdle);  // no progress
  ASSERT_EQ(add(2, 2, {}), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.take()->inner, octets(3, 1));
}

// [7383-2.6-a]
TEST_F(Fragments, OfALowerTotalAreLate) {
  ASSERT_EQ(add(1, 3, octets(1)), PieceVerdict::kWanted);
  EXPECT_EQ(verdict(2, 2), PieceVerdict::kLowerTotal);
  EXPECT_EQ(add(2, 2, octets(1)), PieceVerdict::kLowerTotal);
  EXPECT_EQ(add(2, 3, octets(1)), PieceVerdict::kWanted);  // the set is as it was
}

// [7383-2.6-d]
TEST_F(Fragments, OfAHigherTotalStartAnew) {
  ASSERT_EQ(add(1, 2, octets(50, 1)), PieceVerdict::kWanted);
  ASSERT_EQ(add(3, 3, octets(20, 9)), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.octets(), 20u);
  EXPECT_EQ(verdict(1, 3), PieceVerdict::kWanted);
  ASSERT_EQ(add(1, 3, octets(20, 7)), PieceVerdict::kWanted);
  ASSERT_EQ(add(2, 3, octets(20, 8)), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.take()->inner.size(), 60u);
}

TEST_F(Fragments, OfAnotherMessageTakeThePlace) {
  ASSERT_EQ(add(1, 2, octets(1), 1), PieceVerdict::kWanted);
  ASSERT_EQ(add(2, 2, octets(1), 2), PieceVerdict::kWanted);
  EXPECT_FALSE(reassembly_.take());
  ASSERT_EQ(add(1, 2, octets(1), 2), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.take()->id, MessageId{2});
}

TEST_F(Fragments, AreBoundedInNumberAndOctets) {
  EXPECT_EQ(add(1, 4, octets(40)), PieceVerdict::kWanted);
  EXPECT_EQ(add(1, 5, octets(1)), PieceVerdict::kTooMany);
  EXPECT_EQ(add(2, 4, octets(60)), PieceVerdict::kWanted);  // exactly the bound
  EXPECT_EQ(add(3, 4, octets(1)), PieceVerdict::kTooLong);
  EXPECT_TRUE(reassembly_.empty());
  EXPECT_EQ(reassembly_.octets(), 0u);
  EXPECT_EQ(add(1, 1, octets(101)), PieceVerdict::kTooLong);
  EXPECT_TRUE(reassembly_.empty());
}

// [7383-2.6-e]
TEST_F(Fragments, ThatStandStillAreForgotten) {
  EXPECT_EQ(reassembly_.deadline(), kNever);
  ASSERT_EQ(add(1, 3, octets(1)), PieceVerdict::kWanted);
  ASSERT_EQ(add(2, 3, octets(1), 1, kStart + 20s), PieceVerdict::kWanted);
  EXPECT_EQ(reassembly_.deadline(), kStart + 20s + limits::kReassemblyIdle);
  reassembly_.on_time(reassembly_.deadline() - 1ns);
  EXPECT_FALSE(reassembly_.empty());
  reassembly_.on_time(reassembly_.deadline());
  EXPECT_TRUE(reassembly_.empty());
}

TEST_F(Fragments, YieldToTheWholeMessage) {
  ASSERT_EQ(add(1, 2, octets(1)), PieceVerdict::kWanted);
  reassembly_.drop();
  EXPECT_TRUE(reassembly_.empty());
  EXPECT_EQ(reassembly_.octets(), 0u);
  EXPECT_EQ(reassembly_.deadline(), kNever);
  EXPECT_FALSE(reassembly_.take());
}

TEST(ReassemblyBounds, AreEnoughForTheLongestMessageInSmallDatagrams) {
  // 576-octet datagrams of IPv4, with UDP and the non-ESP marker.
  const std::size_t room = fragment_room(576 - 20 - 8 - ikewire::kNonEspMarkerOctets, {});
  EXPECT_GE(room * limits::kFragments, limits::kReassembledOctets);
}

// --- cutting ---

TEST(Split, CutsWithoutLossAndOnlyTheLastIsShorter) {
  Octets inner(1000);
  for (std::size_t i = 0; i < inner.size(); ++i) inner[i] = std::byte(i);
  for (const std::size_t room : {7u, 100u, 999u, 1000u, 1001u}) {
    const auto pieces = split(inner, room);
    ASSERT_EQ(pieces.size(), (inner.size() + room - 1) / room);
    Octets joined;
    for (const ConstBytes& piece : pieces) {
      EXPECT_TRUE(piece.size() == room || &piece == &pieces.back());
      joined.insert(joined.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(joined, inner);
  }
}

TEST(Split, OfNothingIsOneEmptyPiece) { EXPECT_EQ(split({}, 10).size(), 1u); }

TEST(Split, NeverMakesMoreThanAReceiverTakes) {
  const Octets inner(10 * limits::kFragments + 1);
  EXPECT_EQ(split(ConstBytes(inner).first(inner.size() - 1), 10).size(), limits::kFragments);
  EXPECT_TRUE(split(inner, 10).empty());
  EXPECT_TRUE(split(inner, 0).empty());
}

TEST(Split, ASecondCutHasMorePieces) {
  // Both rooms take two pieces: their sets could not be told apart, and a mixture would pass for the message.
  const Octets inner(21);
  EXPECT_EQ(split(inner, 20).size(), 2u);
  EXPECT_EQ(split(inner, 11).size(), 2u);
  EXPECT_EQ(split(inner, 11, 2).size(), 3u);
  for (std::size_t before = 1; before < 30; ++before) {
    const auto pieces = split(inner, 11, before);
    EXPECT_EQ(pieces.empty(), before >= inner.size()) << before;
    if (!pieces.empty()) {
      EXPECT_GT(pieces.size(), before);
    }
  }
  EXPECT_TRUE(split({}, 10, 1).empty());
}

TEST(FragmentRoom, FillsAMessageAndNeverMore) {
  for (const ikewire::SealShape& shape :
       {ikewire::SealShape{8, 16, 1}, ikewire::SealShape{16, 16, 16}, ikewire::SealShape{8, 8, 4}}) {
    for (std::size_t limit = 0; limit < 700; ++limit) {
      const std::size_t room = fragment_room(limit, shape);
      const auto message_octets = [&](std::size_t inner_octets) {
        const Octets inner(inner_octets);
        ikewire::WireBuffer buffer(10'000);
        ikewire::write_ike_header(buffer, {});
        ikewire::ChainWriter chain(buffer);
        return ikewire::write_unsealed(chain,
                                       {ikewire::PayloadType::kNone, ikewire::FragmentNumber{1, 2}, inner, shape})
            .end;
      };
      if (room != 0) {
        ASSERT_LE(message_octets(room), limit);
      }
      ASSERT_GT(message_octets(room + 1), limit);
    }
  }
}

}  // namespace
}  // namespace levelgate::ikemessage::fragments_test
