// SPDX-License-Identifier: Apache-2.0
//
// A kernel interface below a packet-socket port must keep quiet: the kernel sees every frame as well, and would answer
// a second time or forward it in clear. Its arrivals are blocked behind the packet socket, its IPv6 is switched off,
// and so are offloads that would hand us unfinished checksums or frames larger than the wire's. What the port changes
// on it, MTU and promiscuous mode, is put back, too. Touches no other interface.
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace levelgate::kernel {

// Quiet as long as it lives, which is from before its port opens until after it closed; then the interface is as it
// was. A crash leaves it quiet, and the next start takes it on.
class QuietLink {
 public:
  // Refuses an interface that carries addresses or the default route, since that would cut the host off. An MTU of 0
  // leaves the interface its own.
  [[nodiscard]] static Result<std::unique_ptr<QuietLink>> make(const std::string& interface, std::uint32_t mtu);
  ~QuietLink();
  QuietLink(const QuietLink&) = delete;
  QuietLink& operator=(const QuietLink&) = delete;

  [[nodiscard]] std::uint32_t mtu() const { return mtu_; }
  // What was changed on the interface, one line for the log.
  [[nodiscard]] const std::string& changes() const { return changes_; }

 private:
  struct Offload {
    std::uint32_t set_command;
    std::uint32_t value;
  };
  struct State {
    bool up = false;
    bool promiscuous = false;
    int mtu = 0;
  };
  explicit QuietLink(std::string interface) : interface_(std::move(interface)) {}
  void silence_ipv6();
  void turn_offloads_off();
  void note(const std::string& what) { changes_ += (changes_.empty() ? "" : ", ") + what; }

  std::string interface_;
  std::uint32_t mtu_ = 0;
  std::string changes_;
  State state_before_;
  std::vector<Offload> before_;  // what was on, to be turned on again
  bool ipv6_before_ = false;
};

}  // namespace levelgate::kernel
