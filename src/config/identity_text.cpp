// SPDX-License-Identifier: Apache-2.0
//
// Forms are tried from the one that nothing else can be to the one that is left.
#include "config/identity_text.h"

#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <vector>

namespace levelgate::config {
namespace {

constexpr std::string_view kKeyIdPrefix = "keyid:";
constexpr std::string_view kSubject = "subject";

bool in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool host_name(std::string_view text) {
  const bool dots = text.find("..") != std::string_view::npos || text.starts_with('.') || text.ends_with('.');
  return !text.empty() && !dots && std::ranges::all_of(text, in_host);
}

bool mailbox(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  return at != std::string_view::npos && at != 0 && plain && host_name(text.substr(at + 1));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "CN=gate,O = example" as "CN=gate, O=example"; a comma behind a backslash belongs to a value.
std::optional<std::string> distinguished_name(std::string_view text) {
  std::string name;
  while (true) {
    std::size_t comma = text.find(',');
    while (comma != std::string_view::npos && comma != 0 && text[comma - 1] == '\\') comma = text.find(',', comma + 1);
    const std::string_view part = text.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view type = trimmed(part.substr(0, equals));
    const std::string_view value = trimmed(part.substr(equals + 1));
    if (type.empty() || value.empty()) return std::nullopt;
    name.append(name.empty() ? "" : ", ").append(type).append("=").append(value);
    if (comma == std::string_view::npos) return name;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<model::Identity> parse_identity(std::string_view text) {
  using enum model::IdentityKind;
  if (text.starts_with(kKeyIdPrefix)) {
    text.remove_prefix(kKeyIdPrefix.size());
    return text.empty() ? std::nullopt : std::optional(model::Identity{kKeyId, std::string(text)});
  }
  if (const auto address = IpAddress::parse(text)) return model::Identity{kAddress, address->text()};
  if (text.find('=') != std::string_view::npos) {
    auto name = distinguished_name(text);
    if (!name) return std::nullopt;
    return model::Identity{kDistinguishedName, std::move(*name)};
  }
  if (mailbox(text)) return model::Identity{kEmail, std::string(text)};
  const bool dotted = text.find('.') != std::string_view::npos;
  const bool number = text.find_first_not_of("0123456789.") == std::string_view::npos;  // a mistyped address
  if (dotted && !number && host_name(text)) return model::Identity{kFqdn, std::string(text)};
  return std::nullopt;
}

std::string identity_text(const model::Identity& identity) {
  switch (identity.kind) {
    case model::IdentityKind::kKeyId:
      return std::string(kKeyIdPrefix) + identity.text;
    case model::IdentityKind::kDistinguishedName:
      return identity.text.empty() ? std::string(kSubject) : identity.text;
    case model::IdentityKind::kAddress:
    case model::IdentityKind::kFqdn:
    case model::IdentityKind::kEmail:
      return identity.text;
  }
  return identity.text;
}

}  // namespace levelgate::config
