// SPDX-License-Identifier: Apache-2.0
//
// Makes OpenSSL draw given octets in this thread, so that key generation meets the private keys that the RFCs print.
// OpenSSL's own means: its TEST-RAND in the place of the generators. When the octets are used up, drawing fails.
#pragma once

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <utility>
#include <vector>

#include "crypto/openssl_context.h"

namespace levelgate::testing {

class FixedGenerator {
 public:
  explicit FixedGenerator(std::vector<std::byte> octets) : octets_(std::move(octets)) {
    EXPECT_EQ(RAND_set0_private(crypto::openssl_context(), generator()), 1);
    EXPECT_EQ(RAND_set0_public(crypto::openssl_context(), generator()), 1);
  }
  FixedGenerator(const FixedGenerator&) = delete;
  FixedGenerator& operator=(const FixedGenerator&) = delete;
  // OpenSSL makes new generators of its own kind when it finds none.
  ~FixedGenerator() {
    EXPECT_EQ(RAND_set0_private(crypto::openssl_context(), nullptr), 1);
    EXPECT_EQ(RAND_set0_public(crypto::openssl_context(), nullptr), 1);
  }

 private:
  EVP_RAND_CTX* generator() {
    EVP_RAND* const kind = EVP_RAND_fetch(crypto::openssl_context(), "TEST-RAND", nullptr);
    EVP_RAND_CTX* const made = EVP_RAND_CTX_new(kind, nullptr);
    EVP_RAND_free(kind);
    unsigned strength = 256;
    const std::array<OSSL_PARAM, 3> params{
        OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
        OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, octets_.data(), octets_.size()),
        OSSL_PARAM_construct_end()};
    EXPECT_EQ(EVP_RAND_CTX_set_params(made, params.data()), 1);
    EXPECT_EQ(EVP_RAND_instantiate(made, strength, 0, nullptr, 0, nullptr), 1);
    return made;
  }

  std::vector<std::byte> octets_;
};

}  // namespace levelgate::testing
