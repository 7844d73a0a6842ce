// SPDX-License-Identifier: Apache-2.0
//
// Two gateways, a path each way, and a clock that jumps from one event to the next.
#include "rehearsal/rehearse.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>
#include <variant>

#include "pathmodel/path.h"
#include "rehearsal/rehearsed_streams.h"
#include "rehearsal/rehearsing_gateway.h"
#include "rehearsal/timeline.h"

namespace levelgate::rehearsal {
namespace {

using namespace std::chrono_literals;

constexpr Instant kBegin = at_ns(1'000'000'000);
constexpr std::int64_t kUnixBegin = 1'790'000'000;
constexpr std::size_t kUdpHeaders = 20 + 8;
constexpr std::size_t kMarker = 4;              // before IKE on port 4500 (RFC 3948 §2.2)
constexpr std::uint32_t kQueuedPacket = 1'280;  // octets that the queue holds for each of its packets
constexpr std::uint32_t kOuterPacket = 140;     // of the tunnel, while the peer has not seen its SA
constexpr Nanos kSlot = 10ms;                   // between two of them
constexpr Nanos kTick = 1s;

pathmodel::PathSettings path_of(const Setting& setting) {
  pathmodel::PathSettings path;
  path.bits_per_second = setting.cell.path.bits_per_second;
  path.queue_octets = static_cast<std::uint64_t>(setting.queue_packets) * kQueuedPacket;
  path.delay = setting.cell.path.round_trip / 2;
  path.loss = setting.cell.path.loss;
  return path;
}

class World {
 public:
  World(const Setting& setting, const ReadyKeys& ready, const KeyCosts& costs)
      : setting_(setting),
        ready_(ready),
        costs_(costs),
        sides_{End(setting, Side::kInitiator), End(setting, Side::kResponder)},
        streams_(now_, stream_calls()) {}

  Result<Figures> run();

 private:
  struct End {
    End(const Setting& setting, Side side)
        : gateway(side, setting.seed * 2 + static_cast<std::uint64_t>(side)),
          path(path_of(setting), setting.seed * 2 + static_cast<std::uint64_t>(side), kBegin) {}
    Gateway gateway;
    pathmodel::Path path;      // away from it
    std::optional<Spi> shown;  // to the peer, by outer packets
  };

  [[nodiscard]] End& end(Side side) { return sides_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] ikestate::Moment moment() const { return {now_, kUnixBegin + to_ns(now_) / 1'000'000'000}; }
  [[nodiscard]] Streams::Calls stream_calls();
  void carry_out(Side side, control::TunnelWork work);
  void take(Side side, ikestate::Send& send);
  void take(Side side, ikestate::RunJob& job);
  void pass(Side from, std::size_t octets, const std::function<void()>& arrives);
  void pass_ike(Side from, std::size_t octets, std::function<void()> arrives);
  void show_sa(Side side);
  void outer_arrives(Side at, Spi spi);
  void look();
  void tick();
  [[nodiscard]] bool done() const;

  const Setting& setting_;
  const ReadyKeys& ready_;
  const KeyCosts& costs_;
  Instant now_ = kBegin;
  Timeline timeline_;
  std::array<End, 2> sides_;
  Streams streams_;
  std::set<Spi> proven_;
  Figures figures_;
};

Result<Figures> World::run() {
  for (const Side side : {Side::kResponder, Side::kInitiator}) {
    auto work = end(side).gateway.start(moment(), setting_.cell);
    if (!work) return std::unexpected(work.error());
    carry_out(side, std::move(*work));
  }
  tick();
  const Instant until = kBegin + setting_.patience;
  while (!done()) {
    Instant next = std::min(timeline_.next(), streams_.deadline());
    for (const End& one : sides_) next = std::min(next, one.gateway.tower().deadline());
    if (next > until) break;
    now_ = std::max(now_, next);
    if (!timeline_.run_one(now_)) {
      streams_.on_time();
      for (const Side side : {Side::kInitiator, Side::kResponder}) {
        control::Tunnels& tower = end(side).gateway.tower();
        if (tower.deadline() <= now_) carry_out(side, tower.on_time(moment()));
      }
    }
    look();
  }
  for (const End& one : sides_) figures_.queue_drops += one.path.counts().queue_pkts;
  return figures_;
}

bool World::done() const {
  const bool has_large = !facts_of(setting_.cell.keys).large.empty();
  return figures_.first_inner && (figures_.large || !has_large);
}

void World::tick() {
  for (const Side side : {Side::kInitiator, Side::kResponder}) {
    carry_out(side, end(side).gateway.tower().tick(moment(), {}));
  }
  timeline_.at(now_ + kTick, [this] { tick(); });
}

void World::carry_out(Side side, control::TunnelWork work) {
  for (ikestate::Effect& effect : work.rest) {
    if (auto* const send = std::get_if<ikestate::Send>(&effect)) take(side, *send);
    if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) take(side, *job);
    if (auto* const call = std::get_if<ikestate::Connect>(&effect)) streams_.connect(side, call->path);
    if (auto* const known = std::get_if<ikestate::ProveStream>(&effect)) streams_.prove(side, known->stream);
    if (auto* const ended = std::get_if<ikestate::CloseStream>(&effect)) streams_.close(side, ended->stream);
  }
  if (!work.plan_changed) return;
  const std::optional<Spi> sends_by = end(side).gateway.sends_by();
  if (sends_by == end(side).shown) return;
  end(side).shown = sends_by;
  if (sends_by) show_sa(side);
}

Streams::Calls World::stream_calls() {
  return {[this](Side from, std::uint32_t octets, std::function<void()> arrives) {
            pass_ike(from, octets, std::move(arrives));
          },
          [this](Side side) { return end(side).gateway.tower().next_stream(); },
          [this](Side side, const ikestate::Path& path) {
            carry_out(side, end(side).gateway.tower().stream_up(moment(), path));
          },
          [this](Side side, const ikestate::Path& path, ConstBytes message) {
            carry_out(side, end(side).gateway.tower().datagram(moment(), path, message));
          },
          [this](Side side, StreamId stream) {
            carry_out(side, end(side).gateway.tower().stream_ended(moment(), stream));
          }};
}

void World::take(Side side, ikestate::Send& send) {
  if (send.path.over_tcp()) return streams_.send(side, send.path.stream, send.octets);
  const std::size_t octets =
      kUdpHeaders + (send.path.local.port == ikestate::kNatPort ? kMarker : 0) + send.octets.size();
  const auto message = std::make_shared<const std::vector<std::byte>>(std::move(send.octets));
  pass_ike(side, octets, [this, to = other(side), path = ikestate::Path{send.path.remote, send.path.local}, message] {
    carry_out(to, end(to).gateway.tower().datagram(moment(), path, *message));
  });
}

// IP headers are counted, whatever stands behind them.
void World::pass_ike(Side from, std::size_t octets, std::function<void()> arrives) {
  figures_.octets += octets;
  if (from == Side::kInitiator) figures_.octets_forward += octets;
  ++figures_.packets;
  pass(from, octets, [this, to = other(from), arrives = std::move(arrives)] {
    arrives();
    if (to == Side::kInitiator) return;
    const std::size_t held = end(to).gateway.held_octets() + streams_.held_octets(to);
    figures_.responder_octets = std::max(figures_.responder_octets, held);
  });
}

void World::take(Side side, ikestate::RunJob& job) {
  DoneJob done = do_job(job, ready_, costs_);
  timeline_.at(now_ + done.cost, [this, side, id = job.id, value = std::move(done.value)]() mutable {
    carry_out(side, end(side).gateway.tower().job_done(moment(), id, std::move(value)));
  });
}

void World::pass(Side from, std::size_t octets, const std::function<void()>& arrives) {
  const auto fate = end(from).path.offer(now_, static_cast<std::uint32_t>(octets));  // which holds its arrivals
  for (const Instant arrival : fate.arrivals()) timeline_.at(arrival, arrives);
}

// Outer packets leave at every slot for ever; those matter by which the peer sees a new SA.
void World::show_sa(Side side) {
  const std::optional<Spi> spi = end(side).shown;
  if (!spi || proven_.contains(*spi)) return;
  pass(side, kOuterPacket, [this, to = other(side), spi = *spi] { outer_arrives(to, spi); });
  timeline_.at(now_ + kSlot, [this, side, spi = *spi] {
    if (end(side).shown == spi) show_sa(side);
  });
}

void World::outer_arrives(Side at, Spi spi) {
  if (!end(at).gateway.receives_by(spi)) return;
  if (at == Side::kResponder && !figures_.first_inner) figures_.first_inner = now_ - kBegin;
  if (proven_.insert(spi).second) carry_out(at, end(at).gateway.proven(moment(), spi));
}

void World::look() {
  if (figures_.large || facts_of(setting_.cell.keys).large.empty()) return;
  for (const End& one : sides_) {
    if (!one.gateway.is_large_protected()) return;
  }
  figures_.large = now_ - kBegin;
}

}  // namespace

Result<Figures> rehearse(const Setting& setting, const ReadyKeys& ready, const KeyCosts& costs) {
  return World(setting, ready, costs).run();
}

}  // namespace levelgate::rehearsal
