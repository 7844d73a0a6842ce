// SPDX-License-Identifier: Apache-2.0
//
// Cookies: RFC 7296 §2.6, and those of puzzles (RFC 8019 §7.1.1.3).
#include "admission/cookies.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/prf.h"
#include "negotiation/limits.h"

namespace levelgate::admission::cookies_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);

// Counts up, so that each secret is another one.
class CountedRandom final : public crypto::Random {
 public:
  Result<void> fill(Bytes octets) override {
    if (broken) return failure(Fault::kIo, "no randomness");
    ++draws;
    for (std::byte& octet : octets) octet = std::byte(draws);
    return {};
  }
  int draws = 0;
  bool broken = false;
};

Result<SecretBytes> hmac(ConstBytes key, std::span<const ConstBytes> pieces) {
  return crypto::prf(crypto::Prf::kHmacSha256, key, pieces);
}

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

class CookieTest : public ::testing::Test {
 protected:
  std::vector<std::byte> make(Instant now, const CookieRequest& request,
                              const std::optional<PuzzleSet>& set = std::nullopt) {
    const auto cookie = cookies_.make(now, request, random_, set);
    EXPECT_TRUE(cookie);
    return cookie.value_or(std::vector<std::byte>{});
  }
  bool good(Instant now, const CookieRequest& request, ConstBytes cookie) const {
    return cookies_.check(now, request, cookie).has_value();
  }
  std::vector<std::byte> nonce_ = std::vector<std::byte>(32, std::byte{7});
  CookieRequest request_{nonce_, address("192.0.2.1"), ikewire::IkeSpi{0x1122334455667788}};
  CountedRandom random_;
  Cookies cookies_{hmac};
};

TEST_F(CookieTest, ComesBackGood) {
  const auto cookie = make(kStart, request_);
  EXPECT_GE(cookie.size(), 1u);
  EXPECT_LE(cookie.size(), 64u);
  EXPECT_TRUE(good(kStart, request_, cookie));
  EXPECT_EQ(make(kStart + 1s, request_), cookie);  // the same request asks again
}

TEST_F(CookieTest, IsOfOneRequestOnly) {
  const auto cookie = make(kStart, request_);
  std::vector<std::byte> other_nonce = nonce_;
  other_nonce.back() = std::byte{8};
  EXPECT_FALSE(good(kStart, {other_nonce, request_.source, request_.initiator_spi}, cookie));
  EXPECT_FALSE(good(kStart, {nonce_, address("192.0.2.2"), request_.initiator_spi}, cookie));
  EXPECT_FALSE(good(kStart, {nonce_, request_.source, ikewire::IkeSpi{1}}, cookie));
  EXPECT_FALSE(good(kStart, {ConstBytes(nonce_).first(31), request_.source, request_.initiator_spi}, cookie));
}

TEST_F(CookieTest, FamiliesOfAddressesDoNotMix) {
  // The octets behind the IPv4 address, taken as the rest of an IPv6 one.
  const CookieRequest v4{nonce_, address("32.1.13.184"), ikewire::IkeSpi{0}};
  const CookieRequest v6{ConstBytes(nonce_).first(28), address("2001:db8::707:707"),
                         ikewire::IkeSpi{0x0707070707070707}};
  EXPECT_FALSE(good(kStart, v6, make(kStart, v4)));
}

TEST_F(CookieTest, AnyOtherOctetsAreWrong) {
  const auto cookie = make(kStart, request_);
  EXPECT_FALSE(good(kStart, request_, {}));
  EXPECT_FALSE(good(kStart, request_, ConstBytes(cookie).first(cookie.size() - 1)));
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    auto wrong = cookie;
    wrong[at] ^= std::byte{1};
    EXPECT_FALSE(good(kStart, request_, wrong)) << at;
  }
  auto longer = cookie;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(good(kStart, request_, longer));
}

TEST_F(CookieTest, BeforeTheFirstSecretNothingIsGood) {
  EXPECT_FALSE(good(kStart, request_, std::vector<std::byte>(33)));
}

TEST_F(CookieTest, OutlivesOneChangeOfTheSecretAndNotTwo) {
  const auto cookie = make(kStart, request_);
  const Instant later = kStart + limits::kCookieSecretLife;
  EXPECT_EQ(random_.draws, 1);
  const auto next = make(later, request_);
  EXPECT_EQ(random_.draws, 2);
  EXPECT_NE(next, cookie);
  EXPECT_TRUE(good(later, request_, cookie));
  EXPECT_TRUE(good(later, request_, next));
  (void)make(later + limits::kCookieSecretLife, request_);
  EXPECT_FALSE(good(later + limits::kCookieSecretLife, request_, cookie));
  EXPECT_TRUE(good(later + limits::kCookieSecretLife, request_, next));
}

TEST_F(CookieTest, DiesWithItsSecretEvenIfNoneFollows) {
  const auto cookie = make(kStart, request_);
  const Instant end = kStart + 2 * limits::kCookieSecretLife;
  EXPECT_TRUE(good(end - 1ns, request_, cookie));
  EXPECT_FALSE(good(end, request_, cookie));
}

TEST_F(CookieTest, WithoutRandomnessThereIsNone) {
  random_.broken = true;
  EXPECT_FALSE(cookies_.make(kStart, request_, random_));
  random_.broken = false;
  const auto cookie = make(kStart, request_);
  random_.broken = true;
  EXPECT_FALSE(cookies_.make(kStart + limits::kCookieSecretLife, request_, random_));
  EXPECT_TRUE(good(kStart + limits::kCookieSecretLife, request_, cookie));  // the old secret stays
}

TEST(CookieHash, MayFailAndMustBeLongEnough) {
  CountedRandom random;
  const CookieRequest request{{}, address("192.0.2.1"), ikewire::IkeSpi{1}};
  Cookies broken([](ConstBytes, std::span<const ConstBytes>) -> Result<SecretBytes> {
    return failure(Fault::kInternal, "no hash");
  });
  EXPECT_FALSE(broken.make(kStart, request, random));
  Cookies brief(
      [](ConstBytes, std::span<const ConstBytes>) -> Result<SecretBytes> { return SecretBytes(std::size_t{4}); });
  EXPECT_FALSE(brief.make(kStart, request, random));
}

// [8019-7.1.1.3-a, 8019-7.1.1.3-b]
TEST_F(CookieTest, OfAPuzzleSaysWhichAndWhen) {
  const PuzzleSet set{{ikewire::Prf::kHmacSha2_384, 17}, 2};
  const auto cookie = make(kStart, request_, set);
  EXPECT_LE(cookie.size(), 64u);
  const auto facts = cookies_.check(kStart + 3s, request_, cookie);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->set, set);
  EXPECT_EQ(facts->age, 3s);
  EXPECT_NE(make(kStart, request_), cookie);
  EXPECT_FALSE(cookies_.check(kStart, request_, make(kStart, request_))->set);
  for (std::size_t at = 0; at < cookie.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto wrong = cookie;
      wrong[at] ^= std::byte(1U << bit);
      EXPECT_FALSE(good(kStart, request_, wrong)) << at;
    }
  }
}

// RFC 8019 §10: a solution is of little use again, since the text of the puzzle is another one each second.
TEST_F(CookieTest, OfAPuzzleIsAnotherOneEachSecondAndGoneAfterAWhile) {
  const PuzzleSet set{{ikewire::Prf::kHmacSha2_256, 16}, 1};
  const auto cookie = make(kStart, request_, set);
  EXPECT_EQ(make(kStart + 999ms, request_, set), cookie);
  EXPECT_NE(make(kStart + 1s, request_, set), cookie);
  EXPECT_NE(cookies_.check(kStart, request_, cookie)->mark,
            cookies_.check(kStart + 1s, request_, make(kStart + 1s, request_, set))->mark);
  EXPECT_TRUE(good(kStart + limits::kPuzzleLife - 1ns, request_, cookie));
  EXPECT_FALSE(good(kStart + limits::kPuzzleLife, request_, cookie));
}

// The note of a puzzle's cookie, taken for the beginning of what a plain one is made of.
TEST_F(CookieTest, KindsDoNotMix) {
  const auto cookie = make(kStart, request_, PuzzleSet{{ikewire::Prf::kHmacSha2_256, 16}, 1});
  std::vector<std::byte> plain(cookie.begin(), cookie.begin() + 1);
  plain.insert(plain.end(), cookie.end() - 32, cookie.end());
  EXPECT_FALSE(good(kStart, request_, plain));
}

}  // namespace
}  // namespace levelgate::admission::cookies_test
