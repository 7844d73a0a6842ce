// SPDX-License-Identifier: Apache-2.0
//
// Secret octets of any length: key material, shared secrets, preshared keys. Wiped at the end of life, not printable,
// move only. For the control tower: unlike Secret, it allocates. Never grows, so no copy stays behind.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace levelgate {

class SecretBytes {
 public:
  SecretBytes() = default;
  // Takes a copy; the caller's octets stay the caller's to wipe.
  explicit SecretBytes(ConstBytes bytes) : SecretBytes(bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), bytes.size());
  }
  // All zero, to be filled through writable().
  explicit SecretBytes(std::size_t octets)
      : bytes_(octets == 0 ? nullptr : std::make_unique<std::byte[]>(octets)), size_(octets) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, std::size_t{0})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      size_ = std::exchange(other.size_, std::size_t{0});
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  [[nodiscard]] ConstBytes bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] Bytes writable() { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // In time that depends on the sizes only.
  [[nodiscard]] bool equals(ConstBytes other) const {
    if (size_ != other.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < size_; ++i) difference |= std::to_integer<unsigned>(bytes_[i] ^ other[i]);
    return difference == 0;
  }

 private:
  void wipe() {
    volatile std::byte* p = bytes_.get();
    for (std::size_t i = 0; i < size_; ++i) p[i] = std::byte{0};
    size_ = 0;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace levelgate
