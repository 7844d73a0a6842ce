// SPDX-License-Identifier: Apache-2.0
//
// What is written about IKE is what the model holds: every key, every default, the kinds of ids, and where keys come
// from.
#include <gtest/gtest.h>

#include "config/bounded_file.h"
#include "config/load.h"
#include "unit/config/pki_folder.h"

namespace levelgate::config::load_ike_test {
namespace {

using namespace std::chrono_literals;
using model::IdentityKind;

class LoadIke : public ::testing::Test {
 protected:
  Loaded load(const std::string& text) { return load_text(text, folder_ / "gw.yaml", folder_.circumstances()); }
  model::Config good(const std::string& text) {
    Loaded loaded = load(text);
    EXPECT_EQ(loaded.count(Severity::kError), 0u) << render(loaded);
    return loaded.config ? *loaded.config : model::Config{};
  }
  // A gateway with one tunnel, and what the file says of it beside its peer's address.
  static std::string gateway(const std::string& tunnel, const std::string& head = "") {
    return "version: 1\n" + head +
           "ports:\n  wan: { vdev: net_tap0, address: 198.51.100.1/24, gateway: 198.51.100.254 }\n"
           "tunnels:\n  berlin:\n" +
           tunnel + "    tfs: { mode: plain }\nroutes:\n  - { to: 10.2.0.0/16, via: berlin }\n";
  }
  model::TunnelIke tunnel(const std::string& text, const std::string& head = "") {
    const model::Config config = good(gateway("    remote: 203.0.113.1\n" + text, head));
    return config.tunnels.empty() || !config.tunnels[0].ike ? model::TunnelIke{} : *config.tunnels[0].ike;
  }
  static std::string octets(const model::SharedKey& key) { return std::string(chars_of(key.octets->bytes())); }

  tests::PkiFolder folder_;
};

constexpr const char* kPsk = "    auth: { psk: { file: good.psk } }\n";

// Interface §1, but for the name of the key file.
TEST_F(LoadIke, TheMinimalExample) {
  const model::Config config = good(R"(# yaml-language-server: $schema=/usr/share/levelgate/schema/levelgate.schema.json
version: 1
ports:
  wan: { pci: "0000:3b:00.0", address: 198.51.100.1/24, gateway: 198.51.100.254 }
  lan: { pci: "0000:3b:00.1", address: 10.1.0.1/24 }
tunnels:
  berlin:
    remote: 203.0.113.1
    auth: { psk: { file: good.psk } }
    tfs: { mode: fixed, rate: 500 Mbit/s }
routes:
  - { to: 10.2.0.0/24, via: berlin }
)");
  const model::TunnelConfig& berlin = config.tunnels.at(0);
  ASSERT_TRUE(berlin.ike);
  EXPECT_FALSE(berlin.inbound || berlin.outbound);
  EXPECT_EQ(berlin.interface, "wan");
  EXPECT_EQ(berlin.ike->local_id, (model::Identity{IdentityKind::kAddress, "198.51.100.1"}));
  EXPECT_EQ(berlin.ike->remote_id, (model::Identity{IdentityKind::kAddress, "203.0.113.1"}));
  EXPECT_EQ(octets(berlin.ike->psk), "p1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=");
  model::TunnelIke rest;  // all else is as the model has it
  rest.local_id = berlin.ike->local_id;
  rest.remote_id = berlin.ike->remote_id;
  rest.psk = berlin.ike->psk;
  EXPECT_EQ(*berlin.ike, rest);
  EXPECT_EQ(config.ike, model::IkeConfig{});
}

TEST_F(LoadIke, EveryKeyOfTheGatewayIsRead) {
  const std::string golden = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/tests/unit/config/findings/ike-good.golden");
  const model::Config config = good(golden.substr(0, golden.find("=== expected")));
  const model::IkeConfig& ike = config.ike;
  EXPECT_EQ(ike.listen, std::vector<std::string>{"wan"});
  EXPECT_EQ(ike.cookie_threshold, 64u);
  // [8019-6-a]
  EXPECT_EQ(ike.admission, (model::AdmissionConfig{128, 18, 12, 22, 6, 64}));
  EXPECT_EQ(ike.tcp_port, 4501);
  ASSERT_EQ(ike.authorities.size(), 1u);
  EXPECT_EQ(ike.authorities[0].name, "corp");
  EXPECT_EQ(ike.authorities[0].pem, tests::whole_file(folder_ / "ca.pem"));
  EXPECT_EQ(ike.authorities[0].crl, tests::whole_file(folder_ / "ca.crl"));
  EXPECT_EQ(ike.authorities[0].revocation, model::Revocation::kSoft);
  ASSERT_EQ(ike.identities.size(), 1u);
  EXPECT_EQ(ike.identities[0].name, "gate");
  EXPECT_EQ(ike.identities[0].chain, tests::whole_file(folder_ / "gate.pem"));
  EXPECT_EQ(octets(ike.identities[0].key.pem), tests::whole_file(folder_ / "gate.key"));
  EXPECT_EQ(ike.identities[0].key.uri, "");
}

TEST_F(LoadIke, EveryKeyOfATunnelIsRead) {
  const std::string golden = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/tests/unit/config/findings/ike-good.golden");
  const model::Config config = good(golden.substr(0, golden.find("=== expected")));
  ASSERT_EQ(config.tunnels.size(), 3u);
  const model::TunnelConfig& berlin = config.tunnels[0];
  const model::TunnelIke& ike = *berlin.ike;
  EXPECT_EQ(ike.local_id, (model::Identity{IdentityKind::kFqdn, "gate.example"}));
  EXPECT_EQ(ike.remote_id, (model::Identity{IdentityKind::kDistinguishedName, "CN=berlin, O=Example"}));
  EXPECT_FALSE(ike.psk.octets);
  EXPECT_EQ(ike.identity, "gate");
  EXPECT_EQ(ike.authorities, std::vector<std::string>{"corp"});
  const model::IkeSettings settings{
      .proposals = {"aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-prfsha384-ecp384"},
      .post_quantum = model::PostQuantum::kPreferred,
      .rekey = 1h,  // the tunnel's own; all else is the default of the file
      .dpd_delay = 5s,
      .dpd_timeout = 30s,
      .fragmentation = true,
      .childless = true,
      .transport = model::Transport::kTcp,
      .tcp_port = 4500};
  EXPECT_EQ(ike.ike, settings);
  EXPECT_EQ(config.tunnels[1].ike->ike.transport, model::Transport::kSeparate) << "that of the file";
  EXPECT_EQ(config.tunnels[1].ike->ike.tcp_port, 443);
  const model::EspSettings esp{.proposals = {"aes256gcm16-ecp384"},
                               .esn = false,
                               .rekey_time = 1h,
                               .rekey_octets = 500ULL << 30,
                               .rekey_margin = 2min};
  EXPECT_EQ(ike.esp, esp);
  EXPECT_EQ(ike.large_keys, (model::LargeKeys{"mceliece8192128f", 20'000'000, model::LargeKeyTime::kBeforeAuth,
                                              model::LargeKeyTraffic::kWaits}));
  EXPECT_EQ(ike.start, model::StartMode::kOnTraffic);
  EXPECT_EQ(ike.encapsulation, model::EncapsulationChoice::kUdp);
  EXPECT_EQ(berlin.encapsulation, model::Encapsulation::kUdp) << "what sizes are reckoned with";
  EXPECT_FALSE(ike.aggfrag_required);
  EXPECT_EQ(octets(config.tunnels[1].ike->psk), "q1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=") << "a credential";
  EXPECT_EQ(octets(config.tunnels[2].ike->psk), "Berlin2026") << "weak, and the file says so";
  EXPECT_EQ(config.tunnels[2].ike->ike.post_quantum, model::PostQuantum::kRequired);
}

TEST_F(LoadIke, EachSettingOfATunnelOverridesItsDefault) {
  const auto settings = tunnel(std::string(kPsk) +
                                   "    ike:\n      proposals: aes128gcm16-prfsha256-ecp256\n      post-quantum: off\n"
                                   "      rekey: 30min\n      dpd: { delay: 1s, timeout: 2s }\n"
                                   "      fragmentation: false\n      childless: true\n      transport: tcp\n",
                               "ike: { defaults: { rekey: 2h, post-quantum: preferred } }\n")
                            .ike;
  const model::IkeSettings own{.proposals = {"aes128gcm16-prfsha256-ecp256"},
                               .post_quantum = model::PostQuantum::kOff,
                               .rekey = 30min,
                               .dpd_delay = 1s,
                               .dpd_timeout = 2s,
                               .fragmentation = false,
                               .childless = true,
                               .transport = model::Transport::kTcp,
                               .tcp_port = 4500};
  EXPECT_EQ(settings, own);
}

// Who switches post-quantum methods off and writes no proposals shall not have to.
TEST_F(LoadIke, DefaultProposalsFollowThePolicy) {
  const auto off = tunnel(std::string(kPsk) + "    ike: { post-quantum: off }\n");
  EXPECT_EQ(off.ike.proposals, std::vector<std::string>{"aes256gcm16-prfsha384-x25519"});
  EXPECT_EQ(off.esp.proposals, std::vector<std::string>{"aes256gcm16-x25519"});
  const auto preferred = tunnel(std::string(kPsk) + "    ike: { post-quantum: preferred }\n");
  EXPECT_EQ(preferred.ike.proposals, model::IkeSettings{}.proposals);
  EXPECT_EQ(preferred.esp.proposals, model::EspSettings{}.proposals);
}

TEST_F(LoadIke, WordsOfStartAndEncapsulation) {
  using enum model::StartMode;
  EXPECT_EQ(tunnel(std::string(kPsk) + "    start: always\n").start, kAlways);
  EXPECT_EQ(tunnel(std::string(kPsk) + "    start: respond\n").start, kRespond);
  using Choice = model::EncapsulationChoice;
  EXPECT_EQ(tunnel(std::string(kPsk) + "    esp: { encapsulation: none }\n").encapsulation, Choice::kNone);
  EXPECT_EQ(tunnel(std::string(kPsk) + "    esp: { encapsulation: auto }\n").encapsulation, Choice::kAuto);
}

constexpr const char* kCertificates =
    "certificates:\n  authorities: { corp: { file: ca.pem } }\n"
    "  identities: { gate: { chain: gate.pem, key: { uri: \"pkcs11:token=gw;object=paris\" } } }\n";

TEST_F(LoadIke, AKeyInATokenIsNotOpened) {
  const auto config = good(
      gateway("    remote: { address: 203.0.113.1, authorities: corp }\n    local: { identity: gate, id: subject }\n",
              kCertificates));
  EXPECT_EQ(config.ike.identities.at(0).key.uri, "pkcs11:token=gw;object=paris");
  EXPECT_FALSE(config.ike.identities.at(0).key.pem.octets);
}

// RFC 4945 §3.1: each kind of name that stands in the certificate, and our address where no id is written.
TEST_F(LoadIke, OurIdStandsInTheCertificate) {
  for (const char* const id : {"", ", id: subject", ", id: gate.example", ", id: admin@gate.example",
                               ", id: 198.51.100.1", ", id: \"O=Example,CN = gate\""}) {
    const Loaded loaded =
        load(gateway("    remote: { address: 203.0.113.1, authorities: corp }\n    local: { identity: gate" +
                         std::string(id) + " }\n",
                     kCertificates));
    EXPECT_TRUE(loaded.config) << id << render(loaded);
  }
}

TEST_F(LoadIke, AKeyUnderAPassphraseIsRefused) {
  const Loaded loaded = load(gateway(kPsk,
                                     "certificates: { identities: { gate: { chain: gate.pem, key: { file: "
                                     "locked.key } } } }\n"));
  const auto found = std::ranges::find(loaded.findings, 48, &Finding::id);
  ASSERT_NE(found, loaded.findings.end()) << render(loaded);
  EXPECT_NE(found->message.find("locked.key: no private key without a passphrase"), std::string::npos)
      << found->message;
}

// `levelgate check` in an operator's shell has no credentials, and is of use all the same; the service must have them.
TEST_F(LoadIke, CredentialsAreTheServicesOwn) {
  const std::string text = gateway("    remote: 203.0.113.1\n    auth: { psk: { credential: oslo-psk } }\n");
  const Loaded outside = load_text(text, folder_ / "gw.yaml", {});
  ASSERT_TRUE(outside.config) << render(outside);
  EXPECT_FALSE(outside.config->tunnels.at(0).ike->psk.octets);
  EXPECT_EQ(outside.findings.at(0).id, 112);
  const Loaded without = load_text(text, folder_ / "gw.yaml", {.now_seconds = 0, .credentials = ""});
  ASSERT_FALSE(without.config);
  EXPECT_EQ(without.findings.at(0).id, 20);
}

// RFC 8784 §5.1: octets and names as the peer has them.
TEST_F(LoadIke, PostQuantumPresharedKeysAreRead) {
  const auto settings = [&](const std::string& ppk) {
    const std::string text = "    remote: 203.0.113.1\n    auth: { psk: { file: good.psk } }\n" + ppk;
    return good(gateway(text)).tunnels.at(0).ike->ppk;
  };
  EXPECT_EQ(settings(""), model::PpkSettings{});
  const model::PpkSettings one = settings("    ppk: { id: berlin-2026, file: berlin.ppk }\n");
  ASSERT_EQ(one.keys.size(), 1u);
  EXPECT_EQ(one.keys[0].id, "berlin-2026");
  EXPECT_EQ(octets(one.keys[0].key), "r2nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=");
  EXPECT_TRUE(one.required);
  EXPECT_EQ(one.exchange, model::PpkExchange::kEither);
  const model::PpkSettings all = settings(
      "    ppk: { id: b, file: next.ppk, required: false, exchange: intermediate,\n"
      "           others: [ { id: a, file: weak.psk, weak: true }, { id: c, credential: oslo-psk } ] }\n");
  ASSERT_EQ(all.keys.size(), 3u);
  EXPECT_EQ(octets(all.keys[0].key), std::string(20, 'n') + std::string(12, 'p')) << "octets behind 0x";
  EXPECT_EQ(octets(all.keys[1].key), "Berlin2026") << "weak, and the file says so";
  EXPECT_EQ(octets(all.keys[2].key), "q1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=") << "a credential";
  EXPECT_FALSE(all.required);
  EXPECT_EQ(all.exchange, model::PpkExchange::kIntermediate);
  EXPECT_EQ(settings("    ppk: { id: b, file: next.ppk, exchange: auth }\n").exchange, model::PpkExchange::kAuth);
}

TEST_F(LoadIke, NoMessageHoldsAKey) {
  folder_.write("secret.psk", "0x" + tests::KeyFolder::digits(15, 'k'));
  const std::string shown = render(load(gateway("    remote: 203.0.113.1\n    auth: { psk: { file: secret.psk } }\n")));
  EXPECT_NE(shown.find("LG-CFG-054"), std::string::npos);
  EXPECT_EQ(shown.find("6b6b"), std::string::npos) << shown;
  const std::string inline_key = render(load(gateway("    remote: 203.0.113.1\n    auth: { psk: geheim }\n")));
  EXPECT_EQ(inline_key.find("geheim"), std::string::npos) << inline_key;
}

}  // namespace
}  // namespace levelgate::config::load_ike_test
