// SPDX-License-Identifier: Apache-2.0
//
// What the gateway stands on: DPDK, packet buffers, ports with their twins, and quiet kernel interfaces below packet
// sockets. Opened in this order, closed in the reverse one.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/model/config.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/admin.h"
#include "control/reconcile.h"
#include "dpdk/eal.h"
#include "dpdk/port.h"
#include "kernel/quiet_link.h"

namespace levelgate::app {

// Thread: control.
class Devices {
 public:
  // Every fault names the key to change.
  [[nodiscard]] static Result<std::unique_ptr<Devices>> open(const model::Config& config, std::uint16_t workers,
                                                             dpdk::Eal::LogSink dpdk_lines);

  [[nodiscard]] dpdk::BufferPool& pool() const { return *pool_; }
  [[nodiscard]] std::uint32_t buffers() const { return buffers_; }            // of the pool
  [[nodiscard]] std::size_t held_payloads() const { return held_payloads_; }  // of one worker
  [[nodiscard]] std::vector<dpdk::Port*> ports() const;                       // by PortId
  [[nodiscard]] std::map<std::string, control::Surroundings::Port> seen() const;
  [[nodiscard]] std::map<std::string, control::PortState> states(const model::Config& config) const;

 private:
  Devices() = default;
  [[nodiscard]] Result<void> open_port(dpdk::PortSettings settings);

  std::unique_ptr<dpdk::Eal> eal_;
  std::unique_ptr<dpdk::BufferPool> pool_;
  std::size_t held_payloads_ = 0;
  std::uint32_t buffers_ = 0;
  std::vector<std::unique_ptr<kernel::QuietLink>> quiet_;
  std::vector<std::unique_ptr<dpdk::Port>> ports_;
};

// Packet buffers for that configuration, within dataplane.memory.
[[nodiscard]] std::uint32_t buffers_for(const model::Config& config, std::uint16_t workers);
// Of that many buffers, how many may hold inner packets that wait in one worker's tunnels: half of what the devices'
// rings leave, so that there is always one to carry them away in.
[[nodiscard]] std::size_t queue_budget(std::uint32_t buffers, std::size_t ports, std::uint16_t workers);
// How many may hold payloads that wait in the reorder windows of one worker's tunnels: room for each window to be full,
// if there are buffers for that.
[[nodiscard]] std::size_t held_payloads(const model::Config& config, std::uint32_t buffers, std::uint16_t workers);

}  // namespace levelgate::app
