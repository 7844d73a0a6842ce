// SPDX-License-Identifier: Apache-2.0
//
// The tables of the program as Markdown, one text for each part of docs/operations.md that is generated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace levelgate::cli {

struct ReferencePart {
  std::string_view name;  // the word behind `levelgate reference`
  std::string (*text)();
};
[[nodiscard]] const std::vector<ReferencePart>& reference_parts();

[[nodiscard]] std::string keys_reference();
[[nodiscard]] std::string later_keys_reference();  // known, but not in this version
[[nodiscard]] std::string findings_reference();
[[nodiscard]] std::string notices_reference();
[[nodiscard]] std::string drops_reference();
[[nodiscard]] std::string counters_reference();
[[nodiscard]] std::string exit_codes_reference();
[[nodiscard]] std::string leaves_reference();  // of RFC 9348
[[nodiscard]] std::string metrics_reference();

}  // namespace levelgate::cli
