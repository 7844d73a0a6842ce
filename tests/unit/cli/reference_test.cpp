// SPDX-License-Identifier: Apache-2.0
//
// The handbook says what the program's tables say: each part is complete, and docs/operations.md holds it as it is
// printed. A reader of the page can trust every row.
#include "cli/reference.h"

#include <levelgate/model/stats.h>

#include <set>

#include "cli/counter_texts.h"
#include "syntax/schema.h"
#include "unit/cli/command_run.h"

namespace levelgate::cli::reference_test {
namespace {

TEST(Reference, EveryCounterHasAMeaningInItsPlace) {
  std::vector<std::pair<std::string_view, std::string_view>> counted;
  model::TunnelStats stats;
  model::for_each_counter(
      stats, [&](std::string_view group, std::string_view name, std::uint64_t) { counted.emplace_back(group, name); });
  ASSERT_EQ(counted.size(), kCounterTexts.size());
  for (std::size_t i = 0; i < counted.size(); ++i) {
    EXPECT_EQ(kCounterTexts[i].group, counted[i].first) << i;
    EXPECT_EQ(kCounterTexts[i].name, counted[i].second) << i;
    EXPECT_TRUE(kCounterTexts[i].meaning.ends_with('.')) << kCounterTexts[i].name;
  }
}

TEST(Reference, EveryKeyOfThisVersionHasARow) {
  const std::string page = keys_reference();
  for (const char* const row :
       {"| `tunnels.NAME.tfs.packet-size` | size, as `1400B`, or `path-mtu` (128B to 9600B) | 1400B | live |",
        "| `routes[].to` | network |", "| `dataplane.memory` | size, as `1400B`, or `none` (64MiB to 1048576MiB) |",
        "| `management.log.level` | `debug`, `info`, `warn`, `error` | info | live |"}) {
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
  std::size_t rows = 0;
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) ++rows;
  std::size_t keys = 0;
  for (const syntax::KeySpec& spec : syntax::key_specs()) {
    const bool leaf = spec.type != syntax::KeyType::kMap && spec.type != syntax::KeyType::kNamedMap &&
                      spec.type != syntax::KeyType::kList;
    if (leaf && spec.availability == syntax::Availability::kNow) ++keys;
  }
  EXPECT_EQ(rows, keys);
}

// No cell breaks its table.
TEST(Reference, EveryRowHasTheColumnsOfItsHead) {
  for (const ReferencePart& part : reference_parts()) {
    if (part.name == "schema") continue;
    std::istringstream lines(part.text());
    std::ptrdiff_t columns = 0;
    for (std::string line; std::getline(lines, line);) {
      const bool row = line.starts_with('|');
      const auto bars = std::count(line.begin(), line.end(), '|');
      if (row && columns != 0) {
        EXPECT_EQ(bars, columns) << line;
      }
      columns = row ? bars : 0;
    }
  }
}

TEST(Reference, IsPrintedPartByPart) {
  for (const ReferencePart& part : reference_parts()) {
    const auto outcome = tests::run({"reference", std::string(part.name)});
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_EQ(outcome.out, part.text());
  }
}

TEST(Reference, TheHandbookHoldsEachPartAsItIsPrinted) {
  const std::string page = tests::whole_file(LEVELGATE_SOURCE_FOLDER "/docs/operations.md");
  for (const ReferencePart& part : reference_parts()) {
    if (part.name == "schema") continue;  // a file of its own, held up to date by the tests of the room config
    const std::string begin = "<!-- begin: levelgate reference " + std::string(part.name) + " -->\n";
    const std::size_t from = page.find(begin);
    ASSERT_NE(from, std::string::npos) << part.name;
    const std::size_t start = from + begin.size();
    const std::size_t end = page.find("<!-- end -->", start);
    ASSERT_NE(end, std::string::npos) << part.name;
    EXPECT_EQ(page.substr(start, end - start), part.text()) << part.name << ": run scripts/update_reference.py";
  }
}

}  // namespace
}  // namespace levelgate::cli::reference_test
