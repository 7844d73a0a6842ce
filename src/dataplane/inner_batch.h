// SPDX-License-Identifier: Apache-2.0
//
// Inner packets on their way out of the tunnels, a burst at a time.
#pragma once

#include <levelgate/base/packet.h>

#include <array>
#include <cstddef>
#include <span>

#include "dataplane/worker_context.h"

namespace levelgate::dataplane {

struct TunnelEntry;

// An inner packet (IP at data) that came through this tunnel.
struct Delivered {
  Packet packet;
  const TunnelEntry* tunnel = nullptr;
};

// Takes inner packets in order, a burst at a time; owns their buffers from then on.
class InnerSink {
 public:
  virtual ~InnerSink() = default;
  virtual void take(WorkerContext& context, std::span<const Delivered> burst) noexcept = 0;
};

// Collects inner packets, so that the sink is called once for many. What is in it must be flushed within the turn.
class InnerBatch {
 public:
  explicit InnerBatch(InnerSink& sink) : sink_(sink) {}
  void add(WorkerContext& context, const Packet& packet, const TunnelEntry& tunnel) noexcept {
    delivered_[count_++] = {packet, &tunnel};
    if (count_ == delivered_.size()) flush(context);
  }
  void flush(WorkerContext& context) noexcept {
    const std::size_t count = count_;
    count_ = 0;
    if (count != 0) sink_.take(context, std::span<const Delivered>(delivered_).first(count));
  }

 private:
  InnerSink& sink_;
  std::array<Delivered, kBurst> delivered_;
  std::size_t count_ = 0;
};

}  // namespace levelgate::dataplane
