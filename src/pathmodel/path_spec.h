// SPDX-License-Identifier: Apache-2.0
//
// A path as people write it on a command line: "rate=64 kbit/s, delay=300ms, loss=1%". Stages are parted by semicolons
// and begin with their moment; each keeps what the one before it says: "delay=20ms; from=5s, down=yes; from=8s,
// down=no".
#pragma once

#include <string>
#include <string_view>

#include "pathmodel/path_stages.h"

namespace levelgate::pathmodel {

// What is returned passes check(). An empty text is a wire without a limit. An error names the key and the cure.
[[nodiscard]] Result<PathStages> parse_path(std::string_view text);

// One line for each key: name, form, what it does.
[[nodiscard]] std::string path_keys_text();

}  // namespace levelgate::pathmodel
