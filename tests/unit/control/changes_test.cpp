// SPDX-License-Identifier: Apache-2.0
//
// Each key that can be written is compared, under its path, at the cost that the table of keys names.
#include "control/changes.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "syntax/schema.h"
#include "unit/control/gateway_configs.h"

namespace levelgate::control::changes_test {
namespace {

using namespace tests;
using syntax::KeyType;

struct Mutation {
  std::string path;     // as changes_between() tells it
  std::string pattern;  // in the table of keys
  std::function<void(model::Config&)> change;
};

model::SharedKey secret(std::string_view text) {
  return {std::make_shared<const SecretBytes>(as_bytes(text.data(), text.size()))};
}

// Beside two static SAs a tunnel whose keys are IKE's, and certificates.
model::Config rich() {
  model::Config config = paris();
  config.neighbours = {{"wan", ip("198.51.100.7"), mac("02:00:00:00:00:07")}};
  config.tunnels.push_back(tunnel_of("rome", "203.0.113.5"));
  config.tunnels.back().ike = model::TunnelIke{};
  config.tunnels.back().ike->ppk.keys = {{"berlin", secret("a PPK")}};
  config.ike.authorities = {{"corp", "a certificate", "a list", model::Revocation::kSoft}};
  config.ike.identities = {{"gate", "a chain", {secret("a key"), ""}}};
  return config;
}

template <typename Change>
std::function<void(model::Config&)> in_tunnel(Change change) {
  return [change](model::Config& config) { change(config.tunnels[0]); };
}

std::vector<Mutation> node_mutations() {
  using C = model::Config;
  return {{"node.name", "", [](C& c) { c.node_name = "x"; }},
          {"dataplane.memory", "", [](C& c) { c.dataplane.no_huge = true; }},
          {"dataplane.main-core", "", [](C& c) { c.dataplane.main_core = 1; }},
          {"dataplane.workers", "", [](C& c) { c.dataplane.worker_cores = {1}; }},
          {"dataplane.crypto", "", [](C& c) { c.dataplane.crypto = model::CryptoChoice::kOpenssl; }},
          {"dataplane.idle", "", [](C& c) { c.dataplane.idle = model::IdleMode::kAdaptive; }},
          {"ports.lan.pci", "ports.*.pci", [](C& c) { c.ports[1].pci = "3b:00.0"; }},
          {"ports.lan.vdev", "ports.*.vdev", [](C& c) { c.ports[1].vdev = "net_null9"; }},
          {"ports.lan.mtu", "ports.*.mtu", [](C& c) { c.ports[1].mtu = 9000; }},
          {"ports.lan.twin", "ports.*.twin", [](C& c) { c.ports[1].twin = "x"; }},
          {"ports.wan.gateway", "ports.*.gateway", [](C& c) { c.interfaces[0].gateways = {}; }},
          {"interfaces.lan.port", "interfaces.*.port", [](C& c) { c.interfaces[1].port = "wan"; }},
          {"interfaces.lan.addresses", "interfaces.*.addresses", [](C& c) { c.interfaces[1].addresses = {}; }},
          {"management.api.socket", "", [](C& c) { c.management.api_socket = "/x"; }},
          {"management.api.group", "", [](C& c) { c.management.api_group = "x"; }},
          {"management.keylog", "", [](C& c) { c.management.key_log = model::KeyLogConfig{.directory = "/x"}; }},
          {"management.log.level", "", [](C& c) { c.management.log_level = model::LogLevel::kWarn; }},
          {"management.log.format", "", [](C& c) { c.management.log_format = model::LogFormat::kJson; }}};
}

std::vector<Mutation> tunnel_mutations() {
  using T = model::TunnelConfig;
  std::vector<Mutation> list;
  const auto add = [&](const std::string& key, std::function<void(T&)> change) {
    list.push_back({"tunnels.berlin." + key, "tunnels.*." + key, in_tunnel(std::move(change))});
  };
  add("description", [](T& t) { t.description = "x"; });
  add("local.interface", [](T& t) { t.interface = "lan"; });
  add("local.address", [](T& t) { t.local = ip("10.1.0.1"); });
  add("remote.address", [](T& t) { t.remote = ip("203.0.113.9"); });
  add("static.esn", [](T& t) { t.outbound->esn = false; });
  add("static.outbound", [](T& t) { t.outbound.reset(); });
  add("static.outbound.spi", [](T& t) { t.outbound->spi = Spi{9999}; });
  add("static.outbound.cipher", [](T& t) { t.outbound->cipher = EspCipher::kChaCha20Poly1305; });
  add("static.outbound.first-sequence", [](T& t) { t.outbound->first_sequence = EspSeq{2}; });
  add("static.outbound.key.file", [](T& t) { t.outbound->key = key_of('z'); });
  add("static.inbound", [](T& t) { t.inbound.reset(); });
  add("static.inbound.spi", [](T& t) { t.inbound->spi = Spi{9999}; });
  add("static.inbound.cipher", [](T& t) { t.inbound->cipher = EspCipher::kAes128Gcm16; });
  add("static.inbound.first-sequence", [](T& t) { t.inbound->first_sequence = EspSeq{2}; });
  add("static.inbound.key.file", [](T& t) { t.inbound->key = key_of('z'); });
  add("esp.replay-window", [](T& t) { t.replay_window = 64; });
  add("esp.encapsulation", [](T& t) { t.encapsulation = model::Encapsulation::kUdp; });
  add("selectors.local", [](T& t) { t.selectors.local = {model::TrafficSelector::from(net("10.1.0.0/16"))}; });
  add("selectors.remote", [](T& t) { t.selectors.remote = {model::TrafficSelector::from(net("10.2.0.0/16"))}; });
  add("tfs.mode", [](T& t) { t.tfs.mode = model::TfsMode::kPlain; });
  add("tfs.rate", [](T& t) { t.tfs.rate_bits_per_second = 500'000'001; });
  add("tfs.rate-layer", [](T& t) { t.tfs.rate_layer = model::RateLayer::kL2; });
  add("tfs.packet-size", [](T& t) { t.tfs.packet_size = 1000; });
  add("tfs.fragment", [](T& t) { t.tfs.fragment = false; });
  add("tfs.min-fragment", [](T& t) { t.tfs.min_fragment = 40; });
  add("tfs.mtu", [](T& t) { t.tfs.inner_mtu = 1400; });
  add("qos.outer-dscp", [](T& t) { t.marks.dscp = 46; });
  add("qos.inner-dscp", [](T& t) { t.marks.copies_dscp = true; });
  add("qos.flow-label", [](T& t) { t.marks.flow_label = 7; });
  add("tfs.max-queue-delay", [](T& t) { t.tfs.max_queue_delay = std::chrono::milliseconds(5); });
  add("tfs.init-delay", [](T& t) { t.tfs.init_delay = std::chrono::milliseconds(5); });
  add("tfs.catch-up", [](T& t) { t.tfs.catch_up_slots = 1; });
  add("tfs.min-rate", [](T& t) { t.tfs.congestion.min_rate = 1'000'000; });
  add("tfs.ecn", [](T& t) { t.tfs.congestion.counts_marks = true; });
  add("tfs.congestion-reports", [](T& t) { t.tfs.congestion.reports_wanted = true; });
  add("tfs.circuit-breaker", [](T& t) { t.tfs.congestion.breaker.emplace(); });
  add("tfs.receive.reorder-window", [](T& t) { t.tfs.receive.reorder_window = 1; });
  add("qos", [](T& t) { t.qos.classes.front().fair = false; });
  add("tfs.receive.send-immediately", [](T& t) { t.tfs.receive.send_immediately = true; });
  add("tfs.receive.lost-timer", [](T& t) { t.tfs.receive.lost_packet_timer = Nanos(1); });
  return list;
}

std::vector<Mutation> certificate_mutations() {
  using C = model::Config;
  return {
      {"ike.listen", "", [](C& c) { c.ike.listen = {"wan"}; }},
      {"ike.tcp-port", "", [](C& c) { c.ike.tcp_port = 443; }},
      {"ike.defaults.cookie-threshold", "", [](C& c) { c.ike.cookie_threshold = 7; }},
      {"ike.defaults.puzzle-threshold", "", [](C& c) { c.ike.admission.puzzle_threshold = 7; }},
      {"ike.defaults.puzzle-difficulty", "", [](C& c) { c.ike.admission.puzzle_difficulty = 7; }},
      {"ike.defaults.puzzle-auth-difficulty", "", [](C& c) { c.ike.admission.puzzle_auth_difficulty = 7; }},
      {"ike.defaults.puzzle-most-difficulty", "", [](C& c) { c.ike.admission.puzzle_most_difficulty = 7; }},
      {"ike.defaults.half-open-per-address", "", [](C& c) { c.ike.admission.half_open_per_address = 7; }},
      {"ike.defaults.half-open-per-network", "", [](C& c) { c.ike.admission.half_open_per_network = 7; }},
      {"certificates.authorities.corp.file", "certificates.authorities.*.file",
       [](C& c) { c.ike.authorities[0].pem = "another"; }},
      {"certificates.authorities.corp.crl", "certificates.authorities.*.crl",
       [](C& c) { c.ike.authorities[0].crl = ""; }},
      {"certificates.authorities.corp.revocation", "certificates.authorities.*.revocation",
       [](C& c) { c.ike.authorities[0].revocation = model::Revocation::kStrict; }},
      {"certificates.authorities.corp", "certificates.authorities.*", [](C& c) { c.ike.authorities.clear(); }},
      {"certificates.identities.gate.chain", "certificates.identities.*.chain",
       [](C& c) { c.ike.identities[0].chain = "another"; }},
      {"certificates.identities.gate.key.file", "certificates.identities.*.key.file",
       [](C& c) { c.ike.identities[0].key.pem = secret("another"); }},
      {"certificates.identities.gate.key.uri", "certificates.identities.*.key.uri",
       [](C& c) { c.ike.identities[0].key.uri = "pkcs11:x"; }},
      {"certificates.identities.gate", "certificates.identities.*", [](C& c) { c.ike.identities.clear(); }},
  };
}

std::vector<Mutation> tunnel_ike_mutations() {
  using T = model::TunnelIke;
  std::vector<Mutation> list;
  const auto add = [&](const std::string& key, std::function<void(T&)> change) {
    list.push_back({"tunnels.rome." + key, "tunnels.*." + key,
                    [change = std::move(change)](model::Config& config) { change(*config.tunnels[1].ike); }});
  };
  list.push_back({"tunnels.rome.auth", "tunnels.*.auth", [](model::Config& config) { config.tunnels[1].ike.reset(); }});
  add("local.id", [](T& t) { t.local_id = {model::IdentityKind::kKeyId, "gate"}; });
  add("local.identity", [](T& t) { t.identity = "gate"; });
  add("remote.id", [](T& t) { t.remote_id = {model::IdentityKind::kDistinguishedName, ""}; });
  add("remote.authorities", [](T& t) { t.authorities = {"corp"}; });
  add("auth.psk", [](T& t) { t.psk = secret("a key"); });
  add("ppk.id", [](T& t) { t.ppk.keys[0].id = "next"; });
  add("ppk.file", [](T& t) { t.ppk.keys[0].key = secret("another PPK"); });
  add("ppk.others", [](T& t) { t.ppk.keys.push_back({"next", secret("another PPK")}); });
  add("ppk.required", [](T& t) { t.ppk.required = true; });
  add("ppk.exchange", [](T& t) { t.ppk.exchange = model::PpkExchange::kAuth; });
  add("ike.proposals", [](T& t) { t.ike.proposals = {"x"}; });
  add("ike.post-quantum", [](T& t) { t.ike.post_quantum = model::PostQuantum::kOff; });
  add("ike.rekey", [](T& t) { t.ike.rekey = std::chrono::hours(1); });
  add("ike.dpd.delay", [](T& t) { t.ike.dpd_delay = std::chrono::seconds(1); });
  add("ike.dpd.timeout", [](T& t) { t.ike.dpd_timeout = std::chrono::seconds(1); });
  add("ike.fragmentation", [](T& t) { t.ike.fragmentation = false; });
  add("ike.childless", [](T& t) { t.ike.childless = true; });
  add("ike.transport", [](T& t) { t.ike.transport = model::Transport::kTcp; });
  add("ike.tcp-port", [](T& t) { t.ike.tcp_port = 443; });
  add("large-keys", [](T& t) { t.large_keys = model::LargeKeys{}; });
  add("esp.proposals", [](T& t) { t.esp.proposals = {"x"}; });
  add("esp.esn", [](T& t) { t.esp.esn = false; });
  add("esp.rekey.time", [](T& t) { t.esp.rekey_time = std::chrono::hours(2); });
  add("esp.rekey.bytes", [](T& t) { t.esp.rekey_octets = 1 << 30; });
  add("esp.rekey.margin", [](T& t) { t.esp.rekey_margin = std::chrono::minutes(1); });
  add("esp.encapsulation", [](T& t) { t.encapsulation = model::EncapsulationChoice::kUdp; });
  add("esp.encapsulation", [](T& t) { t.esp_in_tcp = true; });
  add("start", [](T& t) { t.start = model::StartMode::kRespond; });
  add("tfs.receive.fragments", [](T& t) { t.inner_fragments = false; });
  add("tfs.peer-required", [](T& t) { t.aggfrag_required = false; });
  return list;
}

// A field that is added to one of these values breaks a line here: it needs a mutation above.
TEST(Changes, TheMutationsOfIkeReachEveryField) {
  const model::Config gateway = rich();
  const model::TunnelIke& tunnel = *gateway.tunnels[1].ike;
  [[maybe_unused]] const auto& [local_id, remote_id, psk, identity, authorities, ppk, ike, esp, large, start,
                                encapsulation, in_tcp, fragments, required] = tunnel;
  [[maybe_unused]] const auto& [ppks, ppk_required, ppk_exchange] = ppk;
  [[maybe_unused]] const auto& [ppk_id, ppk_key] = ppks[0];
  [[maybe_unused]] const auto& [ike_proposals, post_quantum, rekey, delay, timeout, fragmentation, childless, transport,
                                tcp_port] = ike;
  [[maybe_unused]] const auto& [esp_proposals, esn, time, octets, margin] = esp;
  [[maybe_unused]] const auto& [listen, cookies, own_tcp_port, admission, all_authorities, identities] = gateway.ike;
  [[maybe_unused]] const auto& [authority_name, pem, crl, revocation] = gateway.ike.authorities[0];
  [[maybe_unused]] const auto& [identity_name, chain, key] = gateway.ike.identities[0];
  [[maybe_unused]] const auto& [key_pem, uri] = key;
  constexpr std::size_t kOfTunnel = 14 - 3 + 5 + 9 + 5;  // three are settings themselves; of PPKs the first has two
  constexpr std::size_t kOfConfig =
      3 + 6 + 4 + 3 + 1;  // that one comes or goes stands for its name; a key has two parts
  EXPECT_EQ(tunnel_ike_mutations().size(), kOfTunnel + 1) << "the first one takes all away";
  EXPECT_EQ(certificate_mutations().size(), kOfConfig);
}

std::vector<Mutation> all_mutations() {
  std::vector<Mutation> all = node_mutations();
  for (Mutation& mutation : certificate_mutations()) all.push_back(std::move(mutation));
  for (Mutation& mutation : tunnel_ike_mutations()) all.push_back(std::move(mutation));
  for (Mutation& mutation : tunnel_mutations()) all.push_back(std::move(mutation));
  for (Mutation& mutation : all) {
    if (mutation.pattern.empty()) mutation.pattern = mutation.path;
  }
  return all;
}

TEST(Changes, EachKeyIsToldUnderItsPathAtItsCost) {
  for (const Mutation& mutation : all_mutations()) {
    model::Config after = rich();
    mutation.change(after);
    for (const auto& [from, to] : {std::pair{rich(), after}, std::pair{after, rich()}}) {
      const auto changes = changes_between(from, to);
      ASSERT_EQ(changes.size(), 1u) << mutation.path;
      EXPECT_EQ(changes[0].path, mutation.path);
      EXPECT_NE(changes[0].before, changes[0].after) << mutation.path;
      const syntax::KeySpec* const spec = syntax::key_spec(mutation.pattern);
      ASSERT_NE(spec, nullptr) << mutation.pattern;
      EXPECT_EQ(cost_name(changes[0].cost), spec->cost) << mutation.path;
    }
  }
}

// What the table of keys has and this does not: words for one thing, or of one meaning only.
TEST(Changes, EveryKeyOfTheTableIsCompared) {
  std::set<std::string> compared{"version",
                                 "ports.*.address",
                                 "ports.*.rx-queues",
                                 "tunnels.*.tfs.path-mtu.max-size",
                                 "tunnels.*.tfs.path-mtu.probe-interval",
                                 "tunnels.*.tfs.circuit-breaker.loss",
                                 "tunnels.*.tfs.circuit-breaker.for",
                                 "tunnels.*.tfs.circuit-breaker.action",
                                 "tunnels.*.tfs.circuit-breaker.clear-after",
                                 "tunnels.*.local",
                                 "tunnels.*.remote",
                                 "tunnels.*.large-keys.method",
                                 "tunnels.*.large-keys.when",
                                 "tunnels.*.large-keys.traffic",
                                 "tunnels.*.large-keys.pace",
                                 "ike.defaults.transport",
                                 "tunnels.*.auth.psk.file",
                                 "tunnels.*.auth.psk.credential",
                                 "tunnels.*.auth.psk.weak",
                                 "tunnels.*.ppk.credential",
                                 "tunnels.*.ppk.weak",
                                 "tunnels.*.ppk.others.[].id",
                                 "tunnels.*.ppk.others.[].file",
                                 "tunnels.*.ppk.others.[].credential",
                                 "tunnels.*.ppk.others.[].weak"};
  for (const Mutation& mutation : all_mutations()) compared.insert(mutation.pattern);
  for (const syntax::KeySpec& spec : syntax::key_specs()) {
    const bool leaf = spec.type != KeyType::kMap && spec.type != KeyType::kNamedMap && spec.type != KeyType::kList;
    // Told at each tunnel that a default reaches.
    const std::string default_of = "ike.defaults.";
    if (spec.path.starts_with(default_of)) {
      const std::string own = "tunnels.*.ike." + std::string(spec.path.substr(default_of.size()));
      if (compared.contains(own)) continue;
    }
    const bool in_a_list = spec.path.starts_with("routes.") || spec.path.starts_with("neighbours.");
    const bool told_as_one = spec.path.starts_with("tunnels.*.qos.") || spec.path.starts_with("management.keylog.");
    if (!leaf || in_a_list || told_as_one || spec.availability != syntax::Availability::kNow) continue;
    EXPECT_TRUE(compared.contains(std::string(spec.path))) << spec.path;
  }
}

TEST(Changes, NothingChangedIsNoChange) {
  EXPECT_TRUE(changes_between(rich(), rich()).empty());
  model::Config turned = rich();
  std::swap(turned.routes[0], turned.routes[1]);
  std::swap(turned.interfaces[0], turned.interfaces[1]);
  EXPECT_TRUE(changes_between(rich(), turned).empty()) << "the order of things says nothing";
}

std::vector<std::string> lines(const model::Config& before, const model::Config& after) {
  std::vector<std::string> all;
  for (const Change& change : changes_between(before, after)) all.push_back(change_text(change));
  return all;
}

TEST(Changes, AsLinesForPeople) {
  model::Config after = rich();
  after.tunnels[0].tfs.rate_bits_per_second = 20'000'000;
  after.tunnels[0].tfs.receive.lost_packet_timer = std::chrono::milliseconds(5);
  after.tunnels.push_back(tunnel_of("oslo", "203.0.113.2"));
  after.routes[1].metric = 300;
  after.neighbours.clear();
  EXPECT_EQ(lines(rich(), after),
            (std::vector<std::string>{"tunnels.berlin.tfs.rate: 500 Mbit/s -> 20 Mbit/s (live)",
                                      "tunnels.berlin.tfs.receive.lost-timer: auto -> 5 ms (live)",
                                      "tunnels.oslo: new (live)", "routes: - 10.2.0.0/16 blackhole metric 200 (live)",
                                      "routes: + 10.2.0.0/16 blackhole metric 300 (live)",
                                      "neighbours: - 198.51.100.7 on wan 02:00:00:00:00:07 (live)"}));
  EXPECT_EQ(lines(after, rich()).at(0), "tunnels.oslo: removed (live)");
}

TEST(Changes, APortThatComesOrGoesNeedsARestart) {
  model::Config after = rich();
  after.ports.pop_back();
  EXPECT_EQ(lines(rich(), after), (std::vector<std::string>{"ports.lan: removed (daemon restart)"}));
  EXPECT_EQ(lines(after, rich()), (std::vector<std::string>{"ports.lan: new (daemon restart)"}));
}

TEST(Changes, RoutesAreCountedNotOnlyNamed) {
  model::Config before = rich();
  model::Config after = rich();
  after.routes.push_back(hop_route("192.0.2.0/24", "198.51.100.9", "wan"));
  after.routes.push_back(after.routes.back());
  EXPECT_EQ(lines(before, after).size(), 2u);
  EXPECT_EQ(lines(after, before).at(0), "routes: - 192.0.2.0/24 via 198.51.100.9 dev wan (live)");
}

TEST(Changes, FromStaticKeysToIke) {
  model::Config after = rich();
  after.tunnels[0].ike = model::TunnelIke{};
  after.tunnels[0].inbound.reset();
  after.tunnels[0].outbound.reset();
  EXPECT_EQ(lines(rich(), after), (std::vector<std::string>{"tunnels.berlin.static.outbound: removed (rekey)",
                                                            "tunnels.berlin.static.inbound: removed (rekey)",
                                                            "tunnels.berlin.auth: new (tunnel restart)"}));
}

// Only with IKE is the peer asked for reports, when a Child SA is made (RFC 9347 §6.1.4).
TEST(Changes, ReportsThatAreWantedAnewCostATunnelOfIkeARestart) {
  for (const std::size_t which : {0u, 1u}) {
    const std::string path = which == 0 ? "tunnels.berlin.tfs." : "tunnels.rome.tfs.";
    const std::string cost = which == 0 ? " (live)" : " (tunnel restart)";
    model::Config controlled = rich();
    controlled.tunnels[which].tfs.congestion.controlled = true;
    EXPECT_EQ(lines(rich(), controlled),
              (std::vector<std::string>{path + "mode: fixed -> congestion-controlled" + cost}));
    model::Config guarded = rich();
    guarded.tunnels[which].tfs.congestion.breaker.emplace();
    const std::string breaker = "loss 5.0% for 10 s, stop, clear after never";
    EXPECT_EQ(lines(rich(), guarded), (std::vector<std::string>{path + "circuit-breaker: none -> " + breaker + cost}));
    model::Config both = guarded;
    both.tunnels[which].tfs.congestion.breaker->loss_permille = 10;
    const std::string tighter = "loss 1.0% for 10 s, stop, clear after never";
    EXPECT_EQ(lines(guarded, both),
              (std::vector<std::string>{path + "circuit-breaker: " + breaker + " -> " + tighter + " (live)"}));
  }
}

// What the search found last is no change of the operator's.
TEST(Changes, TheSearchForThePathMtuIsToldByItsKeys) {
  for (const std::size_t which : {0u, 1u}) {
    const std::string path = which == 0 ? "tunnels.berlin.tfs." : "tunnels.rome.tfs.";
    const std::string cost = which == 0 ? " (live)" : " (tunnel restart)";
    model::Config searching = rich();
    searching.tunnels[which].tfs.path_mtu.emplace();
    searching.tunnels[which].tfs.packet_size = 1200;
    EXPECT_EQ(lines(rich(), searching), (std::vector<std::string>{path + "packet-size: 1400 -> path-mtu" + cost}));
    model::Config other = searching;
    other.tunnels[which].tfs.path_mtu->max_size = 1400;
    other.tunnels[which].tfs.path_mtu->probe_interval = std::chrono::minutes(1);
    EXPECT_EQ(lines(searching, other),
              (std::vector<std::string>{path + "path-mtu.max-size: auto -> 1400 (live)",
                                        path + "path-mtu.probe-interval: 600 s -> 60 s (live)"}));
  }
}

TEST(Changes, EncapsulationOfAnIkeTunnelIsToldOnce) {
  model::Config after = rich();
  after.tunnels[1].ike->encapsulation = model::EncapsulationChoice::kUdp;
  after.tunnels[1].encapsulation = model::Encapsulation::kUdp;
  EXPECT_EQ(lines(rich(), after),
            (std::vector<std::string>{"tunnels.rome.esp.encapsulation: auto -> udp (tunnel restart)"}));
}

TEST(Changes, SecretsOfIkeAreNeverShown) {
  model::Config after = rich();
  after.ike.identities[0].key.pem = secret("another");
  after.tunnels[1].ike->psk = secret("a key");
  EXPECT_EQ(lines(rich(), after),
            (std::vector<std::string>{"tunnels.rome.auth.psk: none -> a key (tunnel restart)",
                                      "certificates.identities.gate.key.file: a key -> another key (rekey)"}));
}

TEST(Changes, KeysAreNeverShown) {
  model::Config after = rich();
  after.tunnels[0].outbound->key = key_of('z');
  EXPECT_EQ(lines(rich(), after),
            (std::vector<std::string>{"tunnels.berlin.static.outbound.key.file: a key -> another key (rekey)"}));
  after.tunnels[0].outbound->key = key_of('a');  // the same octets in another place
  EXPECT_TRUE(changes_between(rich(), after).empty());
}

}  // namespace
}  // namespace levelgate::control::changes_test
