// SPDX-License-Identifier: Apache-2.0
//
// Which stream, and between whom.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/ids.h>

namespace levelgate::sockets {

// The remote end is who called, or whom we called; a call of ours has no local port before it is answered.
struct StreamLink {
  StreamId id;
  Endpoint local, remote;
  bool operator==(const StreamLink&) const = default;
};

}  // namespace levelgate::sockets
