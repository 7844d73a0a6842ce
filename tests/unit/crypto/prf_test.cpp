// SPDX-License-Identifier: Apache-2.0
//
// prf and prf+ against the known answers of RFC 4868 §2.7.1 and against prf+ spelled out with Python's hmac module.
#include "crypto/prf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "support/hex_octets.h"

namespace levelgate::crypto::prf_test {
namespace {

using testing::from_hex;
using Octets = std::vector<std::byte>;

constexpr std::array kPrfs{Prf::kHmacSha256, Prf::kHmacSha384, Prf::kHmacSha512};

struct KnownPrf {
  std::string key, text;
  std::array<std::string, 3> outputs;  // in the order of kPrfs
};

std::vector<KnownPrf> known_answers() {
  const std::string aa(2 * 131, 'a');
  return {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
       "4869205468657265",
       {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
        "be9d914eeb61f1702e696c203a126854"}},
      {"4a656665",
       "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
       {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
        "caeab1a34d4a6b4b636e070a38bce737"}},
      {aa,
       "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
       {"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
        "95e64f73f63f0aec8b915a985d786598"}},
  };
}

// The first 200 octets with the key 01..20 and the seed 80..cf, and the last 16 of all that prf+ can give.
struct KnownPrfPlus {
  Prf prf;
  std::string first, last;
};

const std::array<KnownPrfPlus, 3> kPrfPlus = {{
    {Prf::kHmacSha256,
     "13a42413bce538fb0306883bb6c94c0f336e43fa2a04f66bdb937eba556b1ff6f5b76f65e0250ce04ff811c00c91c83a"
     "a62e2a0e0c93d67a888bd3687fcff1f8445d33fd4f34b6323aae16bb15838d36d656128c3988c20c5db38b877be33192"
     "f7286b1504526b80144df38b8b186e52814a3c1c641533f672a95a5eb8aacea9036a5cd7089aece7a1f1ee8dab42fef2"
     "182eb15846922a8f500663d88a3705f15e19f4e17b3b4789893cabc31efd0591710c02c8fc4db197ef642737e4dadd0b"
     "23f664f743efdc82",
     "c24028edec1e0bd1be6c8af9510af03e"},
    {Prf::kHmacSha384,
     "a885ed8b5e8dcac242c271a8cae9977588977c04ee6942513410919d6bd1501a680218a5e2ce76a1648c9cb4ea9a8d07"
     "5886ac3e5782f9af18759aa3990fd957730f9e13961d58f964e3bc73c750bc08ce803d4571fe50003d0aab82a243c330"
     "8b5a27e6777554208fb230ef14d84add9c77d6bf85be33586a253fcb7ab25586201fa3044570c5254d6a5248472db6f6"
     "978b7f51234add33eaca97beb653d3c87f07e26a02c76c0ab85e18d9a0c5c04682326218d043fa06f96d4aebd04c9a40"
     "b22693609c03e75a",
     "855d4068bc4069a0b92648e25f8e0751"},
    {Prf::kHmacSha512,
     "9219cc1f2843cb0c2cc273f49e8344a2fab9bc25507464b1b8091f26b6b39159f8e7fd5b9962d7fe13422ba8542703f2"
     "201b38e46ac70487bb5d703b73b3eca5467e68ace0e776712a735778e2d670072fc03a88dccda9f6790d0a7f23986b64"
     "ed489e6bdc2b6eaa4b52ebfbf647fb6ec305adda89fbed0b512621670365135a2106d93f6893f5e5d8c0db7512557744"
     "0f379bec3dc0b3213635af464caff86467d7c4d4e1b3b12f73d3ff3f99b1ff959c306a48129fc160978cd356eaee68bb"
     "f2618b6e85dac3e3",
     "ad4cae3def94ff8fe20cfdee0db63e33"},
}};

Octets rising(unsigned from, std::size_t count) {
  Octets octets(count);
  for (std::size_t i = 0; i < count; ++i) octets[i] = static_cast<std::byte>(from + i);
  return octets;
}

Octets octets_of_result(const Result<SecretBytes>& result) {
  if (!result) return {};
  return {result->bytes().begin(), result->bytes().end()};
}

TEST(Prf, KnownAnswers) {
  for (const KnownPrf& known : known_answers()) {
    const Octets key = from_hex(known.key), text = from_hex(known.text);
    for (std::size_t i = 0; i < kPrfs.size(); ++i) {
      EXPECT_EQ(octets_of_result(prf(kPrfs[i], key, {text})), from_hex(known.outputs[i])) << known.text;
    }
  }
}

TEST(Prf, PiecesAreJoined) {
  const Octets key = rising(1, 32), text = rising(0, 40);
  const ConstBytes whole = text;
  for (const Prf id : kPrfs) {
    const Octets once = octets_of_result(prf(id, key, {whole}));
    EXPECT_EQ(once.size(), prf_octets(id));
    EXPECT_EQ(octets_of_result(prf(id, key, {whole.first(7), ConstBytes{}, whole.subspan(7)})), once);
    EXPECT_NE(octets_of_result(prf(id, key, {whole.subspan(7), whole.first(7)})), once);
  }
  EXPECT_EQ(octets_of_result(prf(Prf::kHmacSha256, key, {})).size(), 32u) << "no piece at all is an empty text";
}

// A secret that was never set must not turn into a key that anyone can compute (RFC 7296 §2.15).
TEST(Prf, EmptyKeyIsRefused) {
  const Octets text = rising(0, 8);
  for (const Prf id : kPrfs) {
    EXPECT_FALSE(prf(id, {}, {text}));
    EXPECT_FALSE(prf_plus(id, {}, text, 10));
  }
}

TEST(PrfPlus, KnownAnswers) {
  for (const KnownPrfPlus& known : kPrfPlus) {
    const std::size_t most = 255 * prf_octets(known.prf);
    const Octets all = octets_of_result(prf_plus(known.prf, rising(1, 32), rising(0x80, 80), most));
    ASSERT_EQ(all.size(), most);
    EXPECT_EQ(Octets(all.begin(), all.begin() + 200), from_hex(known.first));
    EXPECT_EQ(Octets(all.end() - 16, all.end()), from_hex(known.last));
  }
}

// A shorter request is the beginning of a longer one, at each length around the ends of the blocks.
TEST(PrfPlus, LengthOnlyCuts) {
  for (const KnownPrfPlus& known : kPrfPlus) {
    const Octets whole = from_hex(known.first);
    for (std::size_t octets = 0; octets <= whole.size(); ++octets) {
      const Octets got = octets_of_result(prf_plus(known.prf, rising(1, 32), rising(0x80, 80), octets));
      ASSERT_EQ(got, Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(octets))) << octets;
    }
  }
}

TEST(PrfPlus, CounterOfOneOctetIsTheLimit) {
  for (const Prf id : kPrfs) {
    const Result<SecretBytes> more = prf_plus(id, rising(1, 32), rising(0, 16), 255 * prf_octets(id) + 1);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().fault, Fault::kInternal);
  }
}

}  // namespace
}  // namespace levelgate::crypto::prf_test
