// SPDX-License-Identifier: Apache-2.0
//
// The configuration keys as Markdown, for docs/operations.md. Nothing is said here that the table of keys does not say.
#include "cli/reference.h"
#include "syntax/schema.h"

namespace levelgate::cli {
namespace {

using syntax::Availability;
using syntax::key_spec;
using syntax::key_specs;
using syntax::KeySpec;
using syntax::KeyType;
using syntax::words_of;

std::string form_text(const KeySpec& spec) {
  std::string words;
  for (const std::string_view word : words_of(spec.words))
    words += (words.empty() ? "" : ", ") + ("`" + std::string(word) + "`");
  std::string form;
  switch (spec.type) {
    case KeyType::kText:
      form = "text";
      break;
    case KeyType::kTexts:
      form = "text, or a list";
      break;
    case KeyType::kBoolean:
      form = "`true`, `false`";
      break;
    case KeyType::kInteger:
      form = "number";
      break;
    case KeyType::kRate:
      form = "rate, as `20 Mbit/s`";
      break;
    case KeyType::kDuration:
      form = "time, as `20ms`";
      break;
    case KeyType::kOctets:
      form = "size, as `1400B`";
      break;
    case KeyType::kShare:
      form = "share, as `5%`";
      break;
    case KeyType::kAddress:
      form = "address";
      break;
    case KeyType::kAddresses:
      form = "address, or a list";
      break;
    case KeyType::kAddressOrMap:
      form = "address, or a map";
      break;
    case KeyType::kNetwork:
      form = "network";
      break;
    case KeyType::kNetworks:
      form = "network, or a list";
      break;
    case KeyType::kInterfaceAddresses:
      form = "address with prefix length, or a list";
      break;
    case KeyType::kMac:
      form = "MAC address";
      break;
    case KeyType::kCores:
      form = "list of cores";
      break;
    case KeyType::kChoice:
      return words;
    case KeyType::kMap:
    case KeyType::kNamedMap:
    case KeyType::kList:
    case KeyType::kAnything:
      break;
  }
  return words.empty() ? form : form + ", or " + words;
}

std::string range_text(const KeySpec& spec) {
  if (spec.most == 0) return "";
  return " (" + syntax::amount_text(spec.least, spec.type) + " to " + syntax::amount_text(spec.most, spec.type) + ")";
}

// tunnels.*.tfs.rate is shown as tunnels.NAME.tfs.rate, routes.[].to as routes[].to.
std::string shown_path(std::string_view path) {
  std::string text(path);
  if (const std::size_t star = text.find('*'); star != std::string::npos) text.replace(star, 1, "NAME");
  if (const std::size_t item = text.find(".[]"); item != std::string::npos) text.erase(item, 1);
  return text;
}

bool container(const KeySpec& spec) {
  return spec.type == KeyType::kMap || spec.type == KeyType::kNamedMap || spec.type == KeyType::kList;
}

std::string key_row(const KeySpec& spec) {
  const std::string fallback = spec.fallback.empty() ? "" : std::string(spec.fallback);
  return "| `" + shown_path(spec.path) + "` | " + form_text(spec) + range_text(spec) + " | " + fallback + " | " +
         std::string(spec.cost) + " | " + std::string(spec.meaning) + " |\n";
}

std::string section(std::string_view top) {
  const KeySpec& head = *key_spec(top);
  std::string text = "\n### " + std::string(top) + "\n\n" + std::string(head.meaning) + "\n";
  std::string rows;
  for (const KeySpec& spec : key_specs()) {
    const bool below = spec.path == top || (spec.path.starts_with(top) && spec.path[top.size()] == '.');
    if (!below || container(spec) || spec.availability != Availability::kNow) continue;
    rows += key_row(spec);
  }
  if (rows.empty()) return "";
  return text + "\n| Key | Value | Default | A change costs | Meaning |\n|---|---|---|---|---|\n" + rows;
}

}  // namespace

std::string keys_reference() {
  std::string text;
  for (const std::string_view top : syntax::keys_below("")) text += section(top);
  return text.substr(1);
}

std::string later_keys_reference() {
  std::string text;
  for (const KeySpec& spec : key_specs()) {
    for (const std::string_view word : words_of(spec.later)) {
      text += "* `" + shown_path(spec.path) + ": " + std::string(word) + "`\n";
    }
    if (spec.availability == Availability::kNow) continue;
    text += "* `" + shown_path(spec.path) + "`: " + std::string(spec.meaning) +
            (spec.availability == Availability::kIgnored ? " (ignored)" : "") + "\n";
  }
  return text;
}

}  // namespace levelgate::cli
