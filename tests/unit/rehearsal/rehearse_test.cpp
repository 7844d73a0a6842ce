// SPDX-License-Identifier: Apache-2.0
//
// One rehearsal: what it measures, that a seed repeats it, and that charges and ready keys are what they say.
#include "rehearsal/rehearse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rehearsal/summary.h"

namespace levelgate::rehearsal::rehearse_test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMbit = 1'000'000;

Cell cell_of(KeySet keys, Delivery delivery = Delivery::kAcknowledged, double loss = 0) {
  return {{100 * kMbit, 100ms, loss}, keys, delivery};
}

class Rehearse : public ::testing::Test {
 protected:
  static const ReadyKeys& ready() {
    static const auto kKeys = ReadyKeys::make(methods_of(KeySet::kMceliece348864f));
    return *kKeys;
  }
  static Figures run(const Cell& cell, std::uint64_t seed = 1, const KeyCosts& costs = {}) {
    const auto figures = rehearse({.cell = cell, .seed = seed}, ready(), costs);
    EXPECT_TRUE(figures) << (figures ? "" : figures.error().what);
    return figures.value_or(Figures{});
  }
};

// IKE_SA_INIT and IKE_AUTH, then an inner packet: two round trips and a half; ML-KEM costs one more.
TEST_F(Rehearse, TheFirstInnerPacketTakesItsRoundTrips) {
  const Figures classic = run(cell_of(KeySet::kX25519));
  ASSERT_TRUE(classic.first_inner);
  EXPECT_GE(*classic.first_inner, 250ms);
  EXPECT_LT(*classic.first_inner, 255ms);
  EXPECT_FALSE(classic.large);
  const Figures hybrid = run(cell_of(KeySet::kMlKem768));
  ASSERT_TRUE(hybrid.first_inner);
  EXPECT_GE(*hybrid.first_inner, 350ms);
  EXPECT_LT(*hybrid.first_inner, 355ms);
}

TEST_F(Rehearse, TrafficFlowsBeforeTheLargeKey) {
  const Figures figures = run(cell_of(KeySet::kMceliece348864f));
  ASSERT_TRUE(figures.first_inner && figures.large);
  EXPECT_LT(*figures.first_inner, 355ms);
  EXPECT_GT(*figures.large, *figures.first_inner + 400ms);
  EXPECT_GT(figures.octets, 261'120u);
  EXPECT_GT(figures.responder_octets, 250'000u);
  EXPECT_LE(figures.responder_octets, 261'120u + 1'024);
  EXPECT_EQ(figures.queue_drops, 0u);
}

TEST_F(Rehearse, ASeedRepeatsItToTheLastOctet) {
  for (const Delivery delivery : kDeliveries) {
    const Cell cell = cell_of(KeySet::kMceliece348864f, delivery, 0.1);
    const Figures first = run(cell, 7);
    EXPECT_EQ(run(cell, 7), first) << name_of(delivery);
    EXPECT_NE(run(cell, 8), first) << "another seed loses others";
  }
}

TEST_F(Rehearse, WhatIsChargedIsAdded) {
  const Cell cell = cell_of(KeySet::kMceliece348864f);
  const Figures free = run(cell);
  const Figures charged = run(cell, 1, {{methods_of(cell.keys).back(), {.generate = 500ms}}});
  ASSERT_TRUE(free.large && charged.large);
  // But for the slot at which the tunnel's next outer packet shows the new SA.
  EXPECT_GT(*charged.large, *free.large + 490ms);
  EXPECT_LT(*charged.large, *free.large + 510ms);
  EXPECT_EQ(charged.first_inner, free.first_inner) << "traffic does not wait for the large key";
}

TEST_F(Rehearse, TheSimplestWayPaysForLoss) {
  std::uint64_t whole = 0, acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    whole += run(cell_of(KeySet::kMceliece348864f, Delivery::kWholeRepeats, 0.1), seed).octets;
    acknowledged += run(cell_of(KeySet::kMceliece348864f, Delivery::kAcknowledged, 0.1), seed).octets;
  }
  EXPECT_GT(whole, acknowledged + acknowledged / 2);
}

// On a line on which fragments are further apart than the delay of acknowledgements each would cause one.
TEST_F(Rehearse, ASlowLineCausesNoAcknowledgementOfEachFragment) {
  const auto ideal = ideal_of(KeySet::kMceliece348864f, ready());
  ASSERT_TRUE(ideal);
  Cell cell = cell_of(KeySet::kMceliece348864f);
  cell.path.bits_per_second = kMbit;
  EXPECT_LT(static_cast<double>(run(cell).octets), 1.01 * static_cast<double>(ideal->octets));
}

// A connection takes a round trip to be made, and what it carries needs no repeats by IKE.
TEST_F(Rehearse, OverTcpTrafficFlowsOneRoundTripLater) {
  for (const Delivery delivery : {Delivery::kTcp, Delivery::kSeparate}) {
    const Figures figures = run(cell_of(KeySet::kMlKem768, delivery));
    ASSERT_TRUE(figures.first_inner) << name_of(delivery);
    EXPECT_GE(*figures.first_inner, 450ms) << name_of(delivery);
    EXPECT_LT(*figures.first_inner, 455ms) << name_of(delivery);
  }
}

// 261,120 octets leave in 10, 20, 40, 80 and 61 segments: four round trips more than one message would take.
TEST_F(Rehearse, OverTcpALargeKeyTakesItsSlowStart) {
  const Figures udp = run(cell_of(KeySet::kMceliece348864f));
  const auto ideal = ideal_of(KeySet::kMceliece348864f, ready());
  ASSERT_TRUE(ideal && udp.large);
  for (const Delivery delivery : {Delivery::kTcp, Delivery::kSeparate}) {
    const Figures figures = run(cell_of(KeySet::kMceliece348864f, delivery));
    ASSERT_TRUE(figures.large) << name_of(delivery);
    EXPECT_GT(*figures.large, *udp.large + 400ms) << name_of(delivery);
    EXPECT_LT(*figures.large, *udp.large + 600ms) << name_of(delivery);
    EXPECT_LT(static_cast<double>(figures.octets), 1.01 * static_cast<double>(ideal->octets)) << "with TCP's headers";
    EXPECT_GT(figures.responder_octets, 250'000u);
    EXPECT_LE(figures.responder_octets, 261'120u + 1'024 + 65'535) << "the last frame, before it is whole";
  }
}

TEST_F(Rehearse, OverTcpALossyPathIsSlowAndWastesLittle) {
  const Cell cell = cell_of(KeySet::kMceliece348864f, Delivery::kSeparate, 0.1);
  const auto ideal = ideal_of(KeySet::kMceliece348864f, ready());
  ASSERT_TRUE(ideal);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Figures figures = run(cell, seed);
    ASSERT_TRUE(figures.large) << seed;
    EXPECT_GT(*figures.large, 2s);
    EXPECT_LT(static_cast<double>(figures.octets), 1.4 * static_cast<double>(ideal->octets));
  }
}

TEST_F(Rehearse, ReadyKeysAreLentAndOthersAreMade) {
  ikestate::RunJob job{ikestate::JobId{1},
                       [] { return ikestate::JobValue(crypto::generate_key(31)); },
                       {ikestate::KeyStep::kGenerate, 31}};
  const auto generated = [](DoneJob& done) {
    return std::get<Result<std::unique_ptr<crypto::GeneratedKey>>>(done.value)->get();
  };
  DoneJob lent = do_job(job, ready(), {{31, {.generate = 3ms}}});
  DoneJob again = do_job(job, ready(), {});
  EXPECT_EQ(lent.cost, 3ms);
  EXPECT_TRUE(std::ranges::equal(generated(lent)->public_value(), generated(again)->public_value()));
  DoneJob made = do_job(job, ReadyKeys{}, {});
  EXPECT_FALSE(std::ranges::equal(generated(lent)->public_value(), generated(made)->public_value()));
}

}  // namespace
}  // namespace levelgate::rehearsal::rehearse_test
