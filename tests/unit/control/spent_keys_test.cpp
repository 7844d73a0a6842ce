// SPDX-License-Identifier: Apache-2.0
//
// A key stays with the SA that had it first, and never comes back (RFC 4106 §3.1: a number and a key meet once).
#include "control/spent_keys.h"

#include <gtest/gtest.h>

#include "unit/control/gateway_configs.h"

namespace levelgate::control::spent_keys_test {
namespace {

using namespace tests;

class Spent : public ::testing::Test {
 protected:
  void SetUp() override { spent_.take(paris()); }
  std::string refused(const model::Config& config) const {
    const auto conflict = spent_.conflict(config);
    return conflict ? conflict->path + " had by " + conflict->used : "";
  }
  SpentKeys spent_;
};

TEST_F(Spent, TheSameConfigurationMayCome) {
  EXPECT_EQ(refused(paris()), "");
  model::Config config = paris();
  config.tunnels[0].outbound->key = key_of('a');  // read from the file again
  config.tunnels[0].tfs.rate_bits_per_second = 1;
  EXPECT_EQ(refused(config), "");
}

TEST_F(Spent, AKeyMayNotMoveToAnotherSa) {
  model::Config config = paris();
  std::swap(config.tunnels[0].outbound->key, config.tunnels[0].inbound->key);
  EXPECT_EQ(refused(config), "tunnels.berlin.static.outbound had by tunnels.berlin.static.inbound");
  config = paris();
  config.tunnels[0].name = "oslo";
  EXPECT_EQ(refused(config), "tunnels.oslo.static.outbound had by tunnels.berlin.static.outbound");
}

TEST_F(Spent, AnSaThatChangesNeedsANewKey) {
  for (const auto& change : std::initializer_list<void (*)(model::EspSa&)>{
           [](model::EspSa& sa) { sa.spi = Spi{9999}; }, [](model::EspSa& sa) { sa.first_sequence = EspSeq{1000}; },
           [](model::EspSa& sa) { sa.esn = false; },
           [](model::EspSa& sa) { sa.cipher = EspCipher::kChaCha20Poly1305; }}) {
    model::Config config = paris();
    change(*config.tunnels[0].outbound);
    EXPECT_NE(refused(config), "");
    config.tunnels[0].outbound->key = key_of('n');
    EXPECT_EQ(refused(config), "");
  }
}

TEST_F(Spent, AKeyThatWasGoneDoesNotComeBack) {
  model::Config without = paris();
  without.tunnels.clear();
  EXPECT_EQ(refused(without), "");
  spent_.take(without);
  EXPECT_EQ(refused(paris()), "tunnels.berlin.static.outbound had by tunnels.berlin.static.outbound");
  model::Config fresh = paris();
  fresh.tunnels[0].outbound->key = key_of('c');
  EXPECT_EQ(refused(fresh), "tunnels.berlin.static.inbound had by tunnels.berlin.static.inbound");
  fresh.tunnels[0].inbound->key = key_of('d');
  EXPECT_EQ(refused(fresh), "");
}

TEST_F(Spent, WhatWasAskedButNotTakenCountsNothing) {
  model::Config config = paris();
  config.tunnels[0].outbound->key = key_of('c');
  EXPECT_EQ(refused(config), "");
  EXPECT_EQ(refused(paris()), "") << "the question alone spends no key";
}

TEST(SpentKeys, ATunnelWithoutKeysHasNoneToSpend) {
  SpentKeys spent;
  model::Config config = paris();
  config.tunnels[0].outbound.reset();
  config.tunnels[0].inbound->key = nullptr;
  spent.take(config);
  EXPECT_FALSE(spent.conflict(config));
}

}  // namespace
}  // namespace levelgate::control::spent_keys_test
