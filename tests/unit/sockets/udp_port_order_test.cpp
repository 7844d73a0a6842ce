// SPDX-License-Identifier: Apache-2.0
//
// Who is served first: whom the owner knows before all strangers, strangers in turns and within bounds, and the loop's
// other work in between. The first octet of a message says here who sent it.
#include <algorithm>

#include "listener.h"
#include "sockets/alarm.h"
#include "sockets/inbox.h"

namespace levelgate::sockets::udp_port_order_test {
namespace {

constexpr int kKnown = 1, kReturned = 2, kFirst = 3;

model::Caller by_octet(ConstBytes message) {
  switch (message.empty() ? kFirst : std::to_integer<int>(message[0])) {
    case kKnown:
      return model::Caller::kKnown;
    case kReturned:
      return model::Caller::kReturned;
    default:
      return model::Caller::kFirst;
  }
}

// A port, the order in which its messages are served, and a sender.
struct Rig {
  EventLoop loop;
  std::vector<int> order;
  std::function<void()> in_call = [] {};
  std::unique_ptr<UdpPort> port, sender;

  Rig() {
    const auto open = [&](UdpPort::Calls calls) {
      auto opened = UdpPort::open(loop, loopback("127.0.0.1"), Marker::kNone, std::move(calls));
      EXPECT_TRUE(opened);
      return std::move(*opened);
    };
    port = open({[this](const Endpoint&, ConstBytes message) {
                   order.push_back(std::to_integer<int>(message[0]));
                   in_call();
                 },
                 by_octet});
    sender = open({[](const Endpoint&, ConstBytes) {}, by_octet});
  }
  void send(int who, int times = 1) const {
    for (int i = 0; i < times; ++i) (void)sender->send(port->local(), octets({who}));
  }
  // Until nothing is under way: what the kernel took is served, dropped, or known to be lost.
  void drain() {
    Alarm alarm(loop, [&] { loop.stop(); });
    for (int i = 0; i < 20'000; ++i) {
      const UdpCounts counts = port->counts();
      const std::uint64_t gone = counts.lost.strangers + counts.lost.returned + counts.lost.unread;
      if (counts.received + gone >= sender->counts().sent) return;
      alarm.arm(EventLoop::now() + std::chrono::milliseconds(1));
      loop.run();
    }
    ADD_FAILURE() << "messages are neither served nor counted as lost: " << order.size() << " were served";
  }
  [[nodiscard]] std::ptrdiff_t count(int who) const { return std::ranges::count(order, who); }
};

TEST(UdpPortOrder, KnownOnesComeFirstWhoeverWaits) {
  Rig rig;
  rig.send(kFirst, 100);
  rig.send(kReturned, 2);
  rig.send(kKnown, 3);
  rig.drain();
  ASSERT_EQ(rig.order.size(), 105U);
  const std::vector<int> begin(rig.order.begin(), rig.order.begin() + 8);
  EXPECT_EQ(begin, (std::vector{kKnown, kKnown, kKnown, kReturned, kFirst, kReturned, kFirst, kFirst}));
}

// More strangers than there is room for: they are counted, and whom we know is not among them.
TEST(UdpPortOrder, AFullLineDropsStrangersOnly) {
  Rig rig;
  constexpr int kAtOnce = 100;
  int floods = 0;
  // Each call of a stranger brings more of them than are served.
  rig.in_call = [&] {
    if (floods == 60 || rig.order.back() != kFirst) return;
    ++floods;
    rig.send(kFirst, kAtOnce);
    rig.send(kReturned);
    rig.send(kKnown);
  };
  rig.send(kFirst);
  rig.drain();
  const UdpCounts counts = rig.port->counts();
  EXPECT_EQ(floods, 60);
  EXPECT_EQ(counts.received + counts.lost.strangers + counts.lost.unread, rig.sender->counts().sent);
  EXPECT_GT(counts.lost.strangers, 0U);
  EXPECT_EQ(counts.lost.returned, 0U);
  if (counts.lost.unread > 0) GTEST_SKIP() << "the kernel's queue may not be widened here";
  EXPECT_EQ(rig.count(kKnown), 60);
  EXPECT_EQ(rig.count(kReturned), 60);
}

// A message of somebody whom we know, while hundreds of strangers wait: it is served with the next turn.
TEST(UdpPortOrder, AFullLineDoesNotHoldUpWhomWeKnow) {
  Rig rig;
  bool asked = false;
  rig.in_call = [&] {
    if (std::exchange(asked, true)) return;
    rig.send(kKnown);
  };
  rig.send(kFirst, 400);
  rig.drain();
  ASSERT_EQ(rig.count(kKnown), 1);
  EXPECT_LE(std::ranges::find(rig.order, kKnown) - rig.order.begin(), 64);
  EXPECT_EQ(rig.count(kFirst) + static_cast<std::ptrdiff_t>(rig.port->counts().lost.unread), 400);
}

// Timers have their turn while strangers wait.
TEST(UdpPortOrder, TheLoopGoesOnWhileStrangersWait) {
  Rig rig;
  std::size_t served_at_ring = 0;
  Alarm alarm(rig.loop, [&] { served_at_ring = rig.order.size(); });
  rig.in_call = [&] {
    if (rig.order.size() == 1) alarm.arm(EventLoop::now());
  };
  rig.send(kFirst, 450);
  rig.drain();
  EXPECT_GT(served_at_ring, 0U);
  EXPECT_LT(served_at_ring, 300U);
}

// What waits is not served, what has come is not read, nothing is asked any more.
TEST(UdpPortOrder, MayEndInEachOfItsCalls) {
  for (const int who : {kKnown, kReturned, kFirst}) {
    Rig rig;
    rig.in_call = [&] {
      rig.port.reset();
      rig.loop.stop();
    };
    const Endpoint to = rig.port->local();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(rig.sender->send(to, octets({who})));
    rig.loop.run();
    Alarm alarm(rig.loop, [&] { rig.loop.stop(); });
    alarm.arm(EventLoop::now() + std::chrono::milliseconds(5));
    rig.loop.run();
    EXPECT_EQ(rig.order, std::vector{who});
  }
}

// Between turns, while strangers wait and the next turn is due.
TEST(UdpPortOrder, MayEndWhileStrangersWait) {
  Rig rig;
  Alarm alarm(rig.loop, [&] {
    rig.port.reset();
    rig.loop.stop();
  });
  rig.in_call = [&] {
    if (rig.order.size() == 1) alarm.arm(EventLoop::now());
  };
  rig.send(kFirst, 450);
  rig.loop.run();
  const std::size_t served = rig.order.size();
  EXPECT_LT(served, 300U);
  alarm.arm(EventLoop::now());
  rig.loop.run();
  EXPECT_EQ(rig.order.size(), served);
}

}  // namespace
}  // namespace levelgate::sockets::udp_port_order_test
