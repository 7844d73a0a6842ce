// SPDX-License-Identifier: Apache-2.0
//
// One direction of a path: says of each packet, when it is offered, when it will arrive, once, twice or never. Holds no
// packet (in_transit.h does) and reads no clock. The same stages, seed and offers give the same answers, on any
// machine.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "pathmodel/draws.h"
#include "pathmodel/path_stages.h"

namespace levelgate::pathmodel {

// Why a packet does not arrive.
enum class Drop : std::uint8_t {
  kNone,
  kTooLong,  // for the path's MTU
  kQueue,    // no room before the line
  kLoss,
  kBurstLoss,
  kDown,
};

struct Outcome {
  std::uint64_t number = 0;  // of the packet, from 0 on
  Drop drop = Drop::kNone;
  Instant leaves{};  // the line, with its last octet; not of what never reached it (kTooLong, kQueue)
  std::optional<std::uint64_t> flipped_bit;  // of the packet's octets * 8
  std::array<Instant, 2> moments{};
  std::size_t copies = 0;

  [[nodiscard]] std::span<const Instant> arrivals() const& { return {moments.data(), copies}; }
  std::span<const Instant> arrivals() && = delete;  // it would outlive them
};

// offered = delivered + too_long + queue + loss + burst_loss + down.
struct PathCounts {
  std::uint64_t offered_pkts = 0, offered_octets = 0;
  std::uint64_t delivered_pkts = 0, delivered_octets = 0;  // without second copies
  std::uint64_t too_long_pkts = 0, queue_pkts = 0, loss_pkts = 0, burst_loss_pkts = 0, down_pkts = 0;
  std::uint64_t duplicated_pkts = 0, corrupted_pkts = 0, held_back_pkts = 0;  // of the delivered ones
  Nanos longest_wait{};                                                       // for the line
};

class Path {
 public:
  // The stages passed check(); their times count from `start`.
  Path(PathStages stages, std::uint64_t seed, Instant start = {});
  Path(const PathSettings& settings, std::uint64_t seed, Instant start = {})
      : Path(PathStages{{Nanos(0), settings}}, seed, start) {}

  // A packet of so many octets (without the overhead) comes to the path. Moments of calls do not fall.
  [[nodiscard]] Outcome offer(Instant now, std::uint32_t octets);
  // When something arrives that no line, queue or chance touches: what belongs to the link itself. Not counted.
  [[nodiscard]] Instant beside(Instant now);
  // From now on; takes the place of all later stages. What was offered before arrives as it was said.
  void change(const PathSettings& settings, Instant now);

  [[nodiscard]] const PathCounts& counts() const { return counts_; }

 private:
  [[nodiscard]] std::size_t stage_at(Instant moment) const;
  [[nodiscard]] Instant ends(std::size_t stage) const;
  [[nodiscard]] Instant sent_by(Instant begin, std::uint64_t octets) const;
  [[nodiscard]] std::uint64_t waiting_octets() const;
  [[nodiscard]] Drop refusal(std::uint32_t octets, std::uint64_t line_octets) const;
  [[nodiscard]] bool in_burst(std::uint64_t number, const PathSettings& settings);
  [[nodiscard]] Drop fate(const Outcome& outcome, const PathSettings& settings, bool burst) const;
  void deliver(Outcome& outcome, const PathSettings& settings);
  void count(Drop drop, std::uint32_t octets);
  void pass(Instant now);

  PathStages stages_;
  Instant start_;
  Draws draws_;
  Instant now_;
  std::size_t stage_ = 0;  // at now_
  Instant free_at_;        // the line, of everything that was offered
  Instant last_arrival_;   // of what keeps its order
  std::optional<bool> burst_;
  PathCounts counts_;
};

}  // namespace levelgate::pathmodel
