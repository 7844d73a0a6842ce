// SPDX-License-Identifier: Apache-2.0
//
// What `levelgate show ike` says of TCP connections.
#pragma once

#include <levelgate/model/stream_counts.h>

#include <string>

#include "control/admin.h"

namespace levelgate::control {

[[nodiscard]] Value::Map stream_values(const model::StreamCounts& counts);
// One line; empty: there never was a connection.
[[nodiscard]] std::string stream_line(const model::StreamCounts& counts);

}  // namespace levelgate::control
