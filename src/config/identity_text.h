// SPDX-License-Identifier: Apache-2.0
//
// Identities as operators write them (RFC 7296 §3.5): the kind follows from the form.
#pragma once

#include <levelgate/model/ike_config.h>

#include <optional>
#include <string>
#include <string_view>

namespace levelgate::config {

// "198.51.100.1", "gate.example", "admin@example", "CN=gate, O=example", "keyid:0815". Nothing: none of these forms.
[[nodiscard]] std::optional<model::Identity> parse_identity(std::string_view text);

// As parse_identity() reads it; the subject of our certificate is "subject".
[[nodiscard]] std::string identity_text(const model::Identity& identity);

}  // namespace levelgate::config
