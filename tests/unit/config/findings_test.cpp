// SPDX-License-Identifier: Apache-2.0
//
// Each file below findings/ is a configuration and what `check` says of it, to the letter (interface §4). Together they
// provoke every finding that there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "config/load.h"
#include "syntax/finding_ids.h"
#include "unit/config/pki_folder.h"

namespace levelgate::config::findings_test {
namespace {

constexpr std::string_view kDivider = "=== expected\n";

struct Golden {
  std::string input;
  std::string expected;
};

std::map<std::string, Golden> goldens() {
  std::map<std::string, Golden> all;
  for (const auto& entry : std::filesystem::directory_iterator(LEVELGATE_SOURCE_FOLDER "/tests/unit/config/findings")) {
    const std::string text = tests::whole_file(entry.path().string());
    const std::size_t divider = text.find(kDivider);
    if (divider == std::string::npos) continue;
    all[entry.path().stem().string()] = {text.substr(0, divider), text.substr(divider + kDivider.size())};
  }
  return all;
}

// Paths below the private folder, as if it were the working directory.
std::string without(std::string text, const std::string& folder) {
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    text.erase(at, folder.size());
  }
  return text;
}

// [9347-4.1-a]
TEST(Findings, AreToldToTheLetter) {
  const tests::PkiFolder folder;
  const auto all = goldens();
  EXPECT_GE(all.size(), 95u);
  for (const auto& [name, golden] : all) {
    const Loaded loaded = load_text(golden.input, folder / "gw.yaml", folder.circumstances());
    EXPECT_EQ(without(render(loaded), folder / ""), golden.expected) << name;
    EXPECT_EQ(loaded.config.has_value(), loaded.count(Severity::kError) == 0) << name;
  }
}

TEST(Findings, EveryIdIsProvokedSomewhere) {
  const tests::PkiFolder folder;
  std::set<int> provoked;
  for (const auto& [name, golden] : goldens()) {
    for (const Finding& finding : load_text(golden.input, folder / "gw.yaml", folder.circumstances()).findings)
      provoked.insert(finding.id);
  }
  const std::string credential = "version: 1\ntunnels: { a: { auth: { psk: { credential: x } } } }\n";
  for (const Finding& finding : load_text(credential, "gw.yaml", {}).findings) provoked.insert(finding.id);
  for (const Finding& finding : load_file(folder / "no-such.yaml", {}).findings) provoked.insert(finding.id);
  std::string ports = "version: 1\nports:\n";
  for (int i = 0; i < 65; ++i) ports += "  p" + std::to_string(i) + ": { vdev: net_null" + std::to_string(i) + " }\n";
  for (const Finding& finding : load_text(ports, "gw.yaml", {}).findings) provoked.insert(finding.id);
  std::set<int> known;
  for (const syntax::FindingText& text : syntax::kFindingTexts) known.insert(text.id);
  EXPECT_EQ(provoked, known);
}

TEST(Findings, EveryIdHasATextAndStandsOnce) {
  std::set<int> seen;
  for (const syntax::FindingText& text : syntax::kFindingTexts) {
    EXPECT_TRUE(seen.insert(text.id).second) << text.id;
    EXPECT_FALSE(text.cause.empty()) << text.id;
    EXPECT_FALSE(text.cure.empty()) << text.id;
  }
  EXPECT_EQ(syntax::finding_name(3), "LG-CFG-003");
  EXPECT_EQ(syntax::finding_name(109), "LG-CFG-109");
}

TEST(Findings, StandInTheOrderOfTheFileAndInside) {
  const tests::PkiFolder folder;
  for (const auto& [name, golden] : goldens()) {
    const Loaded loaded = load_text(golden.input, folder / "gw.yaml", folder.circumstances());
    const auto lines = std::count(golden.input.begin(), golden.input.end(), '\n') + 1;
    std::pair<int, int> last{0, 0};
    for (const Finding& finding : loaded.findings) {
      const std::pair<int, int> place{finding.mark.line, finding.mark.column};
      EXPECT_LE(last, place) << name;
      EXPECT_LE(finding.mark.line, lines) << name;
      EXPECT_GE(finding.mark.width, 1) << name;
      last = place;
    }
  }
}

// A crowd of warnings, then one error: it is shown, first.
TEST(Findings, ErrorsAreNotHiddenByACrowd) {
  std::string text = "version: 1\ntunnels:\n";
  for (int i = 0; i < 200; ++i) text += "  t" + std::to_string(i) + ": { qos: {} }\n";
  text += "noed: {}\n";
  const Loaded loaded = load_text(text, "gw.yaml", {});
  const std::string shown = render(loaded);
  EXPECT_EQ(shown.find("warning"), shown.rfind("warning")) << "only the closing line counts them";
  EXPECT_NE(shown.find(" more\n"), std::string::npos);
  const Loaded few = load_text("version: 1\ntunnels:\n  a: { qos: {} }\nnoed: {}\n", "gw.yaml", {});
  EXPECT_LT(render(few).find("LG-CFG-003"), render(few).find("LG-CFG-107"));
}

TEST(Findings, AHintIsToldThoughItsLineIsTooLong) {
  const Loaded loaded =
      load_text("version: 1\nnode: { name: " + std::string(400, 'x') + ", nmae: b }\n", "gw.yaml", {});
  const std::string shown = render(loaded);
  EXPECT_NE(shown.find("gw.yaml:2:417: error"), std::string::npos) << shown;
  EXPECT_NE(shown.find("...\n      | did you mean \"name\"?\n"), std::string::npos) << shown;
}

TEST(Findings, OneLineForALog) {
  const Loaded loaded = load_text("version: 2\n", "gw.yaml", {});
  ASSERT_EQ(loaded.findings.size(), 1u);
  EXPECT_EQ(render_line(loaded, loaded.findings[0]), "gw.yaml:1:10: error[LG-CFG-009]: version 2 is not known");
  const Loaded missing = load_file("/nowhere/gw.yaml", {});
  EXPECT_EQ(render(missing),
            "/nowhere/gw.yaml: error[LG-CFG-007]: cannot read the file: No such file or directory\n1 error\n");
}

}  // namespace
}  // namespace levelgate::config::findings_test
