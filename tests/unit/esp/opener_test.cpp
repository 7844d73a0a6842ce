// SPDX-License-Identifier: Apache-2.0
//
// What an opener does before and after the AEAD: the 64-bit number recovered, replays and malformed packets refused,
// the trailer read; and that nothing but a tag that holds changes its state.
#include "esp/opener.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "crypto/aead_burst.h"
#include "support/no_alloc_scope.h"
#include "support/sa_pair.h"

namespace levelgate::esp::opener_test {
namespace {

using testing::kAggfrag;
using testing::Octets;
using testing::octets_of;
using testing::SaOptions;
using testing::SaPair;

class OpenerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Cipher> cipher = crypto::make_openssl_cipher();
};

TEST_F(OpenerTest, OpensWhatWasSealed) {
  SaPair sa(*cipher);
  for (std::uint32_t octets = 0; octets < 300; ++octets) {
    const Octets payload = octets_of(octets, octets);
    const auto outcome = sa.open(sa.seal(payload, static_cast<std::uint8_t>(octets)));
    ASSERT_EQ(outcome.opened, Opener::Opened::kOk);
    ASSERT_EQ(outcome.payload, payload);
    ASSERT_EQ(outcome.number, octets + 1);
    ASSERT_EQ(outcome.next_header, static_cast<std::uint8_t>(octets));
  }
}

// Too short for header, IV, trailer and ICV, or not aligned as RFC 4303 §2.4 has it.
TEST_F(OpenerTest, RefusesLengthsThatCannotBe) {
  SaPair sa(*cipher);
  for (std::size_t octets = 0; octets < 200; ++octets) {
    const auto outcome = sa.open(Octets(octets));
    const bool possible = octets >= 36 && octets % 4 == 0;
    // Number 0 is never used (RFC 4303 §3.3.3).
    EXPECT_EQ(outcome.checked, possible ? Opener::Checked::kReplay : Opener::Checked::kMalformed) << octets;
  }
}

TEST_F(OpenerTest, RefusesReplays) {
  SaPair sa(*cipher);
  const Octets packet = sa.seal(octets_of(50));
  EXPECT_EQ(sa.open(packet).opened, Opener::Opened::kOk);
  EXPECT_EQ(sa.open(packet).checked, Opener::Checked::kReplay);
}

TEST_F(OpenerTest, RefusesWhatFellOutOfTheWindow) {
  SaPair sa(*cipher, {.window = 64});
  std::vector<Octets> packets;
  for (int i = 0; i < 65; ++i) packets.push_back(sa.seal(octets_of(50)));
  EXPECT_EQ(sa.open(packets[64]).opened, Opener::Opened::kOk);
  EXPECT_EQ(sa.open(packets[0]).opened, Opener::Opened::kReplay);
  EXPECT_EQ(sa.open(packets[1]).opened, Opener::Opened::kOk);
}

// With 32-bit numbers no tag is needed to see it.
TEST_F(OpenerTest, RefusesWhatFellOutOfTheWindowOfShortNumbers) {
  SaPair sa(*cipher, {.width = SequenceWidth::k32, .window = 64});
  std::vector<Octets> packets;
  for (int i = 0; i < 65; ++i) packets.push_back(sa.seal(octets_of(50)));
  EXPECT_EQ(sa.open(packets[64]).opened, Opener::Opened::kOk);
  EXPECT_EQ(sa.open(packets[0]).checked, Opener::Checked::kReplay);
}

// Both pass the check, since neither is marked yet; the second loses when it is finished.
TEST_F(OpenerTest, DuplicateInOneBurstLoses) {
  SaPair sa(*cipher);
  Octets packets[2] = {sa.seal(octets_of(50)), {}};
  packets[1] = packets[0];
  CipherJob jobs[2];
  EspSeq numbers[2];
  for (int i = 0; i < 2; ++i) ASSERT_EQ(sa.opener.check(packets[i], jobs[i], numbers[i]), Opener::Checked::kReady);
  cipher->open(jobs);
  Opener::Payload payload;
  EXPECT_EQ(sa.opener.finish(jobs[0], numbers[0], payload), Opener::Opened::kOk);
  EXPECT_EQ(sa.opener.finish(jobs[1], numbers[1], payload), Opener::Opened::kReplay);
}

// A forged number far ahead moves nothing (RFC 4303 §3.4.3: the window moves only after the ICV holds).
TEST_F(OpenerTest, ForgeriesChangeNothing) {
  for (const SequenceWidth width : {SequenceWidth::k32, SequenceWidth::k64}) {
    SaPair sa(*cipher, {.width = width});
    std::mt19937 random(3);
    for (int i = 0; i < 2000; ++i) {
      Octets forged = octets_of(100, static_cast<unsigned>(random()));
      store_be<std::uint32_t>(forged.data(), testing::kSpi.value);
      const auto outcome = sa.open(forged);
      ASSERT_FALSE(outcome.payload);
      ASSERT_EQ(outcome.opened, Opener::Opened::kAuthFailed);
      const Octets payload = octets_of(40, static_cast<unsigned>(i));
      ASSERT_EQ(sa.open(sa.seal(payload)).payload, payload) << "forgery moved the window at " << i;
    }
  }
}

TEST_F(OpenerTest, EveryFlippedBitIsSeen) {
  for (const SequenceWidth width : {SequenceWidth::k32, SequenceWidth::k64}) {
    SaPair sa(*cipher, {.width = width});
    const Octets packet = sa.seal(octets_of(37));
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
      Octets changed = packet;
      changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
      const auto outcome = sa.open(changed);
      ASSERT_FALSE(outcome.payload) << "bit " << bit;
    }
    ASSERT_TRUE(sa.open(packet).payload);
  }
}

// An authentic packet whose trailer is nonsense: refused, and its number is used up.
TEST_F(OpenerTest, BadTrailers) {
  struct Case {
    Octets body;
    Opener::Opened opened;
  };
  const auto of = [](std::initializer_list<unsigned> octets) {
    Octets out;
    for (const unsigned o : octets) out.push_back(static_cast<std::byte>(o));
    return out;
  };
  Octets longest(256);
  for (unsigned i = 0; i < 254; ++i) longest[i] = static_cast<std::byte>(i + 1);
  longest[254] = std::byte{254};
  const Case cases[] = {
      {of({9, 9, 0, 4}), Opener::Opened::kOk},
      {of({1, 2, 2, 4}), Opener::Opened::kOk},
      {of({1, 2, 3, 4}), Opener::Opened::kBadTrailer},
      {of({1, 2, 255, 4}), Opener::Opened::kBadTrailer},
      {of({9, 2, 1, 4}), Opener::Opened::kBadTrailer},
      {of({2, 1, 2, 4}), Opener::Opened::kBadTrailer},
      {of({0, 0, 2, 4}), Opener::Opened::kBadTrailer},
      {longest, Opener::Opened::kOk},
      {of({7, 7, 7, 7, 1, 2, 3, 4, 4, 4, 4, 4}), Opener::Opened::kBadTrailer},
  };
  SaPair sa(*cipher);
  for (const Case& c : cases) {
    Octets packet(16 + c.body.size() + 16);
    CipherJob job;
    ASSERT_EQ(sa.sealer.prepare(packet.data(), static_cast<std::uint32_t>(c.body.size() - 2), 0, job),
              Sealer::Prepared::kReady);
    std::copy(c.body.begin(), c.body.end(), packet.begin() + 16);
    cipher->seal({&job, 1});
    EXPECT_EQ(sa.open(packet).opened, c.opened);
    EXPECT_EQ(sa.open(packet).checked, Opener::Checked::kReplay);
  }
}

TEST_F(OpenerTest, AnyOrderWithinTheWindowComesThrough) {
  SaPair sa(*cipher, {.first = 0xffff'ffff - 500, .window = 1024});
  std::vector<Octets> packets;
  std::vector<Octets> payloads;
  for (unsigned i = 0; i < 1000; ++i) {
    payloads.push_back(octets_of(20 + i % 50, i));
    packets.push_back(sa.seal(payloads.back()));
  }
  std::vector<std::size_t> order(packets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937(11));
  for (const std::size_t i : order) ASSERT_EQ(sa.open(packets[i]).payload, payloads[i]) << i;
  for (const std::size_t i : order) ASSERT_EQ(sa.open(packets[i]).checked, Opener::Checked::kReplay) << i;
}

// Numbers below the first one of the SA are old.
TEST_F(OpenerTest, NumbersBelowTheFirstAreReplays) {
  SaPair early(*cipher, {.first = 1});
  SaPair late(*cipher, {.first = 100});
  for (std::uint64_t n = 1; n < 100; ++n)
    EXPECT_EQ(late.open(early.seal(octets_of(9))).checked, Opener::Checked::kReplay);
  EXPECT_EQ(late.open(early.seal(octets_of(9))).opened, Opener::Opened::kOk);
}

// The last number of either width is taken once, and nothing is taken after it.
TEST_F(OpenerTest, LastNumbers) {
  for (const SequenceWidth width : {SequenceWidth::k32, SequenceWidth::k64}) {
    const std::uint64_t last = width == SequenceWidth::k32 ? 0xffff'ffff : ~std::uint64_t{0};
    SaPair sa(*cipher, {.width = width, .first = last - 1});
    const Octets first = sa.seal(octets_of(9));
    const Octets second = sa.seal(octets_of(9));
    EXPECT_TRUE(sa.seal(octets_of(9)).empty());
    EXPECT_EQ(sa.open(first).number, last - 1);
    EXPECT_EQ(sa.open(second).number, last);
    EXPECT_EQ(sa.open(first).checked, Opener::Checked::kReplay);
    EXPECT_EQ(sa.open(second).checked, Opener::Checked::kReplay);
    Octets beyond = second;
    store_be<std::uint32_t>(beyond.data() + 4, 5);
    EXPECT_EQ(sa.open(beyond).checked, Opener::Checked::kReplay);
  }
}

TEST_F(OpenerTest, CheckAndFinishAllocateNothing) {
  SaPair sa(*cipher);
  std::vector<Octets> packets;
  for (int i = 0; i < 100; ++i) packets.push_back(sa.seal(octets_of(500)));
  packets.push_back(packets[0]);
  testing::NoAllocScope scope;
  for (Octets& packet : packets) {
    CipherJob job;
    EspSeq number;
    if (sa.opener.check(packet, job, number) != Opener::Checked::kReady) continue;
    cipher->open({&job, 1});
    Opener::Payload payload;
    (void)sa.opener.finish(job, number, payload);
  }
  EXPECT_EQ(scope.allocations(), 0u);
}

// An opener whose window has moved to `highest`, without any AEAD.
class NumberProbe {
 public:
  NumberProbe(std::uint64_t highest, std::uint32_t window, SequenceWidth width)
      : opener_(testing::kSpi, width, window, EspSeq{highest + 1}, testing::kSalt, std::make_unique<CipherKey>()) {}

  // The number that the opener takes these low bits for.
  std::uint64_t infer(std::uint32_t low) {
    Octets packet(64);
    store_be<std::uint32_t>(packet.data() + 4, low);
    CipherJob job;
    EspSeq number;
    (void)opener_.check(packet, job, number);
    return number.value;
  }

 private:
  Opener opener_;
};

// RFC 4303 appendix A2: of all numbers with these low bits, the one in the 2^32 numbers that begin with the window.
void expect_inferred(std::uint64_t highest, std::uint32_t window, std::uint64_t number) {
  NumberProbe probe(highest, window, SequenceWidth::k64);
  ASSERT_EQ(probe.infer(static_cast<std::uint32_t>(number)), number) << "highest " << highest << " window " << window;
}

TEST(OpenerNumbers, ExactAroundSubspaceEdges) {
  for (const std::uint32_t window : {64u, 66u, 4096u, 65'536u}) {
    for (const std::uint64_t subspace : {1ULL, 2ULL, 0x7fff'ffffULL, 0xffff'fffeULL}) {
      for (const std::int64_t offset : {-70'000, -65'536, -4097, -4096, -65, -64, -1, 0, 1, 62, 63, 64, 4094, 4095,
                                        4096, 65'534, 65'535, 65'536, 70'000}) {
        const std::uint64_t highest = (subspace << 32) + static_cast<std::uint64_t>(offset);
        const std::uint64_t bottom = highest - window + 1;
        for (const std::uint64_t number : std::initializer_list<std::uint64_t>{
                 bottom, bottom + 1, highest - 1, highest, highest + 1, highest + window, bottom + (1ULL << 31),
                 (subspace << 32) - 1, subspace << 32, bottom + 0xffff'fffe, bottom + 0xffff'ffff}) {
          if (number < bottom || number - bottom > 0xffff'ffff) continue;
          ASSERT_NO_FATAL_FAILURE(expect_inferred(highest, window, number));
        }
      }
    }
  }
}

// Before a full window has come there is no subspace below: any low bits mean the first one.
TEST(OpenerNumbers, FirstSubspaceHasNoneBelow) {
  for (const std::uint32_t low : {1u, 63u, 4096u, 0x8000'0000u, 0xffff'f000u, 0xffff'ffffu}) {
    NumberProbe probe(0, 4096, SequenceWidth::k64);
    EXPECT_EQ(probe.infer(low), low);
  }
}

TEST(OpenerNumbers, ShortNumbersStandForThemselves) {
  for (const std::uint64_t highest : {std::uint64_t{0}, std::uint64_t{0x8000'0000}, std::uint64_t{0xffff'fffe}}) {
    for (const std::uint32_t low : {1u, 5u, 0x7fff'ffffu, 0xffff'ffffu}) {
      NumberProbe probe(highest, 4096, SequenceWidth::k32);
      EXPECT_EQ(probe.infer(low), low);
    }
  }
}

}  // namespace
}  // namespace levelgate::esp::opener_test
