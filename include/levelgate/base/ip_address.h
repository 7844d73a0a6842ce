// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses, prefixes and MAC addresses as values. Text is read and written without
// allocation beyond the string itself; a bad text is an empty optional.
#pragma once

#include <levelgate/base/bytes.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levelgate {

enum class IpFamily : std::uint8_t { kV4, kV6 };

// Network byte order; an IPv4 address uses the first four octets, the rest are zero.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order) {
    IpAddress a;
    store_be<std::uint32_t>(a.octets_.data(), host_order);
    return a;
  }
  [[nodiscard]] static IpAddress v4_from(const std::byte* network_order) {
    IpAddress a;
    std::memcpy(a.octets_.data(), network_order, 4);
    return a;
  }
  [[nodiscard]] static IpAddress v6_from(const std::byte* network_order) {
    IpAddress a;
    a.family_ = IpFamily::kV6;
    std::memcpy(a.octets_.data(), network_order, 16);
    return a;
  }
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] IpFamily family() const { return family_; }
  [[nodiscard]] ConstBytes bytes() const { return {octets_.data(), family_ == IpFamily::kV4 ? 4u : 16u}; }
  [[nodiscard]] std::uint32_t v4_host_order() const { return load_be<std::uint32_t>(octets_.data()); }
  [[nodiscard]] std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpFamily family_ = IpFamily::kV4;
  std::array<std::byte, 16> octets_{};
};

struct IpPrefix {
  IpAddress address;        // host bits may be set: an interface address with its prefix length
  std::uint8_t length = 0;  // bits, 0 to 32 or 128

  [[nodiscard]] static std::optional<IpPrefix> parse(std::string_view text);  // without a slash: a host prefix
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool contains(const IpAddress& a) const;
  [[nodiscard]] IpPrefix network() const;        // host bits cleared
  [[nodiscard]] IpAddress last_address() const;  // host bits set
  auto operator<=>(const IpPrefix&) const = default;
};

struct MacAddress {
  std::array<std::byte, 6> octets{};
  [[nodiscard]] static std::optional<MacAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  auto operator<=>(const MacAddress&) const = default;
};

}  // namespace levelgate
