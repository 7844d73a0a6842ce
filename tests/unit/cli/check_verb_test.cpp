// SPDX-License-Identifier: Apache-2.0
//
// `levelgate check` and `levelgate explain` as operators run them: what they print and their exit codes (interface
// sections 4 and 5).
#include <boost/json/parse.hpp>

#include "control/notice_ids.h"
#include "syntax/finding_ids.h"
#include "unit/cli/command_run.h"

namespace levelgate::cli::check_verb_test {
namespace {

using tests::run;

// Interface §2 and §4 with static keys: two tunnels, one of them as the contract's sample has it.
constexpr const char* kContract = R"(version: 1
ports:
  wan: { vdev: net_null0, mtu: 1500, address: 198.51.100.1/24, gateway: 198.51.100.254 }
  lan: { vdev: net_null1, address: 10.1.0.1/24 }
tunnels:
  berlin:
    remote: 203.0.113.1
    static:
      outbound: { spi: 0x1001, cipher: aes256gcm16, key: { file: a.key } }
      inbound: { spi: 0x2002, cipher: aes256gcm16, key: { file: b.key } }
    tfs: { mode: fixed, rate: 500 Mbit/s, packet-size: 1400B }
  oslo:
    remote: 192.0.2.77
    static:
      outbound: { spi: 0x3001, cipher: aes256gcm16, key: { file: c.key } }
      inbound: { spi: 0x4002, cipher: aes256gcm16, key: { file: d.key } }
    tfs: { mode: on-demand }
routes:
  - { to: 10.2.0.0/16, via: berlin }
  - { to: 10.3.0.0/16, via: oslo }
  - { to: 10.2.0.0/16, blackhole: true, metric: 200 }
  - { to: 10.3.0.0/16, blackhole: true, metric: 200 }
)";

class Check : public ::testing::Test {
 protected:
  Check() { folder_.write("gw.yaml", kContract); }
  std::string file(const std::string& text) {
    folder_.write("gw.yaml", text);
    return folder_ / "gw.yaml";
  }
  tests::KeyFolder folder_;
};

TEST_F(Check, ARightFileSaysWhatItsTunnelsWillDo) {
  const auto outcome = run({"check", folder_ / "gw.yaml"});
  EXPECT_EQ(outcome.exit, 0);
  const std::size_t ok = outcome.out.find("ok: ");
  ASSERT_NE(ok, std::string::npos) << outcome.out;
  EXPECT_EQ(
      outcome.out.substr(ok),
      "ok: 2 ports, 2 tunnels, 4 routes\n"
      "berlin  500 Mbit/s outer = 44 643 packets/s, one every 22.40 us; carries at most 479.3 Mbit/s inner (95.9 %)\n"
      "        queue 20 ms = 1.20 MB; added one-way delay when idle <= 22.40 us + crypto\n"
      "oslo    on demand: packets of at most 1400 octets when there is something to send; hides nothing about time or "
      "volume\n");
  EXPECT_NE(outcome.out.find("note[LG-CFG-101]"), std::string::npos) << "fixed does not back off";
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Check, ATunnelOfIkeIsToldAsOneWithStaticKeys) {
  std::string text = kContract;
  const std::size_t at = text.find("    static:");
  text.replace(at, text.find("    tfs:", at) - at, "    auth: { psk: { file: berlin.psk } }\n");
  folder_.write("berlin.psk", "p1nKq0v3TqJmY2m1b7hXw5cQe9sZr8uA4dLk6fGtHjI=\n");
  const auto outcome = run({"check", file(text)});
  EXPECT_EQ(outcome.exit, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("berlin  500 Mbit/s outer = 44 643 packets/s"), std::string::npos) << outcome.out;
}

TEST_F(Check, TheBudgetIsExplained) {
  const auto outcome = run({"check", "--explain-budget", folder_ / "gw.yaml"});
  EXPECT_NE(
      outcome.out.find("1400-byte outer: 20 IPv4 + 8 ESP + 8 IV + 16 ICV + 2 trailer + 4 AGGFRAG leaves 1342 bytes"),
      std::string::npos)
      << outcome.out;
}

TEST_F(Check, AWrongFileIsExit3) {
  const auto outcome = run({"check", file("version: 1\nnoed: {}\n")});
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(outcome.out, (folder_ / "gw.yaml") +
                             ":2:1: error[LG-CFG-003]: unknown key \"noed\" at the top level\n"
                             "    2 | noed: {}\n      | ^^^^ did you mean \"node\"?\n1 error\n");
  EXPECT_EQ(run({"check", folder_ / "missing.yaml"}).exit, 3);
}

TEST_F(Check, WarningsAreExit8UnderStrict) {
  std::string unrouted = kContract;
  unrouted.resize(unrouted.find("routes:"));
  const std::string path = file(unrouted);
  EXPECT_EQ(run({"check", path}).exit, 0);
  const auto strict = run({"check", "--strict", path});
  EXPECT_EQ(strict.exit, 8);
  EXPECT_NE(strict.out.find("2 warnings\nok: "), std::string::npos) << strict.out;
  EXPECT_EQ(run({"check", "--strict", file(kContract)}).exit, 0) << "notes are no warnings";
  EXPECT_EQ(run({"check", "--strict", file("version: 2\n")}).exit, 3);
}

TEST_F(Check, QuietSaysOnlyWhatIsWrong) {
  const auto right = run({"check", "--quiet", folder_ / "gw.yaml"});
  EXPECT_EQ(right.exit, 0);
  EXPECT_EQ(right.out + right.err, "");
  EXPECT_NE(run({"--quiet", "check", file("version: 2\n")}).out.find("LG-CFG-009"), std::string::npos);
}

TEST_F(Check, JsonForScripts) {
  const auto wrong = run({"-o", "json", "check", file("version: 2\nnoed: 1\n")});
  EXPECT_EQ(wrong.exit, 3);
  EXPECT_EQ(boost::json::parse(wrong.out), boost::json::parse(R"({"schema":1,"ok":false,"findings":[
              {"severity":"error","id":"LG-CFG-009","line":1,"column":10,"message":"version 2 is not known",
               "hint":"write version: 1"},
              {"severity":"error","id":"LG-CFG-003","line":2,"column":1,
               "message":"unknown key \"noed\" at the top level","hint":"did you mean \"node\"?"}]})"));
  const auto right = boost::json::parse(run({"check", "-o", "json", file(kContract)}).out);
  EXPECT_TRUE(right.at("ok").as_bool());
}

TEST(Explain, EveryIdAndEveryReason) {
  for (const auto& text : syntax::kFindingTexts) {
    const auto outcome = run({"explain", syntax::finding_name(text.id)});
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_EQ(outcome.out, syntax::finding_name(text.id) + ": " + std::string(text.cause) +
                               "\n  cure: " + std::string(text.cure) + "\n");
  }
  for (const auto& text : control::kNoticeTexts) {
    const auto outcome = run({"explain", std::string(text.id)});
    EXPECT_EQ(outcome.exit, 0) << text.id;
    EXPECT_TRUE(outcome.out.starts_with(std::string(text.id) + ": " + std::string(text.cause))) << text.id;
  }
  for (const auto& text : model::kDropTexts) {
    const auto outcome = run({"explain", std::string(text.name)});
    EXPECT_EQ(outcome.exit, 0) << text.name;
    EXPECT_TRUE(outcome.out.starts_with(std::string(text.name) + ": " + std::string(text.meaning))) << text.name;
  }
}

TEST(Explain, InAnyCaseAndNothingElse) {
  EXPECT_EQ(run({"explain", "lg-cfg-012"}).exit, 0);
  EXPECT_EQ(run({"explain", "lg-dp-001"}).exit, 0);
  EXPECT_EQ(run({"explain", "lg-ike-032"}).exit, 0);
  const auto unknown = run({"explain", "LG-CFG-999"});
  EXPECT_EQ(unknown.exit, 5);
  EXPECT_EQ(unknown.out, "");
  EXPECT_TRUE(unknown.err.starts_with("levelgate: nothing is called \"LG-CFG-999\"")) << unknown.err;
}

TEST(CommandLineForm, AWrongOneIsExit2) {
  for (const std::vector<std::string>& wrong :
       std::initializer_list<std::vector<std::string>>{{},
                                                       {"chekc"},
                                                       {"check", "--strikt"},
                                                       {"check", "a", "b"},
                                                       {"show"},
                                                       {"show", "everything"},
                                                       {"explain"},
                                                       {"reference"},
                                                       {"reference", "everything"},
                                                       {"-o", "xml", "version"},
                                                       {"replay"}}) {
    const auto outcome = run(wrong);
    EXPECT_EQ(outcome.exit, 2) << (wrong.empty() ? "" : wrong.front());
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(outcome.err.ends_with("Run: levelgate --help\n")) << outcome.err;
  }
}

TEST(CommandLineForm, AVerbThatIsNoneIsNamed) {
  EXPECT_EQ(run({"chekc", "gw.yaml"}).err, "levelgate: there is no verb \"chekc\"\nRun: levelgate --help\n");
  EXPECT_EQ(run({}).err, "levelgate: A subcommand is required\nRun: levelgate --help\n");
}

TEST(CommandLineForm, HelpAndVersion) {
  EXPECT_EQ(run({"--help"}).exit, 0);
  EXPECT_EQ(run({"check", "--help"}).exit, 0);
  const auto version = run({"version"});
  EXPECT_EQ(version.exit, 0);
  EXPECT_TRUE(version.out.starts_with("levelgate "));
  EXPECT_EQ(boost::json::parse(run({"version", "-o", "json"}).out).at("schema"), 1);
}

}  // namespace
}  // namespace levelgate::cli::check_verb_test
