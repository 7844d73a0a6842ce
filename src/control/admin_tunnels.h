// SPDX-License-Identifier: Apache-2.0
//
// The answers about tunnels, for admin.cpp: their state, and what traffic flow security does.
#pragma once

#include <string>
#include <string_view>

#include "control/admin.h"

namespace levelgate::control {

[[nodiscard]] Result<Answer> show_tunnels(const std::string& name, const View& view);
[[nodiscard]] Result<Answer> show_tfs(const std::string& name, const View& view);

// Its state is "up": authenticated packets of the peer arrive. False for a tunnel that the view does not have.
[[nodiscard]] bool tunnel_is_up(const std::string& name, const View& view);
[[nodiscard]] std::string_view mode_name(model::TfsMode mode);  // the word of tfs.mode

}  // namespace levelgate::control
