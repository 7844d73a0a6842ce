// SPDX-License-Identifier: Apache-2.0
//
// Keeps ESP in TCP going (RFC 9329): a look at what workers have sent at each millisecond, while a tunnel of the plan
// travels in TCP and not otherwise. The clock moves it, and nothing inside a tunnel.
#pragma once

#include <levelgate/model/plan.h>

#include "publisher/stream_desk.h"
#include "sockets/alarm.h"
#include "sockets/event_loop.h"
#include "sockets/tcp_streams.h"

namespace levelgate::app {

// Thread: control.
class EspInTcp final : private publisher::EspStreams {
 public:
  // All of it outlives this.
  EspInTcp(sockets::EventLoop& loop, publisher::StreamDesk& desk, sockets::TcpStreams& streams);

  // The plan that is in force now.
  void follow(const model::ForwardingPlan& plan);
  // An ESP packet that a connection has brought, from the SPI to the ICV.
  void received(StreamId stream, ConstBytes esp) { desk_.received(stream, esp); }

 private:
  [[nodiscard]] bool send(StreamId stream, ConstBytes esp) override;
  void look();

  publisher::StreamDesk& desk_;
  sockets::TcpStreams& streams_;
  sockets::Alarm alarm_;
  bool going_ = false;
};

}  // namespace levelgate::app
