// SPDX-License-Identifier: Apache-2.0
//
// What a replay counted, for eyes.
#pragma once

#include <string>

#include "cli/replay_run.h"

namespace levelgate::cli {

[[nodiscard]] std::string replay_text(const ReplayEnd& end);
// Rows of reasons that occurred: reason, count, meaning, what to do. Also for `show drops`.
[[nodiscard]] std::string drops_text(const model::DropCounts& drops);

}  // namespace levelgate::cli
