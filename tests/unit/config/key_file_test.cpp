// SPDX-License-Identifier: Apache-2.0
//
// Key files: who may read them, what they hold, and that no message repeats a digit of them.
#include "config/key_file.h"

#include <gtest/gtest.h>

#include "unit/config/key_folder.h"

namespace levelgate::config::key_file_test {
namespace {

class KeyFile : public ::testing::Test {
 protected:
  auto read(const std::string& name, EspCipher cipher = EspCipher::kAes256Gcm16) {
    return read_key_file(folder_ / name, cipher);
  }
  void expect_bad(const std::string& name, int id, const std::string& message, const std::string& hint = "") {
    const auto key = read(name);
    ASSERT_FALSE(key) << name;
    EXPECT_EQ(key.error().id, id) << name;
    EXPECT_EQ(key.error().message, "key file " + (folder_ / name) + message);
    EXPECT_EQ(key.error().hint, hint);
  }

  tests::KeyFolder folder_;
};

TEST_F(KeyFile, HoldsTheDigitsInTheirOrder) {
  folder_.write("x.key", "000102030405060708090a0b0c0d0e0f A0A1A2A3\r\n");
  const auto key = read("x.key", EspCipher::kAes128Gcm16);
  ASSERT_TRUE(key);
  ASSERT_EQ((*key)->size(), 20u);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(std::to_integer<std::size_t>((*key)->bytes()[i]), i);
  EXPECT_EQ((*key)->bytes()[16], std::byte{0xa0});
  EXPECT_EQ((*key)->bytes()[19], std::byte{0xa3});
}

TEST_F(KeyFile, WhiteSpaceAndCaseDoNotMatter) {
  folder_.write("upper.key", "\n " + std::string(36, 'A') + "\t\v\f" + std::string(36, 'A') + "\n\n");
  folder_.write("lower.key", std::string(72, 'a'), 0400);
  const auto upper = read("upper.key");
  const auto lower = read("lower.key");
  ASSERT_TRUE(upper && lower);
  EXPECT_TRUE((*upper)->equals(**lower));
}

TEST_F(KeyFile, EachCipherHasItsLength) {
  EXPECT_TRUE(read("short.key", EspCipher::kAes128Gcm16));
  EXPECT_TRUE(read("a.key", EspCipher::kAes256Gcm16));
  EXPECT_TRUE(read("a.key", EspCipher::kChaCha20Poly1305));
  EXPECT_FALSE(read("a.key", EspCipher::kAes128Gcm16));
  expect_bad("short.key", 23, " holds 40 digits", "72 wanted: key and salt");
  expect_bad("empty.key", 23, " holds 0 digits", "72 wanted: key and salt");
  folder_.write("half.key", std::string(71, '1'));
  expect_bad("half.key", 23, " holds 71 digits", "72 wanted: key and salt");
  folder_.write("more.key", std::string(74, '1'));
  expect_bad("more.key", 23, " holds 74 digits", "72 wanted: key and salt");
}

TEST_F(KeyFile, MayBeReadByItsOwnerOnly) {
  for (const mode_t mode : {0640, 0604, 0610, 0601, 0620, 0602, 0777}) {
    folder_.write("mode.key", std::string(72, '1'), mode);
    expect_bad("mode.key", 21, " can be read by others", "chmod 600 " + (folder_ / "mode.key"));
  }
  folder_.write("mode.key", std::string(72, '1'), 0700);
  EXPECT_TRUE(read("mode.key"));
}

TEST_F(KeyFile, HoldsNothingElse) {
  expect_bad("words.key", 22, " holds something else than hexadecimal digits");
  folder_.write("prefix.key", "0x" + std::string(72, '1'));
  expect_bad("prefix.key", 22, " holds something else than hexadecimal digits");
  folder_.write("nul.key", std::string(72, '1') + std::string(1, '\0'));
  expect_bad("nul.key", 22, " holds something else than hexadecimal digits");
  folder_.write("huge.key", std::string(72, '1') + std::string(100'000, ' '));
  expect_bad("huge.key", 20, " is larger than 1024 octets");
}

TEST_F(KeyFile, MustBeAPlainFile) {
  expect_bad("missing.key", 20, ": No such file or directory");
  expect_bad("folder.key", 20, ": not a plain file");
}

// A pipe that nobody writes to would hold up a reload for ever.
TEST_F(KeyFile, APipeIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe.key").c_str(), 0600), 0);
  expect_bad("pipe.key", 20, ": not a plain file");
}

}  // namespace
}  // namespace levelgate::config::key_file_test
