// SPDX-License-Identifier: Apache-2.0
//
// Signals, timers and descriptors reach their calls, in one thread.
#include "sockets/event_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace levelgate::sockets::event_loop_test {
namespace {

TEST(EventLoop, SignalsReachTheirCallAgainAndAgain) {
  EventLoop loop;
  std::vector<int> seen;
  const std::array signals{SIGHUP, SIGTERM};
  ASSERT_TRUE(loop.on_signals(signals, [&](int signal) {
    seen.push_back(signal);
    if (signal == SIGTERM) loop.stop();
    if (seen.size() < 3) raise(seen.size() < 2 ? SIGHUP : SIGTERM);
  }));
  raise(SIGHUP);
  loop.run();
  EXPECT_EQ(seen, (std::vector{SIGHUP, SIGHUP, SIGTERM}));
}

TEST(EventLoop, ANumberThatIsNoSignalIsAnError) {
  EventLoop loop;
  const std::array signals{100'000};
  EXPECT_FALSE(loop.on_signals(signals, [](int) {}));
}

TEST(EventLoop, TimersRunUntilTheStop) {
  EventLoop loop;
  int quick = 0, slow = 0;
  const Instant begin = EventLoop::now();
  loop.every(std::chrono::milliseconds(2), [&] { ++quick; });
  loop.every(std::chrono::milliseconds(20), [&] {
    if (++slow == 2) loop.stop();
  });
  loop.run();
  EXPECT_GE(EventLoop::now() - begin, std::chrono::milliseconds(40));
  EXPECT_EQ(slow, 2);
  EXPECT_GE(quick, 2);
  EXPECT_LE(quick, 21);
}

TEST(EventLoop, ATimerThatWasHeldUpDoesNotCatchUp) {
  EventLoop loop;
  int calls = 0;
  loop.every(std::chrono::milliseconds(1), [&] {
    if (++calls == 1) usleep(30'000);
  });
  loop.every(std::chrono::milliseconds(33), [&] { loop.stop(); });
  loop.run();
  EXPECT_LT(calls, 15);
}

TEST(EventLoop, AReadableDescriptorReachesItsCallAndStaysOpen) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  std::string got;
  {
    EventLoop loop;
    ASSERT_TRUE(loop.when_readable(ends[0], [&] {
      char c = 0;
      ASSERT_EQ(read(ends[0], &c, 1), 1);
      got.push_back(c);
      if (c == 'b') loop.stop();
    }));
    ASSERT_EQ(write(ends[1], "ab", 2), 2);
    loop.run();
  }
  EXPECT_EQ(got, "ab");
  EXPECT_EQ(close(ends[0]), 0);
  EXPECT_EQ(close(ends[1]), 0);
}

TEST(EventLoop, ABadDescriptorIsAnError) {
  EventLoop loop;
  EXPECT_FALSE(loop.when_readable(-1, [] {}));
}

}  // namespace
}  // namespace levelgate::sockets::event_loop_test
