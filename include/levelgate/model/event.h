// SPDX-License-Identifier: Apache-2.0
//
// What the data plane reports upwards. Events are hints: losing one is counted and must be harmless
// (architecture §6.6). Plain old data, so that a ring can carry them.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>

#include <cstdint>

namespace levelgate::model {

enum class EventKind : std::uint8_t {
  kNeighbourWanted,    // port, address: resolve this next hop
  kSequenceExhausted,  // tunnel, spi: nothing leaves any more under this SA (RFC 4303 §3.3.3)
  kSequenceNearLimit,  // tunnel, spi: a rekey is due
  kSlotsSkipped,       // tunnel, count
  kInboundProven,      // tunnel, spi: the first authentic packet of an inbound SA; also in SaStats
  kPathMtu,            // tunnel, count: octets that outer packets are to have (RFC 8899)
  kPeerMoved,          // tunnel, spi, address, udp_port: where authentic packets come from now (RFC 7296 §2.23)
  kStreamMoved,        // tunnel, spi, count: the StreamId by which authentic packets come now (RFC 9329 §6.1)
};

struct Event {
  EventKind kind{};
  PortId port;
  TunnelId tunnel;
  Spi spi;
  IpAddress address;
  std::uint64_t count = 0;
  std::uint16_t udp_port = 0;
};

}  // namespace levelgate::model
