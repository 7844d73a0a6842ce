// SPDX-License-Identifier: Apache-2.0
//
// The steps in their order: text, tree, keys, values, meaning. Each step reports all that it finds.
#include "config/load.h"

#include <fcntl.h>
#include <levelgate/base/result.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>

#include "config/document.h"
#include "config/draft.h"
#include "config/schema.h"

namespace levelgate::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// At most one octet more than a configuration may have: load_text() tells that it is too much.
Result<std::string> read_text(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(Fault::kIo, std::strerror(errno));
  std::string text;
  ssize_t got = 1;
  while (got > 0 && text.size() <= kMaxFileOctets) {
    const std::size_t before = text.size();
    text.resize(before + std::min<std::size_t>(65536, kMaxFileOctets + 1 - before));
    got = ::read(file, text.data() + before, text.size() - before);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  const int fault = errno;
  ::close(file);
  if (got < 0) return failure(Fault::kIo, std::strerror(fault));
  return text;
}

// In the order of the file; what was told twice is told once.
Findings in_order(Findings findings) {
  const auto place = [](const Finding& f) { return std::tuple(f.mark.line, f.mark.column, f.severity, f.id); };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return place(a) < place(b); });
  const auto end = std::unique(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    return place(a) == place(b) && a.message == b.message;
  });
  findings.erase(end, findings.end());
  for (Finding& finding : findings) {
    finding.message = harmless(finding.message);
    finding.hint = harmless(finding.hint);
  }
  return findings;
}

}  // namespace

Loaded load_file(const std::string& path) {
  auto text = read_text(path);
  if (text) return load_text(std::move(*text), path);
  Loaded loaded;
  loaded.path = path;
  loaded.findings.push_back({Severity::kError, 7, {}, "cannot read the file: " + text.error().what, ""});
  return loaded;
}

Loaded load_text(std::string text, const std::string& path) {
  Loaded loaded;
  loaded.path = path;
  loaded.source = std::move(text);
  if (loaded.source.starts_with(kByteOrderMark)) loaded.source.erase(0, kByteOrderMark.size());
  const Document document = parse_document(loaded.source);
  loaded.findings = document.findings;
  if (document.usable) {
    Complaints complaints;
    Draft draft;
    draft.path = path;
    if (check_nodes(document.root, complaints) == Worth::kReading) {
      read_model(document.root, draft, complaints);
      judge_network(draft, complaints);
      judge_tunnels(draft, complaints);
    }
    for (Finding& finding : complaints.take()) loaded.findings.push_back(std::move(finding));
    if (loaded.count(Severity::kError) == 0) loaded.config = std::move(draft.config);
  }
  loaded.findings = in_order(std::move(loaded.findings));
  return loaded;
}

}  // namespace levelgate::config
