// SPDX-License-Identifier: Apache-2.0
//
// What people may see of a configuration: no terminal is steered by it, and no secret stands in it.
#include <gtest/gtest.h>

#include "syntax/finding.h"

namespace levelgate::syntax::harmless_test {
namespace {

TEST(Harmless, NothingSteersATerminalAndNoKeyIsShown) {
  EXPECT_EQ(harmless("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(harmless("a\xc2\x9b"
                     "b\xe2\x80\xae"
                     "c\xe2\x81\xa6"
                     "d"),
            "a?b?c?d");
  EXPECT_EQ(harmless("m\xc3\xbcnchen"), "m\xc3\xbcnchen");
  EXPECT_EQ(harmless(std::string(32, 'f')), std::string(32, '*'));
  EXPECT_EQ(harmless(std::string(31, 'f')), std::string(31, 'f'));
  EXPECT_EQ(harmless("x" + std::string(40, '0') + "x"), "x" + std::string(40, '*') + "x");
  EXPECT_EQ(harmless(std::string(299, 'x') + "\xc3\xbc" + "y"), std::string(299, 'x') + "...");
}

TEST(Harmless, WhatStandsBehindTheNameOfASecretIsStarred) {
  EXPECT_EQ(harmless_source("a: { psk: geheim, x: 1 }"), "a: { psk: ******, x: 1 }");
  EXPECT_EQ(harmless_source("  \"key\" : 'a b'"), "  \"key\" : ** **");
  EXPECT_EQ(harmless_source("password: m\xc3\xbcnchen"), "password: *******");
  EXPECT_EQ(harmless_source("key: { file: out.key }"), "key: { file: out.key }");
  EXPECT_EQ(harmless_source("monkey: banana"), "monkey: banana");
  EXPECT_EQ(harmless_source("key:"), "key:");
  EXPECT_EQ(harmless_source("\tx"), " x");
}

}  // namespace
}  // namespace levelgate::syntax::harmless_test
