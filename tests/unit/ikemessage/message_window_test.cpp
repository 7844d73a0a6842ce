// SPDX-License-Identifier: Apache-2.0
//
// Message ids: one request at a time, tried again with growing waits; each request of the peer served once and answered
// with the same octets as often as it comes (RFC 7296 §2.1, §2.3, §2.4; RFC 7383 §2.6.1).
#include "ikemessage/message_window.h"

#include <gtest/gtest.h>

namespace levelgate::ikemessage::message_window_test {
namespace {

using namespace std::chrono_literals;

constexpr MessageId kNextToLast{kLastMessageId.value - 1};

SentMessage message(int value) { return {Datagram{std::byte(value)}}; }
MessageDigest digest(int value) { return MessageDigest{std::byte(value)}; }
RequestArrival whole(std::uint32_t id, int octets = 1) { return {MessageId{id}, digest(octets), 0}; }
RequestArrival part(std::uint32_t id, std::uint16_t fragment, int octets = 1) {
  return {MessageId{id}, digest(octets), fragment};
}

void serve(PeerRequests& window, std::uint32_t id, int value = 1) {
  ASSERT_TRUE(window.accept(MessageId{id}, digest(value)));
  ASSERT_TRUE(window.answer(MessageId{id}, message(value)));
}

// [7296-2.4-f]
TEST(RetryWait, DoublesUpToItsBound) {
  EXPECT_EQ(retry_wait(0, {}), limits::kFirstRetry);
  EXPECT_EQ(retry_wait(1, {}), 2 * limits::kFirstRetry);
  EXPECT_EQ(retry_wait(3, {}), 8 * limits::kFirstRetry);
  EXPECT_EQ(retry_wait(7, {}), limits::kLongestRetry);
  EXPECT_EQ(retry_wait(0xffff'ffff, {}), limits::kLongestRetry);
}

TEST(RetryWait, JitterAddsLessThanAQuarter) {
  for (std::uint32_t attempt = 0; attempt < limits::kTries; ++attempt) {
    const Nanos base = retry_wait(attempt, {});
    EXPECT_GT(retry_wait(attempt, {0x8000}), base);
    EXPECT_LT(retry_wait(attempt, {0xffff}), base + base / 4);
  }
}

// [7296-2.1-c, 7296-2.3-b, 7296-2.3-d, 7296-2.3-e]
TEST(OwnRequests, NumbersRiseByOneAndOnlyOneIsOutstanding) {
  OwnRequests requests;
  for (std::uint32_t id = 0; id < 3; ++id) {
    EXPECT_EQ(requests.next_id(), MessageId{id});
    ASSERT_TRUE(requests.sent(at_ns(0), message(7), {}));
    EXPECT_TRUE(requests.busy());
    EXPECT_FALSE(requests.sent(at_ns(0), message(8), {}));
    EXPECT_EQ(*requests.outstanding(), message(7));
    ASSERT_TRUE(requests.answered(MessageId{id}));
    EXPECT_FALSE(requests.busy());
    EXPECT_EQ(requests.outstanding(), nullptr);
  }
}

// [9242-3.2-d]
TEST(OwnRequests, OnlyTheAwaitedResponseCounts) {
  OwnRequests requests(MessageId{5});
  EXPECT_EQ(requests.verdict(MessageId{5}), ResponseVerdict::kUnasked);
  ASSERT_TRUE(requests.sent(at_ns(0), message(1), {}));
  EXPECT_EQ(requests.verdict(MessageId{4}), ResponseVerdict::kOld);
  EXPECT_EQ(requests.verdict(MessageId{5}), ResponseVerdict::kAwaited);
  EXPECT_EQ(requests.verdict(MessageId{6}), ResponseVerdict::kUnasked);
  EXPECT_FALSE(requests.answered(MessageId{4}));
  EXPECT_FALSE(requests.answered(MessageId{6}));
  EXPECT_TRUE(requests.answered(MessageId{5}));
  EXPECT_FALSE(requests.answered(MessageId{5}));
  EXPECT_EQ(requests.verdict(MessageId{5}), ResponseVerdict::kOld);
}

// [7296-2.1-f, 7296-2.4-d, 7383-2.5.2-d]
TEST(OwnRequests, AreTriedAgainForMinutesAndThenGivenUp) {
  OwnRequests requests;
  EXPECT_EQ(requests.deadline(), kNever);
  ASSERT_TRUE(requests.sent(at_ns(0), message(1), {}));
  Instant last = at_ns(0);
  for (std::uint32_t attempt = 1; attempt < limits::kTries; ++attempt) {
    const Instant due = requests.deadline();
    EXPECT_EQ(due - last, retry_wait(attempt - 1, {}));
    EXPECT_EQ(requests.on_time(due - 1ns, {}), RetryStep::kWait);
    EXPECT_EQ(requests.on_time(due, {}), RetryStep::kResend);
    EXPECT_EQ(*requests.outstanding(), message(1));
    EXPECT_EQ(requests.tries(), attempt + 1);
    last = due;
  }
  EXPECT_EQ(requests.on_time(requests.deadline(), {}), RetryStep::kGiveUp);
  EXPECT_GT(requests.deadline() - at_ns(0), 2min);
}

TEST(OwnRequests, NothingIsDueOnceAnswered) {
  OwnRequests requests;
  ASSERT_TRUE(requests.sent(at_ns(0), message(1), {}));
  ASSERT_TRUE(requests.answered(MessageId{0}));
  EXPECT_EQ(requests.deadline(), kNever);
  EXPECT_EQ(requests.on_time(at_ns(0) + 1h, {}), RetryStep::kWait);
}

TEST(OwnRequests, ACookieChangesTheRequestAndNotItsNumber) {
  OwnRequests requests;
  EXPECT_FALSE(requests.replaced(at_ns(0), message(2), {}));
  ASSERT_TRUE(requests.sent(at_ns(0), message(1), {}));
  ASSERT_EQ(requests.on_time(requests.deadline(), {}), RetryStep::kResend);
  ASSERT_TRUE(requests.replaced(at_ns(0) + 10s, message(2), {}));
  EXPECT_EQ(requests.next_id(), MessageId{0});
  EXPECT_EQ(*requests.outstanding(), message(2));
  EXPECT_EQ(requests.tries(), 1u);
  EXPECT_EQ(requests.deadline(), at_ns(0) + 10s + limits::kFirstRetry);
}

// [7296-2.2-b]
TEST(OwnRequests, TheLastNumberIsNeverUsed) {
  OwnRequests requests(kNextToLast);
  ASSERT_TRUE(requests.sent(at_ns(0), message(1), {}));
  ASSERT_TRUE(requests.answered(kNextToLast));
  EXPECT_EQ(requests.next_id(), std::nullopt);
  EXPECT_FALSE(requests.sent(at_ns(0), message(1), {}));
}

TEST(PeerRequests, AnAnsweredRequestIsAnsweredAgainWithTheSameOctets) {
  PeerRequests window;
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kNew);
  ASSERT_TRUE(window.accept(MessageId{0}, digest(1)));
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kUnderWay);
  EXPECT_EQ(window.response(MessageId{0}), nullptr);
  ASSERT_TRUE(window.answer(MessageId{0}, message(9)));
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kAnswerAgain);
    EXPECT_EQ(*window.response(MessageId{0}), message(9));
  }
}

TEST(PeerRequests, OtherOctetsUnderAKnownNumberGetNothing) {
  PeerRequests window;
  serve(window, 0);
  EXPECT_EQ(window.verdict(whole(0, 2)), RequestVerdict::kOtherOctets);
}

// [7383-2.6.1-a, 7383-2.6.1-b, 7383-2.6.1-c]
TEST(PeerRequests, OnlyTheFirstFragmentAsksForTheResponse) {
  PeerRequests window;
  serve(window, 0);
  EXPECT_EQ(window.verdict(part(0, 1)), RequestVerdict::kAnswerAgain);
  EXPECT_EQ(window.verdict(part(0, 1, 2)), RequestVerdict::kAnswerIfAuthentic);  // split anew for a smaller path
  EXPECT_EQ(window.verdict(part(0, 2)), RequestVerdict::kOtherFragment);
  EXPECT_EQ(window.verdict(part(1, 2)), RequestVerdict::kNew);
}

// [7296-2.1-d, 7296-2.1-e, 7296-2.3-f, 9242-3.2-d]
TEST(PeerRequests, AWindowOfOneKeepsOneResponse) {
  PeerRequests window;
  serve(window, 0);
  EXPECT_EQ(window.verdict(whole(2)), RequestVerdict::kTooNew);
  serve(window, 1);
  EXPECT_EQ(window.kept(), 1u);
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kTooOld);
  EXPECT_EQ(window.response(MessageId{0}), nullptr);
  EXPECT_EQ(window.awaited(), MessageId{2});
}

// [7296-2.1-d]
TEST(PeerRequests, TheResponseStaysUntilTheNextRequestIsAuthentic) {
  PeerRequests window;
  serve(window, 0);
  EXPECT_EQ(window.verdict(whole(1, 3)), RequestVerdict::kNew);  // seen, but nobody has opened it
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kAnswerAgain);
  ASSERT_TRUE(window.accept(MessageId{1}, digest(3)));
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kTooOld);
}

TEST(PeerRequests, AWiderWindowTakesAnyOrderAndSlidesOnlyOverAnsweredOnes) {
  PeerRequests window(MessageId{0}, 4);
  EXPECT_EQ(window.verdict(whole(3)), RequestVerdict::kNew);
  EXPECT_EQ(window.verdict(whole(4)), RequestVerdict::kTooNew);
  serve(window, 2);
  serve(window, 1);
  EXPECT_EQ(window.awaited(), MessageId{0});
  EXPECT_EQ(window.verdict(whole(4)), RequestVerdict::kTooNew);
  serve(window, 0);
  EXPECT_EQ(window.awaited(), MessageId{3});
  serve(window, 6);
  EXPECT_EQ(window.verdict(whole(2)), RequestVerdict::kTooOld);  // its response has arrived, or 6 could not be sent
  EXPECT_EQ(window.verdict(whole(3)), RequestVerdict::kNew);
}

TEST(PeerRequests, NeverKeepMoreThanTheWindow) {
  PeerRequests window(MessageId{0}, 1'000'000);
  for (std::uint32_t id = 0; id < 100; ++id) {
    serve(window, id);
    EXPECT_LE(window.kept(), limits::kResponderWindow);
  }
  EXPECT_EQ(PeerRequests(MessageId{0}, 0).verdict(whole(0)), RequestVerdict::kNew);  // nothing below one
}

TEST(PeerRequests, AcceptAndAnswerEachCountOnce) {
  PeerRequests window;
  EXPECT_FALSE(window.answer(MessageId{0}, message(1)));
  EXPECT_FALSE(window.accept(MessageId{1}, digest(1)));
  ASSERT_TRUE(window.accept(MessageId{0}, digest(1)));
  EXPECT_FALSE(window.accept(MessageId{0}, digest(1)));
  ASSERT_TRUE(window.answer(MessageId{0}, message(1)));
  EXPECT_FALSE(window.answer(MessageId{0}, message(2)));
  EXPECT_EQ(*window.response(MessageId{0}), message(1));
}

// [7296-2.2-b]
TEST(PeerRequests, TheLastNumberEndsTheSa) {
  PeerRequests window(kNextToLast, 4);
  EXPECT_EQ(window.verdict(whole(kLastMessageId.value)), RequestVerdict::kNoMore);
  serve(window, kNextToLast.value);
  EXPECT_EQ(window.verdict(whole(kLastMessageId.value)), RequestVerdict::kNoMore);
  EXPECT_FALSE(window.accept(kLastMessageId, digest(1)));
  EXPECT_EQ(window.verdict(whole(0)), RequestVerdict::kTooOld);
}

}  // namespace
}  // namespace levelgate::ikemessage::message_window_test
