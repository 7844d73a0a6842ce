// SPDX-License-Identifier: Apache-2.0
//
// Who is served, asked and dropped, by the load: RFC 8019 §4.2, §6, §7.1; and that a demand does not flicker.
#include "admission/tiers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace levelgate::admission::tiers_test {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = at_ns(1'000'000'000);
constexpr std::uint16_t kUnlucky = 0xffff;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }
// Each in a /24 of its own.
IpAddress far(std::size_t number) { return IpAddress::v4(0x0a00'0001 + (static_cast<std::uint32_t>(number) << 8)); }
IpAddress near(std::size_t number) { return IpAddress::v4(0xc633'6400 + static_cast<std::uint32_t>(number)); }

Verdict judged(Tiers& tiers, const IpAddress& source, Shown shown = Shown::kNothing, Instant now = kStart) {
  return tiers.judge(now, source, shown, kUnlucky);
}

// Without an attack nobody is asked for anything [8019-6-b].
TEST(Tiers, AFewAreServedAtOnce) {
  Tiers tiers;
  for (std::size_t i = 0; i < limits::kCookieAtHalfOpen; ++i) {
    EXPECT_FALSE(tiers.loaded(kStart));
    EXPECT_EQ(judged(tiers, far(i)), Verdict::kServe);
    tiers.opened(far(i));
  }
  EXPECT_TRUE(tiers.loaded(kStart));
  EXPECT_EQ(judged(tiers, far(99)), Verdict::kAskCookie);
  EXPECT_EQ(judged(tiers, far(99), Shown::kAddress), Verdict::kServe);
}

// From cookies to work to silence; each is enough for the steps before it.
TEST(Tiers, TheMoreAreHalfOpenTheMoreIsAskedFor) {
  Tiers tiers;
  tiers.configure({.cookie_at = 10, .puzzle_at = 20});
  Verdict last = Verdict::kServe;
  for (std::size_t i = 0; i <= limits::kHalfOpen; ++i) {
    const Verdict nothing = judged(tiers, far(100'000)), cookie = judged(tiers, far(100'000), Shown::kAddress),
                  work = judged(tiers, far(100'000), Shown::kSolved);
    EXPECT_GE(nothing, last);
    last = nothing;
    const bool full = i >= limits::kHalfOpen - limits::kHalfOpen / 8;
    ASSERT_EQ(nothing, full      ? Verdict::kDrop
                       : i >= 20 ? Verdict::kAskPuzzle
                       : i >= 10 ? Verdict::kAskCookie
                                 : Verdict::kServe)
        << i;
    ASSERT_EQ(cookie, full ? Verdict::kDrop : i >= 20 ? Verdict::kAskPuzzle : Verdict::kServe) << i;
    ASSERT_EQ(work, full ? Verdict::kDrop : Verdict::kServe) << i;
    tiers.opened(far(i));
  }
}

TEST(Tiers, ASourceWithSeveralHasToWorkAndIsThenDropped) {
  Tiers tiers;
  const IpAddress source = far(1);
  for (std::size_t i = 0; i < limits::kHalfOpenOfSource; ++i) {
    const Verdict wanted = i < limits::kCookieAtHalfOpenOfSource   ? Verdict::kServe
                           : i < limits::kPuzzleAtHalfOpenOfSource ? Verdict::kAskCookie
                                                                   : Verdict::kAskPuzzle;
    EXPECT_EQ(judged(tiers, source), wanted) << i;
    tiers.opened(source);
  }
  EXPECT_EQ(judged(tiers, source, Shown::kSolved), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, far(2)), Verdict::kServe) << "others are not asked";
  tiers.closed(source);
  EXPECT_EQ(judged(tiers, source), Verdict::kAskPuzzle);
}

TEST(Tiers, ANetworkHasAQuota) {
  Tiers tiers;
  tiers.configure({.cookie_at = 4000, .puzzle_at = 4000, .of_network = 40});
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(judged(tiers, near(i)), i < 10 ? Verdict::kServe : Verdict::kAskPuzzle) << i;
    tiers.opened(near(i));
  }
  EXPECT_EQ(judged(tiers, near(77), Shown::kSolved), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, near(256)), Verdict::kServe) << "the next /24";
  tiers.closed(near(3));
  EXPECT_EQ(judged(tiers, near(77), Shown::kSolved), Verdict::kServe);
}

TEST(Tiers, OneIpv6SubscriberIsOneSourceAndAnIpv6SiteOneNetwork) {
  Tiers tiers;
  tiers.configure({.cookie_at = 4000, .puzzle_at = 4000, .of_source = 8, .of_network = 16});
  for (int i = 0; i < 8; ++i) tiers.opened(address("2001:db8::" + std::to_string(i)));
  EXPECT_EQ(tiers.sources(), 1u);
  EXPECT_EQ(judged(tiers, address("2001:db8::ffff"), Shown::kSolved), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, address("2001:db8:0:1::1"), Shown::kSolved), Verdict::kServe);
  EXPECT_EQ(judged(tiers, address("2001:db8:0:1::1")), Verdict::kAskPuzzle);
  for (int i = 0; i < 8; ++i) tiers.opened(address("2001:db8:0:" + std::to_string(i + 1) + "::1"));
  EXPECT_EQ(judged(tiers, address("2001:db8:0:aaaa::1"), Shown::kSolved), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, address("2001:db8:1::1")), Verdict::kServe);
}

TEST(Tiers, DemandsStayForAWhileWhenTheLoadIsGone) {
  for (const std::size_t count : {limits::kCookieAtHalfOpen, limits::kPuzzleAtHalfOpen}) {
    Tiers tiers;
    const Verdict asked = count == limits::kCookieAtHalfOpen ? Verdict::kAskCookie : Verdict::kAskPuzzle;
    for (std::size_t i = 0; i < count; ++i) tiers.opened(far(i));
    EXPECT_EQ(judged(tiers, far(9999)), asked);
    for (std::size_t i = 0; i < count; ++i) tiers.closed(far(i));
    EXPECT_EQ(tiers.half_open(), 0u);
    EXPECT_EQ(judged(tiers, far(9999), Shown::kNothing, kStart + limits::kCookieHold - 1ns), asked);
    EXPECT_TRUE(tiers.loaded(kStart + limits::kCookieHold - 1ns));
    EXPECT_EQ(judged(tiers, far(9999), Shown::kNothing, kStart + limits::kCookieHold), Verdict::kServe);
    EXPECT_FALSE(tiers.loaded(kStart + limits::kCookieHold));
  }
}

TEST(Tiers, SoDoesTheDemandOnOneSource) {
  Tiers tiers;
  for (std::size_t i = 0; i < limits::kCookieAtHalfOpenOfSource; ++i) tiers.opened(far(1));
  EXPECT_EQ(judged(tiers, far(1)), Verdict::kAskCookie);
  for (std::size_t i = 0; i < limits::kCookieAtHalfOpenOfSource; ++i) tiers.closed(far(1));
  EXPECT_EQ(judged(tiers, far(1), Shown::kNothing, kStart + limits::kCookieHold - 1ns), Verdict::kAskCookie);
  EXPECT_EQ(judged(tiers, far(1), Shown::kNothing, kStart + limits::kCookieHold), Verdict::kServe);
}

// [8019-7.1-b, 8019-7.1-c]
TEST(Tiers, SomeOfThoseWhoKnowNoPuzzlesAreServedAndFewerTheHigherTheLoadIs) {
  const auto served = [](Tiers& tiers, Shown shown) {
    int count = 0;
    for (std::uint32_t draw = 0; draw < 65536; draw += 16) {
      count += tiers.judge(kStart, far(77'777), shown, static_cast<std::uint16_t>(draw)) == Verdict::kServe ? 1 : 0;
    }
    return count;
  };
  Tiers tiers;
  std::size_t open = 0;
  int before = 65536;
  for (const std::size_t load : {limits::kPuzzleAtHalfOpen, std::size_t{1500}, std::size_t{3000}, std::size_t{3500}}) {
    while (open < load) tiers.opened(far(open++));
    const int now = served(tiers, Shown::kUnsolved);
    EXPECT_LT(now, before) << load;
    EXPECT_GT(now, 0) << load;
    EXPECT_LE(now, 65536 / 16 / 4);
    EXPECT_EQ(served(tiers, Shown::kNothing), 0) << "who may be anywhere takes no part";
    EXPECT_EQ(served(tiers, Shown::kAddress), 0) << "nor does who was set no puzzle";
    before = now;
  }
}

TEST(Tiers, WhomWeKnowComesFirst) {
  Tiers tiers;
  tiers.authenticated(kStart, far(5));
  for (std::size_t i = 0; i < limits::kHalfOpen - limits::kHalfOpen / 8; ++i) tiers.opened(far(1000 + i));
  EXPECT_EQ(judged(tiers, far(6), Shown::kSolved), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, far(5)), Verdict::kAskCookie) << "an address can be forged";
  EXPECT_EQ(judged(tiers, far(5), Shown::kAddress), Verdict::kServe) << "but needs no work";
  EXPECT_EQ(judged(tiers, far(5), Shown::kAddress, kStart + limits::kAcquainted), Verdict::kDrop);
  for (std::size_t i = tiers.half_open(); i < limits::kHalfOpen; ++i) tiers.opened(far(1000 + i));
  EXPECT_EQ(judged(tiers, far(5), Shown::kSolved), Verdict::kDrop);
}

TEST(Tiers, WithoutPuzzlesASourceWithSeveralReturnsCookies) {
  Tiers tiers;
  tiers.configure({.puzzle_at = limits::kHalfOpen});
  for (std::size_t i = 0; i < limits::kPuzzleAtHalfOpenOfSource; ++i) tiers.opened(far(1));
  EXPECT_EQ(judged(tiers, far(1)), Verdict::kAskCookie);
  for (std::size_t i = 0; i < 3000; ++i) tiers.opened(far(10 + i));
  EXPECT_EQ(judged(tiers, far(2)), Verdict::kAskCookie);
}

TEST(Tiers, SourcesAreForgottenAndBounded) {
  Tiers tiers;
  const auto come_and_go = [&](std::size_t number) {
    for (std::size_t i = 0; i < limits::kCookieAtHalfOpenOfSource; ++i) tiers.opened(far(number));
    (void)judged(tiers, far(number));
    for (std::size_t i = 0; i < limits::kCookieAtHalfOpenOfSource; ++i) tiers.closed(far(number));
  };
  tiers.opened(far(0));
  tiers.closed(far(0));
  EXPECT_EQ(tiers.sources(), 0u);  // it never was under a demand
  for (std::size_t i = 0; i < limits::kSources; ++i) come_and_go(i);
  EXPECT_EQ(tiers.sources(), limits::kSources);
  EXPECT_EQ(judged(tiers, far(1'000'000)), Verdict::kDrop);
  EXPECT_EQ(judged(tiers, far(7)), Verdict::kAskCookie);
  tiers.authenticated(kStart, far(1'000'001));
  EXPECT_EQ(judged(tiers, far(1'000'001)), Verdict::kServe);
  EXPECT_EQ(judged(tiers, far(1'000'000), Shown::kNothing, kStart + limits::kCookieHold), Verdict::kServe);
  EXPECT_EQ(tiers.sources(), 0u);
}

TEST(Tiers, ClosingWhatWasNotOpenedChangesNothing) {
  Tiers tiers;
  tiers.closed(far(1));
  tiers.opened(far(1));
  tiers.closed(far(2));
  EXPECT_EQ(tiers.half_open(), 1u);
}

// Whatever comes in whatever order: no quota is exceeded, to show more never gets one less, and within the hold of a
// demand nobody who was asked is served for nothing.
TEST(Tiers, LawsOfAllOrders) {
  std::mt19937 dice(71);
  for (int round = 0; round < 40; ++round) {
    Tiers tiers;
    const TierSettings settings{.cookie_at = dice() % 40,
                                .puzzle_at = 10 + dice() % 60,
                                .of_source = 1 + dice() % 9,
                                .of_network = 8 + dice() % 60};
    tiers.configure(settings);
    std::vector<IpAddress> open;
    Instant now = kStart, last_asked = Instant();
    for (int step = 0; step < 2000; ++step) {
      now = now + Nanos(static_cast<std::int64_t>(dice() % 200'000'000));
      const IpAddress source = near(dice() % 1024);
      if (!open.empty() && dice() % 3 == 0) {
        const std::size_t at = dice() % open.size();
        tiers.closed(open[at]);
        open.erase(open.begin() + std::ptrdiff_t(at));
      }
      const Verdict nothing = judged(tiers, source, Shown::kNothing, now),
                    cookie = judged(tiers, source, Shown::kAddress, now),
                    work = judged(tiers, source, Shown::kSolved, now);
      ASSERT_GE(nothing, cookie);
      ASSERT_GE(cookie, work);
      const bool by_load = open.size() >= settings.cookie_at;
      if (by_load && nothing != Verdict::kDrop) last_asked = now;
      if (last_asked != Instant() && now < last_asked + limits::kCookieHold) {
        ASSERT_NE(nothing, Verdict::kServe);
      }
      if (work != Verdict::kServe) continue;
      tiers.opened(source);
      open.push_back(source);
      ASSERT_LE(static_cast<std::size_t>(std::ranges::count(open, source)), settings.of_source);
      std::map<std::uint32_t, std::size_t> networks;
      for (const IpAddress& one : open) ++networks[load_be<std::uint32_t>(one.bytes().data()) >> 8];
      for (const auto& [network, count] : networks) ASSERT_LE(count, settings.of_network);
      ASSERT_EQ(tiers.half_open(), open.size());
    }
    for (const IpAddress& one : open) tiers.closed(one);
    ASSERT_EQ(tiers.half_open(), 0u);
    (void)judged(tiers, far(1), Shown::kNothing, now + 2 * limits::kCookieHold);
    ASSERT_EQ(tiers.sources(), 0u);
  }
}

}  // namespace
}  // namespace levelgate::admission::tiers_test
