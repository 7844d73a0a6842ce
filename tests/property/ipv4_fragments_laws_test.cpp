// SPDX-License-Identifier: Apache-2.0
//
// Fragments of any IPv4 packet, also of fragments and with any options: they fit, are sound, and put together by the
// rules of RFC 791 §3.2 they are the packet again; whatever cannot be cut is refused, and nothing outside is read.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "wire/ipv4_fragments.h"

namespace levelgate::wire::ipv4_fragments_laws_test {
namespace {

using Octets = std::vector<std::byte>;

void set_header(Octets& packet, unsigned header, unsigned flags_and_offset) {
  packet[0] = static_cast<std::byte>(0x40u | header / 4);
  store_be<std::uint16_t>(packet.data() + 2, static_cast<std::uint16_t>(packet.size()));
  store_be<std::uint16_t>(packet.data() + 6, static_cast<std::uint16_t>(flags_and_offset));
  store_be<std::uint16_t>(packet.data() + 10, 0);
  store_be<std::uint16_t>(packet.data() + 10, checksum_finish(checksum_add(ConstBytes(packet).first(header))));
}

struct Option {
  unsigned type;
  Octets octets;  // as it stands in the header
};

// Sound options, at most 40 octets of them.
std::vector<Option> draw_options() {
  std::vector<Option> options;
  std::size_t room = 40;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const auto type = *rc::gen::element(1u, 7u, 68u, 131u, 136u, 137u, 148u);
    const auto length = type == 1 ? std::size_t{1} : *rc::gen::inRange<std::size_t>(2, 14);
    if (length > room) break;
    Option option{type, Octets(length, static_cast<std::byte>(i + 1))};
    option.octets[0] = static_cast<std::byte>(type);
    if (length > 1) option.octets[1] = static_cast<std::byte>(length);
    options.push_back(std::move(option));
    room -= length;
  }
  return options;
}

Octets draw_packet(unsigned offset, bool more, const std::vector<Option>& options, std::size_t data) {
  Octets packet = *rc::gen::container<Octets>(
      kIpv4Octets,
      rc::gen::map(rc::gen::arbitrary<std::uint8_t>(), [](std::uint8_t v) { return static_cast<std::byte>(v); }));
  for (const Option& option : options) packet.insert(packet.end(), option.octets.begin(), option.octets.end());
  while (packet.size() % 4 != 0) packet.push_back(std::byte{0});
  const std::size_t header = packet.size();
  const unsigned seed = *rc::gen::inRange(0u, 256u);
  for (std::size_t i = 0; i < data; ++i) packet.push_back(static_cast<std::byte>(seed + i * 31 + i / 251));
  set_header(packet, static_cast<unsigned>(header), offset | (more ? 0x2000u : 0u));
  return packet;
}

std::vector<Octets> fragments_of(const Ipv4Fragments& cut, const Octets& packet) {
  std::vector<Octets> all;
  Octets first = packet;
  for (std::size_t i = 1; i < cut.count(); ++i) {
    Octets one(cut.octets(i));
    cut.write(i, one.data());
    all.push_back(std::move(one));
  }
  cut.make_first(first.data());
  first.resize(cut.octets(0));
  all.insert(all.begin(), std::move(first));
  return all;
}

RC_GTEST_PROP(Ipv4FragmentsLaws, PutTogetherTheyAreThePacket, ()) {
  const auto options = draw_options();
  const bool later = *rc::gen::inRange(0, 3) == 0;
  const auto offset = later ? *rc::gen::inRange(1u, 200u) : 0u;
  const bool more = *rc::gen::inRange(0, 3) == 0;
  const auto mtu = *rc::gen::oneOf(rc::gen::inRange(68u, 200u), rc::gen::inRange(200u, 1'500u));
  const auto longer = *rc::gen::inRange<std::size_t>(1, 4'000);
  std::size_t header = kIpv4Octets;
  for (const Option& option : options) header += option.octets.size();
  header = (header + 3) / 4 * 4;
  const Octets packet = draw_packet(offset, more, options, mtu - header + longer);
  const Ipv4Fragments cut(packet, mtu);
  if (cut.verdict() == Cut::kNoRoom) {
    RC_ASSERT(packet.size() - header > (kMostFragments - 1) * ((mtu - header) / 8 * 8));
    return;
  }
  RC_ASSERT(cut.verdict() == Cut::kPossible);
  const std::vector<Octets> all = fragments_of(cut, packet);
  RC_ASSERT(all.size() >= 2u && all.size() <= kMostFragments);
  Octets copied;
  for (const Option& option : options) {
    if ((option.type & 0x80u) != 0) copied.insert(copied.end(), option.octets.begin(), option.octets.end());
  }
  while (copied.size() % 4 != 0) copied.push_back(std::byte{0});
  Octets data;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Octets& one = all[i];
    RC_ASSERT(one.size() <= mtu);
    const IpView view = read_ip(one);
    RC_ASSERT(view.verdict == IpVerdict::kOk && view.total_octets == one.size() && !view.dont_fragment);
    const unsigned flags = load_be<std::uint16_t>(one.data() + 6);
    RC_ASSERT((flags & 0x1fffu) * 8 == offset * 8 + data.size());
    const bool last = i + 1 == all.size();
    RC_ASSERT(((flags & 0x2000u) != 0) == (!last || more));
    const std::size_t octets = one.size() - view.header_octets;
    RC_ASSERT(octets != 0u && (last || octets % 8 == 0));
    RC_ASSERT(std::equal(one.begin() + 1, one.begin() + 2, packet.begin() + 1));     // TOS
    RC_ASSERT(std::equal(one.begin() + 4, one.begin() + 6, packet.begin() + 4));     // identification
    RC_ASSERT(std::equal(one.begin() + 8, one.begin() + 10, packet.begin() + 8));    // TTL, protocol
    RC_ASSERT(std::equal(one.begin() + 12, one.begin() + 20, packet.begin() + 12));  // addresses
    const Octets own(one.begin() + kIpv4Octets, one.begin() + view.header_octets);
    if (i == 0) {
      RC_ASSERT(own == Octets(packet.begin() + kIpv4Octets, packet.begin() + static_cast<std::ptrdiff_t>(header)));
    } else {
      RC_ASSERT(own == copied);
    }
    data.insert(data.end(), one.begin() + view.header_octets, one.end());
  }
  RC_ASSERT(data == Octets(packet.begin() + static_cast<std::ptrdiff_t>(header), packet.end()));
  // No more of them than needed: all but the last are full to the last unit.
  for (std::size_t i = 0; i + 1 < all.size(); ++i) RC_ASSERT(all[i].size() + 8 > mtu);
}

// Any octets behind a sound length and checksum, in memory that ends where the packet ends.
RC_GTEST_PROP(Ipv4FragmentsLaws, HostileHeadersAreRefusedOrCutSoundly, ()) {
  const auto header = *rc::gen::inRange(5u, 16u) * 4;
  const auto size = *rc::gen::inRange<std::size_t>(header + 1, 3'000);
  const std::unique_ptr<std::byte[]> memory(new std::byte[size]);
  Octets packet(size);
  for (std::byte& octet : packet) octet = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  set_header(packet, header, *rc::gen::inRange(0u, 0x10000u));
  std::copy(packet.begin(), packet.end(), memory.get());
  const auto mtu = *rc::gen::inRange<std::uint32_t>(1, static_cast<std::uint32_t>(size));
  const Ipv4Fragments cut({memory.get(), size}, mtu);
  if (cut.verdict() != Cut::kPossible) return;
  std::size_t data = 0;
  for (const Octets& one : fragments_of(cut, packet)) {
    const IpView view = read_ip_shallow(one);
    RC_ASSERT(view.verdict == IpVerdict::kOk && view.total_octets == one.size() && one.size() <= mtu);
    const unsigned offset = load_be<std::uint16_t>(one.data() + 6) & 0x1fffu;
    RC_ASSERT(offset == (load_be<std::uint16_t>(packet.data() + 6) & 0x1fffu) + data / 8);
    data += one.size() - view.header_octets;
  }
  RC_ASSERT(data == size - header);
}

}  // namespace
}  // namespace levelgate::wire::ipv4_fragments_laws_test
