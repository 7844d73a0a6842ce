// SPDX-License-Identifier: Apache-2.0
//
// A growing row of octets with an upper bound, into which messages are written and whose length fields are mended
// afterwards. A write beyond the bound fails, and the buffer stays failed: the writer asks once, at the end.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace levelgate::ikewire {

class WireBuffer {
 public:
  explicit WireBuffer(std::size_t most_octets) : most_(most_octets) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t size() const { return octets_.size(); }
  // Valid until the next write. What a failed buffer holds means nothing.
  [[nodiscard]] ConstBytes octets() const { return octets_; }
  [[nodiscard]] Bytes octets() { return octets_; }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(octets_); }

  void fail() { ok_ = false; }

  template <std::unsigned_integral T>
  void write(T value) {
    std::array<std::byte, sizeof(T)> octets;
    store_be<T>(octets.data(), value);
    write_bytes(octets);
  }

  // `bytes` is not a view into this buffer.
  void write_bytes(ConstBytes bytes) {
    if (room_for(bytes.size())) octets_.insert(octets_.end(), bytes.begin(), bytes.end());
  }

  void fill(std::byte value, std::size_t octets) {
    if (room_for(octets)) octets_.resize(octets_.size() + octets, value);
  }

  // Overwrites what was written before; a place that was never written fails.
  template <std::unsigned_integral T>
  void patch(std::size_t at, T value) {
    if (at > octets_.size() || octets_.size() - at < sizeof(T)) ok_ = false;
    if (ok_) store_be<T>(octets_.data() + at, value);
  }

  // As patch and write, for fields that may be too narrow for the number: then the buffer fails.
  template <std::unsigned_integral T>
  void patch_narrow(std::size_t at, std::size_t value) {
    value > std::numeric_limits<T>::max() ? fail() : patch(at, static_cast<T>(value));
  }
  template <std::unsigned_integral T>
  void write_narrow(std::size_t value) {
    value > std::numeric_limits<T>::max() ? fail() : write(static_cast<T>(value));
  }

 private:
  [[nodiscard]] bool room_for(std::size_t octets) {
    if (octets > most_ - octets_.size()) ok_ = false;
    return ok_;
  }

  std::size_t most_;
  std::vector<std::byte> octets_;
  bool ok_ = true;
};

}  // namespace levelgate::ikewire
