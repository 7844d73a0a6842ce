// SPDX-License-Identifier: Apache-2.0
//
// The figures of `levelgate bench handshake` as a table for eyes and as a map with stable names for scripts.
#pragma once

#include <cstdint>
#include <string>

#include "rehearsal/handshake_table.h"

namespace levelgate::cli {

struct HandshakeBench {
  rehearsal::TableRun run;
  rehearsal::KeyCosts costs;
  rehearsal::Results results;
  double seconds = 0;  // that it took
};

[[nodiscard]] std::string handshake_text(const HandshakeBench& bench);
// One line of JSON with a schema number; times are microseconds.
[[nodiscard]] std::string handshake_json(const HandshakeBench& bench);

}  // namespace levelgate::cli
