// SPDX-License-Identifier: Apache-2.0
// links: api
//
// Any octets as the query of a request: the parser answers with a text that is no longer than what came, and what we
// encode ourselves comes back as it was, whatever stands beside it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/query_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const std::string text(octets, octets + size);
  for (const char* const key : {"name", "form", "", "%", "="}) {
    if (levelgate::api::query_value(text, key).size() > text.size()) std::abort();
  }
  const std::string encoded = levelgate::api::percent_encoded(text);
  if (levelgate::api::query_value("form=table&name=" + encoded + "&x", "name") != text) std::abort();
  const std::size_t mark = text.find('&');
  const bool first_is_name = text.starts_with("name=");
  if (!first_is_name && mark == std::string::npos &&
      levelgate::api::query_value(text + "&name=" + encoded, "name") != text) {
    std::abort();
  }
  return 0;
}
