// SPDX-License-Identifier: Apache-2.0
//
// When two SAs or settings count as equal: only a real difference may cost a sequence number space or a schedule.
#include <gtest/gtest.h>
#include <levelgate/model/tunnel.h>

#include <array>

namespace levelgate::model::tunnel_test {
namespace {

std::shared_ptr<const Secret> key(unsigned fill) {
  std::array<std::byte, 36> octets;
  octets.fill(static_cast<std::byte>(fill));
  return std::make_shared<const Secret>(ConstBytes(octets));
}

EspSa sa() {
  EspSa made;
  made.spi = Spi{0x100};
  made.key = key(1);
  return made;
}

// The same key file read a second time is the same key.
TEST(EspSa, EqualByContentOfTheKey) {
  EspSa other = sa();
  EXPECT_NE(other.key, sa().key);
  EXPECT_EQ(other, sa());
  other.id = SaId{77};
  EXPECT_EQ(other, sa()) << "the id names a life, not a specification";
}

TEST(EspSa, EveryPartOfTheSpecificationCounts) {
  const auto differs = [](auto change) {
    EspSa changed = sa();
    change(changed);
    return !(changed == sa()) && !(sa() == changed);
  };
  EXPECT_TRUE(differs([](EspSa& s) { s.spi = Spi{0x101}; }));
  EXPECT_TRUE(differs([](EspSa& s) { s.key = key(2); }));
  EXPECT_TRUE(differs([](EspSa& s) { s.key = nullptr; }));
  EXPECT_TRUE(differs([](EspSa& s) { s.cipher = EspCipher::kChaCha20Poly1305; }));
  EXPECT_TRUE(differs([](EspSa& s) { s.esn = false; }));
  EXPECT_TRUE(differs([](EspSa& s) { s.first_sequence = EspSeq{2}; }));
}

TEST(EspSa, WithoutKeysStillCompares) {
  EspSa a = sa();
  EspSa b = sa();
  a.key = b.key = nullptr;
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace levelgate::model::tunnel_test
