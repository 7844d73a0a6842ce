// SPDX-License-Identifier: Apache-2.0
//
// State nodes: what the running gateway adds to its configuration. Thread: control.
#pragma once

#include <cstdint>
#include <string>

#include "control/admin.h"
#include "ike/ike_sa.h"

namespace levelgate::management {

using control::Value;

// Which of a tunnel's counters an entry shows: an SA of the IKE-less case has one direction, and the other's are zero.
enum class Directions : std::uint8_t { kBoth, kInbound, kOutbound };

// What RFC 9348 augments an SA with: its settings as they are in force, and its counters. Nothing for a tunnel that the
// view does not have.
[[nodiscard]] Value::Map yang_sa_state(const std::string& tunnel, const control::View& view, Directions directions);

// The container "state" of a connection.
[[nodiscard]] Value::Map yang_ike_state(const ikestate::SaState& sa, Instant now);
// The established IKE SA of a tunnel, the one that goes on where there are several; null: none.
[[nodiscard]] const ikestate::SaState* ike_sa_of(const std::string& tunnel, const control::View& view);
[[nodiscard]] Value::Map yang_ike_counts(const control::View& view);

// The container "ipsec-sa-state" of an SA with a static key.
[[nodiscard]] Value::Map yang_static_sa_state(const std::string& tunnel, const control::View& view,
                                              Directions directions);

}  // namespace levelgate::management
