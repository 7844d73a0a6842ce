// SPDX-License-Identifier: Apache-2.0
//
// Whether addresses or ports change on the way (RFC 7296 §2.23): each side sends hashes of what it believes them to be.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/result.h>

#include <cstddef>
#include <vector>

#include "ikemessage/keymat.h"
#include "ikemessage/message.h"
#include "ikestate/effects.h"

namespace levelgate::ikestate {

// The value of NAT_DETECTION_SOURCE_IP or NAT_DETECTION_DESTINATION_IP; the responder's SPI is zero in the request.
[[nodiscard]] Result<std::vector<std::byte>> nat_hash(const ikemessage::IkeSpis& spis, const Endpoint& end);

struct NatSeen {
  bool own = false;   // our address is not what the peer sees
  bool peer = false;  // the peer's address is not what it believes
  [[nodiscard]] bool any() const { return own || peer; }
};
// `path` is that of the message, `spis` those that stand in its header. A peer without NAT detection: nothing seen.
[[nodiscard]] Result<NatSeen> nat_seen(const ikemessage::Contents& contents, const ikemessage::IkeSpis& spis,
                                       const Path& path);

}  // namespace levelgate::ikestate
