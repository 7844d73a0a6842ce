// SPDX-License-Identifier: Apache-2.0
//
// Cuts an IPv4 packet into fragments (RFC 791 §3.2). Fragments of fragments, too: putting all of them together gives
// what was cut. Never allocates, never reads beyond the packet, whatever its header says.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/ip_header.h"

namespace levelgate::wire {

// Of one packet; what needs more is not cut.
inline constexpr std::size_t kMostFragments = 32;

// Why a packet is not cut.
enum class Cut : std::uint8_t {
  kPossible,
  kForbidden,  // IPv6, or DF is set
  kNoRoom,     // the largest fragment has no room for data behind the header, or there would be too many
  kMalformed,  // options or offset contradict the packet
};

class Ipv4Fragments {
 public:
  // `packet`: sound by read_ip_shallow(), of its own length, longer than `mtu` octets. It outlives this.
  Ipv4Fragments(ConstBytes packet, std::uint32_t mtu);

  [[nodiscard]] Cut verdict() const { return verdict_; }
  // The rest only where the verdict is kPossible.
  [[nodiscard]] std::size_t count() const { return count_; }  // 2 to kMostFragments
  [[nodiscard]] std::uint32_t octets(std::size_t number) const;
  // Writes one that is not the first to the front of `to`, which holds its octets.
  void write(std::size_t number, std::byte* to) const;
  // Makes the packet itself the first one; the others are written already, and its owner sets its length.
  void make_first(std::byte* packet) const;
  // A header without data as all but the first have it: what selectors see of those.
  [[nodiscard]] ConstBytes later_header() const { return {later_.data(), later_octets_}; }

 private:
  [[nodiscard]] bool copy_options();
  [[nodiscard]] std::uint32_t data_at(std::size_t number) const {
    return number == 0 ? 0 : first_data_ + static_cast<std::uint32_t>(number - 1) * step_;
  }

  ConstBytes packet_;
  Cut verdict_ = Cut::kForbidden;
  std::uint32_t header_octets_ = 0;  // of the packet, and of the first fragment
  std::uint32_t data_octets_ = 0;    // of the packet
  std::uint32_t later_octets_ = kIpv4Octets;
  std::uint32_t first_data_ = 0;  // octets of data in the first one, and
  std::uint32_t step_ = 0;        // in each other one but the last
  std::size_t count_ = 0;
  std::array<std::byte, 60> later_{};
};

}  // namespace levelgate::wire
