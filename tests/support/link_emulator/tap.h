// SPDX-License-Identifier: Apache-2.0
//
// A TAP interface in a network namespace: its frames are read and written here. One that exists (`ip tuntap add`) is
// taken over; another is made, and goes when this does.
#pragma once

#include <levelgate/base/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace levelgate::testing {

struct TapPlace {
  std::string space;      // of `ip netns`, or a path below / or /proc; empty: where this process is
  std::string interface;  // at most 15 octets
};

// "NETNS:INTERFACE" or "INTERFACE".
[[nodiscard]] Result<TapPlace> parse_tap_place(std::string_view text);

class Tap {
 public:
  // Up, with that MTU. Needs root.
  [[nodiscard]] static Result<Tap> open(const TapPlace& place, std::uint32_t mtu);
  Tap(Tap&& other) noexcept;
  Tap& operator=(Tap&&) = delete;
  ~Tap();

  [[nodiscard]] int fd() const { return fd_; }
  // One frame from the kernel, never blocking; empty: none is there.
  [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> room) const;
  [[nodiscard]] bool write(std::span<const std::byte> frame) const;
  // Frames that the kernel dropped before we read them; empty where it does not say.
  [[nodiscard]] std::optional<std::uint64_t> kernel_drops() const;

 private:
  Tap(TapPlace place, int fd) : place_(std::move(place)), fd_(fd) {}

  TapPlace place_;
  int fd_;
};

}  // namespace levelgate::testing
