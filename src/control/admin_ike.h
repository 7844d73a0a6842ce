// SPDX-License-Identifier: Apache-2.0
//
// The answers about IKE, for admin.cpp: IKE SAs and their Child SAs, certificates, algorithms, and why a tunnel is not
// up (interface section 5).
#pragma once

#include <string>

#include "control/admin.h"

namespace levelgate::control {

[[nodiscard]] Result<Answer> show_ike(const std::string& name, const View& view);
[[nodiscard]] Result<Answer> show_sa(const std::string& name, const View& view);
[[nodiscard]] Result<Answer> show_certs(const std::string& name, const View& view);
[[nodiscard]] Answer show_algorithms();
// What happened to a tunnel lately, the cause of its last failure, and the cure.
[[nodiscard]] Result<Answer> explain_tunnel(const std::string& name, const View& view);
// What happened behind the given number, over all tunnels.
[[nodiscard]] Answer happenings_after(std::uint64_t number, const View& view);

// In one line why a tunnel that IKE keeps is not up; empty: it is, or IKE does not keep it.
[[nodiscard]] std::string why_not_up(const std::string& name, const View& view);

// Nothing is under way, and nothing has failed: the peer has to begin, or the operator.
[[nodiscard]] bool waits(const std::string& name, const View& view);

}  // namespace levelgate::control
