// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a configuration, where, and how to mend it. Ids are stable; ids.h has a text for each.
#pragma once

#include <string>
#include <vector>

namespace levelgate::config {

// One-based; a finding without a place has line 0.
struct Mark {
  int line = 0;
  int column = 0;
  int width = 1;  // characters to underline
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

}  // namespace levelgate::config
