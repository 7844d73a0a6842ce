// SPDX-License-Identifier: Apache-2.0
// links: congestion
//
// Any headers of an authenticated peer, at any times and places: rate and packet size stay within their bounds, and
// work per arrival is bounded. The input is records of 28 octets: step of the position, milliseconds passed, whether
// the packet is marked, one to skip; then the 24 octets of a header.
#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "congestion/path_control.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace levelgate;
  ByteReader input(std::as_bytes(std::span(octets, size)));
  congestion::PathSettings settings;
  settings.limits = {100'000, 10'000'000, 1400};
  settings.reduced = 100'000;
  settings.counts_marks = true;
  settings.breaker = congestion::BreakerSettings{0.05, std::chrono::seconds(2), congestion::BreakerAction::kFloor, {}};
  settings.mtu = congestion::PathMtuLimits{576, 1200, 9000, std::chrono::seconds(10), 1500};
  Instant now = at_ns(1'000'000'000);
  congestion::PathControl control(settings, now);
  std::uint64_t position = 1;
  while (input.remaining() >= 28) {
    const auto step = input.read<std::uint8_t>();
    position = step < 0x80 ? position + step : step < 0xc0 ? position + (1ull << (step & 0x1f)) : position - (step & 3);
    now += std::chrono::milliseconds(input.read<std::uint8_t>());
    const bool marked = (input.read<std::uint16_t>() & 1u) != 0;
    const wire::CongestionHeader header = wire::read_congestion(input.read_bytes(24).data());
    (void)control.turn(now);
    const std::uint32_t probe = control.use_of(now, control.mtu()->size()).probe;
    require(probe == 0 || (probe > 576 && probe <= 9000));
    require(control.mtu()->size() >= 576 && control.mtu()->size() <= 9000);
    control.arrived(position, now, marked, &header);
    const std::uint64_t rate = control.bits_per_second();
    require(rate == 0 || (rate >= 100'000 && rate <= 10'000'000));
    require((rate == 0) == (control.breaker_state() == congestion::BreakerState::kOpen));
    require(control.header_at(now).tval != 0);
  }
  return 0;
}
