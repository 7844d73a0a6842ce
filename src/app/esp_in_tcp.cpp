// SPDX-License-Identifier: Apache-2.0
//
// One alarm, armed anew by its own call.
#include "app/esp_in_tcp.h"

#include <algorithm>

namespace levelgate::app {

EspInTcp::EspInTcp(sockets::EventLoop& loop, publisher::StreamDesk& desk, sockets::TcpStreams& streams)
    : desk_(desk), streams_(streams), alarm_(loop, [this] { look(); }) {}

void EspInTcp::follow(const model::ForwardingPlan& plan) {
  const bool wanted = std::ranges::any_of(
      plan.tunnels, [](const model::TunnelPlan& tunnel) { return tunnel.encapsulation == model::Encapsulation::kTcp; });
  if (wanted == going_) return;
  going_ = wanted;
  // What still stands in the rings is counted by a last look.
  look();
}

// Where the queue is full the packet is dropped there, for what waits already.
bool EspInTcp::send(StreamId stream, ConstBytes esp) {
  return streams_.send(stream, stream::FrameKind::kEsp, {esp.begin(), esp.end()});
}

void EspInTcp::look() {
  desk_.pump(*this);
  if (going_) alarm_.arm(sockets::EventLoop::now() + publisher::StreamDesk::kPumpInterval);
}

}  // namespace levelgate::app
