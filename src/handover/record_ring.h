// SPDX-License-Identifier: Apache-2.0
//
// A bounded ring of records of any length between one writing and one reading thread: a head of a fixed type, then
// octets. It is measured in octets, not in records, so short ones do not cost as much as the longest. Never blocks. A
// record stands in one piece, and the reader looks at it where it stands.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "handover/spsc_ring.h"

namespace levelgate::handover {

template <typename Head>
class RecordRing {
  static_assert(std::is_trivially_copyable_v<Head>);

 public:
  struct Record {
    Head head;
    std::span<const std::byte> octets;
  };

  // Holds at least min_octets, what each record costs beside its octets included (rounded to the next power of two).
  explicit RecordRing(std::size_t min_octets)
      : mask_(std::bit_ceil(std::max<std::size_t>(min_octets, 4 * kOverhead)) - 1),
        store_(std::make_unique<std::byte[]>(mask_ + 1)) {}

  // Writer. False: there is no room, and nothing has changed.
  [[nodiscard]] bool push(const Head& head, std::span<const std::byte> octets) noexcept {
    if (octets.size() > longest()) return false;
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t to_end = capacity() - (tail & mask_);
    const std::size_t cost = cost_of(octets.size());
    const std::size_t skipped = cost > to_end ? to_end : 0;
    if (room(tail) < skipped + cost) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (room(tail) < skipped + cost) return false;
    }
    if (skipped != 0) write_length(tail, kSkip);
    const std::size_t at = tail + skipped;
    write_length(at, octets.size());
    std::memcpy(place(at) + kLength, &head, sizeof head);
    if (!octets.empty()) std::memcpy(place(at) + kOverhead, octets.data(), octets.size());
    tail_.store(at + cost, std::memory_order_release);
    return true;
  }

  // Reader: the oldest record, where it stands until pop(); empty: there is none.
  [[nodiscard]] std::optional<Record> front() noexcept {
    std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) tail_seen_ = tail_.load(std::memory_order_acquire);
    if (head == tail_seen_) return std::nullopt;
    if (read_length(head) == kSkip) {  // a record stands behind it: both were published at once
      head += capacity() - (head & mask_);
      head_.store(head, std::memory_order_release);
    }
    Record record;
    std::memcpy(&record.head, place(head) + kLength, sizeof record.head);
    record.octets = {place(head) + kOverhead, read_length(head)};
    return record;
  }
  // Reader: the record that front() gave is done with.
  void pop() noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    head_.store(head + cost_of(read_length(head)), std::memory_order_release);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  // Octets of the longest record: it finds room in an empty ring wherever that stands.
  [[nodiscard]] std::size_t longest() const noexcept { return capacity() / 2 - kOverhead; }
  // What a record of so many octets takes of the capacity.
  [[nodiscard]] static constexpr std::size_t cost_of(std::size_t octets) noexcept { return kOverhead + padded(octets); }

 private:
  static constexpr std::size_t kUnit = 8;  // every record begins at a multiple of it
  static constexpr std::size_t kLength = sizeof(std::uint64_t);
  static constexpr std::size_t padded(std::size_t octets) noexcept { return (octets + kUnit - 1) / kUnit * kUnit; }
  static constexpr std::size_t kOverhead = kLength + padded(sizeof(Head));
  static constexpr std::uint64_t kSkip = ~std::uint64_t{0};  // in place of a length: the rest up to the end is unused

  [[nodiscard]] std::size_t room(std::size_t tail) const noexcept { return capacity() - (tail - head_seen_); }
  [[nodiscard]] std::byte* place(std::size_t position) noexcept { return store_.get() + (position & mask_); }
  void write_length(std::size_t position, std::uint64_t length) noexcept {
    std::memcpy(place(position), &length, sizeof length);
  }
  [[nodiscard]] std::uint64_t read_length(std::size_t position) noexcept {
    std::uint64_t length = 0;
    std::memcpy(&length, place(position), sizeof length);
    return length;
  }

  std::size_t mask_;
  std::unique_ptr<std::byte[]> store_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  // writer's copy
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;  // reader's copy
};

}  // namespace levelgate::handover
