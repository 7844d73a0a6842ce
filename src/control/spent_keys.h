// SPDX-License-Identifier: Apache-2.0
//
// Static keys that this process has used. A key that comes back under another name, direction or number would meet its
// old sequence numbers again, which breaks AES-GCM and ChaCha20-Poly1305 (RFC 4106 §3.1, RFC 7634 §2) and forgets the
// replay window; so a key stays with the SA that had it first, and is refused once that SA is gone.
#pragma once

#include <levelgate/model/config.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace levelgate::control {

// Thread: control.
class SpentKeys {
 public:
  struct Conflict {
    std::string path;  // the SA of the new configuration, as tunnels.berlin.static.outbound
    std::string used;  // the SA that had the key first
  };
  [[nodiscard]] std::optional<Conflict> conflict(const model::Config& next) const;
  // `next` is in force from now on.
  void take(const model::Config& next);

 private:
  using Key = std::shared_ptr<const Secret>;
  struct ByContent {
    bool operator()(const Key& a, const Key& b) const;
  };
  struct Use {
    std::string path;
    model::EspSa sa;
    bool gone = false;
  };
  std::map<Key, Use, ByContent> uses_;
};

}  // namespace levelgate::control
