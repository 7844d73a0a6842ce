// SPDX-License-Identifier: Apache-2.0
//
// Collects findings, and remembers which nodes are faulty, so that one mistake is told once: whoever builds on a faulty
// value keeps silent.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "syntax/document.h"
#include "syntax/finding.h"

namespace levelgate::syntax {

class Complaints {
 public:
  void error(int id, const Node& node, std::string message, std::string hint = "") {
    faulty_.insert(&node);
    add(Severity::kError, id, node.mark, std::move(message), std::move(hint));
  }
  // At a place that is no value: a key, a whole map.
  void error(int id, const Mark& mark, std::string message, std::string hint = "") {
    add(Severity::kError, id, mark, std::move(message), std::move(hint));
  }
  void warning(int id, const Mark& mark, std::string message, std::string hint = "") {
    add(Severity::kWarning, id, mark, std::move(message), std::move(hint));
  }
  void note(int id, const Mark& mark, std::string message, std::string hint = "") {
    add(Severity::kNote, id, mark, std::move(message), std::move(hint));
  }

  // A missing node is not faulty.
  [[nodiscard]] bool faulty(const Node* node) const { return node != nullptr && faulty_.contains(node); }
  [[nodiscard]] Findings take() { return std::move(findings_); }

 private:
  void add(Severity severity, int id, const Mark& mark, std::string message, std::string hint) {
    findings_.push_back({severity, id, mark, std::move(message), std::move(hint)});
  }

  Findings findings_;
  std::set<const Node*> faulty_;
};

}  // namespace levelgate::syntax
