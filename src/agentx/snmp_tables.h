// SPDX-License-Identifier: Apache-2.0
//
// The MIB's tables in a net-snmp agent. One set for each process, as the library wants it.
#pragma once

#include <functional>
#include <vector>

#include "agentx/rows.h"

namespace levelgate::agentx {

// Fetches rows anew when a request comes and what is there is older than `seconds`; an empty list is an answer.
using Fetch = std::function<std::vector<Row>()>;

// Registers all tables read-only; false: the library refused.
[[nodiscard]] bool serve_tables(Fetch fetch, int seconds);

}  // namespace levelgate::agentx
