// SPDX-License-Identifier: Apache-2.0
//
// The alarm rings once for the last moment that it was set to.
#include "sockets/alarm.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/no_alloc_scope.h"

namespace levelgate::sockets::alarm_test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Alarm, RingsOnceFromTheLoopAndNotBeforeItsMoment) {
  EventLoop loop;
  int rings = 0;
  Instant rang{};
  Alarm alarm(loop, [&] {
    ++rings;
    rang = EventLoop::now();
  });
  Alarm end(loop, [&] { loop.stop(); });
  const Instant when = EventLoop::now() + milliseconds(5);
  alarm.arm(when);
  end.arm(when + milliseconds(20));
  EXPECT_EQ(rings, 0);
  loop.run();
  EXPECT_EQ(rings, 1);
  EXPECT_GE(rang, when);
}

TEST(Alarm, AMomentThatHasPassedRingsAsWellButFromTheLoop) {
  EventLoop loop;
  bool rang = false;
  Alarm alarm(loop, [&] {
    rang = true;
    loop.stop();
  });
  alarm.arm(EventLoop::now() - hours(1));
  EXPECT_FALSE(rang);
  loop.run();
  EXPECT_TRUE(rang);
}

TEST(Alarm, TheLastMomentCountsEarlierOrLater) {
  EventLoop loop;
  int first = 0, second = 0;
  Alarm earlier(loop, [&] { ++first; });
  Alarm later(loop, [&] {
    ++second;
    EXPECT_EQ(first, 1);
    loop.stop();
  });
  const Instant now = EventLoop::now();
  earlier.arm(now + hours(1));
  earlier.arm(now + milliseconds(2));
  later.arm(now + milliseconds(2));
  later.arm(now + milliseconds(30));
  loop.run();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(Alarm, DisarmedItIsSilentAndMayBeSetAnew) {
  EventLoop loop;
  int silent = 0, anew = 0;
  Alarm disarmed(loop, [&] { ++silent; });
  Alarm alarm(loop, [&] { ++anew; });
  Alarm end(loop, [&] { loop.stop(); });
  const Instant now = EventLoop::now();
  disarmed.arm(now + milliseconds(1));
  disarmed.disarm();
  alarm.arm(now + hours(1));
  alarm.disarm();
  alarm.arm(now + milliseconds(1));
  end.arm(now + milliseconds(25));
  loop.run();
  EXPECT_EQ(silent, 0);
  EXPECT_EQ(anew, 1);
}

TEST(Alarm, SetsItselfInItsOwnCallWithoutAllocating) {
  EventLoop loop;
  int rings = 0;
  Alarm* self = nullptr;
  Alarm other(loop, [] {});
  other.arm(EventLoop::now() + hours(3));
  Alarm alarm(loop, [&] {
    const testing::NoAllocScope none;
    if (++rings == 50) return loop.stop();
    other.arm(EventLoop::now() + hours(2));
    other.arm(EventLoop::now() + hours(1));
    self->arm(EventLoop::now() + hours(1));
    self->arm(EventLoop::now());
  });
  self = &alarm;
  alarm.arm(EventLoop::now());
  loop.run();
  EXPECT_EQ(rings, 50);
}

TEST(Alarm, MayEndInItsOwnCallAndWhileItIsSet) {
  EventLoop loop;
  int rings = 0;
  auto own = std::make_unique<std::unique_ptr<Alarm>>();
  *own = std::make_unique<Alarm>(loop, [&] {
    ++rings;
    own->reset();
  });
  auto gone = std::make_unique<Alarm>(loop, [&] { ++rings; });
  Alarm end(loop, [&] { loop.stop(); });
  const Instant now = EventLoop::now();
  (*own)->arm(now);
  gone->arm(now + milliseconds(1));
  gone.reset();
  end.arm(now + milliseconds(20));
  loop.run();
  EXPECT_EQ(rings, 1);
}

}  // namespace
}  // namespace levelgate::sockets::alarm_test
