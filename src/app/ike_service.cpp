// SPDX-License-Identifier: Apache-2.0
//
// Sockets, threads and the alarm behind the engine's effects.
#include "app/ike_service.h"

#include <chrono>
#include <set>
#include <utility>

namespace levelgate::app {
namespace {

constexpr std::size_t kHelpers = 2;     // signatures and key exchanges of thousands of peers take a core or two
constexpr std::size_t kWaiting = 4096;  // beyond it handshakes are not served: the peer tries again

}  // namespace

ikestate::Moment moment_now() {
  return {
      sockets::EventLoop::now(),
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

IkeService::IkeService(sockets::EventLoop& loop, Calls calls)
    : loop_(loop),
      calls_(std::move(calls)),
      streams_(loop, stream_calls()),
      alarm_(loop, [this] { calls_.time(); }),
      jobs_(loop, kHelpers, kWaiting) {}

namespace {

ikestate::Path path_of(const sockets::StreamLink& link) { return {link.local, link.remote, link.id}; }

}  // namespace

// [9329-5-b, 9329-6.1-n]
sockets::TcpStreams::Calls IkeService::stream_calls() {
  return {[this] { return calls_.next_stream(); },
          [this](const sockets::StreamLink& link) { calls_.stream_up(path_of(link)); },
          [this](const sockets::StreamLink& link, const stream::Frame& frame) {
            if (frame.kind == stream::FrameKind::kIke) {
              calls_.datagram(path_of(link), frame.octets);
            } else {
              calls_.esp(link.id, frame.octets);
            }
            return true;
          },
          [this](const sockets::StreamLink& link, stream::StreamEnd) { calls_.stream_ended(link.id); }};
}

// [9329-2-a, 9329-5-a]
Result<void> IkeService::listen_tcp(const std::set<Endpoint>& wanted) {
  for (const Endpoint& local : wanted) {
    if (tcp_ports_.contains(local)) continue;
    if (const auto bound = streams_.listen(local); !bound) return std::unexpected(bound.error());
    tcp_ports_.insert(local);
  }
  std::erase_if(tcp_ports_, [&](const Endpoint& local) {
    if (wanted.contains(local)) return false;
    streams_.stop_listening(local);
    return true;
  });
  return {};
}

Result<void> IkeService::listen(const model::Config& config) {
  std::set<Endpoint> wanted, wanted_tcp;
  for (const model::TunnelConfig& tunnel : config.tunnels) {
    if (!tunnel.ike) continue;
    wanted.insert({tunnel.local, ikestate::kIkePort});
    wanted.insert({tunnel.local, ikestate::kNatPort});
    if (tunnel.ike->ike.transport != model::Transport::kUdp) wanted_tcp.insert({tunnel.local, config.ike.tcp_port});
  }
  Ports opened;
  for (const Endpoint& local : wanted) {
    if (ports_.contains(local)) continue;
    const auto marker = local.port == ikestate::kNatPort ? sockets::Marker::kNonEsp : sockets::Marker::kNone;
    auto port = sockets::UdpPort::open(
        loop_, local, marker,
        {[this, local](const Endpoint& from, ConstBytes message) { calls_.datagram({local, from}, message); },
         calls_.who});
    if (!port) return std::unexpected(port.error());
    (*port)->on_absent(
        [this, local](const Endpoint& to, sockets::UdpPort::Absence absence) { calls_.absent({local, to}, absence); });
    opened[local] = std::move(*port);
  }
  if (auto listening = listen_tcp(wanted_tcp); !listening) return listening;
  std::erase_if(ports_, [&](const auto& one) {
    if (wanted.contains(one.first)) return false;
    lost_by_closed_ += one.second->counts().lost;
    return true;
  });
  ports_.merge(opened);
  return {};
}

model::LostArrivals IkeService::lost() const {
  model::LostArrivals lost = lost_by_closed_;
  for (const auto& [local, port] : ports_) lost += port->counts().lost;
  return lost;
}

model::StreamCounts IkeService::stream_counts() const {
  const sockets::TcpCounts counts = streams_.counts();
  model::StreamCounts shown{.open = streams_.open(),
                            .unproven = streams_.unproven(),
                            .accepted = counts.accepted,
                            .connected = counts.connected,
                            .refused = counts.no_place + counts.no_descriptor,
                            .esp_dropped = counts.esp_dropped,
                            .ends = {}};
  for (std::size_t i = 0; i < stream::kStreamEnds; ++i) {
    shown.ends.push_back({name_of(static_cast<stream::StreamEnd>(i)), counts.ends[i]});
  }
  return shown;
}

void IkeService::carry_out(ikestate::Effect& effect) {
  if (auto* const send = std::get_if<ikestate::Send>(&effect)) {
    if (send->path.over_tcp()) {
      (void)streams_.send(send->path.stream, stream::FrameKind::kIke, std::move(send->octets));
      return;
    }
    const auto port = ports_.find(send->path.local);
    if (port != ports_.end()) (void)port->second->send(send->path.remote, send->octets);
  } else if (const auto* const keepalive = std::get_if<ikestate::SendKeepalive>(&effect)) {
    const auto port = ports_.find(keepalive->path.local);
    if (port != ports_.end()) (void)port->second->send_keepalive(keepalive->path.remote);
  } else if (const auto* const call = std::get_if<ikestate::Connect>(&effect)) {
    streams_.connect(call->path.stream, call->path.local.address, call->path.remote);
  } else if (const auto* const proof = std::get_if<ikestate::ProveStream>(&effect)) {
    streams_.prove(proof->stream);
  } else if (const auto* const done = std::get_if<ikestate::CloseStream>(&effect)) {
    streams_.close(done->stream);
  } else if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) {
    run(std::move(*job));
  }
}

// A job that finds no room is dropped: its handshake times out, and the peer begins again when there is less to do.
void IkeService::run(ikestate::RunJob job) {
  (void)jobs_.run([this, id = job.id, work = std::move(job.work)]() mutable -> sockets::Jobs::Done {
    auto value = work();
    return [this, id, value = std::move(value)]() mutable { calls_.job_done(id, std::move(value)); };
  });
}

}  // namespace levelgate::app
