// SPDX-License-Identifier: Apache-2.0
//
// Key bytes of fixed capacity: wiped at the end of life, not printable, move only. Share one between
// values with std::shared_ptr<const Secret>. Never offers a stream operator or a string.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace levelgate {

class Secret {
 public:
  // Keys of the house are at most an AES-256 key with salt, or an IKE key of 64 octets.
  static constexpr std::size_t kCapacity = 64;

  Secret() = default;
  // Takes a copy; octets beyond the capacity are a mistake of the caller and cut the secret to empty.
  explicit Secret(ConstBytes bytes) {
    if (bytes.size() > kCapacity) return;
    size_ = bytes.size();
    if (size_ != 0) std::memcpy(bytes_.data(), bytes.data(), size_);
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      take(other);
    }
    return *this;
  }
  ~Secret() { wipe(); }

  [[nodiscard]] ConstBytes bytes() const { return {bytes_.data(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  // In time that depends on the sizes only.
  [[nodiscard]] bool equals(const Secret& other) const {
    if (size_ != other.size_) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < size_; ++i) difference |= std::to_integer<unsigned>(bytes_[i] ^ other.bytes_[i]);
    return difference == 0;
  }

 private:
  void take(Secret& other) {
    size_ = other.size_;
    bytes_ = other.bytes_;
    other.wipe();
  }
  void wipe() {
    volatile std::byte* p = bytes_.data();
    for (std::size_t i = 0; i < kCapacity; ++i) p[i] = std::byte{0};
    size_ = 0;
  }

  std::array<std::byte, kCapacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace levelgate
