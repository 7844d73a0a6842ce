// SPDX-License-Identifier: Apache-2.0
//
// Bounds of what a path may be told to do.
#include "pathmodel/path_stages.h"

#include <string>

namespace levelgate::pathmodel {
namespace {

struct NamedShare {
  const char* name;
  double value;
};
struct NamedSpan {
  const char* name;
  Nanos value;
};

std::unexpected<Error> out_of_range(const char* name, const std::string& cure) {
  return failure(Fault::kBadInput, std::string(name) + ": " + cure);
}

Result<void> check_line(const PathSettings& settings) {
  const std::uint64_t rate = settings.bits_per_second;
  if (rate != 0 && (rate < kLeastRate || rate > kMostRate)) {
    return out_of_range("rate", "must be 10 bit/s to 1 Tbit/s, or left out for an endless one");
  }
  if (settings.overhead_octets > kMostOverhead) return out_of_range("overhead", "must be at most 4096B");
  if (settings.frame_octets != 0 && settings.frame_octets < kLeastFrame) {
    return out_of_range("frame", "must be at least 8B, or left out where each packet is one frame");
  }
  return {};
}

}  // namespace

Result<void> check(const PathSettings& settings) {
  if (auto line = check_line(settings); !line) return line;
  for (const auto& [name, value] : {NamedSpan{"queue-wait", settings.queue_wait}, NamedSpan{"delay", settings.delay},
                                    NamedSpan{"jitter", settings.jitter}, NamedSpan{"held-back", settings.held_back}}) {
    if (value < Nanos(0) || value > kLongest) return out_of_range(name, "must be 0ms to 1h");
  }
  for (const auto& [name, value] :
       {NamedShare{"reordered", settings.reordered}, NamedShare{"loss", settings.loss},
        NamedShare{"burst-loss", settings.burst_loss}, NamedShare{"duplicated", settings.duplicated},
        NamedShare{"corrupted", settings.corrupted}}) {
    if (!(value >= 0 && value <= 1)) return out_of_range(name, "must be 0% to 100%");
  }
  if (!(settings.burst_packets >= 1 && settings.burst_packets <= 1e6)) {
    return out_of_range("burst-packets", "must be 1 to 1000000: the mean length of a burst");
  }
  // Between two bursts at least one packet passes.
  if (settings.burst_loss > settings.burst_packets / (settings.burst_packets + 1)) {
    return out_of_range("burst-loss", "must be at most N/(N+1) for bursts of N packets: raise burst-packets");
  }
  if (settings.reordered > 0 && settings.held_back == Nanos(0)) {
    return out_of_range("reordered", "needs held-back, the time by which such packets are late");
  }
  return {};
}

Result<void> check(const PathStages& stages) {
  if (stages.empty() || stages.front().from != Nanos(0)) return out_of_range("from", "the first stage begins at 0s");
  Nanos last{-1};
  for (const PathStage& stage : stages) {
    if (stage.from <= last) return out_of_range("from", "stages must follow each other in time");
    if (stage.from > kLatestStage) return out_of_range("from", "must be at most 10000h");
    last = stage.from;
    if (auto one = check(stage.settings); !one) return one;
  }
  return {};
}

PathStages with_black_hole(const PathSettings& settings, Nanos from, Nanos to) {
  PathSettings hole = settings;
  hole.down = true;
  PathStages stages;
  if (from > Nanos(0)) stages.push_back({Nanos(0), settings});
  if (to > from) stages.push_back({from, hole});
  stages.push_back({to, settings});
  return stages;
}

}  // namespace levelgate::pathmodel
