// SPDX-License-Identifier: Apache-2.0
//
// An address with a UDP or TCP port, as a value. Text only for people: nothing parses it back.
#pragma once

#include <levelgate/base/ip_address.h>

#include <compare>
#include <cstdint>
#include <string>

namespace levelgate {

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;  // host order

  // 192.0.2.1:500, [2001:db8::1]:500 (RFC 5952 §6).
  [[nodiscard]] std::string text() const {
    const std::string host = address.text();
    return (address.family() == IpFamily::kV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace levelgate
