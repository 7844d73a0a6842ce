// SPDX-License-Identifier: Apache-2.0
//
// Tables from a registry's number to its name; a number without a name is printed with the registry's word.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace levelgate::ikewire {

template <typename Number>
struct Named {
  Number number;
  std::string_view name;
};

template <typename Number>
[[nodiscard]] std::string name_in(std::span<const Named<Number>> table, Number number, std::string_view registry) {
  for (const Named<Number>& entry : table) {
    if (entry.number == number) return std::string(entry.name);
  }
  return std::string(registry) + ' ' + std::to_string(std::to_underlying(number));
}

}  // namespace levelgate::ikewire
