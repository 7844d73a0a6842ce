// SPDX-License-Identifier: Apache-2.0
//
// YAML text to nodes with places: the only file that knows libfyaml. Bounded in size, depth and number of nodes while
// it reads; aliases, anchors, tags and further documents are refused, since a configuration that needs them cannot be
// read by a person. Values stay text: what a word means is for the schema to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/finding.h"

namespace levelgate::syntax {

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap } kind = Kind::kNull;
  struct Entry;
  std::string text;            // kScalar
  Mark mark;                   // of the scalar, else of the key that leads here
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
  Findings findings;    // all are errors
  bool usable = false;  // root can be looked at further: at most keys were written twice (the first one counts)
};

inline constexpr std::size_t kMaxFileOctets = 4u << 20;
inline constexpr int kMaxDepth = 32;
inline constexpr std::size_t kMaxNodes = 200'000;

[[nodiscard]] Document parse_document(std::string_view text);

}  // namespace levelgate::syntax
