// SPDX-License-Identifier: Apache-2.0
//
// Which ways to authenticate a peer says that it accepts, collected from its messages: SUPPORTED_AUTH_METHODS
// (RFC 9593), SIGNATURE_HASH_ALGORITHMS (RFC 7427 §4) and certificate requests (RFC 7296 §3.7). A hint, which proves
// nothing.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_notify_values.h"
#include "ikewire/ike_payloads.h"

namespace levelgate::negotiation {

struct AcceptedMethod {
  ikewire::AuthMethod method = ikewire::AuthMethod::kSharedKey;
  std::uint8_t authority = 0;        // 0: any; n: the n-th of PeerAccepts::authorities
  std::vector<std::byte> algorithm;  // of a digital signature
};

// What the peer said that it accepts, from all its messages; owns its octets. Its size is bounded.
struct PeerAccepts {
  bool announced = false;  // a list came: an empty notification only says that one will
  std::vector<AcceptedMethod> methods;
  std::vector<ikewire::HashId> hashes;
  std::vector<std::vector<std::byte>> authorities;  // hashes of certificate requests
};

// The values of SUPPORTED_AUTH_METHODS and SIGNATURE_HASH_ALGORITHMS, and the CERTREQ payloads, of one message.
struct AcceptPayloads {
  std::span<const ConstBytes> announcements;
  std::span<const ConstBytes> hashes;
  std::span<const ikewire::Certificate> requests;
};
// A later message's lists replace those of an earlier one, as links count within a message; what a message lacks is
// kept. A fault leaves everything as it was.
[[nodiscard]] ikewire::IkeResult<void> learn(PeerAccepts& accepts, const AcceptPayloads& payloads);

}  // namespace levelgate::negotiation
