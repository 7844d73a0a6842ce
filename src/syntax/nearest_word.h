// SPDX-License-Identifier: Apache-2.0
//
// What somebody who wrote an unknown word probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace levelgate::syntax {

// "did you mean \"rate\"?", or empty when no known word is similar.
[[nodiscard]] std::string nearest_hint(std::string_view word, const std::vector<std::string_view>& known);

// The same among things that have a name.
template <typename Named>
[[nodiscard]] std::string nearest_name(std::string_view word, const std::vector<Named>& things) {
  std::vector<std::string_view> names;
  for (const Named& thing : things) names.push_back(thing.name);
  return nearest_hint(word, names);
}

}  // namespace levelgate::syntax
