// SPDX-License-Identifier: Apache-2.0
//
// SHA-1 over SPIs, address and port, as RFC 7296 §2.23 has it.
#include "ikestate/nat_detection.h"

#include <algorithm>
#include <array>

#include "crypto/ike_hash.h"

namespace levelgate::ikestate {

Result<std::vector<std::byte>> nat_hash(const ikemessage::IkeSpis& spis, const Endpoint& end) {
  std::array<std::byte, 16> spi_octets{};
  store_be<std::uint64_t>(spi_octets.data(), spis.initiator.value);
  store_be<std::uint64_t>(spi_octets.data() + 8, spis.responder.value);
  std::array<std::byte, 2> port{};
  store_be<std::uint16_t>(port.data(), end.port);
  return crypto::ike_hash(crypto::IkeHash::kSha1, {spi_octets, end.address.bytes(), port});
}

Result<NatSeen> nat_seen(const ikemessage::Contents& contents, const ikemessage::IkeSpis& spis, const Path& path) {
  const auto source = nat_hash(spis, path.remote);
  if (!source) return std::unexpected(source.error());
  const auto destination = nat_hash(spis, path.local);
  if (!destination) return std::unexpected(destination.error());
  bool any_source = false, source_fits = false, any_destination = false, destination_fits = false;
  for (const ikewire::Notify& notify : contents.notifies) {
    if (notify.type == ikewire::NotifyType::kNatDetectionSourceIp) {  // several: one for each address of the peer
      any_source = true;
      source_fits = source_fits || std::ranges::equal(notify.value, *source);
    } else if (notify.type == ikewire::NotifyType::kNatDetectionDestinationIp) {
      any_destination = true;
      destination_fits = destination_fits || std::ranges::equal(notify.value, *destination);
    }
  }
  return NatSeen{.own = any_destination && !destination_fits, .peer = any_source && !source_fits};
}

}  // namespace levelgate::ikestate
