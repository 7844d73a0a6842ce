// SPDX-License-Identifier: Apache-2.0
//
// The lines in which strangers wait: order, bounds, turns. Against a model that is a plain queue.
#include "sockets/inbox.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "support/no_alloc_scope.h"

namespace levelgate::sockets::inbox_test {
namespace {

using Octets = std::vector<std::byte>;

Endpoint sender(std::uint16_t number) { return {IpAddress::v4(0xc0000201), number}; }

Octets octets(std::size_t count, int value) { return Octets(count, static_cast<std::byte>(value)); }

Octets copy_of(const Datagram& datagram) { return {datagram.octets.begin(), datagram.octets.end()}; }

TEST(WaitingLine, FirstInFirstOutWithSenderAndOctets) {
  WaitingLine line(4, 100);
  EXPECT_FALSE(line.take());
  const Octets first = octets(3, 1), second = octets(0, 0);
  ASSERT_TRUE(line.put({sender(1), first}));
  ASSERT_TRUE(line.put({sender(2), second}));
  auto taken = line.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->from, sender(1));
  EXPECT_EQ(copy_of(*taken), first);
  taken = line.take();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->from, sender(2));
  EXPECT_EQ(copy_of(*taken), second);
  EXPECT_FALSE(line.take());
}

TEST(WaitingLine, FullByMessagesTheNewestIsRefused) {
  WaitingLine line(3, 1000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(line.put({sender(1), octets(5, i)}));
  EXPECT_FALSE(line.put({sender(1), octets(5, 9)}));
  EXPECT_EQ(copy_of(*line.take()), octets(5, 0));
  EXPECT_TRUE(line.put({sender(1), octets(5, 3)}));
  for (int i = 1; i < 4; ++i) EXPECT_EQ(copy_of(*line.take()), octets(5, i));
}

TEST(WaitingLine, FullByOctetsWithMessagesOfEverySize) {
  WaitingLine line(100, 64);
  EXPECT_FALSE(line.put({sender(1), octets(65, 1)}));
  EXPECT_TRUE(line.put({sender(1), octets(64, 1)}));
  EXPECT_FALSE(line.put({sender(1), octets(0, 1)}));
  EXPECT_EQ(copy_of(*line.take()), octets(64, 1));
  EXPECT_TRUE(line.put({sender(1), octets(64, 2)})) << "it is empty again";
}

// What went in comes out, in order and unharmed, whatever the sizes; what was refused had no room.
TEST(WaitingLine, LikeAPlainQueueWhateverComes) {
  std::mt19937 dice(1);  // NOLINT: the same each time
  for (int run = 0; run < 200; ++run) {
    const std::size_t most_messages = 1 + dice() % 12, most_octets = 1 + dice() % 200;
    WaitingLine line(most_messages, most_octets);
    std::deque<std::pair<Endpoint, Octets>> model;
    std::size_t held = 0;
    for (int step = 0; step < 400; ++step) {
      if (dice() % 2 == 0) {
        const auto from = sender(static_cast<std::uint16_t>(dice()));
        const Octets message = octets(dice() % (most_octets / 2 + 2), static_cast<int>(dice() % 256));
        const bool taken = line.put({from, message});
        if (model.size() == most_messages || held + message.size() > most_octets) {
          ASSERT_FALSE(taken);
        }
        if (model.empty() && message.size() <= most_octets) {
          ASSERT_TRUE(taken);
        }
        // Room is lost only where a message would be cut: at the end of the memory, and an octet for an empty one.
        if (model.size() < most_messages && held + model.size() + 2 * message.size() + most_octets / 2 < most_octets) {
          ASSERT_TRUE(taken) << held << " " << message.size() << " of " << most_octets;
        }
        if (taken) {
          model.emplace_back(from, message);
          held += message.size();
        }
      } else {
        const auto got = line.take();
        ASSERT_EQ(got.has_value(), !model.empty());
        if (!got) continue;
        ASSERT_EQ(got->from, model.front().first);
        ASSERT_EQ(copy_of(*got), model.front().second);
        held -= model.front().second.size();
        model.pop_front();
      }
      ASSERT_EQ(line.size(), model.size());
    }
  }
}

TEST(Inbox, BothLinesAreServedInTurns) {
  Inbox inbox(10, 1000);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(inbox.put(Inbox::Line::kFirst, {sender(1), octets(1, i)}));
  for (int i = 10; i < 12; ++i) ASSERT_TRUE(inbox.put(Inbox::Line::kReturned, {sender(2), octets(1, i)}));
  std::vector<int> order;
  while (const auto taken = inbox.take()) order.push_back(std::to_integer<int>(taken->octets[0]));
  EXPECT_EQ(order, (std::vector{10, 0, 11, 1, 2}));
  EXPECT_TRUE(inbox.empty());
}

// A flood of first messages, at more than they are served: whoever returns a cookie is served next, or next but one.
TEST(Inbox, AFloodOfFirstMessagesDoesNotFillTheOtherLine) {
  Inbox inbox;
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    refused += inbox.put(Inbox::Line::kFirst, {sender(1), octets(250, 1)}) ? 0 : 1;
    if (i % 100 != 99) continue;
    ASSERT_TRUE(inbox.take());
    ASSERT_TRUE(inbox.put(Inbox::Line::kReturned, {sender(2), octets(300, 2)})) << i;
    const auto one = inbox.take();
    const auto from = one->from;
    const auto other = inbox.take()->from;
    ASSERT_TRUE(from == sender(2) || other == sender(2));
  }
  EXPECT_GT(refused, 90'000);
}

// And the other way round: who floods with cookies, right or wrong, leaves half of the turns to the others.
TEST(Inbox, AFloodOfCookiesLeavesHalfOfTheTurns) {
  Inbox inbox;
  for (int i = 0; i < 2000; ++i) {
    (void)inbox.put(Inbox::Line::kReturned, {sender(1), octets(300, 1)});
    (void)inbox.put(Inbox::Line::kFirst, {sender(2), octets(250, 2)});
  }
  int of_first = 0;
  for (int i = 0; i < 100; ++i) of_first += inbox.take()->from == sender(2) ? 1 : 0;
  EXPECT_EQ(of_first, 50);
}

TEST(Inbox, HoldsTheLargestDatagram) {
  Inbox inbox;
  const Octets largest = octets(65'535, 7);
  ASSERT_TRUE(inbox.put(Inbox::Line::kFirst, {sender(1), largest}));
  EXPECT_EQ(copy_of(*inbox.take()), largest);
}

TEST(Inbox, TakesNoMemoryWhileItWorks) {
  Inbox inbox;
  const Octets message = octets(250, 1);
  const testing::NoAllocScope none;
  for (int i = 0; i < 5000; ++i) {
    (void)inbox.put(Inbox::Line::kFirst, {sender(1), message});
    (void)inbox.put(Inbox::Line::kReturned, {sender(1), message});
    if (i % 3 == 0) (void)inbox.take();
  }
}

}  // namespace
}  // namespace levelgate::sockets::inbox_test
