// SPDX-License-Identifier: Apache-2.0
//
// The table of keys: complete, in order, and the same thing in three places: the check, the JSON Schema, the file that
// is installed for editors.
#include "syntax/schema.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <set>

#include "config/load.h"
#include "unit/config/pki_folder.h"
#include "unit/syntax/schema_judge.h"

namespace levelgate::syntax::schema_test {
namespace {

TEST(Schema, EveryKeyIsDescribed) {
  const std::set<std::string_view> costs{"live", "rekey", "tunnel restart", "daemon restart"};
  std::set<std::string_view> paths;
  for (const KeySpec& spec : key_specs()) {
    EXPECT_TRUE(paths.insert(spec.path).second) << spec.path << " stands twice";
    EXPECT_TRUE(spec.meaning.ends_with('.')) << spec.path;
    EXPECT_EQ(spec.meaning.find_first_of("|\n"), std::string_view::npos) << spec.path << ": no cell of a table";
    EXPECT_TRUE(costs.contains(spec.cost)) << spec.path;
    EXPECT_EQ(spec.type == KeyType::kAnything, spec.availability != Availability::kNow) << spec.path;
    if (spec.type == KeyType::kChoice) {
      EXPECT_FALSE(spec.words.empty()) << spec.path;
    }
    if (spec.most != 0) {
      EXPECT_LT(spec.least, spec.most) << spec.path;
    }
  }
}

TEST(Schema, EveryKeyHangsBelowAMap) {
  for (const KeySpec& spec : key_specs()) {
    const std::size_t dot = spec.path.rfind('.');
    if (dot == std::string_view::npos) continue;
    const KeySpec* const above = key_spec(spec.path.substr(0, dot));
    ASSERT_NE(above, nullptr) << spec.path;
    const bool map = above->type == KeyType::kMap || above->type == KeyType::kAddressOrMap;
    const std::string_view last = spec.path.substr(dot + 1);
    EXPECT_EQ(above->type == KeyType::kNamedMap, last == "*") << spec.path;
    EXPECT_EQ(above->type == KeyType::kList, last == "[]") << spec.path;
    EXPECT_EQ(map, last != "*" && last != "[]") << spec.path;
  }
}

TEST(Schema, DefaultsAreWordsOrValuesOfTheirKey) {
  for (const KeySpec& spec : key_specs()) {
    if (spec.type != KeyType::kChoice || spec.fallback.empty()) continue;
    const auto words = words_of(spec.words);
    EXPECT_NE(std::find(words.begin(), words.end(), spec.fallback), words.end()) << spec.path;
  }
}

TEST(Schema, LooksUpPathsAndWords) {
  EXPECT_EQ(key_spec("tunnels.*.tfs.rate")->type, KeyType::kRate);
  EXPECT_EQ(key_spec("tunnels.berlin.tfs.rate"), nullptr);
  EXPECT_EQ(key_spec(""), nullptr);
  EXPECT_EQ(words_of("a|b|c"), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(words_of("").empty());
  const auto api = keys_below("management.api");
  EXPECT_EQ(api, (std::vector<std::string_view>{"socket", "group"}));
  EXPECT_EQ(keys_below("").front(), "version");
  EXPECT_TRUE(keys_below("tunnels").empty()) << "a name of the operator's choice is no key";
}

TEST(Schema, AmountsInTheUnitThatFits) {
  EXPECT_EQ(amount_text(64 << 20, KeyType::kOctets), "64MiB");
  EXPECT_EQ(amount_text(9600, KeyType::kOctets), "9600B");
  EXPECT_EQ(amount_text(10'000'000'000, KeyType::kDuration), "10s");
  EXPECT_EQ(amount_text(20'000'000, KeyType::kDuration), "20ms");
  EXPECT_EQ(amount_text(10'000, KeyType::kDuration), "10us");
  EXPECT_EQ(amount_text(20'000'000, KeyType::kRate), "20 Mbit/s");
  EXPECT_EQ(amount_text(64, KeyType::kInteger), "64");
}

boost::json::value schema() {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(json_schema(), error);
  EXPECT_FALSE(error) << error.message();
  return value;
}

TEST(JsonSchema, EveryKeyIsInItWithItsMeaning) {
  const std::string text = json_schema();
  EXPECT_EQ(schema().at("$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
  for (const KeySpec& spec : key_specs()) {
    EXPECT_NE(text.find("\"" + std::string(spec.meaning)), std::string::npos) << spec.path;
  }
}

// What the check takes, the schema takes; what the check refuses by the table alone, the schema refuses.
TEST(JsonSchema, JudgesAsTheCheckDoes) {
  const auto root = schema();
  const tests::PkiFolder folder;
  const std::set<int> of_the_table{2, 3, 10, 11, 12, 15};
  const std::set<std::string> beyond_a_schema{"002-empty-list", "012-bounds"};  // it would read worse for it
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LEVELGATE_SOURCE_FOLDER "/tests/unit/config/findings")) {
    const std::string text = tests::whole_file(entry.path().string());
    const std::string input = text.substr(0, text.find("=== expected\n"));
    const Document document = parse_document(input);
    if (!document.usable || !document.findings.empty()) continue;
    const config::Loaded loaded = config::load_text(input, folder / "gw.yaml", folder.circumstances());
    const bool by_table = std::any_of(loaded.findings.begin(), loaded.findings.end(),
                                      [&](const Finding& finding) { return of_the_table.contains(finding.id); });
    const bool accepted = tests::SchemaJudge().accepts(root, tests::typed(document.root));
    if (loaded.config) {
      EXPECT_TRUE(accepted) << entry.path();
      ++taken;
    } else if (by_table && !beyond_a_schema.contains(entry.path().stem().string())) {
      EXPECT_FALSE(accepted) << entry.path();
      ++refused;
    }
  }
  EXPECT_GE(taken, 6u);
  EXPECT_GE(refused, 9u);
}

TEST(JsonSchema, AcceptsTheExampleAndAnEmptySection) {
  const auto root = schema();
  const std::string example = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/config/levelgate.yaml.example");
  ASSERT_FALSE(example.empty());
  EXPECT_TRUE(tests::SchemaJudge().accepts(root, tests::typed(parse_document(example).root)));
  const auto empty = parse_document("version: 1\ntunnels:\nroutes:\nnode:\n");
  EXPECT_TRUE(tests::SchemaJudge().accepts(root, tests::typed(empty.root)));
  EXPECT_FALSE(tests::SchemaJudge().accepts(root, tests::typed(parse_document("node: {}\n").root))) << "no version";
}

TEST(JsonSchema, TheInstalledFileIsUpToDate) {
  EXPECT_EQ(tests::whole_file(LEVELGATE_SOURCE_FOLDER "/config/levelgate.schema.json"), json_schema())
      << "run scripts/update_reference.py";
}

}  // namespace
}  // namespace levelgate::syntax::schema_test
