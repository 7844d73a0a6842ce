// SPDX-License-Identifier: Apache-2.0
//
// The answers about tunnels, for admin.cpp: their state, and what traffic flow security does.
#pragma once

#include <string>

#include "control/admin.h"

namespace levelgate::control {

[[nodiscard]] Result<Answer> show_tunnels(const std::string& name, const View& view);
[[nodiscard]] Result<Answer> show_tfs(const std::string& name, const View& view);

}  // namespace levelgate::control
