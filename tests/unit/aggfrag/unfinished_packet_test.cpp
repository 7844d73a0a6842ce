// SPDX-License-Identifier: Apache-2.0
//
// A packet across payloads, seen through the receiver: fragments, padding between them, runts, lost numbers, and
// offsets that contradict the packet's own length (RFC 9347 §2.2.3).
#include "aggfrag/unfinished_packet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "aggfrag/receiver.h"
#include "support/aggfrag_stream.h"

namespace levelgate::aggfrag::unfinished_packet_test {
namespace {

using testing::inner_packet;
using testing::Octets;
using testing::pad;
using testing::part;
using testing::payload_of;
using testing::RecordingSink;

constexpr std::uint32_t kMaxInner = 9216;

class UnfinishedPacketTest : public ::testing::Test {
 protected:
  AcceptResult accept(const Octets& payload) { return receiver_.accept(EspSeq{++number_}, payload, sink_); }
  void lose_one() { ++number_; }
  void TearDown() override { EXPECT_FALSE(sink_.out_of_turn); }

  // Every partial packet begins like this: `a` and the first 60 octets of `b` of 100.
  void begin() { ASSERT_EQ(accept(payload_of(0, {a_, part(b_, 0, 60)})).verdict, Accepted::kFull); }

  Receiver receiver_{kMaxInner};
  RecordingSink sink_;
  std::uint64_t number_ = 0;
  const Octets a_ = inner_packet(4, 40, 1);
  const Octets b_ = inner_packet(4, 100, 2);
  const Octets c_ = inner_packet(6, 80, 3);
};

// RFC 9347 appendix A.
TEST_F(UnfinishedPacketTest, ExampleOfTheAppendix) {
  std::vector<Octets> packets;
  for (const std::uint32_t octets : {750u, 750u, 60u, 240u, 3000u}) packets.push_back(inner_packet(4, octets, octets));
  const Octets& large = packets[4];
  EXPECT_EQ(accept(payload_of(0, {packets[0], part(packets[1], 0, 650)})).verdict, Accepted::kFull);
  EXPECT_EQ(accept(payload_of(100, {part(packets[1], 650, 100), packets[2], packets[3], part(large, 0, 1000)})).verdict,
            Accepted::kFull);
  EXPECT_EQ(accept(payload_of(2000, {part(large, 1000, 1400)})).verdict, Accepted::kFull);
  const AcceptResult last = accept(payload_of(600, {part(large, 2400, 600), pad(800)}));
  EXPECT_EQ(last.verdict, Accepted::kSomePad);
  EXPECT_EQ(last.pad_octets, 800u);
  EXPECT_EQ(sink_.delivered, packets);
  EXPECT_EQ(sink_.lost(), 0u);
}

TEST_F(UnfinishedPacketTest, EndsWithItsPayload) {
  begin();
  EXPECT_TRUE(receiver_.partial());
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40)})).verdict, Accepted::kFull);
  EXPECT_FALSE(receiver_.partial());
  EXPECT_EQ(accept(payload_of(0, {c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, b_, c_}));
}

TEST_F(UnfinishedPacketTest, FragmentOfOneOctetEach) {
  (void)accept(payload_of(0, {part(b_, 0, 4)}));
  for (std::size_t at = 4; at < 100; ++at) {
    EXPECT_EQ(accept(payload_of(100 - at, {part(b_, at, 1)})).verdict, Accepted::kFull);
  }
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{b_}));
}

TEST_F(UnfinishedPacketTest, AllPadPayloadsBetweenFragmentsBreakNothing) {
  begin();
  EXPECT_EQ(accept(payload_of(0, {pad(100)})).verdict, Accepted::kAllPad);
  EXPECT_EQ(accept(payload_of(0, {})).verdict, Accepted::kAllPad);
  EXPECT_TRUE(receiver_.partial());
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, b_, c_}));
}

TEST_F(UnfinishedPacketTest, ALostAllPadPayloadBreaksIt) {
  begin();
  lose_one();
  EXPECT_EQ(accept(payload_of(0, {pad(100)})).verdict, Accepted::kAllPad);
  EXPECT_FALSE(receiver_.partial());
  EXPECT_EQ(sink_.abandoned, 1u);
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, c_}));
}

// Without the comparison of numbers the head of one packet and the tail of another, equal in size, would become one.
TEST_F(UnfinishedPacketTest, LostPayloadNeverSplicesTwoPackets) {
  const Octets d = inner_packet(4, 100, 4);
  begin();
  lose_one();  // with the end of b and the begin of d
  EXPECT_EQ(accept(payload_of(40, {part(d, 60, 40), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, c_}));
  EXPECT_EQ(sink_.abandoned, 1u);
}

TEST_F(UnfinishedPacketTest, EarlierOrRepeatedNumberBreaksIt) {
  begin();
  (void)receiver_.accept(EspSeq{number_}, payload_of(40, {part(b_, 60, 40)}), sink_);
  EXPECT_EQ(sink_.abandoned, 1u);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_}));
}

TEST_F(UnfinishedPacketTest, NumbersBeyond32BitsGoOn) {
  number_ = 0xffff'fffe;
  begin();
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40)})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, b_}));
}

// An offset that the packet's own length contradicts: the packet goes, the blocks behind the offset are kept.
// [9347-2.5-d, 9347-2.5-e]
TEST_F(UnfinishedPacketTest, WrongOffsetAbandonsAndGoesOnAtTheOffset) {
  for (const std::size_t offset : {1, 39, 41, 60}) {
    begin();
    sink_.delivered.clear();
    const std::size_t lost = sink_.lost();
    EXPECT_EQ(accept(payload_of(offset, {Octets(offset, std::byte{0x4f}), c_})).verdict, Accepted::kFull) << offset;
    EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c_})) << offset;
    EXPECT_EQ(sink_.lost(), lost + 1) << offset;
  }
}

// [9347-2.5-d, 9347-2.5-e]
TEST_F(UnfinishedPacketTest, WrongOffsetBeyondThePayloadDropsIt) {
  for (const std::size_t offset : {90, 2000, 65'535}) {
    begin();
    EXPECT_EQ(accept(payload_of(offset, {Octets(90, std::byte{0x45})})).verdict, Accepted::kOrphan) << offset;
    EXPECT_FALSE(receiver_.partial());
  }
  EXPECT_EQ(sink_.abandoned, 3u);
}

// A sender that clips the offset to the payload contradicts the length as well.
TEST_F(UnfinishedPacketTest, ClippedOffsetIsAContradiction) {
  (void)accept(payload_of(0, {part(b_, 0, 30)}));
  EXPECT_EQ(accept(payload_of(50, {part(b_, 30, 50)})).verdict, Accepted::kOrphan);
  EXPECT_EQ(sink_.abandoned, 1u);
}

// Offset 0 with a packet there: a sender may not break off what it began. The first data octet tells, not the header's.
// [9347-2.5-d]
TEST_F(UnfinishedPacketTest, NewBlocksInTheMiddleOfAPacket) {
  begin();
  EXPECT_EQ(accept(payload_of(0, {c_, pad(10)})).verdict, Accepted::kSomePad);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, c_}));
  EXPECT_EQ(sink_.abandoned, 1u);
  begin();
  EXPECT_EQ(accept(payload_of(0, {Octets(10, std::byte{0x99})})).verdict, Accepted::kBadBlock);
  EXPECT_EQ(sink_.abandoned, 2u);
}

// Its slot is used up and its layout unknown: what was half received cannot go on.
TEST_F(UnfinishedPacketTest, PayloadsThatCannotBeReadBreakIt) {
  begin();
  EXPECT_EQ(accept(Octets(3)).verdict, Accepted::kMalformed);
  EXPECT_EQ(sink_.abandoned, 1u);
  begin();
  EXPECT_EQ(accept(Octets(50, std::byte{2})).verdict, Accepted::kUnknownSubType);
  EXPECT_EQ(sink_.abandoned, 2u);
  EXPECT_FALSE(receiver_.partial());
}

TEST_F(UnfinishedPacketTest, EmptyPayloadWithItsOffsetGoesOn) {
  begin();
  EXPECT_EQ(accept(payload_of(40, {})).verdict, Accepted::kFull);
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40)})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, b_}));
}

TEST_F(UnfinishedPacketTest, AbandonedFromOutsideIsCountedOnce) {
  begin();
  receiver_.abandon(sink_);
  receiver_.abandon(sink_);
  EXPECT_EQ(sink_.abandoned, 1u);
  EXPECT_EQ(accept(payload_of(40, {part(b_, 60, 40), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, c_}));
}

// A begin that does not hold the length field, at every cut, whole in the next payload.
TEST_F(UnfinishedPacketTest, RuntsOfEverySize) {
  for (const unsigned version : {4u, 6u}) {
    const Octets packet = inner_packet(version, 100, version);
    for (std::size_t cut = 1; cut <= (version == 4 ? 3u : 5u); ++cut) {
      sink_.delivered.clear();
      EXPECT_EQ(accept(payload_of(0, {a_, part(packet, 0, cut)})).verdict, Accepted::kFull);
      EXPECT_TRUE(receiver_.partial());
      const std::size_t rest = 100 - cut;
      EXPECT_EQ(accept(payload_of(rest, {part(packet, cut, rest), c_})).verdict, Accepted::kFull);
      EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_, packet, c_})) << version << ' ' << cut;
    }
  }
  EXPECT_EQ(sink_.lost(), 0u);
}

TEST_F(UnfinishedPacketTest, RuntBecomesPartialAndGoesOn) {
  (void)accept(payload_of(0, {part(c_, 0, 2)}));
  EXPECT_EQ(accept(payload_of(78, {part(c_, 2, 50)})).verdict, Accepted::kFull);
  EXPECT_EQ(accept(payload_of(0, {pad(9)})).verdict, Accepted::kAllPad);
  EXPECT_EQ(accept(payload_of(28, {part(c_, 52, 28), a_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c_, a_}));
}

// Payloads of one or two data octets: the length field itself lies in several.
TEST_F(UnfinishedPacketTest, TinyPayloads) {
  for (const std::size_t room : {1, 2, 3}) {
    for (const Octets& packet : {b_, c_}) {
      sink_.delivered.clear();
      for (std::size_t at = 0; at < packet.size(); at += room) {
        const std::size_t left = packet.size() - at;
        const Octets octets = part(packet, at, std::min(room, left));
        EXPECT_EQ(accept(payload_of(at == 0 ? 0 : left, {octets})).verdict, Accepted::kFull) << at;
        (void)accept(payload_of(0, {pad(room)}));
      }
      EXPECT_EQ(sink_.delivered, (std::vector<Octets>{packet})) << room;
    }
  }
  EXPECT_EQ(sink_.lost(), 0u);
}

TEST_F(UnfinishedPacketTest, RuntIsBrokenByALostNumber) {
  (void)accept(payload_of(0, {part(b_, 0, 3)}));
  lose_one();
  EXPECT_EQ(accept(payload_of(97, {part(b_, 3, 97), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c_}));
  EXPECT_EQ(sink_.incomplete_runts, 1u);
  EXPECT_EQ(sink_.abandoned, 0u);
}

TEST_F(UnfinishedPacketTest, RuntIsClearedFromOutside) {
  (void)accept(payload_of(0, {part(b_, 0, 3)}));
  receiver_.abandon(sink_);
  EXPECT_FALSE(receiver_.partial());
  EXPECT_EQ(sink_.incomplete_runts, 1u);
}

TEST_F(UnfinishedPacketTest, BlockThatBeginsWithinARuntsLengthField) {
  (void)accept(payload_of(0, {part(c_, 0, 3)}));
  EXPECT_EQ(accept(payload_of(2, {pad(2), a_})).verdict, Accepted::kFull);  // 3 + 2 octets never tell a length
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a_}));
  EXPECT_EQ(sink_.incomplete_runts, 1u);
  (void)accept(payload_of(0, {part(c_, 0, 3)}));
  EXPECT_EQ(accept(payload_of(2, {pad(2)})).verdict, Accepted::kOrphan);  // the offset is the payload's very end
  EXPECT_EQ(sink_.incomplete_runts, 2u);
  (void)accept(payload_of(0, {part(c_, 0, 3)}));
  EXPECT_EQ(accept(payload_of(0, {a_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.incomplete_runts, 3u);
  EXPECT_FALSE(receiver_.partial());
}

// The length that a runt turns out to have is held against the same rules as any other.
TEST_F(UnfinishedPacketTest, RuntWithALengthThatCannotBe) {
  std::size_t lost = 0;
  for (const std::uint32_t total : {0u, 6u, 19u, kMaxInner + 1}) {
    Octets bad = b_;
    store_be<std::uint16_t>(bad.data() + 2, static_cast<std::uint16_t>(total));
    (void)accept(payload_of(0, {part(bad, 0, 3)}));
    sink_.delivered.clear();
    EXPECT_EQ(accept(payload_of(97, {part(bad, 3, 97), c_})).verdict, Accepted::kFull) << total;
    EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c_})) << total;
    EXPECT_EQ(sink_.incomplete_runts, ++lost) << total;
  }
  EXPECT_EQ(sink_.begun.size(), lost);  // only c was ever begun
}

TEST_F(UnfinishedPacketTest, RuntWhoseLengthContradictsTheOffset) {
  (void)accept(payload_of(0, {part(b_, 0, 3)}));
  EXPECT_EQ(accept(payload_of(96, {part(b_, 3, 96), c_})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c_}));
  EXPECT_EQ(sink_.lost(), 1u);
}

}  // namespace
}  // namespace levelgate::aggfrag::unfinished_packet_test
