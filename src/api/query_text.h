// SPDX-License-Identifier: Apache-2.0
//
// The query of a request target: KEY=VALUE pairs, values percent-encoded (RFC 3986 §2.1), so that a name may hold
// anything. What is not well encoded is taken as it stands.
#pragma once

#include <string>
#include <string_view>

namespace levelgate::api {

[[nodiscard]] std::string percent_encoded(std::string_view text);
// The first value of that key, or empty.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view key);

}  // namespace levelgate::api
