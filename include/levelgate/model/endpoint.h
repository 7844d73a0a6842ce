// SPDX-License-Identifier: Apache-2.0
//
// An address with a UDP or TCP port: one end of a path.
#pragma once

#include <levelgate/base/ip_address.h>

#include <cstdint>
#include <string>

namespace levelgate::model {

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;

  // "192.0.2.1:500", "[2001:db8::1]:4500".
  [[nodiscard]] std::string text() const {
    const std::string host = address.text();
    return (address.family() == IpFamily::kV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace levelgate::model
