// SPDX-License-Identifier: Apache-2.0
//
// Registry numbers and their names: the values of the registries, and that any number can be printed.
#include "ikewire/ike_numbers.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_notify_numbers.h"
#include "ikewire/ike_transform_numbers.h"

namespace levelgate::ikewire::ike_numbers_test {
namespace {

// Numbers that peers would misread at once (RFC 7296 §3.1, §3.2, §3.5, §3.6, §3.8, RFC 8420 §2, RFC 8784 §5.1).
TEST(IkeNumbers, AreTheRegistrys) {
  EXPECT_EQ(name_of(Exchange{34}), "IKE_SA_INIT");
  EXPECT_EQ(name_of(Exchange{35}), "IKE_AUTH");
  EXPECT_EQ(name_of(Exchange{36}), "CREATE_CHILD_SA");
  EXPECT_EQ(name_of(Exchange{37}), "INFORMATIONAL");
  EXPECT_EQ(name_of(Exchange{43}), "IKE_INTERMEDIATE");
  EXPECT_EQ(name_of(Exchange{44}), "IKE_FOLLOWUP_KE");
  EXPECT_EQ(name_of(PayloadType{33}), "SA");
  EXPECT_EQ(name_of(PayloadType{41}), "N");
  EXPECT_EQ(name_of(PayloadType{46}), "SK");
  EXPECT_EQ(name_of(PayloadType{53}), "SKF");
  EXPECT_EQ(name_of(ProtocolId{3}), "ESP");
  EXPECT_EQ(name_of(IdType{2}), "ID_FQDN");
  EXPECT_EQ(name_of(CertEncoding{4}), "X.509 signature");
  EXPECT_EQ(name_of(AuthMethod{14}), "digital signature");
  EXPECT_EQ(name_of(HashId{5}), "Identity");
  EXPECT_EQ(name_of(TsType{8}), "TS_IPV6_ADDR_RANGE");
  EXPECT_EQ(name_of(CpType{1}), "CFG_REQUEST");
  EXPECT_EQ(name_of(PpkIdType{2}), "PPK_ID_FIXED");
}

TEST(IkeNumbers, OfTransforms) {
  EXPECT_EQ(name_of(TransformType{4}), "KE");
  EXPECT_EQ(name_of(TransformType{12}), "ADDKE7");
  EXPECT_EQ(name_of(AttributeType{14}), "Key Length");
  EXPECT_EQ(name_of(TransformType::kEncr, 28), "CHACHA20_POLY1305");
  EXPECT_EQ(name_of(TransformType::kPrf, 5), "HMAC_SHA2_256");
  EXPECT_EQ(name_of(TransformType::kInteg, 12), "HMAC_SHA2_256_128");
  EXPECT_EQ(name_of(TransformType::kKe, 19), "ECP_256");
  EXPECT_EQ(name_of(TransformType::kAddKe7, 37), "ML_KEM_1024");
  EXPECT_EQ(name_of(TransformType::kAddKe1, 1110), "MCELIECE_348864");
  EXPECT_EQ(name_of(TransformType::kAddKe1, 1119), "MCELIECE_8192128F");
  EXPECT_EQ(name_of(TransformType::kSequenceNumbers, 1), "64-bit (ESN)");
  EXPECT_EQ(name_of(TransformType::kKeyWrap, 4), "KW_ARX");
  EXPECT_EQ(name_of(TransformType::kGroupAuth, 1), "implicit");
}

// RFC 7296 §3.10.1 and the numbers of the extensions.
TEST(IkeNumbers, OfNotifications) {
  EXPECT_EQ(name_of(NotifyType{1}), "UNSUPPORTED_CRITICAL_PAYLOAD");
  EXPECT_EQ(name_of(NotifyType{14}), "NO_PROPOSAL_CHOSEN");
  EXPECT_EQ(name_of(NotifyType{16390}), "COOKIE");
  EXPECT_EQ(name_of(NotifyType{16420}), "IKEV2_MESSAGE_ID_SYNC_SUPPORTED");
  EXPECT_EQ(name_of(NotifyType{16430}), "IKEV2_FRAGMENTATION_SUPPORTED");
  EXPECT_EQ(name_of(NotifyType{16438}), "INTERMEDIATE_EXCHANGE_SUPPORTED");
  EXPECT_EQ(name_of(NotifyType{16441}), "ADDITIONAL_KEY_EXCHANGE");
  EXPECT_EQ(name_of(NotifyType{16442}), "USE_AGGFRAG");
  EXPECT_EQ(name_of(NotifyType{16443}), "SUPPORTED_AUTH_METHODS");
  EXPECT_EQ(name_of(NotifyType{16447}), "IKE_SA_INIT_FULL_TRANSCRIPT_AUTH");
  EXPECT_EQ(name_of(NotifyType{50510}), "BIG_PAYLOADS");
  EXPECT_EQ(name_of(NotifyType{50511}), "SEPARATE_TRANSPORTS");
  EXPECT_TRUE(is_error(NotifyType{16383}));
  EXPECT_FALSE(is_error(NotifyType::kInitialContact));
}

TEST(IkeNumbers, WithoutANameArePrintedAsNumbers) {
  EXPECT_EQ(name_of(Exchange{241}), "exchange 241");
  EXPECT_EQ(name_of(PayloadType{128}), "payload 128");
  EXPECT_EQ(name_of(ProtocolId{77}), "protocol 77");
  EXPECT_EQ(name_of(IdType{4}), "identity type 4");
  EXPECT_EQ(name_of(CertEncoding{0}), "certificate encoding 0");
  EXPECT_EQ(name_of(AuthMethod{15}), "authentication method 15");
  EXPECT_EQ(name_of(HashId{999}), "hash 999");
  EXPECT_EQ(name_of(TsType{1}), "selector type 1");
  EXPECT_EQ(name_of(CpType{9}), "configuration type 9");
  EXPECT_EQ(name_of(PpkIdType{3}), "PPK identity type 3");
  EXPECT_EQ(name_of(TransformType{200}), "transform 200");
  EXPECT_EQ(name_of(AttributeType{15}), "attribute 15");
  EXPECT_EQ(name_of(NotifyType{40960}), "notify 40960");
  EXPECT_EQ(name_of(TransformType::kEncr, 1), "ENCR 1");
  EXPECT_EQ(name_of(TransformType{99}, 7), "transform identifier 7");
}

// No two numbers of a registry share a name, or an operator could not tell them apart.
template <typename Number>
void names_differ(unsigned last) {
  std::set<std::string> names;
  for (unsigned number = 0; number <= last; ++number) {
    names.insert(name_of(static_cast<Number>(static_cast<std::underlying_type_t<Number>>(number))));
  }
  EXPECT_EQ(names.size(), last + 1);
}

TEST(IkeNumbers, HaveNamesOfTheirOwn) {
  names_differ<Exchange>(255);
  names_differ<PayloadType>(255);
  names_differ<AuthMethod>(255);
  names_differ<TransformType>(255);
  names_differ<KeMethod>(65535);
  names_differ<Encryption>(65535);
  names_differ<NotifyType>(65535);
}

// RFC 7296 §2.5, RFC 7383 and RFC 8019: what is understood may carry a critical bit without effect.
TEST(IkeNumbers, UnderstoodPayloads) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool expected = (type >= 33 && type <= 48) || type == 53 || type == 54;
    EXPECT_EQ(is_understood(static_cast<PayloadType>(type)), expected) << type;
  }
  for (unsigned type = 0; type < 256; ++type) {
    EXPECT_EQ(is_key_exchange(static_cast<TransformType>(type)), type == 4 || (type >= 6 && type <= 12)) << type;
  }
}

TEST(IkeNumbers, FaultsHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  const unsigned count = std::to_underlying(IkeFault::kBig) + 1u;
  for (unsigned fault = 0; fault < count; ++fault) names.insert(name_of(static_cast<IkeFault>(fault)));
  EXPECT_EQ(names.size(), count);
}

}  // namespace
}  // namespace levelgate::ikewire::ike_numbers_test
