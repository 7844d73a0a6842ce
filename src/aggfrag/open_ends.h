// SPDX-License-Identifier: Apache-2.0
//
// What a payload that came ahead of a gap still has to give: its whole inner packets are delivered, the end of a packet
// at its front and the begin of one at its back may wait for others (RFC 9347 §2.5).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "wire/aggfrag_header.h"

namespace levelgate::aggfrag {

// The unfinished packet as it stands behind a payload that is held.
struct FragmentRun {
  std::uint64_t start = 0;       // the payload whose last octets begin it
  std::uint32_t packet = 0;      // octets of the whole packet; 0: not known yet
  std::uint32_t need = 0;        // octets that are missing, once the length is known
  std::uint8_t runt_octets = 0;  // while it is not: what is there of it
  bool exists = false;
  std::array<std::byte, wire::kLongestRunt + 1> runt{};
};

struct OpenEnds {
  enum class Kind : std::uint8_t {
    kWhole,    // nothing of it was looked at
    kPadding,  // breaks nothing and gives nothing
    kEnds,     // data
    kNothing,  // uses up its number, and breaks a packet that is half there
  };

  ConstBytes data{};               // its data blocks; means something while an end is open
  std::uint32_t block_offset = 0;  // octets that belong to an earlier packet; may be more than there are
  std::uint32_t tail = 0;          // octets at the end that begin a packet and were not used yet
  std::uint32_t tail_packet = 0;   // that packet's length; 0: a runt
  Kind kind = Kind::kWhole;
  bool lead_open = false;  // its first octets were not used yet
  FragmentRun run{};       // that goes on behind it, if everything from its start on is held

  [[nodiscard]] ConstBytes lead() const { return data.first(std::min<std::size_t>(data.size(), block_offset)); }
  [[nodiscard]] bool spent() const { return kind != Kind::kWhole && !lead_open && tail == 0; }
};

enum class RunStep : std::uint8_t { kGoesOn, kEnds, kBroken };

// Takes a run over the next payload, by the rules of UnfinishedPacket.
[[nodiscard]] inline RunStep step(FragmentRun& run, const OpenEnds& next, std::uint32_t max_inner_octets) {
  if (next.kind == OpenEnds::Kind::kPadding) return RunStep::kGoesOn;
  if (next.kind != OpenEnds::Kind::kEnds || !next.lead_open) return RunStep::kBroken;
  std::uint32_t needed = run.need;
  if (run.packet == 0) {
    const wire::BlockType type = wire::block_type(run.runt[0]);
    const std::uint32_t before = run.runt_octets;
    const std::uint32_t wanted = wire::length_field_end(type) - before;
    const ConstBytes lead = next.lead();
    const std::uint32_t here = std::min(wanted, static_cast<std::uint32_t>(lead.size()));
    if (here != 0) std::memcpy(run.runt.data() + before, lead.data(), here);
    run.runt_octets = static_cast<std::uint8_t>(before + here);
    if (here < wanted) return next.block_offset > next.data.size() ? RunStep::kGoesOn : RunStep::kBroken;
    run.packet = wire::block_octets(run.runt.data(), type);
    if (run.packet < run.runt_octets || run.packet > max_inner_octets) return RunStep::kBroken;
    needed = run.packet - before;
  }
  if (next.block_offset != needed) return RunStep::kBroken;
  if (needed <= next.data.size()) return RunStep::kEnds;
  run.need = needed - static_cast<std::uint32_t>(next.data.size());
  return RunStep::kGoesOn;
}

}  // namespace levelgate::aggfrag
