// SPDX-License-Identifier: Apache-2.0
//
// What happens when: actions in the order of their moments, and of their making where moments are equal.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace levelgate::rehearsal {

class Timeline {
 public:
  using Action = std::move_only_function<void()>;

  void at(Instant when, Action action) { actions_.emplace(std::pair(when, ++made_), std::move(action)); }
  [[nodiscard]] Instant next() const { return actions_.empty() ? kNever : actions_.begin()->first.first; }
  // The first of those that are due by `now`; false: none is.
  bool run_one(Instant now) {
    if (next() > now) return false;
    auto node = actions_.extract(actions_.begin());
    node.mapped()();
    return true;
  }

 private:
  std::map<std::pair<Instant, std::uint64_t>, Action> actions_;
  std::uint64_t made_ = 0;
};

}  // namespace levelgate::rehearsal
