// SPDX-License-Identifier: Apache-2.0
//
// One of the two gateways: the control tower as the daemon has it, with a tunnel to the other one. Its data plane is
// what must be known of it here: by which SA it sends.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "control/tunnels.h"
#include "rehearsal/cell.h"
#include "rehearsal/repeatable_random.h"

namespace levelgate::rehearsal {

enum class Side : std::uint8_t { kInitiator, kResponder };
[[nodiscard]] constexpr Side other(Side side) { return side == Side::kInitiator ? Side::kResponder : Side::kInitiator; }

class Gateway {
 public:
  Gateway(Side side, std::uint64_t seed) : side_(side), random_(seed), tower_(random_) {}

  // The tunnel is configured; the initiator begins. Fails as control::Tunnels::prepare() does.
  [[nodiscard]] Result<control::TunnelWork> start(const ikestate::Moment& moment, const Cell& cell);
  [[nodiscard]] control::Tunnels& tower() { return tower_; }
  [[nodiscard]] const control::Tunnels& tower() const { return tower_; }

  // Of the SA that outer packets leave by.
  [[nodiscard]] std::optional<Spi> sends_by() const;
  [[nodiscard]] bool receives_by(Spi spi) const;
  // What it sends is under keys that depend on a large key.
  [[nodiscard]] bool is_large_protected() const;
  // Of messages that are not whole yet.
  [[nodiscard]] std::size_t held_octets() const;
  // The peer's authentic packets under this SA have come.
  [[nodiscard]] control::TunnelWork proven(const ikestate::Moment& moment, Spi spi);

 private:
  Side side_;
  RepeatableRandom random_;
  control::Tunnels tower_;
};

}  // namespace levelgate::rehearsal
