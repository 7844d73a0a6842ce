// SPDX-License-Identifier: Apache-2.0
//
// YAML text to nodes with places: the only file that knows libfyaml. Bounded in size and depth; aliases, tags, several
// documents and duplicate keys are refused, since a configuration that needs them cannot be read by a person.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"

namespace levelgate::config {

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap } kind = Kind::kNull;
  struct Entry;
  std::string text;            // kScalar
  Mark mark;                   // of the scalar, or of the key that leads here
  std::vector<Node> items;     // kList
  std::vector<Entry> entries;  // kMap, in the order of the text

  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string key;
  Mark mark;
  Node value;
};

struct Document {
  Node root;
  Findings findings;  // errors: root is not to be used
};

[[nodiscard]] Document parse_document(std::string_view text);

}  // namespace levelgate::config
