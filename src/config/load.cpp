// SPDX-License-Identifier: Apache-2.0
//
// The steps in their order: text, tree, keys, values, meaning. Each step reports all that it finds.
#include "config/load.h"

#include <levelgate/base/result.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <tuple>

#include "config/draft.h"
#include "syntax/document.h"
#include "syntax/schema.h"

namespace levelgate::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// At most one octet more than a configuration may have: load_text() tells that it is too much.
Result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const auto fault = [] { return failure(Fault::kIo, errno != 0 ? std::strerror(errno) : "it does not open"); };
  if (!file) return fault();
  std::string text(syntax::kMaxFileOctets + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (errno != 0 && file.gcount() == 0)) return fault();
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

// In the order of the file, those of one place in the order of finding; what was told twice is told once.
Findings in_order(Findings findings) {
  std::multimap<std::tuple<int, int, Severity, int>, Finding*> by_place;
  for (Finding& finding : findings) {
    by_place.emplace(std::tuple(finding.mark.line, finding.mark.column, finding.severity, finding.id), &finding);
  }
  Findings sorted;
  for (const auto& [place, finding] : by_place) {
    finding->message = syntax::harmless(finding->message);
    finding->hint = syntax::harmless(finding->hint);
    const bool told = !sorted.empty() && sorted.back().id == finding->id &&
                      sorted.back().mark.line == finding->mark.line &&
                      sorted.back().mark.column == finding->mark.column && sorted.back().message == finding->message;
    if (!told) sorted.push_back(std::move(*finding));
  }
  return sorted;
}

}  // namespace

Loaded load_file(const std::string& path, const Circumstances& circumstances) {
  auto text = read_text(path);
  if (text) return load_text(std::move(*text), path, circumstances);
  Loaded loaded;
  loaded.path = path;
  loaded.findings.push_back({Severity::kError, 7, {}, "cannot read the file: " + text.error().what, ""});
  return loaded;
}

Loaded load_text(std::string text, const std::string& path, const Circumstances& circumstances) {
  Loaded loaded;
  loaded.path = path;
  loaded.source = std::move(text);
  if (loaded.source.starts_with(kByteOrderMark)) loaded.source.erase(0, kByteOrderMark.size());
  const syntax::Document document = syntax::parse_document(loaded.source);
  loaded.findings = document.findings;
  if (document.usable) {
    Complaints complaints;
    Draft draft;
    draft.path = path;
    draft.circumstances = circumstances;
    if (syntax::check_nodes(document.root, complaints) == syntax::Worth::kReading) {
      read_model(document.root, draft, complaints);
      judge_network(draft, complaints);
      judge_tunnels(draft, complaints);
      judge_certificates(draft, complaints);
      judge_ike(document.root, draft, complaints);
    }
    for (Finding& finding : complaints.take()) loaded.findings.push_back(std::move(finding));
    if (loaded.count(Severity::kError) == 0) loaded.config = std::move(draft.config);
  }
  loaded.findings = in_order(std::move(loaded.findings));
  return loaded;
}

}  // namespace levelgate::config
