// SPDX-License-Identifier: Apache-2.0
//
// Traffic selectors as TSi and TSr carry them (RFC 7296 §3.13). Values of their own: they outlive the message. What
// they match is the model's part.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ip_address.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

struct WireSelector {
  TsType type = TsType::kIpv4;
  std::uint8_t protocol = 0;     // 0: any; of an unknown type: its second octet
  std::uint16_t port_first = 0;  // ICMP: type in the high octet, code in the low one
  std::uint16_t port_last = 65535;
  IpAddress first{};
  IpAddress last{};
  std::vector<std::byte> opaque{};  // of an unknown type: all behind its length field; then the rest means nothing
  bool operator==(const WireSelector&) const = default;

  [[nodiscard]] bool is_known() const { return type == TsType::kIpv4 || type == TsType::kIpv6; }
  [[nodiscard]] bool any_port() const { return port_first == 0 && port_last == 65535; }
  // RFC 7296 §3.13.1: the port cannot be known, as in later fragments.
  [[nodiscard]] bool opaque_port() const { return port_first == 65535 && port_last == 0; }
};

[[nodiscard]] constexpr std::uint16_t icmp_port(std::uint8_t type, std::uint8_t code) {
  return static_cast<std::uint16_t>(type << 8 | code);
}

inline constexpr std::size_t kMostSelectors = 255;  // the field has eight bits

// Addresses of a range, and ports but for OPAQUE, never end before they begin. At least one selector is there.
[[nodiscard]] IkeResult<std::vector<WireSelector>> read_selectors(ConstBytes body);
void write_body(WireBuffer& to, const std::vector<WireSelector>& selectors);

}  // namespace levelgate::ikewire
