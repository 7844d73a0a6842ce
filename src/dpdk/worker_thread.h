// SPDX-License-Identifier: Apache-2.0
//
// The thread of one worker: pins itself, reads the clock, turns, and sleeps when it may. The loop ends when it is told
// to.
#pragma once

#include <levelgate/base/time.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/worker.h"
#include "dpdk/port_io.h"

namespace levelgate::dpdk {

enum class Idle : std::uint8_t { kPoll, kAdaptive };

// The moment on the clock that all workers and the control thread share.
[[nodiscard]] Instant clock_now();

struct WorkerThreadSettings {
  std::optional<std::uint32_t> core;  // empty: any
  Idle idle = Idle::kPoll;
  bool relays_twins = false;  // one worker only
};

// Made and ended by control.
class WorkerThread {
 public:
  // Starts at once. Worker and edges outlive it.
  WorkerThread(dataplane::Worker& worker, PortIo& io, const WorkerThreadSettings& settings);
  ~WorkerThread();  // stops and joins
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::dpdk
