// SPDX-License-Identifier: Apache-2.0
//
// A data plane of one or several workers in one thread, on edges that a test can make narrow: a twin that takes
// nothing, buffers that run out, a port that is full. The edges allocate nothing once they are filled.
#pragma once

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "support/gateway.h"

namespace levelgate::testing {

// The edge of one worker; all edges of a plane share its buffers, as all workers share the pool.
class EdgeIo final : public dataplane::PacketIo {
 public:
  explicit EdgeIo(MemoryIo& pool) : pool_(pool) {}

  static constexpr std::size_t kPorts = 4;

  Instant now{};
  std::array<std::vector<Sent>, kPorts> sent;
  std::array<std::uint64_t, kPorts> sent_count{};
  std::vector<Frame> punted;
  std::uint64_t punt_count = 0;
  bool record = true;                     // false: frames that leave are only counted
  std::size_t transmit_limit = SIZE_MAX;  // frames that one call takes
  std::size_t punt_limit = SIZE_MAX;
  bool dry = false;  // acquire() fails

  void give(PortId port, Frame frame) { arrivals_[port.value].frames.push_back(std::move(frame)); }
  [[nodiscard]] bool waiting() const {
    for (const Arrivals& arrivals : arrivals_) {
      if (arrivals.next != arrivals.frames.size()) return true;
    }
    return false;
  }

  std::size_t receive(PortId port, std::span<Packet> into) noexcept override {
    Arrivals& arrivals = arrivals_[port.value];
    std::size_t count = 0;
    while (count < into.size() && arrivals.next != arrivals.frames.size() && pool_.acquire(into.subspan(count, 1))) {
      const Frame& frame = arrivals.frames[arrivals.next++];
      std::copy(frame.begin(), frame.end(), into[count].data);
      into[count++].set_length(static_cast<std::uint32_t>(frame.size()));
    }
    return count;
  }
  std::size_t transmit(PortId port, std::span<Packet> frames) noexcept override {
    const std::size_t count = std::min(frames.size(), transmit_limit);
    for (const Packet& frame : frames.first(count)) {
      if (record) sent[port.value].push_back({now, Frame(frame.data, frame.data + frame.length)});
    }
    sent_count[port.value] += count;
    pool_.release(frames.first(count));
    return count;
  }
  std::size_t punt(PortId, std::span<Packet> frames) noexcept override {
    const std::size_t count = std::min(frames.size(), punt_limit);
    for (const Packet& frame : frames.first(count)) {
      if (record) punted.emplace_back(frame.data, frame.data + frame.length);
    }
    punt_count += count;
    pool_.release(frames.first(count));
    return count;
  }
  bool acquire(std::span<Packet> into) noexcept override { return !dry && pool_.acquire(into); }
  void release(std::span<const Packet> packets) noexcept override { pool_.release(packets); }

 private:
  struct Arrivals {
    std::vector<Frame> frames;
    std::size_t next = 0;
  };
  MemoryIo& pool_;
  std::array<Arrivals, kPorts> arrivals_;
};

struct PlaneOptions {
  std::size_t workers = 1;
  std::size_t buffers = 512;
  std::size_t buffer_octets = 12288;
  std::size_t ring = 1024;
  std::size_t events = 256;
  std::size_t held_payloads = 4096;
  std::size_t stream_octets = 16'384;  // of each ring to and from control
  Nanos build_ahead = kBuildAhead;
  dataplane::KernelTwin twin = dataplane::KernelTwin::kAbsent;
  dataplane::DestinationMac mac = dataplane::DestinationMac::kIgnored;
  bool neighbours_known = true;  // false: unknown ones are waited for
};

class Plane {
 public:
  explicit Plane(PlaneOptions options = {})
      : pool(options.buffers, options.buffer_octets), snapshots(options.workers), options_(options) {
    const std::size_t count = options.workers;
    publisher::PublisherParts parts{snapshots, routes, {}, {}, options.neighbours_known ? &unknown : nullptr};
    for (std::size_t i = 0; i < count * count; ++i) {
      rings_.push_back(std::make_unique<dataplane::HandoffRing>(options.ring));
    }
    for (std::size_t i = 0; i < count; ++i) {
      edges.push_back(std::make_unique<EdgeIo>(pool));
      ciphers_.push_back(crypto::make_openssl_cipher());
      events_.push_back(std::make_unique<dataplane::EventRing>(options.events));
      streams.push_back(std::make_unique<dataplane::StreamEdge>(options.stream_octets));
      workers.push_back(make_worker(i));
      parts.ciphers.push_back(ciphers_.back().get());
      parts.workers.push_back(&workers.back()->counters());
    }
    publisher = std::make_unique<publisher::Publisher>(std::move(parts));
    std::vector<dataplane::StreamEdge*> named;
    for (const auto& edge : streams) named.push_back(edge.get());
    desk = std::make_unique<publisher::StreamDesk>(*publisher, std::move(named));
  }

  [[nodiscard]] EdgeIo& io(std::size_t worker = 0) { return *edges[worker]; }
  [[nodiscard]] bool apply(const model::ForwardingPlan& plan, Instant start = at_ns(0)) {
    return publisher->apply(plan, start).has_value();
  }
  // One turn of each worker.
  void turn(Instant now) {
    clock = now;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      edges[i]->now = now;
      workers[i]->turn(now);
    }
  }
  // Turns at one moment until nothing arrives and nothing moves.
  void settle(Instant now) {
    for (int i = 0; i < 10'000; ++i) {
      turn(now);
      bool quiet = true;
      for (std::size_t w = 0; w < workers.size(); ++w) quiet = quiet && !edges[w]->waiting() && !workers[w]->busy();
      if (quiet) return;
    }
  }
  // From one deadline to the next up to `until`, exclusive.
  void run_until(Instant until) {
    for (;;) {
      settle(clock);
      Instant next = kNever;
      for (const auto& worker : workers) next = std::min(next, worker->next_deadline());
      next = std::max(next, clock + Nanos(1));
      if (next >= until) break;
      clock = next;
    }
    clock = until - Nanos(1);
  }
  // Takes everything away. True when every buffer came back.
  [[nodiscard]] bool bury() {
    if (!apply({}, clock)) return false;
    for (int i = 0; i < 8; ++i) {
      turn(clock);
      publisher->reclaim();
    }
    return publisher->nothing_buried() && pool.buffers_out() == 0;
  }

  [[nodiscard]] std::vector<Sent>& sent(PortId port, std::size_t worker = 0) { return edges[worker]->sent[port.value]; }
  [[nodiscard]] std::uint64_t drops(model::Drop reason) const {
    return publisher->stats().drops[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t all_drops() const {
    std::uint64_t total = 0;
    for (const std::uint64_t count : publisher->stats().drops) total += count;
    return total;
  }
  [[nodiscard]] model::TunnelStats tunnel(std::size_t index = 0) const {
    return publisher->stats().tunnels[index].counters;
  }
  [[nodiscard]] std::vector<model::Event> events(std::size_t worker = 0) {
    std::vector<model::Event> taken(256);
    taken.resize(events_[worker]->pop(taken));
    return taken;
  }

  MacAddress unknown{{std::byte{2}}};
  Instant clock = at_ns(-1);
  MemoryIo pool;
  dataplane::PrefixTable routes;
  handover::SnapshotCell<dataplane::Snapshot> snapshots;
  std::vector<std::unique_ptr<EdgeIo>> edges;
  std::vector<std::unique_ptr<dataplane::StreamEdge>> streams;
  std::vector<std::unique_ptr<dataplane::Worker>> workers;
  std::unique_ptr<publisher::Publisher> publisher;
  std::unique_ptr<publisher::StreamDesk> desk;

 private:
  std::unique_ptr<dataplane::Worker> make_worker(std::size_t number) {
    const std::size_t count = options_.workers;
    dataplane::WorkerParts parts{.io = *edges[number],
                                 .routes = routes,
                                 .cipher = *ciphers_[number],
                                 .snapshots = snapshots,
                                 .events = *events_[number],
                                 .ports = {PortId{0}, PortId{1}, PortId{2}, PortId{3}},
                                 .build_ahead = options_.build_ahead,
                                 .twin = options_.twin,
                                 .destination_mac = options_.mac,
                                 .unknown_neighbour_mac = options_.neighbours_known ? &unknown : nullptr,
                                 .held_payloads = options_.held_payloads,
                                 .streams = streams[number].get()};
    for (std::size_t other = 0; other < count && count > 1; ++other) {
      parts.to.push_back(other == number ? nullptr : rings_[number * count + other].get());
      parts.from.push_back(other == number ? nullptr : rings_[other * count + number].get());
    }
    return std::make_unique<dataplane::Worker>(WorkerId{static_cast<std::uint16_t>(number)}, std::move(parts));
  }

  PlaneOptions options_;
  std::vector<std::unique_ptr<esp::Cipher>> ciphers_;
  std::vector<std::unique_ptr<dataplane::EventRing>> events_;
  std::vector<std::unique_ptr<dataplane::HandoffRing>> rings_;
};

}  // namespace levelgate::testing
