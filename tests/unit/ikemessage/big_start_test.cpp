// SPDX-License-Identifier: Apache-2.0
#include "ikemessage/big_start.h"

#include <gtest/gtest.h>

#include <vector>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_payloads.h"

namespace levelgate::ikemessage::big_start_test {
namespace {

using ikewire::KeMethod;
using ikewire::PayloadType;

constexpr AgreedKey kAgreed{KeMethod::kMceliece348864f, 261'120};

struct Begun {
  PayloadType first;
  std::vector<std::byte> octets;
  [[nodiscard]] BigStart judge(std::size_t octets_of_it, const AgreedKey& agreed = kAgreed) const {
    return judge_big_start(first, ConstBytes(octets).first(octets_of_it), agreed);
  }
};

// A notification of some octets in front, if any, then the key.
Begun message(std::size_t before, KeMethod method, std::size_t key) {
  ikewire::WireBuffer buffer(2'000'000);
  ikewire::ChainWriter chain(buffer, ikewire::BigPayloads::kKeyExchange);
  if (before != 0) chain.add(PayloadType::kNonce, ConstBytes(std::vector<std::byte>(before)));
  const std::vector<std::byte> value(key);
  chain.add(PayloadType::kKe, ikewire::KeyExchange{method, value});
  return {chain.first(), buffer.take()};
}

TEST(BigStart, TheAgreedKeyIsKnownByTenOctets) {
  const Begun good = message(0, kAgreed.method, kAgreed.octets);
  for (std::size_t octets = 0; octets < 8; ++octets) EXPECT_EQ(good.judge(octets), BigStart::kUnknown) << octets;
  EXPECT_EQ(good.judge(8), BigStart::kAgreed);
  EXPECT_EQ(good.judge(1'200), BigStart::kAgreed);
}

TEST(BigStart, AnyOtherLengthOrMethodIsRefused) {
  EXPECT_EQ(message(0, kAgreed.method, kAgreed.octets - 1).judge(1'200), BigStart::kOther);
  EXPECT_EQ(message(0, kAgreed.method, kAgreed.octets + 1).judge(1'200), BigStart::kOther);
  EXPECT_EQ(message(0, KeMethod::kMceliece348864, kAgreed.octets).judge(1'200), BigStart::kOther);
  EXPECT_EQ(message(0, kAgreed.method, 60'000).judge(1'200), BigStart::kOther) << "the short form cannot hold it";
}

TEST(BigStart, PayloadsMayStandInFront) {
  const Begun good = message(100, kAgreed.method, kAgreed.octets);
  EXPECT_EQ(good.judge(1'200), BigStart::kAgreed);
  EXPECT_EQ(good.judge(100), BigStart::kUnknown) << "cut within what stands in front";
  EXPECT_EQ(message(5'000, kAgreed.method, kAgreed.octets).judge(1'200), BigStart::kUnknown);
}

TEST(BigStart, NonsenseEnds) {
  const std::vector<std::byte> zeros(1'200);
  EXPECT_EQ(judge_big_start(PayloadType::kNone, zeros, kAgreed), BigStart::kOther) << "no payload at all";
  EXPECT_EQ(judge_big_start(PayloadType::kNonce, zeros, kAgreed), BigStart::kOther) << "a length below its header";
  std::vector<std::byte> endless(1'200);
  for (std::size_t i = 0; i + 4 <= endless.size(); i += 4) {
    endless[i] = std::byte{40};
    endless[i + 3] = std::byte{4};
  }
  EXPECT_EQ(judge_big_start(PayloadType::kNonce, endless, kAgreed), BigStart::kOther) << "more than any chain has";
}

}  // namespace
}  // namespace levelgate::ikemessage::big_start_test
