// SPDX-License-Identifier: Apache-2.0
//
// Numbers that must never be mixed up, as types of their own.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace levelgate {

template <typename Tag, typename Rep>
struct Id {
  Rep value{};
  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  constexpr auto operator<=>(const Id&) const = default;
};

using Spi = Id<struct SpiTag, std::uint32_t>;            // RFC 4303 §2.1
using EspSeq = Id<struct EspSeqTag, std::uint64_t>;      // always the 64-bit number, RFC 4303 §2.2.1
using TunnelId = Id<struct TunnelIdTag, std::uint32_t>;  // dense, an index into the plan's tunnels
using PortId = Id<struct PortIdTag, std::uint16_t>;      // dense, an index into the plan's ports
using WorkerId = Id<struct WorkerIdTag, std::uint16_t>;  // dense, 0-based
using SaId = Id<struct SaIdTag, std::uint64_t>;          // never reused in one process
using StreamId = Id<struct StreamIdTag, std::uint64_t>;  // of a TCP connection; never reused in one process; 0: none

}  // namespace levelgate

template <typename Tag, typename Rep>
struct std::hash<levelgate::Id<Tag, Rep>> {
  std::size_t operator()(const levelgate::Id<Tag, Rep>& id) const noexcept { return std::hash<Rep>{}(id.value); }
};
