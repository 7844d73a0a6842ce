// SPDX-License-Identifier: Apache-2.0
//
// A packet on its way from routing into a tunnel.
#pragma once

#include <levelgate/base/packet.h>

namespace levelgate::dataplane {

struct TunnelEntry;

// The selectors hold, it fits or may be cut, and its hop limit is lowered.
struct Entering {
  const TunnelEntry* tunnel = nullptr;
  Packet packet;
};

}  // namespace levelgate::dataplane
