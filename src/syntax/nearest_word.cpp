// SPDX-License-Identifier: Apache-2.0
//
// Distance of words by the letters to change.
#include "syntax/nearest_word.h"

#include <algorithm>

namespace levelgate::syntax {
namespace {

constexpr std::size_t kLongestMisspelt = 64;  // beyond that nothing is similar
constexpr std::size_t kMostKnown = 256;       // a file may be wrong in ten thousand places: each must be cheap

// Letters to insert, delete or change: small is similar.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_hint(std::string_view key, const std::vector<std::string_view>& known) {
  if (key.size() > kLongestMisspelt || known.size() > kMostKnown) return "";
  std::string_view best;
  std::size_t best_distance = std::min(std::max<std::size_t>(3, key.size() / 3 + 1), key.size());
  for (const std::string_view candidate : known) {
    const std::size_t d = distance(key, candidate);
    if (d >= best_distance) continue;
    best_distance = d;
    best = candidate;
  }
  return best.empty() ? "" : "did you mean \"" + std::string(best) + "\"?";
}

}  // namespace levelgate::syntax
