// SPDX-License-Identifier: Apache-2.0
//
// What of an IKE_INTERMEDIATE message enters the input of AUTH beside its inner payloads (RFC 9242 §3.3.2): the octets
// in front of the encrypted part, as if the message had never been encrypted nor cut.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <vector>

#include "ikewire/ike_chain.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

// Appends IntAuth's part A. `message` is the one with SK, or with the first SKF, and `chain` what read_chain() found
// behind its header; `inner_octets` are those of all inner payloads, whole and without padding. Beyond 65,531 of them
// SK has the big header, where that was agreed, else the buffer fails.
void write_intermediate_prefix(WireBuffer& to, ConstBytes message, const std::vector<PayloadView>& chain,
                               std::size_t inner_octets, BigPayloads big);

}  // namespace levelgate::ikewire
