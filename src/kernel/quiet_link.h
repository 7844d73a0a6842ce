// SPDX-License-Identifier: Apache-2.0
//
// A kernel interface below a packet-socket port must keep quiet: the kernel sees every frame as well, and would answer
// a second time. An nftables chain at its ingress drops what arrives, after packet sockets have seen it; offloads that
// would hand us unfinished checksums or oversized frames are turned off.
#pragma once

#include <levelgate/base/result.h>

#include <memory>
#include <string>
#include <vector>

namespace levelgate::kernel {

// Quiet as long as it lives. A crash leaves the chain behind; the next start replaces it.
class QuietLink {
 public:
  // Refuses an interface that carries the default route, since that would cut the host off.
  [[nodiscard]] static Result<std::unique_ptr<QuietLink>> make(const std::string& interface);
  ~QuietLink();
  QuietLink(const QuietLink&) = delete;
  QuietLink& operator=(const QuietLink&) = delete;

 private:
  explicit QuietLink(std::string interface) : interface_(std::move(interface)) {}
  std::string interface_;
};

}  // namespace levelgate::kernel
