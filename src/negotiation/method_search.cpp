// SPDX-License-Identifier: Apache-2.0
//
// Choice of key exchange methods: fix one list after the other, and keep a method only if the rest can still be had,
// which is a question of bipartite matching.
#include "negotiation/method_search.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include "negotiation/keywords.h"

namespace levelgate::negotiation {
namespace {

using ikewire::KeMethod;

// Augmenting paths: gives a list a method, moving others aside where they have an alternative.
class Matching {
 public:
  explicit Matching(const std::vector<MethodList>& lists) : lists_(lists) {}

  bool complete() {
    for (std::size_t at = 0; at < lists_.size(); ++at) {
      if (std::ranges::find(lists_[at], KeMethod::kNone) != lists_[at].end()) continue;  // NONE is never taken away
      std::set<KeMethod> tried;
      if (!place(at, tried)) return false;
    }
    return true;
  }

 private:
  bool place(std::size_t at, std::set<KeMethod>& tried) {
    for (const KeMethod method : lists_[at]) {
      if (!tried.insert(method).second) continue;
      const auto owner = owner_.find(method);
      if (owner == owner_.end() || place(owner->second, tried)) {
        owner_[method] = at;
        return true;
      }
    }
    return false;
  }

  const std::vector<MethodList>& lists_;
  std::map<KeMethod, std::size_t> owner_;
};

bool can_be_had(const std::vector<MethodList>& lists) { return Matching(lists).complete(); }

bool can_be_had(const std::vector<MethodList>& lists, Wanted wanted) {
  if (wanted == Wanted::kAny) return can_be_had(lists);
  for (std::size_t at = 0; at < lists.size(); ++at) {
    for (const KeMethod method : lists[at]) {
      if (!is_post_quantum(method)) continue;
      std::vector<MethodList> fixed = lists;
      fixed[at] = {method};
      if (can_be_had(fixed)) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<MethodList> choose_methods(const std::vector<MethodList>& lists, Wanted wanted) {
  if (!can_be_had(lists, wanted)) return std::nullopt;
  std::vector<MethodList> fixed = lists;
  MethodList chosen;
  for (std::size_t at = 0; at < lists.size(); ++at) {
    for (const KeMethod method : lists[at]) {
      fixed[at] = {method};
      if (can_be_had(fixed, wanted)) break;
    }
    chosen.push_back(fixed[at].front());
  }
  return chosen;
}

}  // namespace levelgate::negotiation
