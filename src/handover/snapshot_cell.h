// SPDX-License-Identifier: Apache-2.0
//
// Publishes an immutable object from one thread to several readers, and tells when no reader can hold an older one any
// more. A reader loads the pointer at the start of its turn and says quiescent at the end; it keeps nothing in between
// turns.
//
// Why nobody holds what passed() gives free: publish() stores the pointer before it raises the version (release). Who
// reads version v (acquire) finds the pointer of v or of a later one in every load from then on, as no variable goes
// back for the thread that reads it. A reader says v only when the turn is over (release), and the writer hears it
// (acquire): each look at an older object happens before the writer frees it. Raising the version first would be wrong:
// a reader could vouch for v, load the old pointer once more, and lose the object in mid-turn. Reading the version
// first makes passed() speak of turns that began after the publication; a pointer newer than that is harmless.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace levelgate::handover {

template <typename T>
class SnapshotCell {
 public:
  explicit SnapshotCell(std::size_t readers) : readers_(readers), seen_(std::make_unique<Seen[]>(readers)) {}

  // Writer: readers see `object` from their next load on. It must live until passed(version) is true for a later
  // version.
  std::uint64_t publish(const T* object) noexcept {
    current_.store(object, std::memory_order_release);
    return version_.fetch_add(1, std::memory_order_acq_rel) + 1;
  }
  // Writer: every reader has ended a turn that began after that version was published.
  [[nodiscard]] bool passed(std::uint64_t version) const noexcept {
    for (std::size_t i = 0; i < readers_; ++i) {
      if (seen_[i].version.load(std::memory_order_acquire) < version) return false;
    }
    return true;
  }

  // Reader: null before the first publication. The version is read first: what is loaded is at least that new.
  [[nodiscard]] const T* load(std::size_t reader) noexcept {
    seen_[reader].loading = version_.load(std::memory_order_acquire);
    return current_.load(std::memory_order_acquire);
  }
  // Reader: nothing of what was loaded is held any more.
  void quiescent(std::size_t reader) noexcept {
    seen_[reader].version.store(seen_[reader].loading, std::memory_order_release);
  }
  [[nodiscard]] std::size_t readers() const noexcept { return readers_; }

 private:
  struct alignas(64) Seen {
    std::atomic<std::uint64_t> version{0};
    std::uint64_t loading = 0;  // reader's own
  };
  std::size_t readers_;
  std::unique_ptr<Seen[]> seen_;
  std::atomic<const T*> current_{nullptr};
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace levelgate::handover
