// SPDX-License-Identifier: Apache-2.0
//
// What comes out of single payloads: blocks, padding, bad lengths, headers. What goes from one payload to the next is
// in unfinished_packet_test.cpp.
#include "aggfrag/receiver.h"

#include <gtest/gtest.h>

#include "support/aggfrag_stream.h"

namespace levelgate::aggfrag::receiver_test {
namespace {

using testing::inner_packet;
using testing::Octets;
using testing::pad;
using testing::part;
using testing::payload_of;
using testing::RecordingSink;

constexpr std::uint32_t kMaxInner = 9216;

class ReceiverTest : public ::testing::Test {
 protected:
  AcceptResult accept(const Octets& payload) { return receiver_.accept(EspSeq{++number_}, payload, sink_); }
  void TearDown() override { EXPECT_FALSE(sink_.out_of_turn); }

  Receiver receiver_{kMaxInner};
  RecordingSink sink_;
  std::uint64_t number_ = 0;
};

TEST_F(ReceiverTest, BlocksComeOutInTheirOrder) {
  const Octets a = inner_packet(4, 20, 1);
  const Octets b = inner_packet(6, 40, 2);
  const Octets c = inner_packet(4, 700, 3);
  EXPECT_EQ(accept(payload_of(0, {a, b, c})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a, b, c}));
  EXPECT_EQ(sink_.begun, (std::vector<std::uint32_t>{20, 40, 700}));
  EXPECT_FALSE(receiver_.partial());
}

TEST_F(ReceiverTest, PaddingEndsThePayload) {
  const Octets a = inner_packet(4, 60);
  for (const std::size_t octets : {1u, 2u, 3u, 4u, 5u, 6u, 1000u}) {
    const AcceptResult result = accept(payload_of(0, {a, pad(octets)}));
    EXPECT_EQ(result.verdict, Accepted::kSomePad);
    EXPECT_EQ(result.pad_octets, octets);
    EXPECT_FALSE(receiver_.partial());
  }
  EXPECT_EQ(sink_.delivered.size(), 7u);
}

// RFC 9347 §6.1.3.3: only the type of a pad block means something.
TEST_F(ReceiverTest, WhatIsInPaddingIsIgnored) {
  Octets noise = inner_packet(4, 500);
  noise[0] = std::byte{0x0f};
  const AcceptResult result = accept(payload_of(0, {noise}));
  EXPECT_EQ(result.verdict, Accepted::kAllPad);
  EXPECT_EQ(result.pad_octets, 500u);
  EXPECT_TRUE(sink_.begun.empty());
}

TEST_F(ReceiverTest, HeaderAloneIsAllPad) {
  const AcceptResult result = accept(payload_of(0, {}));
  EXPECT_EQ(result.verdict, Accepted::kAllPad);
  EXPECT_EQ(result.pad_octets, 0u);
}

TEST_F(ReceiverTest, StartsAtTheOffsetWhenTheBeginWasLost) {
  const Octets lost = inner_packet(4, 200);
  const Octets next = inner_packet(4, 100, 1);
  EXPECT_EQ(accept(payload_of(80, {part(lost, 120, 80), next})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{next}));
}

TEST_F(ReceiverTest, PaddingBehindTheEndOfALostPacket) {
  const Octets lost = inner_packet(4, 200);
  const AcceptResult result = accept(payload_of(80, {part(lost, 120, 80), pad(20)}));
  EXPECT_EQ(result.verdict, Accepted::kSomePad);
  EXPECT_EQ(result.pad_octets, 20u);
  EXPECT_TRUE(sink_.begun.empty());
}

TEST_F(ReceiverTest, NothingButTheMiddleOfALostPacket) {
  const Octets lost = inner_packet(4, 3000);
  for (const std::size_t offset : {100, 101, 2000, 65'535}) {
    EXPECT_EQ(accept(payload_of(offset, {part(lost, 200, 100)})).verdict, Accepted::kOrphan) << offset;
  }
  EXPECT_EQ(accept(payload_of(7, {})).verdict, Accepted::kOrphan);
  EXPECT_TRUE(sink_.begun.empty());
  EXPECT_EQ(sink_.lost(), 0u);
}

// Blocks in front of the bad one are kept, what is behind it is not looked at, and the next payload is read as ever.
TEST_F(ReceiverTest, UnknownBlockTypes) {
  const Octets a = inner_packet(4, 50, 1);
  const Octets b = inner_packet(4, 50, 2);
  std::size_t good = 0;
  for (const unsigned nibble : {1u, 2u, 3u, 5u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u}) {
    Octets bad = inner_packet(4, 50);
    bad[0] = static_cast<std::byte>(nibble << 4 | 5);
    EXPECT_EQ(accept(payload_of(0, {a, bad, b})).verdict, Accepted::kBadBlock) << nibble;
    EXPECT_EQ(sink_.delivered.size(), ++good);
    EXPECT_EQ(accept(payload_of(0, {bad})).verdict, Accepted::kBadBlock) << nibble;
    EXPECT_EQ(accept(payload_of(0, {b})).verdict, Accepted::kFull);
    EXPECT_EQ(sink_.delivered.size(), ++good);
  }
}

TEST_F(ReceiverTest, Ipv4LengthsThatCannotBe) {
  const Octets good = inner_packet(4, 50);
  struct Lengths {
    unsigned ihl;
    std::uint16_t total;
  };
  for (const auto [ihl, total] : {Lengths{5, 0}, Lengths{5, 1}, Lengths{5, 6}, Lengths{5, 19}, Lengths{0, 50},
                                  Lengths{4, 50}, Lengths{6, 23}, Lengths{15, 59}}) {
    Octets bad = inner_packet(4, 60);
    bad[0] = static_cast<std::byte>(0x40 | ihl);
    store_be<std::uint16_t>(bad.data() + 2, total);
    sink_.delivered.clear();
    EXPECT_EQ(accept(payload_of(0, {good, bad, good})).verdict, Accepted::kBadBlock) << ihl << ' ' << total;
    EXPECT_EQ(sink_.delivered, (std::vector<Octets>{good}));
    EXPECT_FALSE(receiver_.partial());
    // The same where the block is cut off: a wrong length is not waited for.
    EXPECT_EQ(accept(payload_of(0, {part(bad, 0, 4)})).verdict, Accepted::kBadBlock);
    EXPECT_FALSE(receiver_.partial());
  }
}

TEST_F(ReceiverTest, HeaderLengthsThatMayBe) {
  for (const unsigned ihl : {5u, 6u, 15u}) {
    Octets packet = inner_packet(4, ihl * 4);
    packet[0] = static_cast<std::byte>(0x40 | ihl);
    EXPECT_EQ(accept(payload_of(0, {packet})).verdict, Accepted::kFull) << ihl;
    EXPECT_EQ(sink_.delivered.back(), packet);
  }
}

TEST_F(ReceiverTest, Ipv6WithoutPayloadIs40Octets) {
  const Octets packet = inner_packet(6, 40);
  EXPECT_EQ(accept(payload_of(0, {packet, packet})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered.size(), 2u);
}

TEST_F(ReceiverTest, LargestInnerPacket) {
  for (const unsigned version : {4u, 6u}) {
    const Octets fits = inner_packet(version, kMaxInner);
    const Octets over = inner_packet(version, kMaxInner + 1);
    EXPECT_EQ(accept(payload_of(0, {fits})).verdict, Accepted::kFull);
    EXPECT_EQ(sink_.delivered.back(), fits);
    EXPECT_EQ(accept(payload_of(0, {part(over, 0, 1000)})).verdict, Accepted::kBadBlock);
    EXPECT_FALSE(receiver_.partial());
    EXPECT_EQ(accept(payload_of(0, {part(fits, 0, 1000)})).verdict, Accepted::kFull);
    EXPECT_TRUE(receiver_.partial());
    receiver_.abandon(sink_);
  }
}

TEST_F(ReceiverTest, TruncatedHeaders) {
  const Octets whole = payload_of(0, {inner_packet(4, 50)});
  for (std::size_t octets = 0; octets < 4; ++octets) {
    EXPECT_EQ(accept(part(whole, 0, octets)).verdict, Accepted::kMalformed) << octets;
  }
  Octets congestion(24);
  congestion[0] = std::byte{1};
  for (std::size_t octets = 1; octets < 24; ++octets) {
    EXPECT_EQ(accept(part(congestion, 0, octets)).verdict, Accepted::kMalformed) << octets;
  }
  EXPECT_TRUE(sink_.begun.empty());
}

TEST_F(ReceiverTest, UnknownSubTypes) {
  for (unsigned sub_type = 2; sub_type <= 255; ++sub_type) {
    Octets payload = payload_of(0, {inner_packet(4, 50)});
    payload[0] = static_cast<std::byte>(sub_type);
    EXPECT_EQ(accept(payload).verdict, Accepted::kUnknownSubType) << sub_type;
  }
  EXPECT_TRUE(sink_.begun.empty());
}

// RFC 9347 §6.1.1: the reserved octet is ignored on receipt.
TEST_F(ReceiverTest, ReservedOctetIsIgnored) {
  for (unsigned reserved = 0; reserved <= 255; ++reserved) {
    Octets payload = payload_of(0, {inner_packet(4, 50)});
    payload[1] = static_cast<std::byte>(reserved);
    EXPECT_EQ(accept(payload).verdict, Accepted::kFull) << reserved;
  }
  EXPECT_EQ(sink_.delivered.size(), 256u);
}

// RFC 9347 §6.1.2: 24 octets of header, whose BlockOffset counts data octets only.
TEST_F(ReceiverTest, CongestionHeaderIsPassedOver) {
  const Octets a = inner_packet(4, 50);
  const Octets b = inner_packet(4, 300, 1);
  Octets header(24, std::byte{0xff});
  header[0] = std::byte{1};
  store_be<std::uint16_t>(header.data() + 2, 0);
  Octets first = header;
  first.insert(first.end(), a.begin(), a.end());
  first.insert(first.end(), b.begin(), b.begin() + 200);
  EXPECT_EQ(accept(first).verdict, Accepted::kFull);
  Octets second = header;
  store_be<std::uint16_t>(second.data() + 2, 100);
  second.insert(second.end(), b.begin() + 200, b.end());
  EXPECT_EQ(accept(second).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{a, b}));
  Octets alone = header;
  EXPECT_EQ(accept(alone).verdict, Accepted::kAllPad);
}

// A sink without a buffer refuses; the receiver's place in the stream does not suffer.
TEST_F(ReceiverTest, RefusedPacketsArePassedOver) {
  const Octets a = inner_packet(4, 50, 1);
  const Octets b = inner_packet(4, 300, 2);
  const Octets c = inner_packet(4, 70, 3);
  sink_.refuse = true;
  EXPECT_EQ(accept(payload_of(0, {a, part(b, 0, 200)})).verdict, Accepted::kFull);
  EXPECT_TRUE(receiver_.partial());
  sink_.refuse = false;
  EXPECT_EQ(accept(payload_of(100, {part(b, 200, 100), c})).verdict, Accepted::kFull);
  EXPECT_EQ(sink_.delivered, (std::vector<Octets>{c}));
  EXPECT_EQ(sink_.refused_delivered, 2u);
  EXPECT_EQ(sink_.lost(), 0u);
}

TEST_F(ReceiverTest, RefusedPartialPacketCanBeAbandoned) {
  sink_.refuse = true;
  (void)accept(payload_of(0, {part(inner_packet(4, 300), 0, 200)}));
  receiver_.abandon(sink_);
  EXPECT_EQ(sink_.abandoned, 1u);
  EXPECT_FALSE(receiver_.partial());
  receiver_.abandon(sink_);
  EXPECT_EQ(sink_.lost(), 1u);
}

// The sink's span has exactly the packet's size: the address sanitizer sees a write of one octet more.
TEST_F(ReceiverTest, PayloadsOfEverySizeAreReadWithinTheirBounds) {
  const Octets packet = inner_packet(6, 400);
  for (std::size_t octets = 0; octets <= 404; ++octets) {
    const Octets whole = payload_of(0, {packet});
    Receiver receiver(kMaxInner);
    (void)receiver.accept(EspSeq{1}, part(whole, 0, octets), sink_);
    receiver.abandon(sink_);
  }
  EXPECT_EQ(sink_.delivered.size(), 1u);
}

}  // namespace
}  // namespace levelgate::aggfrag::receiver_test
