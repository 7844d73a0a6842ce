// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue from one or more threads to one or more that sleep while it is empty. For slow jobs of the control
// tower: it locks, so no worker of the data plane may come near it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace levelgate::handover {

// Thread: any.
template <typename T>
class JobQueue {
 public:
  explicit JobQueue(std::size_t capacity) : capacity_(capacity) {}

  // False when it is full or closed; then the element stays the caller's. Never waits for room.
  [[nodiscard]] bool push(T&& element) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.size() >= capacity_) return false;
      waiting_.push_back(std::move(element));
    }
    filled_.notify_one();
    return true;
  }
  // Sleeps until there is something; empty once the queue is closed.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return std::nullopt;
    std::optional<T> element(std::move(waiting_.front()));
    waiting_.pop_front();
    return element;
  }
  // What waits is dropped, in the caller's thread; who sleeps in pop() wakes.
  void close() {
    std::deque<T> dropped;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      dropped.swap(waiting_);
    }
    filled_.notify_all();
  }

 private:
  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> waiting_;
  bool closed_ = false;
};

}  // namespace levelgate::handover
