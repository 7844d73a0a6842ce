// SPDX-License-Identifier: Apache-2.0
//
// One handshake of two gateways over a modelled path in virtual time, from the first message until what flows is
// protected as the cell says. The same setting gives the same figures, on any machine.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rehearsal/cell.h"
#include "rehearsal/key_costs.h"

namespace levelgate::rehearsal {

// Packets of 1,280 octets that wait before the line: what Linux holds before an interface.
inline constexpr std::uint32_t kQueuePackets = 1'000;

struct Setting {
  Cell cell;
  std::uint64_t seed = 1;
  std::uint32_t queue_packets = kQueuePackets;
  Nanos patience = std::chrono::minutes(5);  // what is not done by then never is
};

struct Figures {
  std::optional<Nanos> first_inner;  // an inner packet of the initiator's side arrives at the responder's
  std::optional<Nanos> large;        // both gateways send under keys that depend on the large key
  // On the path, with IP headers, both ways, IKE alone, until the last of the above.
  std::uint64_t octets = 0, packets = 0;
  std::uint64_t octets_forward = 0;  // the initiator's part of them
  std::size_t responder_octets = 0;  // most that it held of messages that were not whole
  std::uint64_t queue_drops = 0;
  bool operator==(const Figures&) const = default;
};

// Fails when the tunnel cannot be configured.
[[nodiscard]] Result<Figures> rehearse(const Setting& setting, const ReadyKeys& ready, const KeyCosts& costs);

}  // namespace levelgate::rehearsal
