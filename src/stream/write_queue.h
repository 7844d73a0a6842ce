// SPDX-License-Identifier: Apache-2.0
//
// What waits to be written on a stream, within bounds (RFC 9329 §3): IKE messages before ESP packets, and where room is
// short ESP goes first, since it is lost on other paths as well. A frame that has begun is never dropped: the stream
// would lose its boundaries.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "stream/frame.h"

namespace levelgate::stream {

struct WriteBounds {
  // With heads, in all: the longest IKE message that our side makes, as frames, twice (an old one may still be
  // leaving).
  std::size_t octets = 3 * 1024 * 1024;
  // ESP of it: what waits longer is of no use to those who sent it.
  std::size_t esp_octets = 256 * 1024;
};

struct WriteCounts {
  std::uint64_t ike = 0;  // taken
  std::uint64_t esp = 0;
  std::uint64_t esp_dropped = 0;  // refused, or dropped for an IKE message
  std::uint64_t ike_refused = 0;  // no room even without ESP: the stream is to be closed
  std::uint64_t impossible = 0;   // no frame can hold it
};

// Thread: the owner's.
class WriteQueue {
 public:
  explicit WriteQueue(const WriteBounds& bounds = {}) : bounds_(bounds) {}

  // False: it was not taken, which is counted.
  [[nodiscard]] bool put(FrameKind kind, std::vector<std::byte> octets);
  // What is to be written next, in two parts (either may be empty); both are empty when nothing waits. Until the next
  // call of this queue.
  [[nodiscard]] std::array<ConstBytes, 2> front();
  // So many octets of front() are written.
  void written(std::size_t octets);

  [[nodiscard]] bool empty() const { return octets_ == 0; }
  [[nodiscard]] std::size_t octets() const { return octets_; }  // that wait, heads included
  [[nodiscard]] std::size_t esp_octets() const { return esp_octets_; }
  [[nodiscard]] const WriteCounts& counts() const { return counts_; }

 private:
  struct Waiting {
    FrameHead head;
    std::vector<std::byte> octets;
    [[nodiscard]] std::size_t size() const { return head.octets().size() + octets.size(); }
  };
  [[nodiscard]] bool make_room(FrameKind kind, std::size_t octets);

  WriteBounds bounds_;
  std::optional<Waiting> begun_;  // the one that front() shows
  FrameKind begun_kind_ = FrameKind::kIke;
  std::size_t begun_at_ = 0;  // octets of it that are written
  std::deque<Waiting> ike_, esp_;
  std::size_t octets_ = 0, esp_octets_ = 0;
  WriteCounts counts_;
};

}  // namespace levelgate::stream
