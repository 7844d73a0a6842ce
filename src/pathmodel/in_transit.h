// SPDX-License-Identifier: Apache-2.0
//
// What is under way, by the moment of its arrival; of one moment in the order in which it was put in. Grows as it is
// used: whoever fills it bounds it.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace levelgate::pathmodel {

template <typename T>
class InTransit {
 public:
  void add(Instant arrives, T what) {
    heap_.push_back({arrives, order_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end());
  }
  // kNever: nothing is under way.
  [[nodiscard]] Instant next() const { return heap_.empty() ? kNever : heap_.front().arrives; }
  // The next one that has arrived.
  [[nodiscard]] std::optional<T> take(Instant now) {
    if (heap_.empty() || heap_.front().arrives > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end());
    std::optional<T> what(std::move(heap_.back().what));
    heap_.pop_back();
    return what;
  }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }

 private:
  struct One {
    Instant arrives;
    std::uint64_t order;
    T what;
    bool operator<(const One& other) const {  // the heap's top is the largest: the earliest
      return std::pair(other.arrives, other.order) < std::pair(arrives, order);
    }
  };
  std::vector<One> heap_;
  std::uint64_t order_ = 0;
};

}  // namespace levelgate::pathmodel
