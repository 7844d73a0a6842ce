// SPDX-License-Identifier: Apache-2.0
//
// What was counted, and what a seed will do.
#include "support/link_emulator/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "support/link_emulator/emulator.h"

namespace levelgate::testing {
namespace {

std::string foretold_json(pathmodel::PathSettings settings, std::uint64_t seed, std::uint64_t packets) {
  settings.bits_per_second = 0;
  settings.mtu = 0;
  pathmodel::Path path(settings, seed);
  std::vector<std::uint64_t> lost, duplicated, corrupted, held_back;
  for (std::uint64_t number = 0; number < packets; ++number) {
    const std::uint64_t held = path.counts().held_back_pkts;
    const pathmodel::Outcome outcome = path.offer({}, 1);
    if (outcome.copies == 0) lost.push_back(number);
    if (outcome.copies == 2) duplicated.push_back(number);
    if (outcome.flipped_bit) corrupted.push_back(number);
    if (path.counts().held_back_pkts != held) held_back.push_back(number);
  }
  return fmt::format(R"({{"lost": [{}], "duplicated": [{}], "corrupted": [{}], "held-back": [{}]}})",
                     fmt::join(lost, ", "), fmt::join(duplicated, ", "), fmt::join(corrupted, ", "),
                     fmt::join(held_back, ", "));
}

}  // namespace

std::string direction_json(const Direction& direction, std::optional<std::uint64_t> kernel_drops) {
  const pathmodel::PathCounts& path = direction.path();
  const DirectionCounts& own = direction.counts();
  const std::pair<const char*, std::uint64_t> figures[] = {
      {"offered-pkts", path.offered_pkts},
      {"offered-octets", path.offered_octets},
      {"delivered-pkts", path.delivered_pkts},
      {"delivered-octets", path.delivered_octets},
      {"too-long-pkts", path.too_long_pkts},
      {"queue-pkts", path.queue_pkts},
      {"loss-pkts", path.loss_pkts},
      {"burst-loss-pkts", path.burst_loss_pkts},
      {"down-pkts", path.down_pkts},
      {"duplicated-pkts", path.duplicated_pkts},
      {"corrupted-pkts", path.corrupted_pkts},
      {"held-back-pkts", path.held_back_pkts},
      {"longest-wait-ns", static_cast<std::uint64_t>(path.longest_wait.count())},
      {"spared-pkts", own.spared_pkts},
      {"memory-pkts", own.memory_pkts},
      {"written-pkts", own.written_pkts},
      {"refused-pkts", own.refused_pkts},
      {"under-way-pkts", direction.under_way()},
  };
  std::string text;
  for (const auto& [name, value] : figures) text += fmt::format("\"{}\": {}, ", name, value);
  return "{" + text + "\"kernel-drops\": " + (kernel_drops ? std::to_string(*kernel_drops) : "null") + "}";
}

std::string foretold(const EmulatorSettings& settings, std::uint64_t packets) {
  return fmt::format(R"({{"to-right": {}, "to-left": {}}})",
                     foretold_json(settings.to_right.front().settings, seed_to_right(settings.seed), packets),
                     foretold_json(settings.to_left.front().settings, seed_to_left(settings.seed), packets));
}

}  // namespace levelgate::testing
