// SPDX-License-Identifier: Apache-2.0
//
// Text to model::Config: syntax, keys, values, and then meaning: references, sizes, keys of SAs. All faults at once,
// each with its place. Reads the file, and the files of keys and certificates that it names, nothing else.
#pragma once

#include <levelgate/model/config.h>

#include <optional>
#include <string>
#include <string_view>

#include "config/circumstances.h"
#include "syntax/finding.h"

namespace levelgate::config {

using syntax::Finding;
using syntax::Findings;
using syntax::Severity;

struct Loaded {
  std::optional<model::Config> config;  // empty when there is an error
  Findings findings;                    // in the order of the file
  std::string path;                     // for messages
  std::string source;                   // the text, for carets

  [[nodiscard]] std::size_t count(Severity severity) const;
};

[[nodiscard]] Loaded load_file(const std::string& path, const Circumstances& circumstances);
// `path` is for messages, and what relative key files are relative to.
[[nodiscard]] Loaded load_text(std::string text, const std::string& path, const Circumstances& circumstances);

// As interface §4 shows it: errors, then warnings, each in the order of the file, notes where there is no error, and
// the closing line with their number; empty when there is none.
[[nodiscard]] std::string render(const Loaded& loaded);
// One finding on one line, for a log.
[[nodiscard]] std::string render_line(const Loaded& loaded, const Finding& finding);

}  // namespace levelgate::config
