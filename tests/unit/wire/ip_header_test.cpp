// SPDX-License-Identifier: Apache-2.0
//
// IP headers read from octets written out by hand: every field, every way to be wrong, and no step beyond the span.
#include "wire/ip_header.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/wire/octets.h"
#include "wire/checksum.h"

namespace levelgate::wire::ip_header_test {
namespace {

using testing::ExactBlock;
using testing::hex;
using testing::Octets;

// UDP 53 to 4660 from 192.168.0.1 to 192.168.0.199, 32 octets, TTL 64, DF.
Octets v4_packet() { return hex("4500 0020 0000 4000 4011 b8b4 c0a8 0001 c0a8 00c7 0035 1234 000c 0000 61 62 63 64"); }

// TCP 80 to 4660 from fd00::1 to fd00::2, 44 octets, hop limit 63.
Octets v6_packet() {
  return hex(
      "6000 0000 0004 06 3f fd00 0000 0000 0000 0000 0000 0000 0001 fd00 0000 0000 0000 0000 0000 0000 0002 0050 1234");
}

// Sets the checksum of the IPv4 header that the first octet announces.
void mend(Octets& packet) {
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 15) * 4;
  store_be<std::uint16_t>(packet.data() + 10, 0);
  store_be<std::uint16_t>(packet.data() + 10, testing::slow_checksum(ConstBytes(packet).first(header)));
}

TEST(IpHeader, V4Fields) {
  const Octets packet = v4_packet();
  const IpView view = read_ip(packet);
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.family, IpFamily::kV4);
  EXPECT_EQ(view.fragment, IpFragment::kWhole);
  EXPECT_TRUE(view.dont_fragment);
  EXPECT_EQ(view.hop_limit, 64);
  EXPECT_EQ(view.protocol, kProtocolUdp);
  EXPECT_EQ(view.header_octets, 20);
  EXPECT_EQ(view.upper_offset, 20);
  EXPECT_EQ(view.total_octets, 32u);
  EXPECT_TRUE(view.has_ports);
  EXPECT_EQ(view.source_port, 53);
  EXPECT_EQ(view.destination_port, 0x1234);
  EXPECT_EQ(IpView::source_v4(packet.data()), 0xc0a80001u);
  EXPECT_EQ(IpView::destination_v4(packet.data()), 0xc0a800c7u);
  EXPECT_EQ(source_of(packet.data(), view.family).text(), "192.168.0.1");
  EXPECT_EQ(destination_of(packet.data(), view.family).text(), "192.168.0.199");
}

TEST(IpHeader, V6Fields) {
  const Octets packet = v6_packet();
  const IpView view = read_ip(packet);
  EXPECT_EQ(view.verdict, IpVerdict::kOk);
  EXPECT_EQ(view.family, IpFamily::kV6);
  EXPECT_EQ(view.fragment, IpFragment::kWhole);
  EXPECT_TRUE(view.dont_fragment);
  EXPECT_EQ(view.hop_limit, 63);
  EXPECT_EQ(view.protocol, kProtocolTcp);
  EXPECT_EQ(view.header_octets, 40);
  EXPECT_EQ(view.upper_offset, 40);
  EXPECT_EQ(view.total_octets, 44u);
  EXPECT_EQ(view.source_port, 80);
  EXPECT_EQ(view.destination_port, 0x1234);
  EXPECT_EQ(source_of(packet.data(), view.family).text(), "fd00::1");
  EXPECT_EQ(destination_of(packet.data(), view.family).text(), "fd00::2");
}

// The shallow view is the whole one without ports: what forwarding needs is in it.
TEST(IpHeader, ShallowIsAPartOfTheWhole) {
  for (const Octets& packet : {v4_packet(), v6_packet()}) {
    const IpView shallow = read_ip_shallow(packet);
    const IpView whole = read_ip(packet);
    EXPECT_EQ(shallow.verdict, whole.verdict);
    EXPECT_EQ(shallow.family, whole.family);
    EXPECT_EQ(shallow.hop_limit, whole.hop_limit);
    EXPECT_EQ(shallow.total_octets, whole.total_octets);
    EXPECT_FALSE(shallow.has_ports);
  }
}

TEST(IpHeader, OtherVersionsAreMalformed) {
  for (const Octets& packet : {v4_packet(), v6_packet()}) {
    for (unsigned version = 0; version < 16; ++version) {
      if (version == 4 || version == 6) continue;
      Octets changed = packet;
      changed[0] = static_cast<std::byte>(version << 4 | 5);
      EXPECT_EQ(read_ip(changed).verdict, IpVerdict::kMalformed) << version;
    }
  }
  EXPECT_EQ(read_ip({}).verdict, IpVerdict::kMalformed);
}

TEST(IpHeader, V4HeaderLength) {
  for (unsigned words = 0; words < 16; ++words) {
    Octets packet = v4_packet();
    packet.resize(60 + 12);
    store_be<std::uint16_t>(packet.data() + 2, static_cast<std::uint16_t>(packet.size()));
    packet[0] = static_cast<std::byte>(0x40 | words);
    if (words >= 5) mend(packet);
    const IpView view = read_ip(packet);
    EXPECT_EQ(view.verdict, words < 5 ? IpVerdict::kMalformed : IpVerdict::kOk) << words;
    if (words < 5) continue;
    EXPECT_EQ(view.header_octets, words * 4);
    EXPECT_EQ(view.upper_offset, words * 4);
  }
}

// A header longer than the packet that it announces.
TEST(IpHeader, V4OptionsBeyondTheTotal) {
  Octets packet = v4_packet();
  packet.resize(40);
  packet[0] = std::byte{0x49};  // 36 octets of header in 32
  mend(packet);
  EXPECT_EQ(read_ip(packet).verdict, IpVerdict::kMalformed);
}

TEST(IpHeader, V4TotalLength) {
  for (std::uint32_t total = 0; total <= 34; ++total) {
    Octets packet = v4_packet();
    store_be<std::uint16_t>(packet.data() + 2, static_cast<std::uint16_t>(total));
    mend(packet);
    const bool possible = total >= 20 && total <= packet.size();
    const IpView view = read_ip(packet);
    EXPECT_EQ(view.verdict, possible ? IpVerdict::kOk : IpVerdict::kMalformed) << total;
    if (!possible) continue;
    EXPECT_EQ(view.total_octets, total) << "what stands behind is Ethernet padding";
    EXPECT_EQ(view.has_ports, total >= 24) << "ports are inside the packet or absent";
  }
}

TEST(IpHeader, V6PayloadLength) {
  for (std::uint32_t payload = 0; payload <= 6; ++payload) {
    Octets packet = v6_packet();
    store_be<std::uint16_t>(packet.data() + 4, static_cast<std::uint16_t>(payload));
    const IpView view = read_ip(packet);
    EXPECT_EQ(view.verdict, payload <= 4 ? IpVerdict::kOk : IpVerdict::kMalformed) << payload;
    if (payload > 4) continue;
    EXPECT_EQ(view.total_octets, 40 + payload);
    EXPECT_EQ(view.has_ports, payload == 4);
  }
}

TEST(IpHeader, CutAtEveryOctet) {
  for (const Octets& packet : {v4_packet(), v6_packet()}) {
    for (std::size_t octets = 0; octets < packet.size(); ++octets) {
      const ExactBlock cut(ConstBytes(packet).first(octets));
      ASSERT_EQ(read_ip(cut.bytes()).verdict, IpVerdict::kMalformed) << octets;
      ASSERT_EQ(read_ip_shallow(cut.bytes()).verdict, IpVerdict::kMalformed) << octets;
    }
  }
}

// RFC 1812 §5.2.2: a header whose checksum is wrong is told apart, with every single bit.
TEST(IpHeader, V4Checksum) {
  for (std::size_t bit = 64; bit < 160; ++bit) {
    Octets packet = v4_packet();
    packet[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_EQ(read_ip(packet).verdict, IpVerdict::kChecksum) << bit;
  }
  Octets payload = v4_packet();
  payload[25] ^= std::byte{1};
  EXPECT_EQ(read_ip(payload).verdict, IpVerdict::kOk) << "the payload is not part of it";
}

TEST(IpHeader, V4Fragments) {
  const auto read = [](unsigned flags_and_offset) {
    Octets packet = v4_packet();
    store_be<std::uint16_t>(packet.data() + 6, static_cast<std::uint16_t>(flags_and_offset));
    mend(packet);
    return read_ip(packet);
  };
  EXPECT_EQ(read(0x0000).fragment, IpFragment::kWhole);
  EXPECT_FALSE(read(0x0000).dont_fragment);
  EXPECT_TRUE(read(0x4000).dont_fragment);
  EXPECT_EQ(read(0x8000).fragment, IpFragment::kWhole) << "the reserved bit means nothing";
  EXPECT_EQ(read(0x2000).fragment, IpFragment::kFirst);
  EXPECT_TRUE(read(0x2000).has_ports);
  for (const unsigned later : {0x0001u, 0x2001u, 0x1fffu, 0x3fffu}) {
    EXPECT_EQ(read(later).fragment, IpFragment::kLater) << later;
    EXPECT_FALSE(read(later).has_ports) << "octets of a later fragment are no ports";
  }
}

// RFC 7296 §3.13.1: type and code of ICMP stand where ports would.
TEST(IpHeader, IcmpTypeAndCodeAsPorts) {
  Octets v4 = v4_packet();
  v4[9] = std::byte{kProtocolIcmp};
  v4[20] = std::byte{3};
  v4[21] = std::byte{13};
  mend(v4);
  Octets v6 = v6_packet();
  v6[6] = std::byte{kProtocolIcmpv6};
  v6[40] = std::byte{128};
  v6[41] = std::byte{0};
  EXPECT_EQ(read_ip(v4).source_port, 3 * 256 + 13);
  EXPECT_EQ(read_ip(v4).destination_port, 3 * 256 + 13);
  EXPECT_EQ(read_ip(v6).source_port, 128 * 256);
  EXPECT_TRUE(read_ip(v6).has_ports);
}

TEST(IpHeader, OtherProtocolsHaveNoPorts) {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    Octets packet = v4_packet();
    packet[9] = static_cast<std::byte>(protocol);
    mend(packet);
    const bool known = protocol == 1 || protocol == 6 || protocol == 17 || protocol == 58 || protocol == 132;
    const IpView view = read_ip(packet);
    EXPECT_EQ(view.has_ports, known) << protocol;
    EXPECT_EQ(view.protocol, protocol);
    if (!known) {
      EXPECT_EQ(view.source_port, 0) << protocol;
    }
  }
}

// Any octets: what the view says lies inside the span.
TEST(IpHeader, ArbitraryOctets) {
  std::mt19937 random(6);
  for (int i = 0; i < 50'000; ++i) {
    Octets octets = i % 2 == 0 ? v4_packet() : v6_packet();
    octets.resize(random() % 100, static_cast<std::byte>(random()));
    for (unsigned changes = static_cast<unsigned>(random() % 6); changes > 0 && !octets.empty(); --changes) {
      octets[random() % octets.size()] = static_cast<std::byte>(random());
    }
    const ExactBlock block(octets);
    const IpView view = read_ip(block.bytes());
    if (view.verdict == IpVerdict::kMalformed) continue;
    ASSERT_LE(view.total_octets, octets.size());
    ASSERT_LE(view.upper_offset, view.total_octets);
    ASSERT_GE(view.upper_offset, view.header_octets);
    if (view.has_ports) {
      ASSERT_LE(view.upper_offset + 2u, view.total_octets);
    }
  }
}

}  // namespace
}  // namespace levelgate::wire::ip_header_test
