// SPDX-License-Identifier: Apache-2.0
//
// How many octets of an outer packet are left for inner data (RFC 4303 §2, RFC 9347 appendix C). The same arithmetic
// serves the configuration check, the rate budget and the data plane's own layout.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/model/tunnel.h>

#include <cstdint>

namespace levelgate::model {

struct OuterSizes {
  std::uint32_t headers = 0;  // IP, and UDP with UDP encapsulation; in TCP as if the packet had an IP header of its own
  std::uint32_t esp = 34;     // 8 header, 8 IV, 16 ICV, 2 trailer
  std::uint32_t aggfrag = 4;  // 24 with congestion reports; 0 in plain mode
  [[nodiscard]] std::uint32_t overhead() const { return headers + esp + aggfrag; }
};

[[nodiscard]] inline OuterSizes outer_sizes(IpFamily family, Encapsulation encapsulation, const TfsSettings& tfs) {
  OuterSizes sizes;
  sizes.headers = (family == IpFamily::kV4 ? 20u : 40u) + (encapsulation == Encapsulation::kUdp ? 8u : 0u);
  if (tfs.mode == TfsMode::kPlain) sizes.aggfrag = 0;
  if (tfs.sends_reports()) sizes.aggfrag = 24;
  return sizes;
}

// ESP pads payload and trailer to four octets, and 8 + 8 + 16 is a multiple of four: so must be what is behind the
// headers.
[[nodiscard]] inline bool size_possible(std::uint32_t packet_size, std::uint32_t headers) {
  return (packet_size - headers) % 4 == 0;
}

}  // namespace levelgate::model
