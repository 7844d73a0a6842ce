// SPDX-License-Identifier: Apache-2.0
//
// Every datagram once, in order, at the pace, whatever the timer does.
#include "ikemessage/paced_message.h"

#include <gtest/gtest.h>

#include <random>

namespace levelgate::ikemessage::paced_message_test {
namespace {

SentMessage message_of(std::size_t datagrams, std::size_t octets) {
  SentMessage message;
  for (std::size_t i = 0; i < datagrams; ++i) message.push_back(Datagram(octets + i % 3));
  return message;
}

TEST(PacedMessage, EachDatagramOnceAndNotFasterThanThePace) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const SentMessage message = message_of(17 + random() % 200, 100 + random() % 1'300);
    const std::uint64_t pace = 100'000 + random() % 200'000'000;
    const Instant begin = at_ns(1'000'000);
    PacedMessage paced;
    EXPECT_FALSE(paced.under_way());
    paced.begin(begin, pace);
    std::vector<const Datagram*> sent;
    std::size_t octets = 0;
    Instant now = begin;
    bool last = false;
    std::size_t largest = 0;
    while (!last) {
      ASSERT_TRUE(paced.under_way());
      now = paced.deadline() + Nanos(static_cast<std::int64_t>(random() % 3'000'000));
      std::size_t bunch = 0;
      last = paced.on_time(now, message, [&](const Datagram& datagram) {
        sent.push_back(&datagram);
        bunch += datagram.size();
      });
      EXPECT_GT(bunch, 0u);
      largest = std::max(largest, bunch);
      if (!last) {
        octets += bunch;
        const double seconds = std::chrono::duration<double>(paced.deadline() - begin).count();
        EXPECT_LE(static_cast<double>(octets) * 8, seconds * static_cast<double>(pace) * 1.001 + 8);
        EXPECT_FALSE(paced.on_time(paced.deadline() - Nanos(1), message, [](const Datagram&) { FAIL(); }));
      }
    }
    EXPECT_FALSE(paced.under_way());
    ASSERT_EQ(sent.size(), message.size());
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(sent[i], &message[i]);
    EXPECT_LE(largest, pace / 8 / 500 + message.back().size() + 3);  // 2 ms, and the datagram that fills them
  }
}

TEST(PacedMessage, StopsWhenTheAnswerIsThere) {
  const SentMessage message = message_of(100, 1'200);
  PacedMessage paced;
  paced.begin(at_ns(0), 1'000'000);
  EXPECT_FALSE(paced.on_time(at_ns(0), message, [](const Datagram&) {}));
  paced.stop();
  EXPECT_EQ(paced.deadline(), kNever);
  EXPECT_FALSE(paced.on_time(at_ns(10'000'000'000), message, [](const Datagram&) { FAIL(); }));
}

}  // namespace
}  // namespace levelgate::ikemessage::paced_message_test
