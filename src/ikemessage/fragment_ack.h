// SPDX-License-Identifier: Apache-2.0
//
// Which fragments of a long message are there: what the receiver says, so that only the others are sent again. A
// private extension between peers that announced it (docs/large-keys.md). Thread: control.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ikewire/wire_buffer.h"

namespace levelgate::ikemessage {

// Of fragment i + 1: whether it is there.
using FragmentMap = std::vector<bool>;

// The value of the notification: the total in two octets, then a bit for each fragment, the first one highest; bits
// behind the last are zero.
void write_fragment_ack(ikewire::WireBuffer& to, const FragmentMap& map);
// Empty: it is not about a message of `total` fragments, or has another length, or bits that nobody sent.
[[nodiscard]] std::optional<FragmentMap> read_fragment_ack(ConstBytes value, std::size_t total);

}  // namespace levelgate::ikemessage
