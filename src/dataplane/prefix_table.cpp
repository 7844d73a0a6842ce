// SPDX-License-Identifier: Apache-2.0
//
// Longest prefix match by trying each length that is in use, longest first.
#include "dataplane/prefix_table.h"

#include <cstring>

namespace levelgate::dataplane {
namespace {

std::uint32_t masked(std::uint32_t address, unsigned length) {
  return length == 0 ? 0 : address & (~0U << (32 - length));
}

std::array<std::uint8_t, 16> masked(std::array<std::uint8_t, 16> address, unsigned length) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned from = i * 8;
    if (length >= from + 8) continue;
    const unsigned keep = length <= from ? 0 : length - from;
    address[i] = static_cast<std::uint8_t>(address[i] & (0xff00U >> keep));
  }
  return address;
}

std::array<std::uint8_t, 16> octets_of(const IpAddress& address) {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), address.bytes().data(), address.bytes().size());
  return octets;
}

}  // namespace

bool PrefixTable::insert(const IpPrefix& prefix, std::uint64_t next_hop) {
  if (next_hop > kMaxNextHop) return false;
  if (prefix.address.family() == IpFamily::kV4) {
    v4_[prefix.length][masked(prefix.address.v4_host_order(), prefix.length)] = next_hop;
  } else {
    v6_[prefix.length][masked(octets_of(prefix.address), prefix.length)] = next_hop;
  }
  return true;
}

void PrefixTable::erase(const IpPrefix& prefix) {
  if (prefix.address.family() == IpFamily::kV4) {
    v4_[prefix.length].erase(masked(prefix.address.v4_host_order(), prefix.length));
  } else {
    v6_[prefix.length].erase(masked(octets_of(prefix.address), prefix.length));
  }
}

void PrefixTable::find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    next_hops[i] = kNoNextHop;
    for (unsigned length = 33; length-- > 0 && next_hops[i] == kNoNextHop;) {
      if (v4_[length].empty()) continue;
      const auto found = v4_[length].find(masked(addresses[i], length));
      if (found != v4_[length].end()) next_hops[i] = found->second;
    }
  }
}

void PrefixTable::find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
                          std::span<std::uint64_t> next_hops) const noexcept {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    next_hops[i] = kNoNextHop;
    for (unsigned length = 129; length-- > 0 && next_hops[i] == kNoNextHop;) {
      if (v6_[length].empty()) continue;
      const auto found = v6_[length].find(masked(addresses[i], length));
      if (found != v6_[length].end()) next_hops[i] = found->second;
    }
  }
}

}  // namespace levelgate::dataplane
