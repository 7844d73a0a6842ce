// SPDX-License-Identifier: Apache-2.0
//
// The part of the table of keys that says how inner packets become outer ones: sizes and marks (RFC 9347 §2.2.3.1,
// §2.2.5 to §2.2.7).
#pragma once

#include <array>

#include "syntax/key_terms.h"
#include "syntax/schema.h"

namespace levelgate::syntax::mapping_keys {

using namespace terms;
using enum KeyType;

inline constexpr std::array kTable = std::to_array<KeySpec>({
    {"tunnels.*.tfs.min-fragment",
     kOctets,
     "Shortest begin of a split inner packet; where less room is left it goes into the next outer packet whole, which "
     "costs padding.",
     kLive,
     "6B",
     {},
     {},
     6,
     9600},
    {"tunnels.*.tfs.mtu",
     kOctets,
     "Longest inner packet that enters in one piece: a longer one is cut where it is IPv4 without DF, else answered "
     "with ICMP.",
     kLive,
     "none; where nothing is split: what fits an outer packet",
     {},
     {},
     576,
     9600},
    {"tunnels.*.tfs.receive.fragments", kBoolean,
     "With IKE: false tells the peer to send every inner packet in one outer packet.", kRekey, "true"},
    {"tunnels.*.qos.outer-dscp", kText, "DSCP of every outer packet: ef, va, le, cs0 to cs7, af11 to af43, or 0 to 63.",
     kLive, "0"},
    {"tunnels.*.qos.inner-dscp", kChoice,
     "copy: each outer packet has the DSCP of its inner packet; in mode plain only, since it shows what is inside.",
     kLive, "hide", "hide|copy"},
    {"tunnels.*.qos.flow-label", kInteger, "IPv6 flow label of every outer packet.", kLive, "0", {}, {}, 0, 0xfffff},
});

}  // namespace levelgate::syntax::mapping_keys
