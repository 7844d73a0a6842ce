// SPDX-License-Identifier: Apache-2.0
//
// libfyaml behind a plain tree.
#include "config/document.h"

#include <libfyaml.h>

#include <cstdlib>
#include <map>

namespace levelgate::config {
namespace {

constexpr std::size_t kMaxOctets = 4u << 20;  // M2 of the threat model: size and depth are bounded
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 200'000;

struct DocumentDeleter {
  void operator()(fy_document* document) const { fy_document_destroy(document); }
};
struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

Mark mark_of(fy_token* token) {
  const fy_mark* const start = token != nullptr ? fy_token_start_mark(token) : nullptr;
  const fy_mark* const end = token != nullptr ? fy_token_end_mark(token) : nullptr;
  if (start == nullptr) return {};
  Mark mark{start->line + 1, start->column + 1, 1};
  if (end != nullptr && end->line == start->line && end->column > start->column)
    mark.width = end->column - start->column;
  return mark;
}

// Copies the tree; stops at the first thing that it refuses.
class Copier {
 public:
  explicit Copier(Findings& findings) : findings_(findings) {}

  bool copy(fy_node* from, const Mark& at, int depth, Node& to) {
    to.mark = at;
    if (from == nullptr) return true;
    if (depth > kMaxDepth) return refuse(at, 6, "nested too deeply (more than 32 levels)");
    if (++nodes_ > kMaxNodes) return refuse(at, 6, "too many nodes (more than 200000)");
    std::size_t tag_octets = 0;
    if (fy_node_is_alias(from)) return refuse(at, 5, "aliases are not supported; write the value out");
    if (fy_node_get_anchor(from) != nullptr) return refuse(at, 5, "anchors are not supported; write the value out");
    if (fy_node_get_tag(from, &tag_octets) != nullptr) return refuse(at, 5, "tags are not supported");
    switch (fy_node_get_type(from)) {
      case FYNT_SCALAR:
        return copy_scalar(from, to);
      case FYNT_SEQUENCE:
        return copy_list(from, depth, to);
      case FYNT_MAPPING:
        return copy_map(from, depth, to);
    }
    return true;
  }

 private:
  bool refuse(const Mark& at, int id, std::string message) {
    findings_.push_back({Severity::kError, id, at, std::move(message), ""});
    return false;
  }

  bool copy_scalar(fy_node* from, Node& to) {
    std::size_t octets = 0;
    const char* const text = fy_node_get_scalar(from, &octets);
    const Mark mark = mark_of(fy_node_get_scalar_token(from));
    if (mark.line != 0) to.mark = mark;
    to.text.assign(text != nullptr ? text : "", octets);
    const fy_node_style style = fy_node_get_style(from);
    const bool quoted = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED;
    const bool null = !quoted && (octets == 0 || to.text == "~" || to.text == "null");
    to.kind = null ? Node::Kind::kNull : Node::Kind::kScalar;
    return true;
  }

  bool copy_list(fy_node* from, int depth, Node& to) {
    to.kind = Node::Kind::kList;
    void* position = nullptr;
    while (fy_node* const item = fy_node_sequence_iterate(from, &position)) {
      to.items.emplace_back();
      if (!copy(item, to.mark, depth + 1, to.items.back())) return false;
      // A list of maps has no mark of its own: the first key inside is what people see.
      Node& copied = to.items.back();
      if (copied.kind == Node::Kind::kMap && !copied.entries.empty()) copied.mark = copied.entries.front().mark;
    }
    return true;
  }

  bool copy_map(fy_node* from, int depth, Node& to) {
    to.kind = Node::Kind::kMap;
    std::map<std::string, Mark> seen;
    void* position = nullptr;
    while (fy_node_pair* const pair = fy_node_mapping_iterate(from, &position)) {
      fy_node* const key = fy_node_pair_key(pair);
      if (key == nullptr || fy_node_get_type(key) != FYNT_SCALAR || fy_node_is_alias(key)) {
        return refuse(to.mark, 2, "a key must be a plain word");
      }
      Node key_node;
      if (!copy(key, to.mark, depth + 1, key_node)) return false;
      const auto [first, fresh] = seen.try_emplace(key_node.text, key_node.mark);
      if (!fresh) {
        return refuse(key_node.mark, 4,
                      "duplicate key \"" + key_node.text + "\"; first at line " + std::to_string(first->second.line));
      }
      to.entries.push_back({key_node.text, key_node.mark, {}});
      if (!copy(fy_node_pair_value(pair), key_node.mark, depth + 1, to.entries.back().value)) return false;
    }
    return true;
  }

  Findings& findings_;
  std::size_t nodes_ = 0;
};

void collect_syntax_errors(fy_diag* diag, Findings& findings) {
  void* position = nullptr;
  while (const fy_diag_error* const error = fy_diag_errors_iterate(diag, &position)) {
    const std::string message = error->msg != nullptr ? error->msg : "syntax error";
    const bool duplicate = message.find("duplicate key") != std::string::npos;
    findings.push_back({Severity::kError, duplicate ? 4 : 1, {error->line, error->column, 1}, message, ""});
    if (findings.size() >= 8) return;
  }
  if (findings.empty()) findings.push_back({Severity::kError, 1, {1, 1, 1}, "not YAML", ""});
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Document parse_document(std::string_view text) {
  Document document;
  if (text.size() > kMaxOctets) {
    document.findings.push_back({Severity::kError, 6, {}, "file is larger than 4 MiB", ""});
    return document;
  }
  fy_diag_cfg diag_cfg;
  fy_diag_cfg_default(&diag_cfg);
  const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_cfg));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg cfg{};
  cfg.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2);
  cfg.diag = diag.get();
  const std::unique_ptr<fy_document, DocumentDeleter> parsed(
      fy_document_build_from_string(&cfg, text.data(), text.size()));
  if (!parsed) {
    collect_syntax_errors(diag.get(), document.findings);
    return document;
  }
  Copier copier(document.findings);
  (void)copier.copy(fy_document_root(parsed.get()), {1, 1, 1}, 0, document.root);
  return document;
}

}  // namespace levelgate::config
