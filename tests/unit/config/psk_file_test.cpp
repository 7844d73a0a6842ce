// SPDX-License-Identifier: Apache-2.0
//
// Preshared keys of IKE (RFC 7296 §2.15): what octets a file means, and which files are refused.
#include "config/psk_file.h"

#include <gtest/gtest.h>

#include "unit/config/pki_folder.h"

namespace levelgate::config::psk_file_test {
namespace {

class PskFile : public ::testing::Test {
 protected:
  auto read(const std::string& name, Strength strength = kPskStrength, Readers readers = Readers::kOwner) {
    return read_psk(folder_ / name, "preshared key", readers, strength);
  }
  // What the file means, as text; "LG-CFG id" when it is refused.
  std::string meaning(const std::string& text, Strength strength = Strength{}) {
    folder_.write("x.psk", text);
    const auto key = read("x.psk", strength);
    return key ? std::string(chars_of(key->octets->bytes())) : std::to_string(key.error().id);
  }

  tests::KeyFolder folder_;
};

// [7296-2.15-a]
TEST_F(PskFile, TextIsTakenWithoutItsLastLineBreak) {
  EXPECT_EQ(meaning("secret\n"), "secret");
  EXPECT_EQ(meaning("secret\r\n"), "secret");
  EXPECT_EQ(meaning("secret"), "secret");
  const std::string long_one(64, 'k');
  EXPECT_EQ(meaning(long_one + "\n"), long_one) << "and nothing behind it";
  EXPECT_EQ(meaning("two\nlines\n\n"), "two\nlines\n") << "one line break only";
  EXPECT_EQ(meaning(" sec ret \n"), " sec ret ");
  EXPECT_EQ(meaning(std::string("a\0b", 3)), std::string("a\0b", 3));
}

// [7296-2.15-b]
TEST_F(PskFile, HexadecimalDigitsAreOctets) {
  EXPECT_EQ(meaning("0x61626364\n"), "abcd");
  EXPECT_EQ(meaning("0x61 62\n6364"), "abcd");
  EXPECT_EQ(meaning("61626364"), "61626364") << "text without 0x";
  EXPECT_EQ(meaning("0x616"), "22");
  EXPECT_EQ(meaning("0x61zz"), "22");
}

TEST_F(PskFile, AnEmptyKeyIsNeverTaken) {
  for (const char* const text : {"", "\n", "0x", "0x\n"}) EXPECT_EQ(meaning(text), "54") << text;
}

TEST_F(PskFile, LessThan128BitsAreRefused) {
  EXPECT_EQ(meaning("Berlin2026", kPskStrength), "54");
  EXPECT_EQ(meaning("0x" + std::string("0102030405060708090a0b0c0d0e0f"), kPskStrength), "54") << "15 octets";
  EXPECT_NE(meaning("0x" + std::string("000102030405060708090a0b0c0d0e0f"), kPskStrength), "54");
  EXPECT_EQ(meaning("0x" + std::string(64, 'a'), kPskStrength), "54") << "one octet again and again";
  folder_.write("x.psk", "Berlin2026\n");
  EXPECT_EQ(read("x.psk").error().message, "preshared key " + (folder_ / "x.psk") + " holds 60 bits at most");
}

TEST(PskBits, DependOnLengthAndAlphabet) {
  EXPECT_NEAR(most_bits("0123456789"), 33.2, 0.1);
  EXPECT_NEAR(most_bits("0123456789abcdef"), 64, 0.1);
  EXPECT_NEAR(most_bits("0123456789ABCDEF"), 64, 0.1);
  EXPECT_NEAR(most_bits("correcthorse"), 12 * 4.7, 0.1);
  EXPECT_NEAR(most_bits("AbcdefGHIJ+/0123456789=="), 22 * 6, 0.1) << "what fills base64 up holds nothing";
  EXPECT_NEAR(most_bits("Abcdef !?"), 9 * 6.57, 0.1);
  EXPECT_NEAR(most_bits("Abcdef\x80"), 7 * 8, 0.1);
  EXPECT_EQ(most_bits(std::string(100, 'x')), 0) << "a pattern";
  EXPECT_EQ(most_bits("abababababababababababababababababababab"), 0);
}

TEST_F(PskFile, ItsOwnerOnlyMayReadIt) {
  folder_.write("x.psk", "secret", 0640);
  EXPECT_EQ(read("x.psk", Strength{}).error().id, 21);
  EXPECT_TRUE(read("x.psk", Strength{}, Readers::kService)) << "an access list shows as the group's right";
  folder_.write("x.psk", "secret", 0604);
  EXPECT_EQ(read("x.psk", Strength{}, Readers::kService).error().id, 21);
  EXPECT_EQ(read("missing.psk").error().id, 20);
  EXPECT_EQ(read("folder.key").error().id, 20);
  folder_.write("x.psk", std::string(5000, 'x'));
  EXPECT_EQ(read("x.psk").error().message, "preshared key " + (folder_ / "x.psk") + " is larger than 4096 octets");
}

}  // namespace
}  // namespace levelgate::config::psk_file_test
