// SPDX-License-Identifier: Apache-2.0
//
// One option of a socket.
#pragma once

#include <sys/socket.h>

namespace levelgate::sockets {

// False: the kernel refuses, errno says why.
[[nodiscard]] inline bool set_option(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace levelgate::sockets
