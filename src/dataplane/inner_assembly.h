// SPDX-License-Identifier: Apache-2.0
//
// The sink of the AGGFRAG receivers: gives each inner packet a buffer of its own, in which it will leave, and counts
// what will never be whole.
#pragma once

#include <levelgate/base/packet.h>

#include "dataplane/inner_batch.h"
#include "dataplane/tunnel_counters.h"
#include "dataplane/worker_context.h"

namespace levelgate::dataplane {

// The inner packet that is being written; lives as long as it may go on.
struct OpenInner {
  Packet packet{};
  bool open = false;
};

class InnerAssembly {
 public:
  InnerAssembly(OpenInner& inner, TunnelCounters& counters, WorkerContext& context, InnerBatch& batch,
                const TunnelEntry& tunnel)
      : inner_(inner), counters_(counters), context_(context), batch_(batch), tunnel_(tunnel) {}

  Bytes begin(std::uint32_t octets) {
    inner_.open = false;
    if (!context_.fresh(inner_.packet)) {
      context_.count(model::Drop::kNoBuffer);
      return {};
    }
    if (inner_.packet.capacity() < octets) {
      context_.drop(inner_.packet, model::Drop::kInnerTooBig);
      return {};
    }
    inner_.open = true;
    inner_.packet.set_length(octets);
    return inner_.packet.bytes();
  }
  void deliver() {
    if (!inner_.open) return;
    inner_.open = false;
    batch_.add(context_, inner_.packet, tunnel_);
  }
  void abandon() {
    if (!inner_.open) return;  // it was refused, and is counted already
    incomplete();
    context_.recycle(inner_.packet);
    inner_.open = false;
  }
  void incomplete() {
    counters_.inner_rx_incomplete_pkts.add(1);
    context_.count(model::Drop::kAggfragIncomplete);
  }

 private:
  OpenInner& inner_;
  TunnelCounters& counters_;
  WorkerContext& context_;
  InnerBatch& batch_;
  const TunnelEntry& tunnel_;
};

}  // namespace levelgate::dataplane
