// SPDX-License-Identifier: Apache-2.0
//
// `levelgate show` and `levelgate reload` against a daemon on a socket, and against none: tables as interface section 5
// shows them, and an exit code for each way of not getting an answer.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cstring>

#include "unit/cli/command_run.h"

namespace levelgate::cli::daemon_verbs_test {
namespace {

using tests::Outcome;
using tests::run;

class Daemon : public ::testing::Test {
 protected:
  Outcome ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--socket", folder_ / "api.sock"});
    return run(std::move(arguments));
  }
  tests::PrivateFolder folder_;
  tests::RunningDaemon daemon_{folder_ / "api.sock"};
};

TEST_F(Daemon, TunnelsAsATable) {
  const Outcome outcome = ask({"show", "tunnels"});
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(outcome.out,
            "TUNNEL  STATE  PEER         UP  WIRE OUT  WIRE IN  INNER OUT  INNER IN  FILL    LOSS  PACING p99.9\n"
            "berlin  up     203.0.113.1  4s         0        0          0         0     -  0.000%             -\n");
}

TEST_F(Daemon, TfsAsLines) {
  const Outcome outcome = ask({"show", "tfs", "berlin"});
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_TRUE(
      outcome.out.starts_with("berlin   fixed 500 Mbit/s (l3), 1400-byte packets every 22.40 us, worker 0\n"
                              "                        outbound                    inbound\n"))
      << outcome.out;
}

TEST_F(Daemon, DropsAsATable) {
  EXPECT_EQ(ask({"show", "drops"}).out,
            "REASON           COUNT  LAST    MEANING                                             WHAT TO DO\n"
            "replay               0          outer packet seen before or too old                 "
            "raise esp.replay-window (at least the burst of the path)\n"
            "auth-failed          0          tag does not hold: forged, damaged, or another key  "
            "compare keys, ciphers and esn of both ends\n"
            "tfs-queue-delay    118  4s ago  inner load above the tunnel's rate                  "
            "raise tfs.rate or tfs.max-queue-delay\n");
}

TEST_F(Daemon, EveryTopicAsATableAndAsJson) {
  for (const char* const topic : {"tunnels", "tfs", "drops", "ports", "neighbours", "routes"}) {
    const Outcome table = ask({"show", topic});
    EXPECT_EQ(table.exit, 0) << topic;
    EXPECT_FALSE(table.out.empty()) << topic;
    const Outcome json = ask({"show", topic, "-o", "json"});
    EXPECT_EQ(json.exit, 0) << topic;
    boost::system::error_code error;
    const auto parsed = boost::json::parse(json.out, error);
    ASSERT_FALSE(error) << topic;
    EXPECT_EQ(parsed.at("schema"), 1) << topic;
    const std::string key = std::string(topic) == "tfs" ? "tunnels" : topic;
    EXPECT_TRUE(parsed.as_object().contains(key)) << topic;
  }
}

TEST_F(Daemon, WhatDoesNotExistIsExit5) {
  for (const char* const topic : {"tunnels", "tfs", "drops", "ports", "neighbours", "routes"}) {
    const Outcome outcome = ask({"show", topic, "os lo&\"%"});
    EXPECT_EQ(outcome.exit, 5) << topic;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find("\"os lo&\"%\""), std::string::npos) << outcome.err;
  }
}

TEST_F(Daemon, ReloadTellsItsOutcome) {
  const Outcome done = ask({"reload", "--wait"});
  EXPECT_EQ(done.exit, 0);
  EXPECT_EQ(done.out, "nothing changed\n");
  EXPECT_EQ(ask({"--quiet", "reload"}).out, "");
  daemon_.gateway.reloaded = {true, {false, {"ports.lan: removed (daemon restart)"}}};
  const Outcome refused = ask({"reload"});
  EXPECT_EQ(refused.exit, 1);
  EXPECT_EQ(refused.err, "ports.lan: removed (daemon restart)\n");
  daemon_.gateway.reloaded = {false, {false, {"gw.yaml:1:1: error[LG-CFG-008]: version is missing"}}};
  const Outcome unreadable = ask({"--quiet", "reload"});
  EXPECT_EQ(unreadable.exit, 3);
  EXPECT_EQ(unreadable.err, "gw.yaml:1:1: error[LG-CFG-008]: version is missing\n");
  const auto json = boost::json::parse(ask({"reload", "-o", "json"}).out);
  EXPECT_FALSE(json.at("done").as_bool());
}

TEST(NoDaemon, IsExit4) {
  const tests::PrivateFolder folder;
  const std::string socket = folder / "api.sock";
  for (const std::vector<std::string>& verb :
       std::initializer_list<std::vector<std::string>>{{"show", "tunnels"}, {"reload"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.end(), {"--socket", socket});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit, 4);
    EXPECT_EQ(outcome.err, "levelgate: nobody listens at " + socket + "; is levelgated running?\n");
  }
  EXPECT_EQ(run({"show", "tunnels", "--socket", "/" + std::string(200, 'x')}).exit, 4)
      << "longer than any socket's path";
}

// A daemon that died leaves its socket file behind.
TEST(NoDaemon, AStaleSocketIsNobody) {
  const tests::PrivateFolder folder;
  const std::string path = folder / "api.sock";
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(descriptor);
  EXPECT_EQ(run({"show", "tunnels", "--socket", path}).exit, 4);
}

TEST(NoDaemon, WithoutTheRightItIsExit7) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may open every socket";
  const tests::PrivateFolder folder;
  const tests::RunningDaemon daemon(folder / "api.sock");
  ::chmod((folder / "api.sock").c_str(), 0);
  EXPECT_EQ(run({"show", "tunnels", "--socket", folder / "api.sock"}).exit, 7);
}

}  // namespace
}  // namespace levelgate::cli::daemon_verbs_test
