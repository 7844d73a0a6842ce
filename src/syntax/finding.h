// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a configuration, where, and how to mend it. Ids are stable; finding_ids.h has a text for each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace levelgate::syntax {

// One-based, in code points; a finding without a place has line 0.
struct Mark {
  int line = 0;
  int column = 0;
  int width = 1;  // code points to underline
};

enum class Severity { kError, kWarning, kNote };

struct Finding {
  Severity severity = Severity::kError;
  int id = 0;  // LG-CFG-nnn
  Mark mark;
  std::string message;
  std::string hint;  // behind the carets; may be empty
};

using Findings = std::vector<Finding>;

// Text that may stand in a terminal and in a log: no control characters, nothing that could be a key (32 or more
// hexadecimal digits in a row become stars), bounded length. Keeps the number of code points up to the bound.
[[nodiscard]] std::string harmless(std::string_view text);
// The same for a line of the file: what stands behind the name of a secret becomes stars as well.
[[nodiscard]] std::string harmless_source(std::string_view line);

}  // namespace levelgate::syntax
