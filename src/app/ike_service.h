// SPDX-License-Identifier: Apache-2.0
//
// What IKE needs of the world: UDP ports 500 and 4500 on the addresses of its tunnels, TCP where one takes it, helper
// threads for slow work, and one alarm for the engine's next deadline. Hands over what comes, decides nothing.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/result.h>
#include <levelgate/model/caller.h>
#include <levelgate/model/config.h>
#include <levelgate/model/stream_counts.h>

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "ikestate/effects.h"
#include "sockets/alarm.h"
#include "sockets/event_loop.h"
#include "sockets/jobs.h"
#include "sockets/tcp_streams.h"
#include "sockets/udp_port.h"

namespace levelgate::app {

// Both clocks, for the engine.
[[nodiscard]] ikestate::Moment moment_now();

// Thread: control.
class IkeService {
 public:
  struct Calls {
    std::function<void(const ikestate::Path&, ConstBytes)> datagram;
    std::function<void(StreamId, ConstBytes)> esp;  // out of a connection, from the SPI to the ICV
    std::function<model::Caller(ConstBytes)> who;
    std::function<void(ikestate::JobId, ikestate::JobValue)> job_done;
    std::function<void()> time;
    std::function<void(const ikestate::Path&, sockets::UdpPort::Absence)> absent;
    std::function<StreamId()> next_stream;
    std::function<void(const ikestate::Path&)> stream_up;
    std::function<void(StreamId)> stream_ended;
  };
  IkeService(sockets::EventLoop& loop, Calls calls);

  // Opens what the tunnels of this configuration need and closes the rest. On failure what was open stays.
  [[nodiscard]] Result<void> listen(const model::Config& config);
  void carry_out(ikestate::Effect& effect);
  void wake_at(Instant when) { alarm_.arm(when); }
  // Of all ports since the start, those that are closed by now as well.
  [[nodiscard]] model::LostArrivals lost() const;
  [[nodiscard]] model::StreamCounts stream_counts() const;
  [[nodiscard]] sockets::TcpStreams& streams() { return streams_; }

 private:
  using Ports = std::map<Endpoint, std::unique_ptr<sockets::UdpPort>>;
  [[nodiscard]] Result<void> listen_tcp(const std::set<Endpoint>& wanted);
  [[nodiscard]] sockets::TcpStreams::Calls stream_calls();
  void run(ikestate::RunJob job);

  sockets::EventLoop& loop_;
  Calls calls_;
  Ports ports_;
  sockets::TcpStreams streams_;
  std::set<Endpoint> tcp_ports_;
  model::LostArrivals lost_by_closed_;
  sockets::Alarm alarm_;
  sockets::Jobs jobs_;
};

}  // namespace levelgate::app
