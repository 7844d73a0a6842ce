// SPDX-License-Identifier: Apache-2.0
//
// Static keys that this process has used. A key that comes back under another name, direction or number would meet its
// old sequence numbers again, which breaks AES-GCM and ChaCha20-Poly1305 (RFC 4106 §3.1, RFC 7634 §2) and forgets the
// replay window; so a key stays with the SA that had it first, and is refused once that SA is gone.
#pragma once

#include <levelgate/model/config.h>

#include <optional>
#include <string>
#include <vector>

namespace levelgate::control {

// Thread: control.
class SpentKeys {
 public:
  // The path of the first SA of `next` whose key is spent, as in tunnels.berlin.static.outbound.
  [[nodiscard]] std::optional<std::string> conflict(const model::Config& next) const;
  // `next` is in force from now on.
  void take(const model::Config& next);

 private:
  struct Use {
    std::string path;
    model::EspSa sa;
    bool gone = false;
  };
  std::vector<Use> uses_;
};

}  // namespace levelgate::control
