// SPDX-License-Identifier: Apache-2.0
//
// Which payloads count in which message (RFC 7296 §1.2 to §1.4, RFC 9242 §3.2, RFC 9370 §2.2.4): others are skipped
// (RFC 7296 §2.5), and what may stand once stands once.
#include "ikemessage/message.h"

#include <gtest/gtest.h>

#include "support/ike_forge.h"

namespace levelgate::ikemessage::message_test {
namespace {

using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::PayloadType;
using testing::RawPayload;

struct Reading {
  std::vector<std::byte> octets;
  ikewire::IkeResult<Contents> contents;
};

Reading read(Exchange exchange, IkeDirection direction, const std::vector<RawPayload>& payloads) {
  std::vector<std::byte> octets = testing::raw_chain(payloads);
  const auto chain = ikewire::read_chain(payloads.front().type, octets, {});
  EXPECT_TRUE(chain);
  auto contents = read_contents(exchange, direction, *chain);
  return {std::move(octets), std::move(contents)};
}

RawPayload nonce() { return {PayloadType::kNonce, false, std::vector<std::byte>(32, std::byte{1})}; }
RawPayload spis(std::uint8_t count) {
  RawPayload payload{PayloadType::kDelete, false, {std::byte{3}, std::byte{4}, std::byte{0}, std::byte(count)}};
  payload.body.resize(4U + 4U * count, std::byte{9});
  return payload;
}

TEST(Message, OncePayloadsStandOnce) {
  EXPECT_TRUE(read(Exchange::kIkeSaInit, IkeDirection::kRequest, {nonce()}).contents);
  const auto twice = read(Exchange::kIkeSaInit, IkeDirection::kRequest, {nonce(), nonce()});
  ASSERT_FALSE(twice.contents);
  EXPECT_EQ(twice.contents.error().fault, ikewire::IkeFault::kTooMany);
}

TEST(Message, PayloadsOfOtherExchangesAreSkipped) {
  const auto init = read(Exchange::kIkeSaInit, IkeDirection::kRequest, {nonce(), spis(1)});
  ASSERT_TRUE(init.contents);
  EXPECT_TRUE(init.contents->deletes.empty());
  const auto informational = read(Exchange::kInformational, IkeDirection::kRequest, {nonce(), nonce(), spis(2)});
  ASSERT_TRUE(informational.contents);
  EXPECT_FALSE(informational.contents->nonce);
  ASSERT_EQ(informational.contents->deletes.size(), 1U);
  EXPECT_EQ(informational.contents->deletes.front().count(), 2U);
}

TEST(Message, ListsAreBounded) {
  const std::vector<RawPayload> many(limits::kDeletes + 1, spis(1));
  EXPECT_FALSE(read(Exchange::kInformational, IkeDirection::kRequest, many).contents);
  const std::vector<RawPayload> enough(limits::kDeletes, spis(1));
  EXPECT_TRUE(read(Exchange::kInformational, IkeDirection::kRequest, enough).contents);
}

TEST(Message, TheFirstErrorIsFoundAndStatusIsNone) {
  using ikewire::NotifyType;
  const auto contents =
      read(Exchange::kInformational, IkeDirection::kResponse,
           {testing::raw_notify(NotifyType::kInitialContact), testing::raw_notify(NotifyType::kTemporaryFailure),
            testing::raw_notify(NotifyType::kInvalidSyntax)});
  ASSERT_TRUE(contents.contents);
  ASSERT_NE(contents.contents->error(), nullptr);
  EXPECT_EQ(contents.contents->error()->type, NotifyType::kTemporaryFailure);
  EXPECT_TRUE(contents.contents->has(NotifyType::kInitialContact));
  EXPECT_FALSE(contents.contents->has(NotifyType::kCookie));
}

}  // namespace
}  // namespace levelgate::ikemessage::message_test
