// SPDX-License-Identifier: Apache-2.0
//
// Plans and gateways for measurements.
#include "bench/lab.h"

#include <cstdio>
#include <cstdlib>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "wire/esp_header.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"

namespace levelgate::bench {
namespace {

constexpr std::uint64_t kSlotsPerSecond = 1'000'000;  // in virtual time; how fast it passes is what is measured
constexpr MacAddress kNeighbour{{std::byte{2}, std::byte{9}}};

IpPrefix prefix(const char* text) { return *IpPrefix::parse(text); }

std::shared_ptr<const Secret> key_of(EspCipher cipher) {
  std::vector<std::byte> bytes(key_octets(cipher) + kSaltOctets);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + 3);
  return std::make_shared<const Secret>(ConstBytes(bytes));
}

model::TunnelPlan tunnel_of(const Case& what, Site site) {
  const bool sender = site == Site::kSender;
  model::TunnelPlan tunnel;
  tunnel.name = "bench";
  tunnel.local = *IpAddress::parse(sender ? "198.51.100.1" : "198.51.100.2");
  tunnel.remote = *IpAddress::parse(sender ? "198.51.100.2" : "198.51.100.1");
  tunnel.tfs.mode = what.mode;
  tunnel.tfs.packet_size = what.outer_octets;
  // The receiver's own schedule is slow: it has no SA to send with.
  tunnel.tfs.rate_bits_per_second = (sender ? kSlotsPerSecond : kSlotsPerSecond / 1000) * what.outer_octets * 8;
  tunnel.tfs.catch_up_slots = dataplane::kBurst;  // a turn of virtual time is as long as its packets need
  tunnel.tfs.receive.reorder_window = 32;
  for (model::QosClass& one : tunnel.qos.classes) one.fair = what.fair;
  model::EspSa sa;
  sa.spi = Spi{0x1001};
  sa.cipher = what.cipher;
  sa.key = key_of(what.cipher);
  if (sender) {
    tunnel.outbound = sa;
  } else {
    tunnel.inbound = {sa};
  }
  const IpPrefix here = prefix(sender ? "10.1.0.0/16" : "10.2.0.0/16");
  const IpPrefix there = prefix(sender ? "10.2.0.0/16" : "10.1.0.0/16");
  tunnel.selectors.local = {model::TrafficSelector::from(here)};
  tunnel.selectors.remote = {model::TrafficSelector::from(there)};
  return tunnel;
}

Frame inner_frame(std::uint32_t octets, std::uint32_t flow) {
  Frame frame(wire::kEthernetOctets + octets);
  wire::write_ethernet(frame.data(), MacAddress{}, kNeighbour, wire::kEtherTypeIpv4);
  wire::write_ip(frame.data() + wire::kEthernetOctets, IpAddress::v4(0x0a010009), IpAddress::v4(0x0a020100 + flow), 17,
                 octets);
  return frame;
}

dataplane::WorkerParts parts_of(Gateway& gateway) {
  return {gateway.io,
          gateway.routes,
          *gateway.cipher,
          gateway.snapshots,
          gateway.events,
          {kWan, kLan},
          std::chrono::microseconds(2),
          dataplane::KernelTwin::kPresent,
          dataplane::DestinationMac::kIgnored,
          &kNeighbour,
          {},
          {},
          kBuffers / 2};
}

}  // namespace

std::unique_ptr<esp::Cipher> make_cipher() {
  if (auto fast = crypto::make_ipsec_mb_cipher()) return std::move(*fast);
  return crypto::make_openssl_cipher();
}

model::ForwardingPlan plan_of(const Case& what, Site site) {
  const bool sender = site == Site::kSender;
  model::ForwardingPlan plan;
  plan.ports = {{"wan", MacAddress{{std::byte{2}, std::byte{1}}}, 0, model::PortSide::kOuter, {}},
                {"lan", MacAddress{{std::byte{2}, std::byte{2}}}, 0, model::PortSide::kProtected, {}}};
  plan.ports[0].addresses = {prefix(sender ? "198.51.100.1/24" : "198.51.100.2/24")};
  plan.ports[1].addresses = {prefix(sender ? "10.1.0.1/16" : "10.2.0.1/16")};
  plan.tunnels = {tunnel_of(what, site)};
  plan.routes = {{prefix("198.51.100.0/24"), model::ToConnected{kWan}},
                 {prefix(sender ? "10.1.0.0/16" : "10.2.0.0/16"), model::ToConnected{kLan}},
                 {prefix(sender ? "10.2.0.0/16" : "10.1.0.0/16"), model::ToTunnel{TunnelId{0}}}};
  for (std::uint32_t flow = 0; flow < what.flows; ++flow) {
    const MacAddress mac{{std::byte{2}, std::byte{7}, static_cast<std::byte>(flow)}};
    plan.neighbours.push_back({kLan, IpAddress::v4(0x0a020100 + flow), mac});
  }
  return plan;
}

Gateway::Gateway(const Case& what, Site site)
    : cipher(make_cipher()),
      worker(WorkerId{0}, parts_of(*this)),
      publisher({snapshots, routes, {cipher.get()}, {&worker.counters()}, &kNeighbour}) {
  if (const auto applied = publisher.apply(plan_of(what, site), at_ns(0)); !applied) {
    std::fprintf(stderr, "bench: %s\n", applied.error().what.c_str());
    std::abort();
  }
  std::vector<Frame> frames;
  for (std::uint32_t flow = 0; flow < what.flows; ++flow) frames.push_back(inner_frame(what.inner_octets, flow));
  if (site == Site::kSender) io.generate(kLan, std::move(frames));
}

std::uint64_t Gateway::drops() const {
  std::uint64_t total = 0;
  for (const std::uint64_t count : publisher.stats().drops) total += count;
  return total;
}

Sending::Sending(const Case& what) : gateway(what, Site::kSender) {
  const std::uint32_t room = wire::payload_room(what.outer_octets, wire::kIpv4Octets) - 4;
  constexpr double kLoad = 0.998;  // of the capacity, so that the queue stays short
  constexpr double kSlotNs = 1e9 / static_cast<double>(kSlotsPerSecond);
  // One burst, or fewer where that would need more slots than a turn sends.
  while (offered_ > 1 && static_cast<double>(offered_) * what.inner_octets / room >= dataplane::kBurst) --offered_;
  ns_per_turn_ = static_cast<double>(offered_) * what.inner_octets / room / kLoad * kSlotNs;
  if (what.mode != model::TfsMode::kFixed) ns_per_turn_ = kSlotNs;
  gateway.turn();
}

void Sending::turn() {
  virtual_ns_ += ns_per_turn_;
  gateway.now = at_ns(static_cast<std::int64_t>(virtual_ns_));
  gateway.io.offer(offered_);
  gateway.turn();
}

}  // namespace levelgate::bench
