// SPDX-License-Identifier: Apache-2.0
//
// Answers to `levelgate show`: columns of interface section 5, values for scripts in base units, and the state of a
// tunnel that says what is missing.
#include "control/admin.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "unit/control/gateway_configs.h"

namespace levelgate::control::admin_test {
namespace {

using namespace tests;

const Value* under(const Value& value, const std::string& key) {
  const auto* const map = std::get_if<Value::Map>(&value.is);
  if (map == nullptr) return nullptr;
  for (const auto& [name, element] : *map) {
    if (name == key) return &element;
  }
  return nullptr;
}

std::vector<std::string> titles(const Answer& answer) {
  std::vector<std::string> all;
  for (const Column& column : answer.columns) all.push_back(column.title);
  return all;
}

// The gateway of the contract, 10 s after its first sample, with the counters of a tunnel that runs.
class Admin : public ::testing::Test {
 protected:
  Admin() {
    config_.routes.push_back(hop_route("192.0.2.0/24", "198.51.100.9", "wan"));
    config_.neighbours = {{"wan", ip("198.51.100.254"), mac("02:00:00:00:00:fe")}};
    Surroundings seen = seen_around();
    seen.neighbours = {{"lan", ip("10.1.0.5"), mac("02:00:00:00:00:05")}};
    plan_ = *make_plan(config_, seen, 1);
    ports_["wan"] = {true, "net_null", {.rx_pkts = 1'234, .tx_pkts = 5'678, .rx_missed_pkts = 9}};
    stats_.tunnels.push_back({"berlin", {}});
  }
  model::TunnelStats& berlin() { return stats_.tunnels[0].counters; }
  void observe(std::int64_t second) {
    now_ = at_second(second);
    trends_.observe(stats_, now_);
  }
  Answer ask(Topic topic, const std::string& name = "") {
    auto given = answer(topic, name, {config_, plan_, stats_, ports_, trends_, now_});
    EXPECT_TRUE(given) << name;
    return given ? *given : Answer{};
  }
  void expect_unknown(Topic topic, const std::string& name, const std::string& what) {
    const auto given = answer(topic, name, {config_, plan_, stats_, ports_, trends_, now_});
    ASSERT_FALSE(given) << what;
    EXPECT_EQ(given.error().fault, Fault::kNotFound);
    EXPECT_EQ(given.error().what, what);
  }
  void run_for_a_second() {
    observe(1);
    berlin().tx_octets = 62'500'000;
    berlin().rx_octets = 62'500'000;
    berlin().tx_pkts = berlin().rx_pkts = 44'643;
    berlin().inner_tx_octets = 26'550'000;
    berlin().inner_rx_octets = 7'625'000;
    berlin().slots = 44'643;
    berlin().pacing_p999_ns = 610;
    observe(2);
  }

  model::Config config_ = paris();
  model::ForwardingPlan plan_;
  model::Stats stats_;
  std::map<std::string, PortState> ports_;
  Trends trends_;
  Instant now_{};
};

TEST_F(Admin, TopicsByTheirWords) {
  for (const char* word : {"tunnels", "tfs", "drops", "ports", "neighbours", "routes"})
    EXPECT_TRUE(topic_named(word)) << word;
  for (const char* word : {"", "tunnel", "Tunnels", "neighbors"}) EXPECT_FALSE(topic_named(word)) << word;
}

TEST_F(Admin, TunnelsAsATable) {
  run_for_a_second();
  const Answer given = ask(Topic::kTunnels);
  EXPECT_EQ(titles(given), (std::vector<std::string>{"TUNNEL", "STATE", "PEER", "UP", "WIRE OUT", "WIRE IN",
                                                     "INNER OUT", "INNER IN", "FILL", "LOSS", "PACING p99.9"}));
  ASSERT_EQ(given.rows.size(), 1u);
  EXPECT_EQ(given.rows[0],
            (std::vector<std::string>{"berlin", "up", "203.0.113.1", "0s", "500.0 Mbit/s", "500.0 Mbit/s",
                                      "212.4 Mbit/s", "61.0 Mbit/s", "44 %", "0.000%", "0.6 us"}));
  EXPECT_TRUE(given.lines.empty());
}

// RFC 9347 §6.1.4: the peer takes no fragments; what the operator wrote is not told as the peer's wish.
TEST_F(Admin, WhoDecidedThatNothingIsSplit) {
  run_for_a_second();
  const auto word = [&] {
    return std::get<std::string>(
        under(*under(*under(ask(Topic::kTunnels).value, "tunnels"), "berlin"), "fragmentation")->is);
  };
  EXPECT_EQ(word(), "yes");
  plan_.tunnels[0].tfs.fragment = false;
  EXPECT_EQ(word(), "no (peer)");
  EXPECT_EQ(ask(Topic::kTunnels).lines, std::vector<std::string>{"  berlin: fragmentation: no (peer)"});
  config_.tunnels[0].tfs.fragment = false;
  EXPECT_EQ(word(), "no (configured)");
  EXPECT_TRUE(ask(Topic::kTunnels).lines.empty());
  plan_.tunnels[0].tfs.mode = model::TfsMode::kPlain;
  EXPECT_EQ(word(), "no (plain)");
}

// Nobody takes a tunnel in TCP for one that hides times: it is said wherever its rate is.
TEST_F(Admin, ATunnelInTcpIsCalledASlowPathWithoutAConstantRate) {
  run_for_a_second();
  EXPECT_EQ(ask(Topic::kTfs, "berlin").lines[0].find("slow path"), std::string::npos);
  plan_.tunnels[0].encapsulation = model::Encapsulation::kTcp;
  EXPECT_EQ(ask(Topic::kTunnels).rows[0][1], "no connection");
  plan_.tunnels[0].stream = StreamId{5};
  plan_.neighbours.clear();
  berlin().tcp_taken_pkts = 44'000;
  berlin().tcp_refused_pkts = 643;
  const Answer tunnels = ask(Topic::kTunnels);
  EXPECT_EQ(tunnels.rows[0][1], "up") << "the kernel knows the way";
  EXPECT_EQ(tunnels.lines, std::vector<std::string>{"  berlin: ESP in TCP: slow path, no constant rate"});
  const Value& berlin_value = *under(*under(tunnels.value, "tunnels"), "berlin");
  EXPECT_EQ(std::get<std::string>(under(berlin_value, "encapsulation")->is), "tcp");
  EXPECT_TRUE(std::get<bool>(under(berlin_value, "slow-path")->is));
  const std::vector<std::string> tfs = ask(Topic::kTfs, "berlin").lines;
  EXPECT_NE(tfs[0].find(", ESP in TCP: slow path, no constant rate, worker 0"), std::string::npos) << tfs[0];
  const auto says = [&](const std::string& text) {
    return std::ranges::any_of(tfs, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(says("   taken by TCP"));
  EXPECT_TRUE(says("   refused by TCP"));
  EXPECT_TRUE(says(" hand-over error"));
  EXPECT_FALSE(says(" pacing error"));
}

TEST_F(Admin, AKeyLogThatIsOnIsToldInEveryAnswer) {
  config_.management.key_log = model::KeyLogConfig{.directory = "/run/lab-keys"};
  for (const Topic topic : {Topic::kTunnels, Topic::kDrops, Topic::kAlgorithms}) {
    const Answer given = ask(topic);
    EXPECT_EQ(std::get<std::string>(under(given.value, "key-log")->is), "/run/lab-keys");
    EXPECT_EQ(given.lines.at(0).substr(0, 18), "THE KEY LOG IS ON,");
  }
  config_.management.key_log.reset();
  EXPECT_EQ(under(ask(Topic::kTunnels).value, "key-log"), nullptr);
}

TEST_F(Admin, TunnelsAsValuesInBaseUnits) {
  run_for_a_second();
  const Answer given = ask(Topic::kTunnels, "berlin");
  const Value& berlin = *under(*under(given.value, "tunnels"), "berlin");
  EXPECT_EQ(std::get<std::string>(under(berlin, "state")->is), "up");
  EXPECT_EQ(std::get<std::string>(under(berlin, "mode")->is), "fixed");
  EXPECT_EQ(std::get<std::uint64_t>(under(berlin, "rate-bits-per-second")->is), 500'000'000u);
  EXPECT_EQ(std::get<std::uint64_t>(under(berlin, "packet-size")->is), 1400u);
  EXPECT_DOUBLE_EQ(std::get<double>(under(berlin, "wire-out-bits-per-second")->is), 500e6);
  EXPECT_DOUBLE_EQ(std::get<double>(under(berlin, "wire-out-packets-per-second")->is), 44'643);
  EXPECT_EQ(std::get<std::uint64_t>(under(berlin, "up-seconds")->is), 0u);
  EXPECT_EQ(under(berlin, "reason"), nullptr);
  EXPECT_EQ(std::get<std::uint64_t>(under(*under(berlin, "ipsec-stats"), "tx-pkts")->is), 44'643u);
  EXPECT_EQ(std::get<std::uint64_t>(under(*under(berlin, "iptfs-inner-pkt-stats"), "rx-octets")->is), 7'625'000u);
  EXPECT_EQ(std::get<std::uint64_t>(under(berlin, "pacing-p999-ns")->is), 610u);
}

// Each counter has its value under its own name: no two are mixed up.
TEST_F(Admin, EveryCounterIsAnswered) {
  std::uint64_t next = 1;
  model::for_each_counter(berlin(), [&](std::string_view, std::string_view, std::uint64_t& value) { value = next++; });
  const Answer given = ask(Topic::kTfs, "berlin");
  const Value& shown = *under(*under(given.value, "tunnels"), "berlin");
  model::for_each_counter(berlin(), [&](std::string_view group, std::string_view name, std::uint64_t value) {
    const Value* const from = group.empty() ? &shown : under(shown, std::string(group));
    ASSERT_NE(from, nullptr) << group;
    const Value* const counter = under(*from, std::string(name));
    ASSERT_NE(counter, nullptr) << name;
    EXPECT_EQ(std::get<std::uint64_t>(counter->is), value) << group << " " << name;
  });
}

TEST_F(Admin, AStateSaysWhatIsMissing) {
  const auto state = [&] { return ask(Topic::kTunnels).rows.at(0).at(1); };
  const auto line = [&] { return ask(Topic::kTunnels).lines.at(0); };
  observe(1);
  EXPECT_EQ(state(), "up (no inbound)");
  EXPECT_EQ(line(), "  berlin: no authenticated packet of the peer so far. Run: levelgate show drops");
  berlin().rx_pkts = 1;
  observe(2);
  EXPECT_EQ(state(), "up");
  observe(11);
  EXPECT_EQ(state(), "up");
  observe(12);
  EXPECT_EQ(state(), "up (no inbound)");
  EXPECT_EQ(line(), "  berlin: no packet of the peer for 10s. Run: levelgate show drops");
  plan_.neighbours.clear();
  EXPECT_EQ(state(), "no next hop");
  EXPECT_EQ(line(), "  berlin: the next hop does not answer. Run: levelgate show neighbours");
  std::erase_if(plan_.routes, [](const model::Route& route) { return route.prefix.length == 0; });
  EXPECT_EQ(state(), "no route");
  EXPECT_EQ(line(), "  berlin: no route leads to the peer. Run: levelgate show routes");
}

TEST_F(Admin, AnOnDemandTunnelMayBeSilent) {
  plan_.tunnels[0].tfs.mode = model::TfsMode::kOnDemand;
  berlin().rx_pkts = 1;
  observe(1);
  observe(500);
  EXPECT_EQ(ask(Topic::kTunnels).rows.at(0).at(1), "up");
  EXPECT_EQ(ask(Topic::kTunnels).rows.at(0).back(), "-") << "nothing is paced";
}

TEST_F(Admin, ATunnelThatWasNotCountedYet) {
  stats_.tunnels.clear();
  const Answer given = ask(Topic::kTunnels);
  EXPECT_EQ(given.rows.at(0), (std::vector<std::string>{"berlin", "up (no inbound)", "203.0.113.1", "-", "-", "-", "-",
                                                        "-", "-", "-", "-"}));
}

TEST_F(Admin, LossIsOfWhatWasAwaited) {
  berlin().rx_pkts = 999;
  berlin().rx_missed_pkts = 1;
  observe(1);
  EXPECT_EQ(ask(Topic::kTunnels).rows.at(0).at(9), "0.100%");
}

TEST_F(Admin, TfsAsInTheContract) {
  berlin() = {.tx_pkts = 12'214'285'714, .rx_pkts = 12'214'285'660};
  berlin().tx_all_pad_pkts = 6'801'230'118;
  berlin().rx_all_pad_pkts = 10'401'440'007;
  berlin().tx_extra_pad_pkts = 201'115'300;
  berlin().rx_extra_pad_pkts = 118'400'221;
  berlin().inner_tx_pkts = 9'702'118'441;
  berlin().inner_rx_pkts = 3'204'551'090;
  berlin().inner_rx_incomplete_pkts = 41;
  berlin().rx_missed_pkts = 12;
  berlin().queue_octets = 18'000;
  berlin().queue_max_octets = 410'000;
  berlin().pacing_p50_ns = 110;
  berlin().pacing_p99_ns = 380;
  berlin().pacing_p999_ns = 610;
  berlin().pacing_max_ns = 4'900;
  berlin().late_slots = 3;
  const Answer given = ask(Topic::kTfs, "berlin");
  EXPECT_TRUE(given.columns.empty());
  EXPECT_EQ(given.lines,
            (std::vector<std::string>{
                "berlin   fixed 500 Mbit/s (l3), 1400-byte packets every 22.40 us, worker 0",
                "                        outbound                    inbound",
                " outer packets          12 214 285 714              12 214 285 660",
                "   octets                            0                           0",
                "   all padding           6 801 230 118  55.7 %      10 401 440 007",
                "     octets                          0                           0",
                "   some padding            201 115 300   1.6 %         118 400 221",
                "     octets                          0                           0",
                " inner packets           9 702 118 441               3 204 551 090",
                "   octets                            0                           0",
                " dropped                             0                           0",
                " inner incomplete                    -                          41",
                " outer missed                        -                          12",
                " outer errored                       -                           0",
                " outer late                          -                           0",
                " outer held now                      -                           0",
                " outer early                         -                           0",
                " inner joined early                  -                           0",
                " fragments skipped                   -                           0",
                " contradicting                       -                           0",
                " delivery                            -          in order, window 3",
                " queue now / max        18 kB / 410 kB  (0.3 / 6.8 ms)",
                " pacing error           p50 0.11  p99 0.38  p99.9 0.61  max 4.9 us      late slots 3, skipped 0"}));
}

// Those of RFC 9348 each stand in the table, too.
TEST_F(Admin, EveryCounterOfTheStandardHasItsPlaceInTfs) {
  std::uint64_t next = 7'000'001;
  model::for_each_counter(berlin(), [&](std::string_view, std::string_view, std::uint64_t& value) { value = next++; });
  std::string text;
  for (const std::string& line : ask(Topic::kTfs, "berlin").lines) text += line + "\n";
  model::for_each_counter(berlin(), [&](std::string_view group, std::string_view name, std::uint64_t value) {
    if (group.empty()) return;
    EXPECT_NE(text.find(" 7 000 0" + std::to_string(value).substr(5)), std::string::npos) << group << " " << name;
  });
}

TEST_F(Admin, TfsOfOtherModes) {
  plan_.tunnels[0].tfs.mode = model::TfsMode::kOnDemand;
  EXPECT_EQ(ask(Topic::kTfs).lines.at(0), "berlin   on-demand, at most 1400-byte packets, worker 0");
  plan_.tunnels[0].tfs.mode = model::TfsMode::kPlain;
  const auto plain = ask(Topic::kTfs).lines;
  EXPECT_EQ(plain.at(0), "berlin   plain, no AGGFRAG, worker 0");
  for (const std::string& line : plain) EXPECT_EQ(line.find("padding"), std::string::npos);
}

TEST_F(Admin, DropsWithWhatToDo) {
  stats_.drops[static_cast<std::size_t>(model::Drop::kTfsQueueDelay)] = 1'118;
  observe(1);
  now_ = at_second(5);
  const Answer given = ask(Topic::kDrops);
  EXPECT_EQ(titles(given), (std::vector<std::string>{"REASON", "COUNT", "LAST", "MEANING", "WHAT TO DO"}));
  ASSERT_EQ(given.rows.size(), 3u) << "and the two that people look for";
  EXPECT_EQ(given.rows[0][0], "replay");
  EXPECT_EQ(given.rows[0][2], "");
  EXPECT_EQ(given.rows[1][0], "auth-failed");
  EXPECT_EQ(given.rows[2],
            (std::vector<std::string>{"tfs-queue-delay", "1 118", "4s ago", "inner load above the tunnel's rate",
                                      "raise tfs.rate or tfs.max-queue-delay"}));
  const Value& drops = *under(given.value, "drops");
  EXPECT_EQ(std::get<Value::Map>(drops.is).size(), 1u) << "zeros are no news for scripts";
  EXPECT_EQ(std::get<std::uint64_t>(under(drops, "tfs-queue-delay")->is), 1'118u);
}

TEST_F(Admin, EachDropReasonCanBeAskedFor) {
  for (const model::DropText& text : model::kDropTexts) {
    const Answer given = ask(Topic::kDrops, std::string(text.name));
    ASSERT_EQ(given.rows.size(), 1u) << text.name;
    EXPECT_EQ(std::get<std::uint64_t>(under(*under(given.value, "drops"), std::string(text.name))->is), 0u);
  }
  expect_unknown(Topic::kDrops, "bad-luck", "there is no drop reason \"bad-luck\"");
}

TEST_F(Admin, Ports) {
  const Answer given = ask(Topic::kPorts);
  EXPECT_EQ(titles(given), (std::vector<std::string>{"PORT", "LINK", "SIDE", "MTU", "MAC", "TWIN", "ADDRESSES",
                                                     "RX PACKETS", "TX PACKETS", "MISSED"}));
  ASSERT_EQ(given.rows.size(), 2u);
  EXPECT_EQ(given.rows[0], (std::vector<std::string>{"wan", "up", "outer", "1500", "02:00:00:00:00:01", "lg-wan",
                                                     "198.51.100.1/24", "1 234", "5 678", "9"}));
  EXPECT_EQ(given.rows[1][1], "down") << "no device told anything";
  const Value& wan = *under(*under(given.value, "ports"), "wan");
  EXPECT_EQ(std::get<std::string>(under(wan, "device")->is), "net_null0");
  EXPECT_EQ(std::get<std::uint64_t>(under(wan, "rx-missed-pkts")->is), 9u);
  EXPECT_TRUE(std::get<bool>(under(wan, "link")->is));
  EXPECT_EQ(ask(Topic::kPorts, "lan").rows.size(), 1u);
  expect_unknown(Topic::kPorts, "dmz", "there is no port \"dmz\"");
}

TEST_F(Admin, NeighboursSayWhereTheyAreFrom) {
  const Answer given = ask(Topic::kNeighbours);
  EXPECT_EQ(titles(given), (std::vector<std::string>{"ADDRESS", "PORT", "MAC", "FROM"}));
  ASSERT_EQ(given.rows.size(), 2u);
  EXPECT_EQ(given.rows[0], (std::vector<std::string>{"10.1.0.5", "lan", "02:00:00:00:00:05", "kernel"}));
  EXPECT_EQ(given.rows[1], (std::vector<std::string>{"198.51.100.254", "wan", "02:00:00:00:00:fe", "file"}));
  EXPECT_EQ(ask(Topic::kNeighbours, "lan").rows.size(), 1u);
  expect_unknown(Topic::kNeighbours, "dmz", "there is no port \"dmz\"");
}

TEST_F(Admin, RoutesSayWhichIsInUse) {
  const Answer given = ask(Topic::kRoutes);
  EXPECT_EQ(titles(given), (std::vector<std::string>{"PREFIX", "TO", "METRIC", "IN USE", "CLEAR TEXT OUT"}));
  const std::vector<std::vector<std::string>> expected{{"10.2.0.0/16", "tunnel berlin", "0", "yes", ""},
                                                       {"10.2.0.0/16", "blackhole", "200", "no", ""},
                                                       {"192.0.2.0/24", "198.51.100.9 on wan", "0", "yes", "allowed"},
                                                       {"198.51.100.0/24", "on wan", "0", "yes", ""},
                                                       {"0.0.0.0/0", "198.51.100.254 on wan", "1024", "yes", ""},
                                                       {"10.1.0.0/24", "on lan", "0", "yes", ""}};
  EXPECT_EQ(given.rows, expected);
  EXPECT_EQ(ask(Topic::kRoutes, "berlin").rows.size(), 1u);
  EXPECT_EQ(ask(Topic::kRoutes, "wan").rows.size(), 3u);
  expect_unknown(Topic::kRoutes, "oslo", "there is no tunnel or port \"oslo\"");
  const auto& list = std::get<Value::List>(under(given.value, "routes")->is);
  EXPECT_EQ(std::get<std::string>(under(list[2], "via")->is), "198.51.100.9");
  EXPECT_TRUE(std::get<bool>(under(list[2], "clear-text-allowed")->is));
  EXPECT_FALSE(std::get<bool>(under(list[1], "in-use")->is));
}

TEST_F(Admin, UnknownTunnels) {
  expect_unknown(Topic::kTunnels, "oslo", "there is no tunnel \"oslo\"");
  expect_unknown(Topic::kTfs, "oslo", "there is no tunnel \"oslo\"");
}

}  // namespace
}  // namespace levelgate::control::admin_test
