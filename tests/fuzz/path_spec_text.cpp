// SPDX-License-Identifier: Apache-2.0
// links: pathmodel
//
// Any octets as the text of a path: refused with words, or a path that keeps its laws for packets of any size.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pathmodel/path.h"
#include "pathmodel/path_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  using namespace levelgate;
  const std::string text(octets, octets + size);
  const auto stages = pathmodel::parse_path(text);
  if (!stages) {
    if (stages.error().what.empty()) std::abort();
    return 0;
  }
  if (!check(*stages)) std::abort();
  pathmodel::Path path(*stages, size, at_ns(1));
  Instant now = at_ns(1);
  for (std::uint32_t i = 0; i < 64; ++i) {
    const pathmodel::Outcome outcome = path.offer(now, i * i * i);
    for (const Instant moment : outcome.arrivals()) {
      if (moment < now) std::abort();
    }
    now += Nanos(std::int64_t{1} << (i % 40));
  }
  const pathmodel::PathCounts& counts = path.counts();
  if (counts.offered_pkts != counts.delivered_pkts + counts.too_long_pkts + counts.queue_pkts + counts.loss_pkts +
                                 counts.burst_loss_pkts + counts.down_pkts) {
    std::abort();
  }
  return 0;
}
