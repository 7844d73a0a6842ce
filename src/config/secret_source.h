// SPDX-License-Identifier: Apache-2.0
//
// Where a configuration says that a shared secret is: a file of ours, or a credential of the service.
#pragma once

#include <levelgate/model/ike_config.h>

#include <optional>
#include <string>

#include "config/draft.h"
#include "config/psk_file.h"

namespace levelgate::config {

// The secret that the map names by `file` or `credential`, and by `weak`. Nothing: it cannot be had, and why is told;
// or it is a credential and this is not the service. `path`: of the map, for messages; `noun`: "preshared key".
[[nodiscard]] std::optional<model::SharedKey> read_secret(const Node& node, const std::string& path,
                                                          std::string_view noun, const Strength& strength,
                                                          const Draft& draft, Complaints& complaints);

}  // namespace levelgate::config
