// SPDX-License-Identifier: Apache-2.0
//
// The table of drop reasons: complete, in the enumerators' order, with names that are stable and fit for a metric.
#include <gtest/gtest.h>
#include <levelgate/model/drops.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace levelgate::model::drops_test {
namespace {

struct Stable {
  Drop drop;
  std::string_view name;
};

// Names stand in dashboards and scripts of operators: one is never changed, and a new one is added here.
constexpr std::array kStable{
    Stable{Drop::kFrameMalformed, "frame-malformed"},
    Stable{Drop::kOuterMalformed, "outer-malformed"},
    Stable{Drop::kOuterFragment, "outer-fragment"},
    Stable{Drop::kUnknownSpi, "unknown-spi"},
    Stable{Drop::kEspMalformed, "esp-malformed"},
    Stable{Drop::kReplay, "replay"},
    Stable{Drop::kAuthFailed, "auth-failed"},
    Stable{Drop::kNextHeader, "next-header"},
    Stable{Drop::kDummy, "dummy"},
    Stable{Drop::kAggfragMalformed, "aggfrag-malformed"},
    Stable{Drop::kAggfragSubType, "aggfrag-sub-type"},
    Stable{Drop::kAggfragBlock, "aggfrag-block"},
    Stable{Drop::kAggfragLate, "aggfrag-late"},
    Stable{Drop::kAggfragOrphan, "aggfrag-orphan"},
    Stable{Drop::kAggfragIncomplete, "aggfrag-incomplete"},
    Stable{Drop::kOuterCongestion, "outer-congestion"},
    Stable{Drop::kInnerMalformed, "inner-malformed"},
    Stable{Drop::kInnerChecksum, "inner-checksum"},
    Stable{Drop::kInnerTooBig, "inner-too-big"},
    Stable{Drop::kInnerSelector, "inner-selector"},
    Stable{Drop::kInnerTtl, "inner-ttl"},
    Stable{Drop::kNoRoute, "no-route"},
    Stable{Drop::kBlackhole, "blackhole"},
    Stable{Drop::kClearRefused, "clear-refused"},
    Stable{Drop::kNotForwardable, "not-forwardable"},
    Stable{Drop::kForKernel, "for-kernel"},
    Stable{Drop::kNoNeighbour, "no-neighbour"},
    Stable{Drop::kExceedsMtu, "exceeds-mtu"},
    Stable{Drop::kTfsQueueDelay, "tfs-queue-delay"},
    Stable{Drop::kTfsQueueFull, "tfs-queue-full"},
    Stable{Drop::kTfsAqm, "tfs-aqm"},
    Stable{Drop::kTfsTooBig, "tfs-too-big"},
    Stable{Drop::kTfsBreakerOpen, "tfs-breaker-open"},
    Stable{Drop::kNoOutboundSa, "no-outbound-sa"},
    Stable{Drop::kSequenceExhausted, "sequence-exhausted"},
    Stable{Drop::kSealFailed, "seal-failed"},
    Stable{Drop::kTunnelClosing, "tunnel-closing"},
    Stable{Drop::kNoBuffer, "no-buffer"},
    Stable{Drop::kPortFull, "port-full"},
    Stable{Drop::kTwinFull, "twin-full"},
    Stable{Drop::kWorkerRingFull, "worker-ring-full"},
    Stable{Drop::kTcpOutboundFull, "tcp-outbound-full"},
    Stable{Drop::kTcpInboundFull, "tcp-inbound-full"},
    Stable{Drop::kTcpRefused, "tcp-refused"},
};

TEST(Drops, EveryReasonHasItsStableName) {
  std::set<Drop> seen;
  for (const Stable& stable : kStable) {
    EXPECT_EQ(name_of(stable.drop), stable.name);
    EXPECT_TRUE(seen.insert(stable.drop).second) << stable.name;
  }
  EXPECT_EQ(seen.size(), kDropCount) << "a reason is missing in the list of stable names";
}

TEST(Drops, NamesAreUniqueKebabCase) {
  std::set<std::string_view> seen;
  for (const DropText& text : kDropTexts) {
    EXPECT_TRUE(seen.insert(text.name).second) << text.name;
    ASSERT_FALSE(text.name.empty());
    EXPECT_TRUE(std::ranges::all_of(text.name, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; })) << text.name;
    EXPECT_NE(text.name.front(), '-') << text.name;
    EXPECT_NE(text.name.back(), '-') << text.name;
    EXPECT_EQ(text.name.find("--"), std::string_view::npos) << text.name;
  }
}

// One line each, no final full stop: they are printed as columns of a table.
TEST(Drops, EveryReasonHasAMeaning) {
  for (const DropText& text : kDropTexts) {
    EXPECT_FALSE(text.meaning.empty()) << text.name;
    for (const std::string_view column : {text.meaning, text.cure}) {
      EXPECT_EQ(column.find('\n'), std::string_view::npos) << text.name;
      EXPECT_TRUE(column.empty() || column.back() != '.') << text.name;
      EXPECT_TRUE(column.empty() || (column.front() != ' ' && column.back() != ' ')) << text.name;
    }
  }
}

}  // namespace
}  // namespace levelgate::model::drops_test
