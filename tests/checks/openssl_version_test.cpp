// SPDX-License-Identifier: Apache-2.0
//
// The OpenSSL that a program loads is the one whose headers it was built with: scripts/setup may have put it beside
// an older one of the system.
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

namespace levelgate::openssl_version_test {
namespace {

TEST(OpenSslVersion, TheLoadedLibraryIsTheOneOfTheHeaders) {
  EXPECT_STREQ(OpenSSL_version(OPENSSL_VERSION_STRING), OPENSSL_VERSION_STR);
}

TEST(OpenSslVersion, TheLineIsAtLeastThreeFive) {
  EXPECT_GE(OPENSSL_version_major() * 100 + OPENSSL_version_minor(), 305U);
}

}  // namespace
}  // namespace levelgate::openssl_version_test
