// SPDX-License-Identifier: Apache-2.0
//
// A netfilter chain at the first hook of one interface that drops every arriving frame. Packet sockets see a frame
// before that hook; the kernel's own protocols come behind it. Touches only the table that bears the interface's name.
#pragma once

#include <levelgate/base/result.h>

#include <string>

namespace levelgate::kernel {

// Replaces a chain that an earlier run left behind. It outlives the process until it is lifted.
[[nodiscard]] Result<void> block_arrivals(const std::string& interface);
// Nothing to lift is no fault.
[[nodiscard]] Result<void> lift_block(const std::string& interface);

}  // namespace levelgate::kernel
