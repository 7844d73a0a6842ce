// SPDX-License-Identifier: Apache-2.0
//
// Byte spans and the only bounds-checked big-endian cursor of the house. Readers and writers never
// throw and never allocate: a read or write past the end fails, and the cursor stays failed.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace levelgate {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

// Loads and stores without a bounds check, for hot paths that have checked the length already.
// The pointer needs no alignment.
template <std::unsigned_integral T>
[[nodiscard]] inline T load_be(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  return value;
}

template <std::unsigned_integral T>
inline void store_be(std::byte* to, T value) {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  std::memcpy(to, &value, sizeof value);
}

[[nodiscard]] inline ConstBytes as_bytes(const char* text, std::size_t octets) {
  return {reinterpret_cast<const std::byte*>(text), octets};
}
[[nodiscard]] inline std::string_view as_text(ConstBytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

class ByteReader {
 public:
  explicit ByteReader(ConstBytes from) : rest_(from) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  // Returns 0 and fails the cursor when fewer octets are left than the type has.
  template <std::unsigned_integral T>
  [[nodiscard]] T read() {
    if (rest_.size() < sizeof(T)) return fail<T>();
    const T value = load_be<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }

  // Returns an empty span and fails the cursor when fewer octets are left.
  [[nodiscard]] ConstBytes read_bytes(std::size_t octets) {
    if (rest_.size() < octets) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ConstBytes taken = rest_.first(octets);
    rest_ = rest_.subspan(octets);
    return taken;
  }

  void skip(std::size_t octets) { (void)read_bytes(octets); }
  [[nodiscard]] ConstBytes rest() const { return rest_; }

 private:
  template <typename T>
  T fail() {
    ok_ = false;
    rest_ = {};
    return T{};
  }

  ConstBytes rest_;
  bool ok_ = true;
};

class ByteWriter {
 public:
  explicit ByteWriter(Bytes to) : to_(to) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t written() const { return at_; }
  [[nodiscard]] Bytes rest() const { return to_.subspan(at_); }

  template <std::unsigned_integral T>
  void write(T value) {
    if (!room_for(sizeof(T))) return;
    store_be<T>(to_.data() + at_, value);
    at_ += sizeof(T);
  }

  void write_bytes(ConstBytes bytes) {
    if (!room_for(bytes.size()) || bytes.empty()) return;
    std::memcpy(to_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  void fill(std::byte value, std::size_t octets) {
    if (!room_for(octets) || octets == 0) return;
    std::memset(to_.data() + at_, std::to_integer<int>(value), octets);
    at_ += octets;
  }

 private:
  bool room_for(std::size_t octets) {
    if (!ok_ || to_.size() - at_ < octets) ok_ = false;
    return ok_;
  }

  Bytes to_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace levelgate
