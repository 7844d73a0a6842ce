// SPDX-License-Identifier: Apache-2.0
//
// What is lost and what is only late (RFC 5348 §5.1); a slow reference says the same for random paths.
#include "congestion/loss_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace levelgate::congestion::loss_detector_test {
namespace {

using namespace std::chrono_literals;

class Detector {
 public:
  explicit Detector(std::uint32_t displaced) : detector_(displaced) {}
  Place arrive(std::uint64_t position, Nanos at = 0ms, bool probing = false) {
    return detector_.arrived(position, at_ns(0) + at, probing, [this](const LostRun& run) {
      runs.push_back(run);
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>(run.count, 5000); ++i) lost.push_back(run.first + i);
    });
  }
  std::vector<LostRun> runs;
  std::vector<std::uint64_t> lost;

 private:
  LossDetector detector_;
};

TEST(LossDetector, LostAfterThreeLaterOnes) {
  Detector detector(3);
  for (const std::uint64_t position : {1u, 2u, 4u, 5u}) detector.arrive(position);
  EXPECT_TRUE(detector.lost.empty());
  detector.arrive(6);
  EXPECT_EQ(detector.lost, std::vector<std::uint64_t>{3});
  EXPECT_EQ(detector.arrive(3), Place::kOld);
}

TEST(LossDetector, ReorderingIsNoLoss) {
  Detector detector(3);
  EXPECT_EQ(detector.arrive(1), Place::kNewest);
  EXPECT_EQ(detector.arrive(4), Place::kNewest);
  EXPECT_EQ(detector.arrive(3), Place::kBetween);
  EXPECT_EQ(detector.arrive(2), Place::kBetween);
  for (std::uint64_t position = 5; position < 20; ++position) detector.arrive(position);
  EXPECT_TRUE(detector.lost.empty());
}

TEST(LossDetector, WaitsAsLongAsTheReorderWindow) {
  Detector detector(8);
  detector.arrive(1);
  for (std::uint64_t position = 3; position < 10; ++position) detector.arrive(position);
  EXPECT_TRUE(detector.lost.empty());
  EXPECT_EQ(detector.arrive(2), Place::kBetween);
  for (std::uint64_t position = 11; position < 19; ++position) detector.arrive(position);
  EXPECT_EQ(detector.lost, std::vector<std::uint64_t>{10});
}

TEST(LossDetector, DuplicateIsOld) {
  Detector detector(3);
  detector.arrive(1);
  detector.arrive(3);
  EXPECT_EQ(detector.arrive(3), Place::kOld);
  EXPECT_EQ(detector.arrive(1), Place::kOld);
}

TEST(LossDetector, NominalTimeLiesOnTheLine) {
  Detector detector(3);
  detector.arrive(10, 100ms);
  detector.arrive(14, 140ms);
  detector.arrive(15, 150ms);
  detector.arrive(16, 160ms);
  ASSERT_EQ(detector.runs.size(), 3u);
  EXPECT_EQ(detector.runs[0].at, at_ns(0) + 110ms);
  EXPECT_EQ(detector.runs[1].at, at_ns(0) + 120ms);
  EXPECT_EQ(detector.runs[2].at, at_ns(0) + 130ms);
}

// RFC 9347 §6.1.2: a missing probe is no loss event. More than one missing packet is.
TEST(LossDetector, ProbeIsExcused) {
  Detector detector(3);
  detector.arrive(1, 0ms, true);
  for (std::uint64_t position = 3; position < 9; ++position) detector.arrive(position, 0ms, true);
  EXPECT_TRUE(detector.lost.empty());
  for (std::uint64_t position = 11; position < 15; ++position) detector.arrive(position, 0ms, true);
  EXPECT_EQ(detector.lost, (std::vector<std::uint64_t>{9, 10}));
}

TEST(LossDetector, HugeJumpCostsTheWindow) {
  Detector detector(3);
  detector.arrive(1, 1ms);
  detector.arrive(std::uint64_t{1} << 60, 2ms);
  ASSERT_FALSE(detector.runs.empty());
  EXPECT_LE(detector.runs.size(), 2u);
  EXPECT_EQ(detector.runs[0].first, 2u);
  EXPECT_GT(detector.runs[0].count, std::uint64_t{1} << 59);
  EXPECT_LE(detector.runs[0].at + detector.runs[0].span, at_ns(0) + 2ms);
}

// The definition, without any cleverness.
std::set<std::uint64_t> lost_by_definition(const std::vector<std::uint64_t>& arrivals, std::uint64_t displaced) {
  std::set<std::uint64_t> lost;
  std::set<std::uint64_t> here;
  for (const std::uint64_t position : arrivals) {
    if (!lost.contains(position)) here.insert(position);
    for (std::uint64_t n = *here.begin() + 1; n < *here.rbegin(); ++n) {
      if (here.contains(n) || lost.contains(n)) continue;
      const auto above = static_cast<std::uint64_t>(std::distance(here.upper_bound(n), here.end()));
      if (above >= displaced) lost.insert(n);
    }
  }
  return lost;
}

TEST(LossDetector, AgreesWithTheDefinition) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    const std::uint64_t displaced = 3 + random() % 6;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> path;  // when it comes, position
    for (std::uint64_t position = 2; position < 150; ++position) {
      if (random() % 10 == 0) continue;
      path.emplace_back(position * 2 + (random() % 4 == 0 ? random() % 20 : 0), position);
    }
    std::sort(path.begin(), path.end());
    std::vector<std::uint64_t> arrivals{1};
    for (const auto& [when, position] : path) arrivals.push_back(position);
    Detector detector(static_cast<std::uint32_t>(displaced));
    for (const std::uint64_t position : arrivals) detector.arrive(position);
    const std::set<std::uint64_t> expected = lost_by_definition(arrivals, displaced);
    EXPECT_EQ(detector.lost, std::vector<std::uint64_t>(expected.begin(), expected.end())) << round;
  }
}

}  // namespace
}  // namespace levelgate::congestion::loss_detector_test
