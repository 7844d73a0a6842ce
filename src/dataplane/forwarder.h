// SPDX-License-Identifier: Apache-2.0
//
// Routes IP packets in bursts: longest prefix, next hop, and the rules of a security gateway on the way: TTL,
// selectors, default discard, ICMP errors (RFC 4301 §5, §8; RFC 1812 §5). Clear text leaves an outer port only by a
// route that allows it.
#pragma once

#include <levelgate/base/packet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/entering.h"
#include "dataplane/snapshot.h"
#include "dataplane/worker_context.h"
#include "wire/icmp.h"
#include "wire/ip_header.h"

namespace levelgate::dataplane {

// Where a packet that is to be routed came from.
struct Origin {
  enum class Kind : std::uint8_t { kPort, kTunnel, kGateway } kind = Kind::kPort;
  PortId port;  // kPort
  model::PortSide side = model::PortSide::kProtected;
};

// Hands packets to tunnels, on whatever worker those live.
class TunnelDoor {
 public:
  virtual ~TunnelDoor() = default;
  // One call for a burst; the packets are the door's from then on.
  virtual void enter(WorkerContext& context, std::span<const Entering> burst) noexcept = 0;
};

// Thread: worker.
class Forwarder {
 public:
  // `unknown_mac`: used for every unknown neighbour instead of waiting for the kernel (replay); null: wait.
  Forwarder(TunnelDoor& door, const MacAddress* unknown_mac);

  // Takes one packet (IP at data, length trimmed to the packet's own); routes when the burst is full.
  void add(WorkerContext& context, const Packet& packet, IpFamily family, std::uint8_t hop_limit,
           const Origin& origin) noexcept;
  // Routes what was added.
  void flush(WorkerContext& context) noexcept;
  // Tries again what waits for a neighbour; drops what has waited too long.
  void retry_held(WorkerContext& context) noexcept;
  [[nodiscard]] Instant deadline() const noexcept { return held_count_ == 0 ? kNever : held_deadline_; }
  [[nodiscard]] bool holds() const noexcept { return held_count_ != 0; }

 private:
  struct Waiting {
    Packet packet;
    Origin origin;
    IpFamily family;
    std::uint8_t hop_limit;
  };
  struct Held {
    Packet packet;
    PortId port;
    IpAddress next_hop;
    Instant until;
  };

  void look_up(WorkerContext& context) noexcept;
  void route(WorkerContext& context, Waiting& waiting, std::uint64_t hop_number) noexcept;
  void to_tunnel(WorkerContext& context, Waiting& waiting, const TunnelEntry& tunnel) noexcept;
  void to_port(WorkerContext& context, Waiting& waiting, const NextHop& hop) noexcept;
  [[nodiscard]] bool clear_may_enter(WorkerContext& context, const Waiting& waiting) noexcept;
  [[nodiscard]] bool lower(WorkerContext& context, Waiting& waiting) noexcept;
  void hold(WorkerContext& context, const Packet& packet, PortId port, const IpAddress& next_hop) noexcept;
  void answer(WorkerContext& context, const Waiting& about, wire::IcmpError error, std::uint32_t mtu) noexcept;
  [[nodiscard]] bool take_token(Instant now) noexcept;

  TunnelDoor& door_;
  bool use_unknown_mac_;
  MacAddress unknown_mac_;
  // Answers that come up while one side is routed are added to the other.
  std::array<std::array<Waiting, kBurst>, 2> waiting_;
  std::size_t side_ = 0;   // that is added to
  std::size_t count_ = 0;  // on that side
  std::array<Entering, kBurst> entering_;
  std::size_t entering_count_ = 0;
  std::array<std::uint64_t, kBurst> hops_{};

  static constexpr std::size_t kHeld = 64;  // packets that wait for neighbours, all together
  std::array<Held, kHeld> held_;
  std::size_t held_count_ = 0;
  Instant held_deadline_ = kNever;
  const Snapshot* held_seen_ = nullptr;

  std::int64_t icmp_tokens_ = 0;
  Instant icmp_refilled_{};
};

}  // namespace levelgate::dataplane
