// SPDX-License-Identifier: Apache-2.0
//
// The file that names a UNIX socket: who may be there already, who may open it, and its removal. Its faults name the
// configuration key that decides the path. Never removes a file that is not a socket, or a socket that somebody serves.
#pragma once

#include <levelgate/base/result.h>

#include <string>

namespace levelgate::api {

// Before binding: makes the folder if only that is missing, removes a socket that nobody serves.
[[nodiscard]] Result<void> clear_socket_path(const std::string& path);

// After binding: mode 0660, and the group if it exists; an empty name changes nothing.
[[nodiscard]] Result<void> set_socket_rights(const std::string& path, const std::string& group);

}  // namespace levelgate::api
