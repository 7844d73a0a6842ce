// SPDX-License-Identifier: Apache-2.0
//
// Looks at a frame that a port received and says what it is: ESP for one of our SAs, clear text to be routed, something
// for the kernel, or nothing good. Changes nothing but the edges of the packet view.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/packet.h>
#include <levelgate/model/drops.h>

#include <cstdint>

#include "dataplane/snapshot.h"

namespace levelgate::dataplane {

enum class Kind : std::uint8_t {
  kEsp,     // packet: from the SPI to the ICV
  kClear,   // packet: the IP packet, trimmed to its own length
  kKernel,  // packet: the whole frame as it came
  kDrop,    // packet: the whole frame
};

struct Classified {
  Kind kind = Kind::kDrop;
  model::Drop reason = model::Drop::kFrameMalformed;  // kDrop
  IpFamily family = IpFamily::kV4;                    // kClear
  std::uint8_t hop_limit = 0;                         // kClear
  Spi spi;                                            // kEsp
};

// Whether a unicast frame for another station is refused: a port in promiscuous mode sees them; captures are not
// checked.
enum class DestinationMac : std::uint8_t { kChecked, kIgnored };

[[nodiscard]] Classified classify(const Snapshot& snapshot, const PortEntry& port, DestinationMac mac,
                                  Packet& packet) noexcept;

}  // namespace levelgate::dataplane
