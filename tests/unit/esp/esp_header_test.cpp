// SPDX-License-Identifier: Apache-2.0
//
// Sizes of ESP packets: padding, the room in an outer packet, and that the model's arithmetic is the same.
#include "wire/esp_header.h"

#include <gtest/gtest.h>
#include <levelgate/model/esp_sizes.h>

#include <array>

namespace levelgate::wire::esp_header_test {
namespace {

TEST(EspHeader, ReadsSpiAndLowHalf) {
  std::array<std::byte, 8> octets;
  for (unsigned i = 0; i < 8; ++i) octets[i] = static_cast<std::byte>(0xa0 + i);
  const EspView view = read_esp(octets.data());
  EXPECT_EQ(view.spi, Spi{0xa0a1a2a3});
  EXPECT_EQ(view.sequence_low, 0xa4a5a6a7u);
}

// RFC 4303 §2.4: pad length and next header end on a boundary of four octets, with the least padding that does it.
TEST(EspHeader, PaddingAlignsTheTrailer) {
  for (std::uint32_t payload = 0; payload < 9000; ++payload) {
    const std::uint32_t padding = esp_padding(payload);
    ASSERT_LT(padding, 4u);
    ASSERT_EQ((payload + padding + 2) % 4, 0u);
    ASSERT_EQ(esp_octets(payload), 8 + 8 + payload + padding + 2 + 16);
  }
}

// The sum of the interface's example: 1,400 octets of IPv4 leave 1,346 to ESP, thus 1,342 behind the AGGFRAG header.
TEST(EspHeader, RoomOfTheExample) {
  EXPECT_EQ(payload_room(1400, outer_header_octets(IpFamily::kV4, false)), 1346u);
  EXPECT_EQ(payload_room(1400, outer_header_octets(IpFamily::kV4, true)), 1338u);
  EXPECT_EQ(payload_room(1400, outer_header_octets(IpFamily::kV6, false)), 1326u);
}

// The room is filled without padding, and one octet more would not fit.
TEST(EspHeader, RoomIsTheLargestThatFits) {
  for (const std::uint32_t headers : {20u, 28u, 40u, 48u}) {
    for (std::uint32_t outer = 0; outer < 2000; ++outer) {
      const std::uint32_t room = payload_room(outer, headers);
      if (room == 0) {
        ASSERT_LT(outer, headers + kShortestEsp);
        continue;
      }
      ASSERT_EQ(esp_padding(room), 0u);
      ASSERT_LE(headers + esp_octets(room), outer);
      ASSERT_GT(headers + esp_octets(room + 1), outer);
    }
  }
}

// The configuration check and the data plane agree on what an outer size holds.
TEST(EspHeader, AgreesWithTheModel) {
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    for (const bool udp : {false, true}) {
      const auto encapsulation = udp ? model::Encapsulation::kUdp : model::Encapsulation::kNone;
      model::TfsSettings tfs;
      tfs.mode = model::TfsMode::kPlain;
      const model::OuterSizes plain = model::outer_sizes(family, encapsulation, tfs);
      const std::uint32_t headers = outer_header_octets(family, udp);
      ASSERT_EQ(plain.headers, headers);
      for (std::uint32_t outer = 128; outer < 1600; ++outer) {
        const std::uint32_t room = payload_room(outer, headers);
        const bool exact = headers + esp_octets(room) == outer;
        ASSERT_EQ(model::size_possible(outer, headers), exact) << outer;
        if (exact) {
          ASSERT_EQ(room, outer - plain.overhead()) << outer;
        }
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::wire::esp_header_test
