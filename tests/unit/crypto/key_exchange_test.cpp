// SPDX-License-Identifier: Apache-2.0
//
// Every key exchange method under the same laws, the exchanges that RFC 5903 §8 and RFC 7748 §6 print, and the public
// values that a recipient must refuse (RFC 6989 §2, FIPS 203 section 7).
#include "crypto/key_exchange.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/fixed_generator.h"
#include "support/hex_octets.h"

namespace levelgate::crypto::key_exchange_test {
namespace {

using testing::FixedGenerator;
using testing::from_hex;
using Octets = std::vector<std::byte>;

Octets copy_of(ConstBytes bytes) { return {bytes.begin(), bytes.end()}; }
Octets copy_of(const Result<SecretBytes>& secret) { return secret ? copy_of(secret->bytes()) : Octets{}; }

struct KnownExchange {
  std::uint16_t method;
  std::string initiator_private, initiator_value, responder_private, responder_value, secret;
};

const std::vector<KnownExchange> kKnown{
    {19, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33"
     "accf5f58389e0577b8990bb3",
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
     "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046"
     "ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {20, "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194",
     "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa9482ed1f"
     "c0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc",
     "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571dcfbec7a"
     "acf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746"},
    {21,
     "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b26"
     "39bab072462f68c27a57382d4a52",
     "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbee1e3bf42e00b8e380aeae57c2d10756494188594"
     "2af5a7f4601723c4195d176ced3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10ad8a788015ac4"
     "05d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
     "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869cca7"
     "458aa4a4effc311f5cb151685eb9",
     "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6c2912d4e"
     "f2d0433ced2b6171640012d9460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c4"
     "08a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
     "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3"
     "a8cc3151f2bee417996d19f3ddea"},
    {31, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {32,
     "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0"
     "a598726b",
     "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e5"
     "32c41fa0",
     "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b6"
     "5173992d",
     "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c6"
     "7bf33609",
     "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037"
     "514a879d"}};

// The private key, then octets for the blinding of the multiplication.
Octets drawn(const std::string& private_key) {
  Octets octets = from_hex(private_key);
  octets.resize(octets.size() + 1000, std::byte{0x5a});
  return octets;
}

TEST(KeyExchange, KnownAnswersOfTheRfcs) {
  for (const KnownExchange& known : kKnown) {
    const auto initiator = [&] {
      const FixedGenerator draws(drawn(known.initiator_private));
      return generate_key(known.method).value();
    }();
    EXPECT_EQ(copy_of(initiator->public_value()), from_hex(known.initiator_value)) << known.method;
    const Encapsulation responder = [&] {
      const FixedGenerator draws(drawn(known.responder_private));
      return encapsulate(known.method, from_hex(known.initiator_value)).value();
    }();
    EXPECT_EQ(responder.response, from_hex(known.responder_value)) << known.method;
    EXPECT_EQ(copy_of(responder.secret.bytes()), from_hex(known.secret)) << known.method;
    EXPECT_EQ(copy_of(initiator->decapsulate(responder.response)), from_hex(known.secret)) << known.method;
  }
}

// The numbers and sizes of IANA's registry and of the documents, once more and independent of the table.
TEST(KeyExchange, SizesOfTheDocuments) {
  const std::vector<std::vector<std::size_t>> expected{
      {14, 256, 256, 256},      {15, 384, 384, 384},      {16, 512, 512, 512},      {19, 64, 64, 32},
      {20, 96, 96, 48},         {21, 132, 132, 66},       {31, 32, 32, 32},         {32, 56, 56, 56},
      {35, 800, 768, 32},       {36, 1184, 1088, 32},     {37, 1568, 1568, 32},     {1110, 261120, 96, 32},
      {1111, 261120, 96, 32},   {1112, 524160, 156, 32},  {1113, 524160, 156, 32},  {1114, 1044992, 208, 32},
      {1115, 1044992, 208, 32}, {1116, 1047319, 194, 32}, {1117, 1047319, 194, 32}, {1118, 1357824, 208, 32},
      {1119, 1357824, 208, 32}};
  std::vector<std::vector<std::size_t>> found;
  for (const KeyExchangeMethod& method : key_exchange_methods()) {
    found.push_back({method.id, method.initiator_octets, method.responder_octets, method.secret_octets});
    ASSERT_NE(find_key_exchange(method.id), nullptr);
    EXPECT_EQ(find_key_exchange(method.id)->name, method.name);
  }
  EXPECT_EQ(found, expected);
}

TEST(KeyExchange, UnknownMethodsAreValues) {
  for (const unsigned id : {0u, 1u, 2u, 5u, 13u, 17u, 18u, 22u, 25u, 30u, 33u, 34u, 38u, 1035u, 65535u}) {
    const auto method = static_cast<std::uint16_t>(id);
    EXPECT_EQ(find_key_exchange(method), nullptr) << id;
    EXPECT_EQ(generate_key(method).error().fault, Fault::kNotFound) << id;
    EXPECT_EQ(encapsulate(method, Octets(32)).error().fault, Fault::kNotFound) << id;
  }
}

class EachMethod : public ::testing::TestWithParam<std::uint16_t> {
 protected:
  const KeyExchangeMethod& method() const { return *find_key_exchange(GetParam()); }

  ::testing::AssertionResult responder_refuses(ConstBytes value) const {
    const auto made = encapsulate(method().id, value);
    if (made) return ::testing::AssertionFailure() << "the responder took it";
    if (made.error().fault != Fault::kBadInput) return ::testing::AssertionFailure() << made.error().what;
    return ::testing::AssertionSuccess();
  }
  ::testing::AssertionResult initiator_refuses(ConstBytes value) const {
    const auto made = generate_key(method().id).value()->decapsulate(value);
    if (made) return ::testing::AssertionFailure() << "the initiator took it";
    if (made.error().fault != Fault::kBadInput) return ::testing::AssertionFailure() << made.error().what;
    return ::testing::AssertionSuccess();
  }
};

// [7296-3.4-a]
TEST_P(EachMethod, BothSidesComeToOneSecret) {
  const auto initiator = generate_key(method().id).value();
  EXPECT_EQ(initiator->method().id, method().id);
  EXPECT_EQ(initiator->public_value().size(), method().initiator_octets);
  const Encapsulation responder = encapsulate(method().id, initiator->public_value()).value();
  EXPECT_EQ(responder.response.size(), method().responder_octets);
  EXPECT_EQ(responder.secret.size(), method().secret_octets);
  EXPECT_TRUE(responder.secret.equals(initiator->decapsulate(responder.response)->bytes()));
  // More than one answer to one IKE_SA_INIT may have to be tried (RFC 7296 §2.4).
  const Encapsulation another = encapsulate(method().id, initiator->public_value()).value();
  EXPECT_TRUE(another.secret.equals(initiator->decapsulate(another.response)->bytes()));
}

// No key and no randomness is used twice (draft-ietf-ipsecme-ikev2-mlkem-08 section 3).
TEST_P(EachMethod, EachExchangeIsNew) {
  const auto one = generate_key(method().id).value(), two = generate_key(method().id).value();
  EXPECT_NE(copy_of(one->public_value()), copy_of(two->public_value()));
  const Encapsulation first = encapsulate(method().id, one->public_value()).value();
  const Encapsulation second = encapsulate(method().id, one->public_value()).value();
  EXPECT_NE(first.response, second.response);
  EXPECT_FALSE(first.secret.equals(second.secret.bytes()));
}

// [7296-3.4-a]
TEST_P(EachMethod, EveryOtherSizeIsRefused) {
  const auto initiator = generate_key(method().id).value();
  const Octets value = copy_of(initiator->public_value());
  const Octets response = encapsulate(method().id, value)->response;
  for (const int change : {-1000000, -33, -1, 1, 2, 33, 65000}) {
    Octets other = value;
    other.resize(static_cast<std::size_t>(std::max(0, static_cast<int>(other.size()) + change)), std::byte{1});
    EXPECT_TRUE(responder_refuses(other)) << change;
    other = response;
    other.resize(static_cast<std::size_t>(std::max(0, static_cast<int>(other.size()) + change)), std::byte{1});
    EXPECT_TRUE(initiator_refuses(other)) << change;
  }
}

TEST_P(EachMethod, RubbishIsAValue) {
  for (const unsigned fill : {0x00u, 0xffu}) {
    const Octets value(method().initiator_octets, static_cast<std::byte>(fill));
    const Octets response(method().responder_octets, static_cast<std::byte>(fill));
    const bool is_kem = method().id >= 35;
    const bool is_montgomery = method().id == 31 || method().id == 32;
    // Any octets are an ML-KEM ciphertext, zeros are coefficients, and all bits set are a point of curve 25519 or 448.
    if (is_montgomery && fill != 0) continue;
    // Any octets are a McEliece key, but for the sets whose rows do not end at the end of an octet.
    const bool is_mceliece = method().id >= 1110;
    const bool has_unused_bits = method().id == 1116 || method().id == 1117;
    const bool may_refuse = !is_mceliece || has_unused_bits;
    if (may_refuse && (!is_kem || fill != 0)) {
      EXPECT_TRUE(responder_refuses(value)) << fill;
    }
    if (!is_kem || (has_unused_bits && fill != 0)) {
      EXPECT_TRUE(initiator_refuses(response)) << fill;
    }
  }
}

std::vector<std::uint16_t> every_id() {
  std::vector<std::uint16_t> ids;
  for (const KeyExchangeMethod& method : key_exchange_methods()) ids.push_back(method.id);
  return ids;
}

std::string name_of(const ::testing::TestParamInfo<std::uint16_t>& info) {
  std::string name(find_key_exchange(info.param)->name);
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, EachMethod, ::testing::ValuesIn(every_id()), name_of);

// With the generator of the group as the peer's value, the secret is the own public value: its coordinate X alone for
// ECP, the whole number for MODP.
TEST(KeyExchange, TheGeneratorAsPeerGivesThePublicValueBack) {
  for (const std::uint16_t method : {std::uint16_t{14}, std::uint16_t{15}, std::uint16_t{16}}) {
    const auto key = generate_key(method).value();
    Octets two(key->method().responder_octets);
    two.back() = std::byte{2};
    EXPECT_EQ(copy_of(key->decapsulate(two)), copy_of(key->public_value())) << method;
  }
}

// RFC 7296 §2.14: the secret keeps its leading zeros. One in 256 exchanges has one.
TEST(KeyExchange, ModpSecretIsPaddedToTheModulus) {
  Octets two(256);
  two.back() = std::byte{2};
  for (int turn = 0; turn < 8000; ++turn) {
    const Encapsulation made = encapsulate(14, two).value();
    ASSERT_EQ(copy_of(made.secret.bytes()), made.response);
    if (made.response.front() == std::byte{0}) return;
  }
  FAIL() << "no public value with a leading zero in 8000";
}

Octets prime_of(std::uint16_t method) {
  BIGNUM* const prime = method == 14   ? BN_get_rfc3526_prime_2048(nullptr)
                        : method == 15 ? BN_get_rfc3526_prime_3072(nullptr)
                                       : BN_get_rfc3526_prime_4096(nullptr);
  Octets octets(static_cast<std::size_t>(BN_num_bytes(prime)));
  BN_bn2bin(prime, reinterpret_cast<unsigned char*>(octets.data()));
  BN_free(prime);
  return octets;
}

// RFC 6989 §2.1: above 1 and below p - 1. The primes end in ones, so p - 1 and p - 2 need no borrow.
TEST(KeyExchange, ModpValuesAtTheEdgesOfTheGroup) {
  for (const std::uint16_t method : {std::uint16_t{14}, std::uint16_t{15}, std::uint16_t{16}}) {
    const auto key = generate_key(method).value();
    const Octets prime = prime_of(method);
    ASSERT_EQ(prime.size(), key->method().initiator_octets);
    const auto with_last = [&](Octets octets, unsigned last) {
      octets.back() = static_cast<std::byte>(last);
      return octets;
    };
    const Octets zero(prime.size());
    for (const Octets& bad : {zero, with_last(zero, 1), with_last(prime, 0xfe), prime}) {
      EXPECT_EQ(encapsulate(method, bad).error().fault, Fault::kBadInput);
      EXPECT_EQ(key->decapsulate(bad).error().fault, Fault::kBadInput);
    }
    EXPECT_TRUE(encapsulate(method, with_last(zero, 2)));
    EXPECT_TRUE(encapsulate(method, with_last(prime, 0xfd)));
  }
}

// RFC 6989 §2.3: on the curve, and coordinates below the prime. (X, Y) with one bit of Y changed is never on it.
TEST(KeyExchange, PointsOffTheCurveAreRefused) {
  for (const std::uint16_t method : {std::uint16_t{19}, std::uint16_t{20}, std::uint16_t{21}}) {
    const auto key = generate_key(method).value();
    const std::size_t half = key->method().initiator_octets / 2;
    for (std::size_t i = 0; i < half; i += 7) {
      Octets off = copy_of(key->public_value());
      off[half + i] ^= std::byte{1};
      EXPECT_EQ(encapsulate(method, off).error().fault, Fault::kBadInput) << method << " octet " << i;
      EXPECT_EQ(key->decapsulate(off).error().fault, Fault::kBadInput) << method << " octet " << i;
    }
    Octets beyond = copy_of(key->public_value());
    std::fill_n(beyond.begin(), half, std::byte{0xff});
    EXPECT_EQ(encapsulate(method, beyond).error().fault, Fault::kBadInput) << method;
  }
}

// The values of small order: 0, 1, p - 1 and those beyond p that stand for the same, and two of order 8 (RFC 7748 §7).
TEST(KeyExchange, ValuesOfSmallOrderAreRefused) {
  const std::string f30(60, 'f');
  const std::vector<std::pair<std::uint16_t, std::string>> small{
      {31, std::string(64, '0')},
      {31, "01" + std::string(62, '0')},
      {31, "ec" + f30 + "7f"},
      {31, "ed" + f30 + "7f"},
      {31, "ee" + f30 + "7f"},
      {31, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"},
      {31, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"},
      {32, std::string(112, '0')},
      {32, "01" + std::string(110, '0')},
      {32, "fe" + std::string(54, 'f') + "fe" + std::string(54, 'f')},
      {32, "ff" + std::string(54, 'f') + "fe" + std::string(54, 'f')},
      {32, "00" + std::string(54, '0') + std::string(56, 'f')},
  };
  for (const auto& [method, value] : small) {
    EXPECT_EQ(encapsulate(method, from_hex(value)).error().fault, Fault::kBadInput) << value;
    EXPECT_EQ(generate_key(method).value()->decapsulate(from_hex(value)).error().fault, Fault::kBadInput) << value;
  }
}

// FIPS 203 section 7.2: each coefficient of 12 bits is below q = 3329.
TEST(KeyExchange, MlKemCoefficientsBeyondTheModulusAreRefused) {
  for (const std::uint16_t method : {std::uint16_t{35}, std::uint16_t{36}, std::uint16_t{37}}) {
    const Octets good = copy_of(generate_key(method).value()->public_value());
    const std::size_t polynomials = good.size() - 32;
    for (std::size_t at = 0; at < polynomials; at += 3 * 31) {  // three octets hold two coefficients
      Octets bad = good;
      bad[at] = std::byte{0x01};  // 0xd01 = 3329
      bad[at + 1] = (bad[at + 1] & std::byte{0xf0}) | std::byte{0x0d};
      EXPECT_EQ(encapsulate(method, bad).error().fault, Fault::kBadInput) << method << " octet " << at;
      bad[at] = std::byte{0x00};  // 0xd00 = 3328
      EXPECT_TRUE(encapsulate(method, bad)) << method << " octet " << at;
    }
  }
}

// Implicit rejection (FIPS 203 section 6.3): an altered ciphertext gives another secret, the same each time.
TEST(KeyExchange, AlteredMlKemCiphertextGivesAnotherSecret) {
  for (const std::uint16_t method : {std::uint16_t{35}, std::uint16_t{36}, std::uint16_t{37}}) {
    const auto key = generate_key(method).value();
    Encapsulation made = encapsulate(method, key->public_value()).value();
    made.response[5] ^= std::byte{1};
    const Octets secret = copy_of(key->decapsulate(made.response));
    EXPECT_EQ(secret.size(), 32u);
    EXPECT_FALSE(made.secret.equals(secret));
    EXPECT_EQ(copy_of(key->decapsulate(made.response)), secret);
  }
}

// The key pair is the one that OpenSSL makes of the same seed d | z (FIPS 203 section 7.1).
TEST(KeyExchange, MlKemKeyFollowsFromItsSeed) {
  Octets seed(64);
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
  for (const std::uint16_t method : {std::uint16_t{35}, std::uint16_t{36}, std::uint16_t{37}}) {
    const std::string name(find_key_exchange(method)->name);
    OpensslOwned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
        EVP_PKEY_CTX_new_from_name(openssl_context(), name.c_str(), nullptr));
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ML_KEM_SEED, seed.data(), seed.size()),
        OSSL_PARAM_construct_end()};
    EVP_PKEY* made = nullptr;
    ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_params(context.get(), params.data()), 1);
    ASSERT_EQ(EVP_PKEY_generate(context.get(), &made), 1);
    const OpensslOwned<EVP_PKEY, EVP_PKEY_free> owner(made);
    Octets expected(find_key_exchange(method)->initiator_octets);
    std::size_t size = expected.size();
    ASSERT_EQ(EVP_PKEY_get_raw_public_key(made, octets_of(Bytes(expected)), &size), 1);
    const FixedGenerator draws(seed);
    EXPECT_EQ(copy_of(generate_key(method).value()->public_value()), expected) << name;
  }
}

// A generator that runs dry makes no key, and no key is an error value.
TEST(KeyExchange, WithoutRandomnessThereIsNoKey) {
  for (const KeyExchangeMethod& method : key_exchange_methods()) {
    const Octets value = copy_of(generate_key(method.id).value()->public_value());
    const FixedGenerator draws(Octets(1));
    EXPECT_EQ(generate_key(method.id).error().fault, Fault::kInternal) << method.name;
    EXPECT_EQ(encapsulate(method.id, value).error().fault, Fault::kInternal) << method.name;
  }
}

}  // namespace
}  // namespace levelgate::crypto::key_exchange_test
