// SPDX-License-Identifier: Apache-2.0
//
// What was written is what the model holds: every key of this version, every default, every shorthand, and the examples
// that operators begin with.
#include "config/load.h"

#include <gtest/gtest.h>

#include "unit/config/pki_folder.h"

namespace levelgate::config::load_test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class Load : public ::testing::Test {
 protected:
  Loaded load(const std::string& text) { return load_text(text, folder_ / "gw.yaml", folder_.circumstances()); }
  model::Config good(const std::string& text) {
    Loaded loaded = load(text);
    EXPECT_EQ(loaded.count(Severity::kError), 0u) << render(loaded);
    return loaded.config ? *loaded.config : model::Config{};
  }
  static IpAddress ip(const char* text) { return *IpAddress::parse(text); }

  tests::PkiFolder folder_;
};

constexpr const char* kStaticGateway = R"(version: 1
ports:
  wan: { vdev: "net_af_packet,iface=veth-wan", address: 198.51.100.1/24 }
  lan: { vdev: "net_af_packet,iface=veth-lan", address: 10.1.0.1/24 }
tunnels:
  lab:
    local:  { address: 198.51.100.1 }
    remote: { address: 198.51.100.2 }
    static:
      esn: true
      outbound: { spi: 0x00001001, cipher: aes256gcm16, key: { file: a.key } }
      inbound:  { spi: 0x00002002, cipher: aes256gcm16, key: { file: b.key } }
    selectors: { local: [10.1.0.0/16], remote: [10.2.0.0/16] }
    tfs: { mode: fixed, rate: 20 Mbit/s, packet-size: 1400B }
routes:
  - { to: 10.2.0.0/16, via: lab }
neighbours:
  - { port: wan, address: 198.51.100.2, mac: "02:00:00:00:00:02" }
)";

// Interface §3, word for word but for the names of the key files.
TEST_F(Load, TheStaticGatewayOfTheContract) {
  const model::Config config = good(kStaticGateway);
  ASSERT_EQ(config.ports.size(), 2u);
  EXPECT_EQ(config.ports[0].name, "wan");
  EXPECT_EQ(config.ports[0].vdev, "net_af_packet,iface=veth-wan");
  EXPECT_EQ(config.ports[0].twin, "lg-wan");
  EXPECT_FALSE(config.ports[0].mtu);
  ASSERT_EQ(config.interfaces.size(), 2u);
  EXPECT_EQ(config.interfaces[1].port, "lan");
  EXPECT_EQ(config.interfaces[1].addresses.at(0).text(), "10.1.0.1/24");
  ASSERT_EQ(config.tunnels.size(), 1u);
  const model::TunnelConfig& lab = config.tunnels[0];
  EXPECT_EQ(lab.interface, "wan");
  EXPECT_EQ(lab.local, ip("198.51.100.1"));
  EXPECT_EQ(lab.remote, ip("198.51.100.2"));
  EXPECT_EQ(lab.outbound->spi, Spi{0x1001});
  EXPECT_EQ(lab.inbound->spi, Spi{0x2002});
  EXPECT_TRUE(lab.outbound->esn);
  EXPECT_EQ(lab.outbound->first_sequence, EspSeq{1});
  EXPECT_EQ(lab.outbound->key->bytes()[0], std::byte{'a'});
  EXPECT_EQ(lab.selectors.remote.at(0).last, ip("10.2.255.255"));
  EXPECT_EQ(lab.tfs.rate_bits_per_second, 20'000'000u);
  ASSERT_EQ(config.neighbours.size(), 1u);
  EXPECT_EQ(config.neighbours[0].mac.text(), "02:00:00:00:00:02");
  EXPECT_EQ(config.routes.at(0).tunnel, "lab");
}

// [9347-8-a]
TEST_F(Load, DefaultsOfTheContract) {
  const model::Config config = good(kStaticGateway);
  const model::TunnelConfig& lab = config.tunnels.at(0);
  EXPECT_EQ(lab.replay_window, 4096u);
  EXPECT_EQ(lab.encapsulation, model::Encapsulation::kNone);
  EXPECT_EQ(lab.tfs.rate_layer, model::RateLayer::kL3);
  EXPECT_TRUE(lab.tfs.fragment);
  EXPECT_EQ(lab.tfs.max_queue_delay, milliseconds(20));
  EXPECT_EQ(lab.tfs.init_delay, Nanos(0));
  EXPECT_EQ(lab.tfs.catch_up_slots, 8u);
  EXPECT_EQ(lab.tfs.receive.reorder_window, 3u);
  EXPECT_FALSE(lab.tfs.receive.lost_packet_timer);
  EXPECT_FALSE(lab.tfs.congestion.counts_marks);
  EXPECT_EQ(config.dataplane, model::DataplaneConfig{});
  EXPECT_EQ(config.management, model::ManagementConfig{});
}

constexpr const char* kEveryKey = R"(version: 1
node: { name: gw-paris }
dataplane: { memory: 512MiB, main-core: 1, workers: [2, 3], crypto: openssl, idle: adaptive }
ports:
  wan: { pci: "3b:00.0", mtu: 1500, twin: outer, rx-queues: auto }
  lan: { vdev: net_null0, mtu: 9000, address: [10.1.0.1/24, "2001:db8::1/64"], gateway: [10.1.0.254, "2001:db8::9"] }
interfaces:
  wan0: { port: wan, addresses: 198.51.100.1/24 }
tunnels:
  a:
    description: "two\nlines"
    local: { interface: wan0 }
    remote: 198.51.100.2
    static:
      esn: false
      outbound: { spi: 4097, cipher: aes128gcm16, key: { file: short.key }, first-sequence: 7 }
      inbound: { spi: 0x2002, cipher: chacha20poly1305, key: { file: b.key }, first-sequence: 4294967295 }
    esp: { replay-window: 64, encapsulation: udp, esn: false }
    tfs:
      mode: on-demand
      packet-size: 1000B
      fragment: false
      max-queue-delay: 5ms
      init-delay: 100us
      receive: { reorder-window: 0, lost-timer: 1ms, send-immediately: false }
  b:
    remote: 198.51.100.3
    static:
      outbound: { spi: 0x3001, cipher: aes256gcm16, key: { file: c.key } }
      inbound: { spi: 0x4002, cipher: aes256gcm16, key: { file: d.key } }
    selectors: { local: 10.1.0.0/16, remote: "2001:db8:2::/48" }
    tfs: { mode: fixed, rate: 1 Gbit/s, rate-layer: l2, catch-up: 0 }
routes:
  - { to: 10.2.0.0/16, via: a, metric: 5 }
  - { to: 10.3.0.0/16, via: b }
  - { to: 10.4.0.0/16, via: 10.1.0.9 }
  - { to: 10.5.0.0/16, via: 192.0.2.1, dev: lan }
  - { to: 10.2.0.0/16, blackhole: true, metric: 200 }
management:
  api: { socket: /tmp/x.sock, group: adm }
  log: { level: debug, format: json }
  keylog: { directory: /tmp/keys, for: wireshark-4.0, acknowledge-risk: traffic-can-be-decrypted }
)";

TEST_F(Load, EveryKeyOutsideOfTunnelsIsRead) {
  const model::Config config = good(kEveryKey);

  EXPECT_EQ(config.node_name, "gw-paris");
  EXPECT_EQ(config.dataplane.memory_octets, 512u << 20);
  EXPECT_EQ(config.dataplane.main_core, 1u);
  EXPECT_EQ(config.dataplane.worker_cores, (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(config.dataplane.crypto, model::CryptoChoice::kOpenssl);
  EXPECT_EQ(config.dataplane.idle, model::IdleMode::kAdaptive);
  EXPECT_EQ(config.ports.at(0).pci, "3b:00.0");
  EXPECT_EQ(config.ports.at(0).twin, "outer");
  EXPECT_EQ(config.ports.at(1).mtu, 9000u);
  EXPECT_EQ(config.interfaces.at(0).gateways.at(1), ip("2001:db8::9"));
  EXPECT_EQ(config.routes.at(0).metric, 5u);
  EXPECT_EQ(config.routes.at(2).interface, "lan");
  EXPECT_EQ(config.routes.at(3).gateway, ip("192.0.2.1"));
  EXPECT_TRUE(config.routes.at(4).blackhole);
  EXPECT_EQ(config.management.api_socket, "/tmp/x.sock");
  EXPECT_EQ(config.management.api_group, "adm");
  EXPECT_EQ(config.management.log_level, model::LogLevel::kDebug);
  EXPECT_EQ(config.management.log_format, model::LogFormat::kJson);
  EXPECT_EQ(config.management.key_log, (model::KeyLogConfig{"/tmp/keys", model::WiresharkVersion::k4_0}));
}

// [9347-2-a, 9347-2.2.3-b, 9347-4.2-a]
TEST_F(Load, EveryKeyOfATunnelIsRead) {
  const model::Config config = good(kEveryKey);
  const model::TunnelConfig& a = config.tunnels.at(0);
  EXPECT_EQ(a.description, "two\nlines");
  EXPECT_EQ(a.local, ip("198.51.100.1"));
  EXPECT_FALSE(a.inbound->esn);
  EXPECT_EQ(a.outbound->spi, Spi{4097});
  EXPECT_EQ(a.outbound->cipher, EspCipher::kAes128Gcm16);
  EXPECT_EQ(a.inbound->cipher, EspCipher::kChaCha20Poly1305);
  EXPECT_EQ(a.outbound->first_sequence, EspSeq{7});
  EXPECT_EQ(a.inbound->first_sequence, EspSeq{0xffffffff});
  EXPECT_EQ(a.replay_window, 64u);
  EXPECT_EQ(a.encapsulation, model::Encapsulation::kUdp);
  EXPECT_EQ(a.tfs.mode, model::TfsMode::kOnDemand);
  EXPECT_EQ(a.tfs.packet_size, 1000u);
  EXPECT_FALSE(a.tfs.fragment);
  EXPECT_EQ(a.tfs.max_queue_delay, milliseconds(5));
  EXPECT_EQ(a.tfs.init_delay, microseconds(100));
  EXPECT_EQ(a.tfs.receive.reorder_window, 0u);
  EXPECT_EQ(a.tfs.receive.lost_packet_timer, milliseconds(1));
  const model::TunnelConfig& b = config.tunnels.at(1);
  EXPECT_EQ(b.interface, "wan0") << "the interface whose network holds the peer";
  EXPECT_EQ(b.tfs.rate_layer, model::RateLayer::kL2);
  EXPECT_EQ(b.tfs.catch_up_slots, 0u);
  EXPECT_EQ(b.selectors.remote.at(0).first, ip("2001:db8:2::"));
}

// [9347-2.2.3.1-b, 9347-2.2.5.3-a, 9347-2.2.5.3-c, 9347-2.2.7-a]
TEST_F(Load, SizesAndMarksOfOuterPackets) {
  const std::string base = kStaticGateway;
  const auto with = [&](const std::string& tfs, const std::string& qos) {
    std::string text = base;
    text.replace(text.find("tfs: {"), text.find("routes:") - text.find("tfs: {"), tfs + "\n" + qos);
    return good(text).tunnels.at(0);
  };
  const model::TunnelConfig shaped = with("tfs: { mode: fixed, rate: 20 Mbit/s, min-fragment: 40B, mtu: 1300B }",
                                          "    qos: { outer-dscp: af41, inner-dscp: hide, flow-label: 0xabc }\n");
  EXPECT_EQ(shaped.tfs.min_fragment, 40u);
  EXPECT_EQ(shaped.tfs.inner_mtu, 1'300u);
  EXPECT_EQ(shaped.marks, (model::OuterMarks{34, false, 0xabc}));
  EXPECT_EQ(with("tfs: { mode: plain }", "    qos: { inner-dscp: copy }\n").marks, (model::OuterMarks{0, true, 0}));
  EXPECT_EQ(with("tfs: { mode: plain }", "    qos: { outer-dscp: 63 }\n").marks, (model::OuterMarks{63, false, 0}));
  const model::TunnelConfig silent = with("tfs: { mode: on-demand }", "");
  EXPECT_EQ(silent.tfs.min_fragment, 6u);
  EXPECT_FALSE(silent.tfs.inner_mtu);
  EXPECT_EQ(silent.marks, model::OuterMarks{});
}

// What one direction's sender has to know comes back in the other one.
// [9347-3-a]
TEST_F(Load, StaticKeysAreForBothDirections) {
  for (const std::string direction : {"outbound", "inbound"}) {
    std::string text = kStaticGateway;
    const std::size_t at = text.find(direction + ":");
    text.erase(at, text.find('\n', at) - at);
    const Loaded loaded = load(text);
    EXPECT_EQ(loaded.count(Severity::kError), 1u) << render(loaded);
    EXPECT_NE(render(loaded).find("static." + direction + " is missing"), std::string::npos) << render(loaded);
  }
}

// RFC 8899 §5.1.2: where the search begins, and how far it goes.
TEST_F(Load, ThePathMtuIsSearchedForBetweenItsBounds) {
  const auto with = [&](const std::string& tfs) {
    std::string text = kStaticGateway;
    return text.replace(text.find("tfs: {"), text.find("routes:") - text.find("tfs: {"), tfs + "\n");
  };
  const model::TfsSettings plain =
      good(with("tfs: { mode: fixed, rate: 20 Mbit/s, packet-size: path-mtu }")).tunnels.at(0).tfs;
  EXPECT_EQ(plain.packet_size, 1200u);
  EXPECT_EQ(plain.path_mtu, model::PathMtuSettings{});
  EXPECT_TRUE(plain.wants_reports());
  const model::TfsSettings bounded =
      good(with("tfs: { mode: congestion-controlled, rate: 20 Mbit/s, packet-size: path-mtu, "
                "path-mtu: { max-size: 1400B, probe-interval: 60s } }"))
          .tunnels.at(0)
          .tfs;
  EXPECT_EQ(bounded.path_mtu->max_size, 1400u);
  EXPECT_EQ(bounded.path_mtu->probe_interval, std::chrono::minutes(1));
  EXPECT_FALSE(good(with("tfs: { mode: fixed, rate: 20 Mbit/s }")).tunnels.at(0).tfs.path_mtu);
}

TEST_F(Load, MemoryNoneIsOrdinaryPages) {
  EXPECT_TRUE(good("version: 1\ndataplane: { memory: none, workers: auto }\n").dataplane.no_huge);
}

// The way to the peer: a connected network, then the operator's route, then a port's gateway of the peer's family.
TEST_F(Load, TheLocalAddressIsThatOfTheWayToThePeer) {
  const auto local_of = [&](const std::string& wan, const std::string& routes) {
    return good("version: 1\nports:\n  wan: { vdev: net_tap0, address: [198.51.100.1/24, \"2001:db8::1/64\"]" + wan +
                " }\n  lan: { vdev: net_tap1, address: 10.1.0.1/24 }\ntunnels:\n  t:\n    remote: 203.0.113.1\n"
                "    static:\n      outbound: { spi: 4097, cipher: aes256gcm16, key: { file: a.key } }\n"
                "      inbound: { spi: 4098, cipher: aes256gcm16, key: { file: b.key } }\n"
                "    tfs: { mode: plain }\nroutes:\n  - { to: 10.2.0.0/16, via: t }\n" +
                routes)
        .tunnels.at(0)
        .local.text();
  };
  EXPECT_EQ(local_of(", gateway: 198.51.100.254", ""), "198.51.100.1");
  EXPECT_EQ(local_of("", "  - { to: 203.0.113.0/24, via: 10.1.0.9 }\n"), "10.1.0.1");
  EXPECT_EQ(local_of(", gateway: 198.51.100.254", "  - { to: 203.0.113.0/24, via: 10.1.0.9 }\n"), "10.1.0.1");
  EXPECT_EQ(local_of("", "  - { to: 0.0.0.0/0, via: 198.51.100.9 }\n  - { to: 203.0.113.0/24, via: 10.1.0.9 }\n"),
            "10.1.0.1");
}

TEST_F(Load, AFileIsReadAsItIs) {
  folder_.write("gw.yaml", std::string("\xef\xbb\xbf") + kStaticGateway);
  EXPECT_TRUE(load_file(folder_ / "gw.yaml", folder_.circumstances()).config) << "with a byte order mark";
  std::string windows = kStaticGateway;
  for (std::size_t at = windows.find('\n'); at != std::string::npos; at = windows.find('\n', at + 2)) {
    windows.insert(at, "\r");
  }
  folder_.write("gw.yaml", windows);
  const Loaded loaded = load_file(folder_ / "gw.yaml", folder_.circumstances());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(*loaded.config, good(kStaticGateway));
}

TEST_F(Load, AFileThatIsNone) {
  folder_.write("empty.yaml", "");
  const Loaded empty = load_file(folder_ / "empty.yaml", folder_.circumstances());
  ASSERT_EQ(empty.findings.size(), 1u);
  EXPECT_EQ(empty.findings[0].id, 2);
  EXPECT_EQ(render_line(empty, empty.findings[0]),
            (folder_ / "empty.yaml") + ":1:1: error[LG-CFG-002]: the file must be a map of keys");
  for (const char* const path : {"missing.yaml", "folder.key"}) {
    const Loaded missing = load_file(folder_ / path, folder_.circumstances());
    ASSERT_EQ(missing.findings.size(), 1u) << path;
    EXPECT_EQ(missing.findings[0].id, 7) << path;
    EXPECT_FALSE(missing.config);
  }
  folder_.write("large.yaml", std::string((4u << 20) + 100, '#'));
  const Loaded large = load_file(folder_ / "large.yaml", folder_.circumstances());
  ASSERT_EQ(large.findings.size(), 1u);
  EXPECT_EQ(large.findings[0].id, 6);
}

TEST_F(Load, NoMessageHoldsAKey) {
  const std::string key = tests::KeyFolder::digits(36, 'a');
  const Loaded loaded = load("version: 1\ntunnels:\n  lab: { static: { outbound: { key: " + key +
                             ", spi: x }, inbound: " + key + " } }\nnode: { name: [" + key + "] }\n");
  EXPECT_EQ(render(loaded).find(key.substr(0, 32)), std::string::npos);
}

TEST_F(Load, TheInstalledExampleIsRight) {
  for (const char letter : {'p', 'b'}) {
    folder_.write(letter == 'p' ? "paris-berlin.key" : "berlin-paris.key", tests::KeyFolder::digits(36, letter));
  }
  folder_.write("oslo.psk", tests::whole_file(folder_ / "good.psk"));
  const std::string example = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/config/levelgate.yaml.example");
  const Loaded loaded = load(example);
  EXPECT_TRUE(loaded.config) << render(loaded);
  EXPECT_EQ(loaded.count(Severity::kWarning), 0u) << render(loaded);
}

// What stands there in comments is right as well: with them, and certificates in place of the preshared key.
TEST_F(Load, TheCommentsOfTheInstalledExampleAreRight) {
  std::string text = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/config/levelgate.yaml.example");
  const auto replace = [&](const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  };
  for (const char* const line : {"ike:", "certificates:"}) {
    std::size_t at = text.find(std::string("\n# ") + line) + 1;
    ASSERT_NE(at, 0u) << line;
    for (; text.compare(at, 2, "# ") == 0; at = text.find('\n', at) + 1) text.erase(at, 2);
  }
  replace("    # With certificates there is no auth:\n    #   local:", "    local:");
  replace("    #   remote:", "    remote:");
  replace("    remote: 192.0.2.77 ", "    # ");
  const std::size_t auth = text.find("    auth:\n");
  text.erase(auth, text.find("    local:") - auth);
  for (const char letter : {'p', 'b'}) {
    folder_.write(letter == 'p' ? "paris-berlin.key" : "berlin-paris.key", tests::KeyFolder::digits(36, letter));
  }
  for (const char* const name : {"certs", "private"}) std::filesystem::create_directory(folder_ / name);
  for (const auto& [from, to] :
       {std::pair{"ca.pem", "certs/corp-ca.pem"}, std::pair{"ca.crl", "certs/corp.crl"},
        std::pair{"gate.pem", "certs/paris.pem"}, std::pair{"gate.key", "private/paris.key"}}) {
    folder_.write(to, tests::whole_file(folder_ / from));
  }
  replace("id: paris.example.net", "id: gate.example");  // as the certificate of the test has it
  const model::Config config = good(text);
  ASSERT_EQ(config.tunnels.size(), 2u) << text;
  EXPECT_EQ(config.tunnels[0].ike->authorities, std::vector<std::string>{"corp"});
}

}  // namespace
}  // namespace levelgate::config::load_test
