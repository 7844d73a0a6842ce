// SPDX-License-Identifier: Apache-2.0
//
// Offsets count units of eight octets; only the last fragment's data need not be a multiple of them.
#include "wire/ipv4_fragments.h"

#include <algorithm>
#include <cstring>

#include "wire/checksum.h"

namespace levelgate::wire {
namespace {

constexpr std::uint32_t kUnit = 8;
constexpr std::uint32_t kMostData = 65'535 - kIpv4Octets;  // of a packet that is put together again
constexpr unsigned kDontFragment = 0x4000;
constexpr unsigned kMoreFragments = 0x2000;
constexpr unsigned kOffset = 0x1fff;
constexpr unsigned kCopied = 0x80;  // an option that each fragment carries
constexpr unsigned kEndOfOptions = 0;
constexpr unsigned kNoOperation = 1;

void finish_header(std::byte* header, std::uint32_t header_octets, std::uint32_t total, unsigned flags_and_offset) {
  store_be<std::uint16_t>(header + 2, static_cast<std::uint16_t>(total));
  store_be<std::uint16_t>(header + 6, static_cast<std::uint16_t>(flags_and_offset));
  store_be<std::uint16_t>(header + 10, 0);
  store_be<std::uint16_t>(header + 10, checksum_finish(checksum_add({header, header_octets})));
}

}  // namespace

Ipv4Fragments::Ipv4Fragments(ConstBytes packet, std::uint32_t mtu) : packet_(packet) {
  if (packet.size() < kIpv4Octets || octet(packet, 0) >> 4 != 4) return;
  const unsigned flags = load_be<std::uint16_t>(packet.data() + 6);
  if ((flags & kDontFragment) != 0) return;
  header_octets_ = (octet(packet, 0) & 0x0fu) * 4;
  data_octets_ = static_cast<std::uint32_t>(packet.size()) - header_octets_;
  verdict_ = Cut::kMalformed;
  if (!copy_options() || (flags & kOffset) * kUnit + data_octets_ > kMostData) return;
  verdict_ = Cut::kNoRoom;
  if (mtu < header_octets_ + kUnit) return;
  first_data_ = (mtu - header_octets_) / kUnit * kUnit;
  const std::uint32_t last_room = mtu - later_octets_;
  step_ = last_room / kUnit * kUnit;
  const std::uint32_t rest = data_octets_ - first_data_;
  count_ = 2;
  if (rest > last_room) count_ += (rest - last_room + step_ - 1) / step_;
  if (count_ > kMostFragments) return;
  verdict_ = Cut::kPossible;
  finish_header(later_.data(), later_octets_, later_octets_, (flags & ~kMoreFragments) | std::max(flags & kOffset, 1u));
}

// Those with the copied flag, in their order, filled up with the end of options. False: an option has no sound length.
bool Ipv4Fragments::copy_options() {
  std::memcpy(later_.data(), packet_.data(), kIpv4Octets);
  for (std::uint32_t at = kIpv4Octets; at < header_octets_;) {
    const unsigned type = octet(packet_, at);
    if (type == kEndOfOptions) break;
    if (type == kNoOperation) {
      ++at;
      continue;
    }
    if (at + 2 > header_octets_) return false;
    const std::uint32_t octets = octet(packet_, at + 1);
    if (octets < 2 || at + octets > header_octets_) return false;
    if ((type & kCopied) != 0) {
      std::memcpy(later_.data() + later_octets_, packet_.data() + at, octets);
      later_octets_ += octets;
    }
    at += octets;
  }
  later_octets_ = (later_octets_ + 3) / 4 * 4;
  later_[0] = static_cast<std::byte>(0x40u | later_octets_ / 4);
  return true;
}

std::uint32_t Ipv4Fragments::octets(std::size_t number) const {
  if (number == 0) return header_octets_ + first_data_;
  const std::uint32_t left = data_octets_ - data_at(number);
  return later_octets_ + (number + 1 == count_ ? left : step_);
}

void Ipv4Fragments::write(std::size_t number, std::byte* to) const {
  const std::uint32_t total = octets(number);
  const std::uint32_t at = data_at(number);
  const unsigned flags = load_be<std::uint16_t>(packet_.data() + 6);
  const bool last = number + 1 == count_;
  std::memcpy(to, later_.data(), later_octets_);
  std::memcpy(to + later_octets_, packet_.data() + header_octets_ + at, total - later_octets_);
  finish_header(to, later_octets_, total, (flags + at / kUnit) | (last ? 0u : kMoreFragments));
}

void Ipv4Fragments::make_first(std::byte* packet) const {
  const unsigned flags = load_be<std::uint16_t>(packet_.data() + 6);
  finish_header(packet, header_octets_, octets(0), flags | kMoreFragments);
}

}  // namespace levelgate::wire
