// SPDX-License-Identifier: Apache-2.0
//
// A whole data plane in a box: one worker, its publisher, and ports in memory, under a clock that the test moves.
#pragma once

#include <levelgate/model/plan.h>

#include <algorithm>
#include <memory>
#include <string>

#include "crypto/aead_burst.h"
#include "dataplane/prefix_table.h"
#include "dataplane/worker.h"
#include "publisher/publisher.h"
#include "publisher/stream_desk.h"
#include "support/memory_io.h"

namespace levelgate::testing {

inline constexpr Nanos kBuildAhead{1};

class Gateway {
 public:
  explicit Gateway(std::size_t buffers = 4096)
      : io(buffers),
        cipher(crypto::make_openssl_cipher()),
        snapshots(1),
        events(256),
        worker(WorkerId{0}, dataplane::WorkerParts{io,
                                                   routes,
                                                   *cipher,
                                                   snapshots,
                                                   events,
                                                   {PortId{0}, PortId{1}},
                                                   kBuildAhead,
                                                   dataplane::KernelTwin::kAbsent,
                                                   dataplane::DestinationMac::kIgnored,
                                                   &unknown,
                                                   {},
                                                   {},
                                                   16'384,
                                                   4'096,
                                                   &streams}),
        publisher(publisher::PublisherParts{snapshots, routes, {cipher.get()}, {&worker.counters()}, &unknown}),
        desk(publisher, {&streams}) {}

  void turn(Instant now) {
    io.now = now;
    worker.turn(now);
  }
  // Runs turns from one deadline to the next until `until`, exclusive.
  void run_until(Instant until) {
    for (;;) {
      while (io.waiting() != 0) turn(clock);
      const Instant next = std::max(worker.next_deadline(), clock + Nanos(1));
      if (next >= until) break;
      clock = next;
      turn(clock);
    }
    clock = until - Nanos(1);
  }
  [[nodiscard]] std::uint64_t drops(model::Drop reason) const {
    return publisher.stats().drops[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] std::uint64_t all_drops() const {
    std::uint64_t total = 0;
    for (const std::uint64_t count : publisher.stats().drops) total += count;
    return total;
  }
  [[nodiscard]] model::TunnelStats tunnel(std::size_t index = 0) const {
    return publisher.stats().tunnels[index].counters;
  }

  MacAddress unknown{{std::byte{2}}};
  Instant clock = at_ns(-1);
  MemoryIo io;
  dataplane::PrefixTable routes;
  std::unique_ptr<esp::Cipher> cipher;
  handover::SnapshotCell<dataplane::Snapshot> snapshots;
  dataplane::EventRing events;
  dataplane::StreamEdge streams{32'768};
  dataplane::Worker worker;
  publisher::Publisher publisher;
  publisher::StreamDesk desk;
};

enum class Site { kA, kB };

inline constexpr PortId kWan{0};
inline constexpr PortId kLan{1};

inline IpAddress address(const std::string& text) { return *IpAddress::parse(text); }
inline IpPrefix prefix(const std::string& text) { return *IpPrefix::parse(text); }

inline std::shared_ptr<const Secret> lab_key(unsigned seed, std::size_t octets = 36) {
  std::vector<std::byte> bytes(octets);
  for (std::size_t i = 0; i < octets; ++i) bytes[i] = static_cast<std::byte>(seed * 31 + i * 7 + 1);
  return std::make_shared<const Secret>(ConstBytes(bytes));
}

// Site A has 10.1.0.0/16 and 198.51.100.1, site B 10.2.0.0/16 and 198.51.100.2; one tunnel between them.
inline model::ForwardingPlan site_plan(Site site, const model::TfsSettings& tfs) {
  const bool a = site == Site::kA;
  model::ForwardingPlan plan;
  model::PortPlan wan{"wan", MacAddress{{std::byte{2}, std::byte{1}}}, 1500, model::PortSide::kOuter, {}};
  wan.addresses = {prefix(a ? "198.51.100.1/24" : "198.51.100.2/24")};
  model::PortPlan lan{"lan", MacAddress{{std::byte{2}, std::byte{3}}}, 0, model::PortSide::kProtected, {}};
  lan.addresses = {prefix(a ? "10.1.0.1/16" : "10.2.0.1/16"), prefix(a ? "fd01::1/64" : "fd02::1/64")};
  plan.ports = {wan, lan};
  model::TunnelPlan tunnel;
  tunnel.name = "site";
  tunnel.local = address(a ? "198.51.100.1" : "198.51.100.2");
  tunnel.remote = address(a ? "198.51.100.2" : "198.51.100.1");
  tunnel.tfs = tfs;
  tunnel.qos.classes[0].fair = false;  // tests know packets of several flows by their order
  model::EspSa forth;
  forth.spi = Spi{0x1001};
  forth.key = lab_key(1);
  model::EspSa back;
  back.spi = Spi{0x2002};
  back.key = lab_key(2);
  tunnel.outbound = a ? forth : back;
  tunnel.inbound = {a ? back : forth};
  plan.tunnels = {tunnel};
  plan.routes = {{prefix("198.51.100.0/24"), model::ToConnected{kWan}},
                 {prefix(a ? "10.1.0.0/16" : "10.2.0.0/16"), model::ToConnected{kLan}},
                 {prefix(a ? "10.2.0.0/16" : "10.1.0.0/16"), model::ToTunnel{TunnelId{0}}},
                 {prefix(a ? "fd01::/64" : "fd02::/64"), model::ToConnected{kLan}},
                 {prefix(a ? "fd02::/64" : "fd01::/64"), model::ToTunnel{TunnelId{0}}}};
  return plan;
}

}  // namespace levelgate::testing
