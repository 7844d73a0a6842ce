// SPDX-License-Identifier: Apache-2.0
//
// State in instance data: every counter of RFC 9348 under its name, and directions of SAs that are kept apart.
#include "management/yang.h"

#include <gtest/gtest.h>
#include <levelgate/model/tfs_leaves.h>

#include "control/tfs_values.h"
#include "management/octets_text.h"
#include "management/yang_policy.h"
#include "unit/management/running_gateway.h"

namespace levelgate::management::yang_test {
namespace {

const Value* under(const Value* value, const std::string& key) {
  const auto* const map = value != nullptr ? std::get_if<Value::Map>(&value->is) : nullptr;
  if (map == nullptr) return nullptr;
  for (const auto& [name, element] : *map) {
    if (name == key) return &element;
  }
  return nullptr;
}

const Value& sa(const Value& instance, std::size_t number) {
  const Value* const sad = under(under(under(&instance, "ietf-i2nsf-ikeless:ipsec-ikeless"), "sad"), "sad-entry");
  return std::get<Value::List>(sad->is).at(number);
}

TEST(Yang, EveryCounterOfAnSaInItsDirection) {
  tests::RunningGateway gateway;
  const control::View view = gateway.view();
  const Value instance = yang_instance(gateway.config, &view);
  model::for_each_counter(gateway.counters(), [&](std::string_view group, std::string_view name, std::uint64_t value) {
    if (group.empty()) return;
    for (std::size_t way = 0; way < 2; ++way) {  // outbound, inbound
      const Value* const counter =
          under(under(&sa(instance, way), "ietf-ipsec-iptfs:" + std::string(group)), std::string(name));
      ASSERT_NE(counter, nullptr) << group << " " << name;
      const bool own = name.starts_with(way == 0 ? "tx-" : "rx-");
      EXPECT_EQ(std::get<std::string>(counter->is), own ? std::to_string(value) : "0") << group << " " << name;
    }
  });
}

TEST(Yang, WithoutAViewThereIsNoState) {
  const tests::RunningGateway gateway;
  const Value instance = yang_instance(gateway.config, nullptr);
  const auto& entry = std::get<Value::Map>(sa(instance, 0).is);
  for (const auto& [name, value] : entry) EXPECT_FALSE(name.starts_with("ietf-ipsec-iptfs:")) << name;
}

TEST(Yang, APlainTunnelHasIpsecCountersOnly) {
  tests::RunningGateway gateway;
  gateway.config.tunnels[0].tfs.mode = gateway.plan.tunnels[0].tfs.mode = model::TfsMode::kPlain;
  const control::View view = gateway.view();
  const Value instance = yang_instance(gateway.config, &view);
  EXPECT_NE(under(&sa(instance, 0), "ietf-ipsec-iptfs:ipsec-stats"), nullptr);
  for (const char* const name : {"traffic-flow-security", "iptfs-inner-pkt-stats", "iptfs-outer-pkt-stats"}) {
    EXPECT_EQ(under(&sa(instance, 0), std::string("ietf-ipsec-iptfs:") + name), nullptr) << name;
  }
}

TEST(Yang, NothingConfiguredIsAnEmptyObject) {
  EXPECT_TRUE(std::get<Value::Map>(yang_instance({}, nullptr).is).empty());
}

TEST(Yang, ARangeIsShownByThePrefixAroundIt) {
  const auto range = [](const char* first, const char* last) {
    model::SelectorPair pair;
    pair.local = {{*IpAddress::parse(first), *IpAddress::parse(last)}};
    pair.remote = pair.local;
    return prefix_pairs(pair).at(0).local.text();
  };
  EXPECT_EQ(range("10.1.0.0", "10.1.255.255"), "10.1.0.0/16");
  EXPECT_EQ(range("10.1.0.1", "10.1.0.2"), "10.1.0.0/30");
  EXPECT_EQ(range("10.1.0.7", "10.1.0.7"), "10.1.0.7/32");
  EXPECT_EQ(range("0.0.0.0", "255.255.255.255"), "0.0.0.0/0");
  EXPECT_EQ(range("fd01::", "fd01::ffff"), "fd01::/112");
}

TEST(Yang, MillisecondsWithSixDigitsAtMost) {
  EXPECT_EQ(control::milliseconds_text(Nanos(0)), "0.0");
  EXPECT_EQ(control::milliseconds_text(Nanos(1)), "0.000001");
  EXPECT_EQ(control::milliseconds_text(std::chrono::milliseconds(20)), "20.0");
  EXPECT_EQ(control::milliseconds_text(std::chrono::microseconds(7'050)), "7.05");
  EXPECT_EQ(control::milliseconds_text(std::chrono::seconds(10)), "10000.0");
}

TEST(Yang, OctetsAsBase64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd\x00"), "//79") << "a literal ends at its zero";
}

// What is walked is what is listed: no leaf is visited that the list lacks, and none of the list is never visited.
TEST(Yang, LeavesAreThoseOfTheList) {
  std::vector<std::string_view> seen;
  model::TfsSettings settings;
  settings.receive.lost_packet_timer = Nanos(1);
  for (const auto layer : {model::RateLayer::kL2, model::RateLayer::kL3}) {
    settings.rate_layer = layer;
    model::for_each_tfs_leaf(settings, [&](const model::TfsLeaf& leaf, auto) { seen.push_back(leaf.name); });
  }
  for (const model::TfsLeaf& leaf : model::kTfsLeaves) {
    EXPECT_NE(std::ranges::find(seen, leaf.name), seen.end()) << leaf.name;
  }
  for (const std::string_view name : seen) {
    EXPECT_NE(std::ranges::find(model::kTfsLeaves, name, &model::TfsLeaf::name), model::kTfsLeaves.end()) << name;
  }
}

}  // namespace
}  // namespace levelgate::management::yang_test
