// SPDX-License-Identifier: Apache-2.0
//
// dataplane::RouteTable on rte_fib (DIR-24-8) and rte_fib6 (trie), two octets an entry. The control thread changes them
// in place while workers look up; both libraries write an entry in one store.
#pragma once

#include <levelgate/base/result.h>

#include <memory>

#include "dataplane/lookup.h"

namespace levelgate::dpdk {

// Errors name dataplane.memory: the two tables take about 135 MiB.
[[nodiscard]] Result<std::unique_ptr<dataplane::RouteTable>> make_fib_tables();

}  // namespace levelgate::dpdk
