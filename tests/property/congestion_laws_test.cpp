// SPDX-License-Identifier: Apache-2.0
//
// Laws of congestion control for every input: the rate is a function of configuration, reports and time; it lies
// between floor and ceiling whatever an authenticated peer writes into its headers; state stays finite.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>

#include "congestion/path_control.h"

namespace levelgate::congestion::congestion_laws_test {
namespace {

using HeaderOctets = std::array<std::byte, 24>;

struct Arrival {
  std::uint64_t position;
  Instant when;
  bool marked;
  std::optional<HeaderOctets> header;
};

PathSettings draw_settings() {
  PathSettings settings;
  const std::uint64_t low = *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000);
  settings.limits = {low, low + *rc::gen::inRange<std::uint64_t>(0, 100'000'000'000),
                     *rc::gen::inRange<std::uint32_t>(64, 65'536)};
  settings.reduced = low;
  settings.displaced = *rc::gen::inRange<std::uint32_t>(0, 70'000);
  settings.counts_marks = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) {
    settings.breaker =
        BreakerSettings{*rc::gen::inRange(1, 100) / 100.0, std::chrono::seconds(*rc::gen::inRange(1, 60)),
                        *rc::gen::element(BreakerAction::kStop, BreakerAction::kFloor), std::nullopt};
  }
  return settings;
}

// Octets that may mean something: an echo of a moment that has been, delays at their ends, any octets at all.
HeaderOctets draw_header(Instant now) {
  HeaderOctets octets{};
  if (*rc::gen::inRange(0, 4) == 0) {
    for (std::byte& octet : octets) octet = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    octets[0] = std::byte{1};
    return octets;
  }
  const auto edge = [](std::uint32_t most) {
    return *rc::gen::oneOf(rc::gen::element<std::uint32_t>(0, 1, most), rc::gen::inRange<std::uint32_t>(0, most));
  };
  wire::CongestionHeader header;
  header.probing = *rc::gen::arbitrary<bool>();
  header.loss_event_rate = edge(0xffffffff);
  header.rtt_us = edge(wire::kMostRttUs);
  header.echo_delay_us = edge(wire::kMostDelayUs);
  header.transmit_delay_us = edge(wire::kMostDelayUs);
  header.tval = *rc::gen::arbitrary<std::uint32_t>();
  const auto age = Nanos(*rc::gen::inRange<std::int64_t>(-1'000'000, 3'000'000'000));
  header.techo = RoundTrip::stamp(now - age);
  wire::write_congestion(octets.data(), 0, header);
  return octets;
}

std::vector<Arrival> draw_arrivals() {
  std::vector<Arrival> arrivals;
  Instant now = at_ns(1'000'000'000);
  std::uint64_t position = 1;
  const int count = *rc::gen::inRange(0, 60);
  for (int i = 0; i < count; ++i) {
    now += Nanos(*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 10'000'000),
                                 rc::gen::inRange<std::int64_t>(0, 10'000'000'000)));
    position +=
        *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 4), rc::gen::element<std::uint64_t>(1, 1000, 1ull << 40));
    const std::uint64_t back = *rc::gen::inRange<std::uint64_t>(0, 5);
    Arrival arrival{position > back ? position - back : position, now, *rc::gen::arbitrary<bool>(), std::nullopt};
    if (*rc::gen::inRange(0, 8) != 0) arrival.header = draw_header(now);
    arrivals.push_back(arrival);
  }
  return arrivals;
}

void take(PathControl& control, const Arrival& arrival) {
  if (!arrival.header) return control.arrived(arrival.position, arrival.when, arrival.marked, nullptr);
  const wire::CongestionHeader header = wire::read_congestion(arrival.header->data());
  control.arrived(arrival.position, arrival.when, arrival.marked, &header);
}

RC_GTEST_PROP(CongestionLaws, RateStaysWithinItsLimits, ()) {
  const PathSettings settings = draw_settings();
  PathControl control(settings, at_ns(1'000'000'000));
  for (const Arrival& arrival : draw_arrivals()) {
    (void)control.turn(arrival.when);
    take(control, arrival);
    const std::uint64_t rate = control.bits_per_second();
    if (control.breaker_state() == BreakerState::kOpen) {
      RC_ASSERT(rate == 0u);
    } else {
      RC_ASSERT(rate >= std::min(settings.limits.floor, settings.reduced));
      RC_ASSERT(rate <= settings.limits.ceiling);
    }
    RC_ASSERT(std::isfinite(control.rate().packets_per_second()));
    const Nanos rtt = control.rate().round_trip();
    RC_ASSERT(rtt >= Nanos(0));
    RC_ASSERT(rtt <= std::chrono::microseconds(wire::kMostRttUs));
    const wire::CongestionHeader report = control.header_at(arrival.when);
    RC_ASSERT(report.tval != 0u);
  }
}

// Whatever an authenticated peer echoes, and whenever: sizes stay between floor and port, in steps that ESP can make,
// and a probe is larger than what is known to pass.
RC_GTEST_PROP(CongestionLaws, SizesStayWithinTheirBounds, ()) {
  PathSettings settings = draw_settings();
  const std::uint32_t floor = 4 * *rc::gen::inRange<std::uint32_t>(144, 320);
  const std::uint32_t base = floor + 4 * *rc::gen::inRange<std::uint32_t>(0, 300);
  const std::uint32_t most = base + 4 * *rc::gen::inRange<std::uint32_t>(0, 2'000);
  settings.mtu = PathMtuLimits{floor, base, most, std::chrono::seconds(*rc::gen::inRange(1, 600)), 1500};
  PathControl control(settings, at_ns(1'000'000'000));
  Instant before = at_ns(1'000'000'000);
  std::uint32_t in_force = base;
  for (const Arrival& arrival : draw_arrivals()) {
    for (int i = 1; i <= 12; ++i) {
      const Instant slot = before + (arrival.when - before) * i / 12;
      (void)control.turn(slot);
      if (*rc::gen::inRange(0, 3) == 0) in_force = control.mtu()->size();
      const SlotUse use = control.use_of(slot, in_force);
      RC_ASSERT(use.probe == 0u || (use.probe > floor && use.probe <= most && use.probe % 4 == 0));
      RC_ASSERT(use.probe == 0u || control.header_at(slot).probing);
      RC_ASSERT(use.until_probe < 64u);
    }
    take(control, arrival);
    const std::uint32_t size = control.mtu()->size();
    RC_ASSERT(size >= floor && size <= most && size % 4 == 0);
    RC_ASSERT(control.mtu()->probes().confirmed + control.mtu()->probes().lost <= control.mtu()->probes().sent);
    before = arrival.when;
  }
}

// D11: what else the gateway does between the reports - how often it asks, how much it carries - has no way in.
RC_GTEST_PROP(CongestionLaws, RateIsAFunctionOfReportsAndTime, ()) {
  PathSettings settings = draw_settings();
  settings.breaker.reset();  // its periods end at slots, which are a function of the rate
  const std::vector<Arrival> arrivals = draw_arrivals();
  PathControl idle(settings, at_ns(1'000'000'000));
  PathControl busy(settings, at_ns(1'000'000'000));
  Instant before = at_ns(1'000'000'000);
  for (const Arrival& arrival : arrivals) {
    for (int i = 1; i <= 5; ++i) {
      const Instant between = before + (arrival.when - before) * i / 5;
      (void)busy.turn(between);
      (void)busy.header_at(between);
    }
    take(idle, arrival);
    take(busy, arrival);
    (void)idle.turn(arrival.when);
    (void)busy.turn(arrival.when);
    RC_ASSERT(idle.bits_per_second() == busy.bits_per_second());
    RC_ASSERT(idle.header_at(arrival.when) == busy.header_at(arrival.when));
    before = arrival.when;
  }
}

// A report of more loss never gives a higher rate than a report of less.
RC_GTEST_PROP(CongestionLaws, MoreLossIsNeverFaster, ()) {
  PathSettings settings = draw_settings();
  settings.breaker.reset();
  const auto rtt = Nanos(*rc::gen::inRange<std::int64_t>(1'000'000, 1'000'000'000));
  const auto inverse = *rc::gen::inRange<std::uint32_t>(2, 1'000'000);
  const auto more = *rc::gen::inRange<std::uint32_t>(1, inverse);
  RateControl less_loss(settings.limits, at_ns(0));
  RateControl more_loss(settings.limits, at_ns(0));
  for (int trip = 1; trip < 40; ++trip) {
    const Instant now = at_ns(0) + trip * rtt;
    wire::CongestionHeader report;
    report.techo = RoundTrip::stamp(now - rtt);
    report.loss_event_rate = inverse;
    less_loss.take(report, now);
    report.loss_event_rate = more;
    more_loss.take(report, now);
    RC_ASSERT(more_loss.bits_per_second() <= less_loss.bits_per_second());
  }
}

}  // namespace
}  // namespace levelgate::congestion::congestion_laws_test
