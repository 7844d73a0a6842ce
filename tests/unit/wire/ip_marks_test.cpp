// SPDX-License-Identifier: Apache-2.0
//
// DSCP and ECN are read from either family; a mark changes two bits and, in IPv4, the checksum (RFC 3168 §5).
#include "wire/ip_marks.h"

#include <gtest/gtest.h>

#include <vector>

#include "wire/ip_header.h"

namespace levelgate::wire::ip_marks_test {
namespace {

using Octets = std::vector<std::byte>;

Octets packet_of(bool v4, unsigned traffic_class) {
  Octets packet(60);
  const char* const ends[] = {v4 ? "192.0.2.1" : "2001:db8::1", v4 ? "192.0.2.2" : "2001:db8::2"};
  write_ip(packet.data(), IpAddress::parse(ends[0]).value(), IpAddress::parse(ends[1]).value(), 17, 60);
  if (!v4) {
    store_be<std::uint32_t>(packet.data(), 0x60012345u | traffic_class << 20);
    return packet;
  }
  packet[1] = static_cast<std::byte>(traffic_class);
  store_be<std::uint16_t>(packet.data() + 10, 0);
  store_be<std::uint16_t>(packet.data() + 10, checksum_finish(checksum_add({packet.data(), kIpv4Octets})));
  return packet;
}

TEST(IpMarks, EveryTrafficClassIsReadAndMarked) {
  for (const bool v4 : {true, false}) {
    for (unsigned traffic_class = 0; traffic_class < 256; ++traffic_class) {
      const Octets before = packet_of(v4, traffic_class);
      EXPECT_EQ(traffic_class_of(before.data()), traffic_class);
      EXPECT_EQ(dscp_of(before.data()), traffic_class >> 2);
      EXPECT_EQ(ecn_of(before.data()), static_cast<Ecn>(traffic_class & 3));
      Octets after = before;
      EXPECT_EQ(mark_congestion(after.data()), (traffic_class & 3) != 0);
      EXPECT_EQ(after, packet_of(v4, (traffic_class & 3) != 0 ? traffic_class | 3u : traffic_class));
    }
  }
}

}  // namespace
}  // namespace levelgate::wire::ip_marks_test
