// SPDX-License-Identifier: Apache-2.0
// links: syntax config
//
// Any octets as a configuration: loading answers with a model or with an error, never both, and every finding points
// into the text, so that its caret can be drawn. No key file is reached: relative ones and credentials are below a
// folder that is none.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/load.h"
#include "syntax/finding_ids.h"

namespace {

using levelgate::config::Loaded;
using levelgate::syntax::Finding;
using levelgate::syntax::kFindingTexts;
using levelgate::syntax::Severity;

void demand(bool holds) {
  if (!holds) std::abort();
}

bool known(int id) {
  return std::any_of(kFindingTexts.begin(), kFindingTexts.end(), [&](const auto& text) { return text.id == id; });
}

void check_finding(const Finding& finding, std::ptrdiff_t lines, std::size_t octets) {
  demand(known(finding.id) && !finding.message.empty());
  demand(finding.mark.line >= 0 && finding.mark.line <= lines);
  demand(finding.mark.line == 0 || (finding.mark.column >= 1 && finding.mark.width >= 1));
  demand(static_cast<std::size_t>(finding.mark.column) <= octets + 1);
  for (const std::string& shown : {finding.message, finding.hint}) {
    demand(shown.size() <= 310 &&
           std::none_of(shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string text(octets, octets + size);
  const Loaded loaded =
      levelgate::config::load_text(text, "/dev/null/gw.yaml", {.now_seconds = 0, .credentials = "/dev/null"});
  demand(loaded.config.has_value() == (loaded.count(Severity::kError) == 0));
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const Finding& finding : loaded.findings) check_finding(finding, lines, size);
  const std::string shown = levelgate::config::render(loaded);
  demand(shown.empty() == loaded.findings.empty());
  demand(shown.size() <= 200'000);
  return 0;
}
