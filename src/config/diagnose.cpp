// SPDX-License-Identifier: Apache-2.0
//
// Findings as people read them: place, id, source line, caret, hint.
#include <algorithm>

#include "config/finding_ids.h"
#include "config/load.h"

namespace levelgate::config {
namespace {

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
  return text.substr(0, 200);
}

std::string plural(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::string render_one(const Loaded& loaded, const Finding& finding) {
  std::string text = render_line(loaded, finding) + "\n";
  if (finding.mark.line == 0) {
    if (!finding.hint.empty()) text += "     " + finding.hint + "\n";
    return text;
  }
  std::string number = std::to_string(finding.mark.line);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
  std::string shown(source_line(loaded.source, finding.mark.line));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  text += number + " | " + shown + "\n";
  const std::size_t before = static_cast<std::size_t>(std::max(finding.mark.column, 1) - 1);
  if (before <= shown.size()) {
    const std::size_t room = std::max<std::size_t>(shown.size() - before, 1);
    text += std::string(number.size(), ' ') + " | " + std::string(before, ' ');
    text += std::string(std::min(static_cast<std::size_t>(std::max(finding.mark.width, 1)), room), '^');
    text += (finding.hint.empty() ? "" : " " + finding.hint) + "\n";
  }
  return text;
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
  return place + ": " + std::string(severity_word(finding.severity)) + "[" + finding_name(finding.id) +
         "]: " + finding.message;
}

std::string render(const Loaded& loaded) {
  std::string text;
  for (const Finding& finding : loaded.findings) text += render_one(loaded, finding);
  const std::size_t errors = loaded.count(Severity::kError);
  const std::size_t warnings = loaded.count(Severity::kWarning);
  if (errors + warnings == 0) return text;
  std::string closing;
  if (errors != 0) closing = plural(errors, "error");
  if (warnings != 0) closing += (closing.empty() ? "" : ", ") + plural(warnings, "warning");
  return text + closing + "\n";
}

}  // namespace levelgate::config
