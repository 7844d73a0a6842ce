// SPDX-License-Identifier: Apache-2.0
//
// The classes of a tunnel as they were written: what is of them, in which order, and how much is theirs; and each way
// of writing them wrong.
#include <gtest/gtest.h>

#include "config/load.h"
#include "unit/config/pki_folder.h"

namespace levelgate::config::load_qos_test {
namespace {

using std::chrono::milliseconds;

class LoadQos : public ::testing::Test {
 protected:
  Loaded load(const std::string& qos) {
    const std::string text = R"(version: 1
ports:
  wan: { vdev: "net_null0", address: 198.51.100.1/24 }
  lan: { vdev: "net_null1", address: 10.1.0.1/24 }
tunnels:
  lab:
    remote: 198.51.100.2
    static:
      outbound: { spi: 0x00001001, cipher: aes256gcm16, key: { file: a.key } }
      inbound:  { spi: 0x00002002, cipher: aes256gcm16, key: { file: b.key } }
    tfs: { mode: fixed, rate: 20 Mbit/s }
    qos: )" + qos + "\nroutes:\n  - { to: 10.2.0.0/16, via: lab }\n";
    return load_text(text, folder_ / "gw.yaml", folder_.circumstances());
  }
  std::vector<model::QosClass> good(const std::string& qos) {
    const Loaded loaded = load(qos);
    EXPECT_EQ(loaded.count(Severity::kError), 0u) << render(loaded);
    return loaded.config ? loaded.config->tunnels.at(0).qos.classes : std::vector<model::QosClass>{};
  }
  void wrong(const std::string& qos, const std::string& said) {
    const Loaded loaded = load(qos);
    EXPECT_FALSE(loaded.config) << qos;
    EXPECT_NE(render(loaded).find(said), std::string::npos) << qos << "\n" << render(loaded);
  }

  tests::PkiFolder folder_;
};

TEST_F(LoadQos, OneClassWhereNothingIsSaid) {
  for (const char* const qos : {"{}", "{ classes: [] }"}) EXPECT_EQ(good(qos), model::QosSettings{}.classes) << qos;
  const auto fifo = good("{ fair: false, ecn: false }");
  ASSERT_EQ(fifo.size(), 1u);
  EXPECT_FALSE(fifo[0].fair);
  EXPECT_FALSE(fifo[0].ecn);
}

TEST_F(LoadQos, ClassesInTheirOrder) {
  const auto classes = good(R"(
      ecn: false
      classes:
        - { name: voice, dscp: [ef, cs5, 44], share: 30, max-queue-delay: 5ms, ecn: true }
        - { name: rest, fair: false }
        - { name: calls, local: 10.1.7.0/24, protocol: udp, remote-ports: 5060-5061, share: 10 }
        - { name: any-udp, protocol: udp })");
  ASSERT_EQ(classes.size(), 4u);
  EXPECT_EQ(classes[0].dscp, 1ULL << 46 | 1ULL << 40 | 1ULL << 44);
  EXPECT_EQ(classes[0].share, 300u);
  EXPECT_EQ(classes[0].max_queue_delay, milliseconds(5));
  EXPECT_TRUE(classes[0].ecn);
  EXPECT_FALSE(classes[1].ecn);
  EXPECT_FALSE(classes[1].fair);
  EXPECT_TRUE(classes[1].takes_all());
  EXPECT_EQ(classes[1].share, 300u);  // half of what the others leave
  ASSERT_EQ(classes[2].selectors.local.size(), 1u);
  EXPECT_EQ(classes[2].selectors.local[0].first.text(), "10.1.7.0");
  EXPECT_EQ(classes[2].selectors.local[0].protocol, 17);
  ASSERT_EQ(classes[2].selectors.remote.size(), 2u);  // both families
  EXPECT_EQ(classes[2].selectors.remote[0].port_first, 5060);
  EXPECT_EQ(classes[2].selectors.remote[1].port_last, 5061);
  EXPECT_EQ(classes[3].selectors.local.size(), 2u);
  EXPECT_TRUE(classes[3].selectors.remote.empty());
}

TEST_F(LoadQos, TheRestGetsAClassOfItsOwn) {
  const auto classes = good("{ classes: [ { name: voice, dscp: ef, share: 20 } ] }");
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[1].name, "default");
  EXPECT_EQ(classes[1].share, 800u);
  EXPECT_TRUE(classes[1].takes_all());
}

TEST_F(LoadQos, WhatIsWrongIsNamed) {
  wrong("{ classes: [ { dscp: ef } ] }", "a class has no name");
  wrong("{ classes: [ { name: a, dscp: ef }, { name: a, dscp: cs5 } ] }", "two classes are named \"a\"");
  wrong("{ classes: [ { name: a, dscp: gold } ] }", "\"gold\" is no DSCP");
  wrong("{ classes: [ { name: a, dscp: 64 } ] }", "\"64\" is no DSCP");
  wrong("{ classes: [ { name: a }, { name: b } ] }", "a second class takes all that is left");
  wrong("{ classes: [ { name: a, protocol: telex } ] }", "\"telex\" is no protocol");
  wrong("{ classes: [ { name: a, protocol: udp, local-ports: 9-8 } ] }", "\"9-8\" is no range of ports");
  wrong("{ classes: [ { name: a, local-ports: 80 } ] }", "local-ports needs a protocol that has ports");
  wrong("{ classes: [ { name: a, dscp: ef, share: 60 }, { name: b, dscp: cs1, share: 40 } ] }",
        "shares add up to 100 percent");
  wrong("{ classes: [ { name: a, dscp: ef, share: 100 } ] }", "share");
  std::string many = "{ classes: [ ";
  for (int i = 0; i < 8; ++i) many += "{ name: c" + std::to_string(i) + ", dscp: " + std::to_string(i) + " }, ";
  wrong(many + "] }", "makes 9 classes");
}

}  // namespace
}  // namespace levelgate::config::load_qos_test
