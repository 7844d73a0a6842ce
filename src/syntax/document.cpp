// SPDX-License-Identifier: Apache-2.0
//
// libfyaml's events become a plain tree. Events, not its own documents: a document costs hundreds of octets for each
// octet of a hostile text before anybody could count them.
#include "syntax/document.h"

#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>

namespace levelgate::syntax {
namespace {

constexpr std::size_t kMaxFindings = 20;

// What people did when the parser says this.
struct SyntaxHint {
  std::string_view part;  // of the parser's message
  std::string_view hint;
};
constexpr std::array<SyntaxHint, 5> kSyntaxHints{
    {{"multiline plain key", "a colon is missing, or the line below is indented too deeply"},
     {"quoted scalar", "a quote is not closed"},
     {"missing comma", "close the bracket, or put a comma"},
     {"expected node content", "a value is missing, or a bracket is not closed"},
     {"tab character", "indent with spaces"}}};

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

// Null or an event; gives it back to its parser.
class Event {
 public:
  explicit Event(fy_parser* parser) : parser_(parser), event_(fy_parser_parse(parser)) {}
  ~Event() { fy_parser_event_free(parser_, event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] fy_event_type type() const { return event_ != nullptr ? event_->type : FYET_NONE; }
  [[nodiscard]] const fy_event& operator*() const { return *event_; }

 private:
  fy_parser* parser_;
  fy_event* event_;
};

Mark mark_of(fy_token* token) {
  const fy_mark* const start = token != nullptr ? fy_token_start_mark(token) : nullptr;
  const fy_mark* const end = token != nullptr ? fy_token_end_mark(token) : nullptr;
  if (start == nullptr) return {};
  Mark mark{start->line + 1, start->column + 1, 1};
  if (end != nullptr && end->line == start->line) mark.width = std::max(end->column - start->column, 1);
  return mark;
}

// Where a value begins; nowhere for a block map or list, which begins with its first key or item.
Mark mark_of(const Event& event) {
  switch (event.type()) {
    case FYET_ALIAS:
      return mark_of((*event).alias.anchor);
    case FYET_SCALAR:
      return mark_of((*event).scalar.value);
    case FYET_SEQUENCE_START:
      return mark_of((*event).sequence_start.sequence_start);
    case FYET_MAPPING_START:
      return mark_of((*event).mapping_start.mapping_start);
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_START:
    case FYET_DOCUMENT_END:
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
      return {};
  }
  return {};
}

class TreeBuilder {
 public:
  TreeBuilder(fy_parser* parser, Findings& findings) : parser_(parser), findings_(findings) {}

  // False: something was refused, and a finding says so, or the parser itself has stopped.
  bool build(Node& root) {
    int documents = 0;
    for (;;) {
      const Event event(parser_);
      switch (event.type()) {
        case FYET_STREAM_START:
        case FYET_DOCUMENT_END:
          continue;
        case FYET_STREAM_END:
          return true;
        case FYET_DOCUMENT_START:
          if (++documents > 1) {
            const Mark mark = mark_of((*event).document_start.document_start);
            return refuse(mark, 19, "a second document begins here", "one file holds one configuration");
          }
          continue;
        case FYET_NONE:
          return false;
        case FYET_ALIAS:
        case FYET_SCALAR:
        case FYET_SEQUENCE_START:
        case FYET_SEQUENCE_END:
        case FYET_MAPPING_START:
        case FYET_MAPPING_END:
          if (!value(event, {1, 1, 1}, 0, root)) return false;
      }
    }
  }

 private:
  bool refuse(const Mark& mark, int id, std::string message, std::string hint = "") {
    findings_.push_back({Severity::kError, id, mark, std::move(message), std::move(hint)});
    return false;
  }

  bool value(const Event& event, const Mark& at, int depth, Node& to) {
    to.mark = at;
    if (++nodes_ > kMaxNodes) return refuse(at, 6, "too many values (more than 200000)");
    switch (event.type()) {
      case FYET_ALIAS:
        return refuse(mark_of(event), 5, "aliases are not supported", "write the value out");
      case FYET_SCALAR:
        return plain((*event).scalar.anchor, (*event).scalar.tag) && scalar((*event).scalar.value, to);
      case FYET_SEQUENCE_START:
        return plain((*event).sequence_start.anchor, (*event).sequence_start.tag) && list(event, depth, to);
      case FYET_MAPPING_START:
        return plain((*event).mapping_start.anchor, (*event).mapping_start.tag) && map(event, depth, to);
      case FYET_NONE:
      case FYET_STREAM_START:
      case FYET_STREAM_END:
      case FYET_DOCUMENT_START:
      case FYET_DOCUMENT_END:
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        return false;
    }
    return false;
  }

  bool plain(fy_token* anchor, fy_token* tag) {
    if (anchor != nullptr) return refuse(mark_of(anchor), 5, "anchors are not supported", "write the value out");
    if (tag != nullptr) return refuse(mark_of(tag), 5, "tags are not supported", "the schema knows the types");
    return true;
  }

  bool scalar(fy_token* token, Node& to) {
    std::size_t octets = 0;
    const char* const text = token != nullptr ? fy_token_get_text(token, &octets) : nullptr;
    if (text != nullptr) to.text.assign(text, octets);
    const bool control = std::any_of(to.text.begin(), to.text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    });
    if (control) return refuse(mark_of(token), 1, "control character in a value");
    const bool quoted = token != nullptr && fy_token_scalar_style(token) != FYSS_PLAIN;
    const bool null = !quoted && (to.text.empty() || to.text == "~" || to.text == "null");
    to.kind = null ? Node::Kind::kNull : Node::Kind::kScalar;
    const Mark mark = mark_of(token);
    if (mark.line != 0 && !to.text.empty()) to.mark = mark;
    return true;
  }

  bool too_deep(const Mark& mark, int depth) {
    return depth >= kMaxDepth && !refuse(mark, 6, "nested too deeply (more than 32 levels)");
  }

  bool list(const Event& start, int depth, Node& to) {
    to.kind = Node::Kind::kList;
    const Mark own = mark_of(start);
    if (to.mark.line == 0) to.mark = own;
    if (too_deep(to.mark, depth)) return false;
    for (;;) {
      const Event event(parser_);
      if (event.type() == FYET_SEQUENCE_END) return true;
      if (event.type() == FYET_NONE) return false;
      to.items.emplace_back();
      Node& item = to.items.back();
      const Mark place = mark_of(event);
      if (!value(event, place.line != 0 ? place : to.mark, depth + 1, item)) return false;
      // An item has no key: a map is shown by its first one.
      if (item.kind == Node::Kind::kMap && !item.entries.empty()) item.mark = item.entries.front().mark;
    }
  }

  bool map(const Event& start, int depth, Node& to) {
    to.kind = Node::Kind::kMap;
    const Mark own = mark_of(start);
    if (to.mark.line == 0) to.mark = own;
    if (too_deep(to.mark, depth)) return false;
    std::map<std::string, Mark, std::less<>> seen;
    for (;;) {
      Node key;
      {
        const Event event(parser_);
        if (event.type() == FYET_MAPPING_END) return true;
        if (event.type() == FYET_NONE) return false;
        if (event.type() != FYET_SCALAR && event.type() != FYET_ALIAS) {
          const Mark place = mark_of(event);
          return refuse(place.line != 0 ? place : to.mark, 2, "a key must be a single word");
        }
        if (!value(event, to.mark, depth, key)) return false;
      }
      const auto [first, fresh] = seen.try_emplace(key.text, key.mark);
      const Event event(parser_);
      if (event.type() == FYET_NONE) return false;
      Node child;
      if (!value(event, key.mark, depth + 1, child)) return false;
      if (fresh) {
        to.entries.push_back({key.text, key.mark, std::move(child)});
      } else if (findings_.size() < kMaxFindings) {
        (void)refuse(key.mark, 4, "key \"" + key.text + "\" stands here for the second time",
                     "first at " + std::to_string(first->second.line) + ":" + std::to_string(first->second.column));
      }
    }
  }

  fy_parser* parser_;
  Findings& findings_;
  std::size_t nodes_ = 0;
};

// The parser places what is missing at the end behind the last line; people look for it at the end of what is there.
Mark inside(const fy_diag_error& error, std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  const int last = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  if (error.line <= last) return {std::max(error.line, 1), std::max(error.column, 1), 1};
  const std::string_view line = text.substr(text.rfind('\n') + 1);
  const auto columns =
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return {last, static_cast<int>(columns) + 1, 1};
}

std::string hint_for(const std::string& message) {
  for (const SyntaxHint& known : kSyntaxHints) {
    if (message.find(known.part) != std::string::npos) return std::string(known.hint);
  }
  return "";
}

void collect_syntax_errors(fy_diag* diag, std::string_view text, Findings& findings) {
  void* position = nullptr;
  while (const fy_diag_error* const error = fy_diag_errors_iterate(diag, &position)) {
    const std::string message = error->msg != nullptr ? error->msg : "syntax error";
    const bool depth = message.find("depth") != std::string::npos;
    findings.push_back({Severity::kError, depth ? 6 : 1, inside(*error, text), message, hint_for(message)});
    if (findings.size() >= kMaxFindings) return;
  }
  if (findings.empty()) findings.push_back({Severity::kError, 1, {1, 1, 1}, "not YAML", ""});
}

// Octets of the well-formed UTF-8 code point at the front (RFC 3629 §4); 0: there is none.
std::size_t code_point_octets(std::string_view rest) {
  const auto at = [&](std::size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    const bool overlong = first == 0xe0 && at(1) < 0xa0;
    const bool surrogate = first == 0xed && at(1) >= 0xa0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first < 0xf5) {
    const bool outside = (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) >= 0x90);
    return tail(1) && tail(2) && tail(3) && !outside ? 4 : 0;
  }
  return 0;
}

// The parser lets some of them pass.
bool has_bad_octets(std::string_view text, Findings& findings) {
  Mark mark{1, 1, 1};
  for (std::size_t at = 0; at < text.size(); ++mark.column) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t octets = code_point_octets(text.substr(at));
    const bool lone_return = c == '\r' && !text.substr(at).starts_with("\r\n");  // no line ends so any more
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f || lone_return;
    if (octets == 0 || control) {
      findings.push_back({Severity::kError, 1, mark, control ? "control character" : "not UTF-8", ""});
      return true;
    }
    at += octets;
    if (c != '\n') continue;
    ++mark.line;
    mark.column = 0;
  }
  return false;
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
  if (text.size() > kMaxFileOctets) {
    document.findings.push_back({Severity::kError, 6, {}, "the file is larger than 4 MiB", ""});
    return document;
  }
  if (has_bad_octets(text, document.findings)) return document;
  fy_diag_cfg diag_cfg;
  fy_diag_cfg_default(&diag_cfg);
  const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_cfg));
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg cfg{};
  cfg.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2);
  cfg.diag = diag.get();
  const std::unique_ptr<fy_parser, ParserDeleter> parser(fy_parser_create(&cfg));
  if (!parser || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
    document.findings.push_back({Severity::kError, 1, {1, 1, 1}, "the YAML parser could not start", ""});
    return document;
  }
  const bool whole = TreeBuilder(parser.get(), document.findings).build(document.root);
  const bool refused = std::any_of(document.findings.begin(), document.findings.end(),
                                   [](const Finding& finding) { return finding.id != 4; });
  if (!whole && !refused) collect_syntax_errors(diag.get(), text, document.findings);
  document.usable = whole;
  return document;
}

}  // namespace levelgate::syntax
