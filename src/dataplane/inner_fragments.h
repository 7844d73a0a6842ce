// SPDX-License-Identifier: Apache-2.0
//
// Inner packets that are longer than a tunnel takes in one piece, and may be cut before it (RFC 4301 §8.2, RFC 9347
// §2.2.6). Who may not is answered by the forwarder.
#pragma once

#include <levelgate/base/packet.h>

#include <array>
#include <cstddef>

#include "dataplane/snapshot.h"
#include "dataplane/worker_context.h"
#include "wire/ipv4_fragments.h"

namespace levelgate::dataplane {

using FragmentBurst = std::array<Packet, wire::kMostFragments>;

// IPv4 without DF, and the tunnel's selectors take later fragments, too: without ports the peer could not tell whether
// they belong here, and would drop them (RFC 4301 §7).
[[nodiscard]] bool may_be_cut(const Packet& packet, const TunnelEntry& tunnel) noexcept;

// Cuts a packet that may be cut into fragments of at most `mtu` octets, in their order; the first one keeps its buffer,
// the others are fresh. 0: buffers ran out, or it may not be cut; then it is unchanged and the caller's.
[[nodiscard]] std::size_t cut(WorkerContext& context, const Packet& packet, std::uint32_t mtu,
                              FragmentBurst& into) noexcept;

}  // namespace levelgate::dataplane
