// SPDX-License-Identifier: Apache-2.0
//
// The part of a comparison that is about IKE: what differs and what it costs, without the words for people's lists.
#pragma once

#include <levelgate/model/config.h>

#include <vector>

#include "control/changes.h"

namespace levelgate::control {

// In the order of the file. Preshared keys, certificates and private keys are told to differ, never shown.
[[nodiscard]] std::vector<Change> ike_changes(const model::IkeConfig& before, const model::IkeConfig& after);
// `path` is that of the tunnel, with a dot: "tunnels.berlin.".
[[nodiscard]] std::vector<Change> tunnel_ike_changes(const std::string& path, const model::TunnelIke& before,
                                                     const model::TunnelIke& after);

}  // namespace levelgate::control
