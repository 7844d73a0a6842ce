// SPDX-License-Identifier: Apache-2.0
//
// How much of an outer packet is left for inner data, against the sum written out header by header and against worked
// figures.
#include <gtest/gtest.h>
#include <levelgate/model/esp_sizes.h>

namespace levelgate::model::esp_sizes_test {
namespace {

// Octets in front of ESP: RFC 791, RFC 8200, RFC 768.
std::uint32_t headers(IpFamily family, Encapsulation encapsulation) {
  return (family == IpFamily::kV4 ? 20u : 40u) + (encapsulation == Encapsulation::kUdp ? 8u : 0u);
}

constexpr IpFamily kFamilies[] = {IpFamily::kV4, IpFamily::kV6};
constexpr Encapsulation kEncapsulations[] = {Encapsulation::kNone, Encapsulation::kUdp};

TfsSettings in_mode(TfsMode mode) {
  TfsSettings tfs;
  tfs.mode = mode;
  return tfs;
}

// Over IPv4 with an outer packet of L octets: 4 * floor((L - 52) / 4) - 6, which is IP 20, ESP header 8, IV 8 and ICV
// 16 taken off, aligned to four (RFC 4303 §2.4), less trailer 2 and AGGFRAG header 4 (RFC 9347 §6.1.1).
TEST(EspSizes, PayloadOfEveryPossibleSize) {
  for (const IpFamily family : kFamilies) {
    for (const Encapsulation encapsulation : kEncapsulations) {
      const std::uint32_t outer = headers(family, encapsulation);
      const OuterSizes sizes = outer_sizes(family, encapsulation, in_mode(TfsMode::kFixed));
      unsigned possible = 0;
      for (std::uint32_t octets = 128; octets <= 9000; ++octets) {
        if (!size_possible(octets, sizes.headers)) continue;
        ++possible;
        ASSERT_EQ(octets - sizes.overhead(), 4 * ((octets - outer - 32) / 4) - 6) << octets;
      }
      ASSERT_EQ(possible, (9000 - 128) / 4 + 1);
    }
  }
}

TEST(EspSizes, WorkedFigures) {
  struct Figure {
    std::uint32_t outer;
    std::uint32_t payload;
  };
  const OuterSizes v4 = outer_sizes(IpFamily::kV4, Encapsulation::kNone, in_mode(TfsMode::kFixed));
  for (const Figure f : {Figure{256, 198}, Figure{576, 518}, Figure{1000, 942}, Figure{1280, 1222}, Figure{1400, 1342},
                         Figure{1500, 1442}, Figure{4000, 3942}, Figure{9000, 8942}}) {
    EXPECT_TRUE(size_possible(f.outer, v4.headers));
    EXPECT_EQ(f.outer - v4.overhead(), f.payload);
  }
}

TEST(EspSizes, Parts) {
  for (const IpFamily family : kFamilies) {
    for (const Encapsulation encapsulation : kEncapsulations) {
      const OuterSizes fixed = outer_sizes(family, encapsulation, in_mode(TfsMode::kFixed));
      EXPECT_EQ(fixed.headers, headers(family, encapsulation));
      EXPECT_EQ(fixed.overhead(), fixed.headers + 34 + 4);
      EXPECT_EQ(outer_sizes(family, encapsulation, in_mode(TfsMode::kOnDemand)).overhead(), fixed.overhead());
      EXPECT_EQ(outer_sizes(family, encapsulation, in_mode(TfsMode::kPlain)).overhead(), fixed.headers + 34)
          << "plain mode has no AGGFRAG header";
    }
  }
}

// One size in four: what stands behind the headers is a multiple of four octets.
TEST(EspSizes, OtherSizesAreImpossible) {
  for (std::uint32_t rest = 100; rest < 140; ++rest) {
    for (const std::uint32_t outer : {20u, 28u, 40u, 48u}) EXPECT_EQ(size_possible(outer + rest, outer), rest % 4 == 0);
  }
}

// RFC 9347 §6.1.2: 24 octets where payloads carry reports, and they do so only where a schedule sends them.
// [9347-2.4.2.1-b]
TEST(EspSizes, ReportsTakeTwentyOctetsMore) {
  for (const TfsMode mode : {TfsMode::kFixed, TfsMode::kOnDemand, TfsMode::kPlain}) {
    const std::uint32_t without = outer_sizes(IpFamily::kV4, Encapsulation::kNone, in_mode(mode)).overhead();
    for (int what = 0; what < 3; ++what) {
      TfsSettings tfs = in_mode(mode);
      if (what == 0) tfs.congestion.controlled = true;
      if (what == 1) tfs.congestion.reports_wanted = true;
      if (what == 2) tfs.congestion.breaker.emplace();
      EXPECT_EQ(tfs.sends_reports(), mode == TfsMode::kFixed);
      EXPECT_EQ(tfs.wants_reports(), mode == TfsMode::kFixed && what != 1);
      const std::uint32_t with = outer_sizes(IpFamily::kV4, Encapsulation::kNone, tfs).overhead();
      EXPECT_EQ(with - without, mode == TfsMode::kFixed ? 20u : 0u);
    }
  }
}

}  // namespace
}  // namespace levelgate::model::esp_sizes_test
