// SPDX-License-Identifier: Apache-2.0
//
// Findings as people read them: place, id, source line, caret, hint.
#include <algorithm>

#include "config/load.h"
#include "syntax/finding_ids.h"

namespace levelgate::config {
namespace {

constexpr std::string_view kGutter = "     ";  // for line numbers
constexpr std::size_t kMostShown = 100;        // findings; beyond that nobody reads on

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

std::string_view source_line(std::string_view source, int line) {
  for (int i = 1; i < line; ++i) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  std::string_view text = source.substr(0, source.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

std::string plural(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string render_one(const Loaded& loaded, const Finding& finding) {
  std::string text = render_line(loaded, finding) + "\n";
  if (finding.mark.line == 0)
    return finding.hint.empty() ? text : text + std::string(kGutter) + "   " + finding.hint + "\n";
  std::string number = std::to_string(finding.mark.line);
  number.insert(0, number.size() < kGutter.size() ? kGutter.size() - number.size() : 0, ' ');
  const std::string shown = syntax::harmless_source(source_line(loaded.source, finding.mark.line));
  text += number + " | " + shown + "\n";
  const std::size_t columns = code_points(shown);
  const std::size_t before = static_cast<std::size_t>(std::max(finding.mark.column, 1) - 1);
  const std::string margin(number.size(), ' ');
  if (before > columns) {  // behind what is shown of a very long line
    return finding.hint.empty() ? text : text + margin + " | " + finding.hint + "\n";
  }
  const std::size_t room = std::max<std::size_t>(columns - before, 1);
  const std::size_t width = std::min(static_cast<std::size_t>(std::max(finding.mark.width, 1)), room);
  text += margin + " | " + std::string(before, ' ') + std::string(width, '^');
  return text + (finding.hint.empty() ? "" : " ") + finding.hint + "\n";
}

// Errors first, so that a crowd of warnings hides none. Notes say what a right file does: a wrong one has none.
std::vector<const Finding*> by_weight(const Loaded& loaded) {
  std::vector<const Finding*> list;
  for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kNote}) {
    if (severity == Severity::kNote && loaded.count(Severity::kError) != 0) break;
    for (const Finding& finding : loaded.findings) {
      if (finding.severity == severity) list.push_back(&finding);
    }
  }
  return list;
}

}  // namespace

std::size_t Loaded::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.severity == severity; }));
}

std::string render_line(const Loaded& loaded, const Finding& finding) {
  std::string place = loaded.path;
  if (finding.mark.line != 0) {
    place += ":" + std::to_string(finding.mark.line) + ":" + std::to_string(finding.mark.column);
  }
  return place + ": " + std::string(severity_word(finding.severity)) + "[" + syntax::finding_name(finding.id) +
         "]: " + finding.message;
}

std::string render(const Loaded& loaded) {
  std::string text;
  const auto findings = by_weight(loaded);
  const std::size_t shown = std::min(findings.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) text += render_one(loaded, *findings[i]);
  if (shown < findings.size()) text += "... and " + std::to_string(findings.size() - shown) + " more\n";
  const std::size_t errors = loaded.count(Severity::kError);
  const std::size_t warnings = loaded.count(Severity::kWarning);
  if (errors + warnings == 0) return text;
  std::string closing;
  if (errors != 0) closing = plural(errors, "error");
  if (warnings != 0) closing += (closing.empty() ? "" : ", ") + plural(warnings, "warning");
  return text + closing + "\n";
}

}  // namespace levelgate::config
