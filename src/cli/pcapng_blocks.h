// SPDX-License-Identifier: Apache-2.0
//
// The block half of the capture reader: pcapng (draft-ietf-opsawg-pcapng), sections, interfaces, and the three kinds
// of packet blocks. Other blocks are passed over. Never trusts a length without looking at what is left.
#pragma once

#include "cli/capture_reader.h"

namespace levelgate::cli {

inline constexpr std::uint32_t kPcapngSection = 0x0A0D0D0A;

// What a link type number of a capture file means to us; empty: foreign.
[[nodiscard]] std::optional<LinkKind> link_kind(std::uint32_t link_type);

// The content begins with a section header.
[[nodiscard]] Result<Capture> read_pcapng(ConstBytes content);

}  // namespace levelgate::cli
