// SPDX-License-Identifier: Apache-2.0
//
// EAL, quiet links, buffers, ports and twins, route tables, ciphers, workers, publisher: in this order, and back.
#include "app/gateway.h"

#include <algorithm>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "dataplane/publisher.h"
#include "dataplane/worker.h"
#include "dpdk/eal.h"
#include "dpdk/port.h"
#include "dpdk/port_io.h"
#include "dpdk/tables.h"
#include "dpdk/worker_thread.h"
#include "kernel/quiet_link.h"

namespace levelgate::app {
namespace {

constexpr std::uint32_t kBuffers = 8192;       // a full tunnel queue, rings and bursts; handed out last in, first out
constexpr std::size_t kEventsHeld = 1024;      // hints: losing one is counted
constexpr std::size_t kHandoffs = 1024;        // packets on their way to another worker
constexpr std::uint32_t kLargestInner = 9216;  // what one reassembled inner packet may need
constexpr Nanos kFirstSlotIn = std::chrono::milliseconds(1);

Result<std::unique_ptr<esp::Cipher>> make_cipher(model::CryptoChoice choice) {
  switch (choice) {
    case model::CryptoChoice::kIpsecMb:
      return crypto::make_ipsec_mb_cipher();
    case model::CryptoChoice::kOpenssl:
      return crypto::make_openssl_cipher();
    case model::CryptoChoice::kCryptodev:
      return failure(Fault::kDeviceMissing,
                     "dataplane.crypto: cryptodev is not available in this version; use ipsec-mb or auto");
    case model::CryptoChoice::kAuto: {
      auto fast = crypto::make_ipsec_mb_cipher();
      if (fast) return fast;
      return crypto::make_openssl_cipher();
    }
  }
  return crypto::make_openssl_cipher();
}

}  // namespace

struct Gateway::Parts {
  model::Config config;
  std::uint32_t workers = 1;
  std::unique_ptr<dpdk::Eal> eal;
  std::vector<std::unique_ptr<kernel::QuietLink>> quiet_links;
  std::unique_ptr<dpdk::BufferPool> pool;
  std::vector<std::unique_ptr<dpdk::Port>> ports;
  std::unique_ptr<dataplane::RouteTable> routes;
  std::unique_ptr<handover::SnapshotCell<dataplane::Snapshot>> snapshots;
  std::vector<std::unique_ptr<dataplane::HandoffRing>> handoffs;  // index: from * workers + to
  std::vector<std::unique_ptr<dataplane::EventRing>> event_rings;
  std::vector<std::unique_ptr<esp::Cipher>> ciphers;
  std::vector<std::unique_ptr<dpdk::PortIo>> edges;
  std::vector<std::unique_ptr<dataplane::Worker>> running;
  std::unique_ptr<dataplane::Publisher> publisher;
  std::vector<std::unique_ptr<dpdk::WorkerThread>> threads;

  Result<void> open_ports();
  Result<void> make_workers();
};

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Gateway::~Gateway() {
  parts_->threads.clear();  // from here on nothing moves
  parts_->publisher.reset();
  parts_->running.clear();
  parts_->edges.clear();
  parts_->routes.reset();
  parts_->ports.clear();
  parts_->pool.reset();
  parts_->quiet_links.clear();
  parts_->eal.reset();
}

Result<std::unique_ptr<Gateway>> Gateway::build(const model::Config& config, Say say) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  parts->workers = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(config.dataplane.worker_cores.size()));
  dpdk::EalSettings settings;
  settings.no_huge = config.dataplane.no_huge;
  settings.memory_octets = config.dataplane.memory_octets;
  settings.main_core = config.dataplane.main_core;
  settings.pci =
      std::any_of(config.ports.begin(), config.ports.end(), [](const auto& port) { return !port.pci.empty(); });
  auto eal = dpdk::Eal::start(settings, [say](std::string_view line) { say("dpdk", line); });
  if (!eal) return std::unexpected(eal.error());
  parts->eal = std::move(*eal);
  if (auto opened = parts->open_ports(); !opened) return std::unexpected(opened.error());
  if (auto made = parts->make_workers(); !made) return std::unexpected(made.error());
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

Result<void> Gateway::Parts::open_ports() {
  std::uint32_t largest = kLargestInner;
  for (const model::PortConfig& port : config.ports) {
    const std::string below = dpdk::interface_below(port.vdev);
    if (below.empty()) continue;
    auto quiet = kernel::QuietLink::make(below);
    if (!quiet) return failure(quiet.error().fault, "ports." + port.name + ".vdev: " + quiet.error().what);
    quiet_links.push_back(std::move(*quiet));
  }
  for (const model::PortConfig& port : config.ports) largest = std::max(largest, port.mtu.value_or(1500));
  auto made = dpdk::BufferPool::make(kBuffers, largest + 64);
  if (!made) return std::unexpected(made.error());
  pool = std::move(*made);
  for (const model::PortConfig& port : config.ports) {
    const dpdk::PortSettings settings{
        port.name, port.pci, port.vdev, port.mtu.value_or(0), port.twin, static_cast<std::uint16_t>(workers)};
    auto opened = dpdk::Port::open(settings, *pool);
    if (!opened) return std::unexpected(opened.error());
    ports.push_back(std::move(*opened));
  }
  return {};
}

Result<void> Gateway::Parts::make_workers() {
  auto tables = dpdk::make_fib_tables();
  if (!tables) return std::unexpected(tables.error());
  routes = std::move(*tables);
  snapshots = std::make_unique<handover::SnapshotCell<dataplane::Snapshot>>(workers);
  std::vector<dpdk::Port*> port_list;
  std::vector<PortId> port_ids;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    port_list.push_back(ports[i].get());
    port_ids.push_back(PortId{static_cast<std::uint16_t>(i)});
  }
  for (std::uint32_t i = 0; i < workers * workers; ++i) {
    handoffs.push_back(i / workers == i % workers ? nullptr : std::make_unique<dataplane::HandoffRing>(kHandoffs));
  }
  dataplane::PublisherParts publisher_parts{*snapshots, *routes, {}, {}, nullptr};
  for (std::uint32_t w = 0; w < workers; ++w) {
    auto cipher = make_cipher(config.dataplane.crypto);
    if (!cipher) return std::unexpected(cipher.error());
    ciphers.push_back(std::move(*cipher));
    event_rings.push_back(std::make_unique<dataplane::EventRing>(kEventsHeld));
    edges.push_back(std::make_unique<dpdk::PortIo>(port_list, *pool, static_cast<std::uint16_t>(w)));
    dataplane::WorkerParts worker_parts{*edges[w], *routes, *ciphers[w], *snapshots, *event_rings[w], port_ids};
    for (std::uint32_t other = 0; other < workers; ++other) {
      worker_parts.to.push_back(handoffs[w * workers + other].get());
      worker_parts.from.push_back(handoffs[other * workers + w].get());
    }
    running.push_back(std::make_unique<dataplane::Worker>(WorkerId{static_cast<std::uint16_t>(w)}, worker_parts));
    publisher_parts.ciphers.push_back(ciphers[w].get());
    publisher_parts.workers.push_back(&running[w]->counters());
  }
  publisher = std::make_unique<dataplane::Publisher>(publisher_parts);
  return {};
}

std::uint32_t Gateway::worker_count() const { return parts_->workers; }
std::string Gateway::cipher_name() const { return std::string(parts_->ciphers.front()->name()); }

std::map<std::string, control::Surroundings::Port> Gateway::devices() const {
  std::map<std::string, control::Surroundings::Port> devices;
  for (const auto& port : parts_->ports) devices[port->name()] = {port->mac(), port->mtu()};
  return devices;
}

std::map<std::string, control::PortState> Gateway::port_states() const {
  std::map<std::string, control::PortState> states;
  for (std::size_t i = 0; i < parts_->ports.size(); ++i) {
    const model::PortConfig& config = parts_->config.ports[i];
    const std::string driver = config.vdev.empty() ? "pci" : config.vdev.substr(0, config.vdev.find(','));
    states[config.name] = {parts_->ports[i]->link_is_up(), driver, parts_->ports[i]->stats()};
  }
  return states;
}

std::string Gateway::twin_of(const std::string& port) const {
  for (const auto& each : parts_->ports) {
    if (each->name() == port) return each->twin_name();
  }
  return "";
}

Result<void> Gateway::apply(const model::ForwardingPlan& plan) {
  return parts_->publisher->apply(plan, dpdk::clock_now() + kFirstSlotIn);
}

void Gateway::start_workers() {
  const std::vector<std::uint32_t>& cores = parts_->config.dataplane.worker_cores;
  for (std::uint32_t w = 0; w < parts_->workers; ++w) {
    dpdk::WorkerThreadSettings settings;
    if (w < cores.size()) settings.core = cores[w];
    settings.idle =
        parts_->config.dataplane.idle == model::IdleMode::kAdaptive ? dpdk::Idle::kAdaptive : dpdk::Idle::kPoll;
    settings.relays_twins = w == 0;
    parts_->threads.push_back(std::make_unique<dpdk::WorkerThread>(*parts_->running[w], *parts_->edges[w], settings));
  }
}

void Gateway::reclaim() { parts_->publisher->reclaim(); }

model::Stats Gateway::stats() const {
  model::Stats stats = parts_->publisher->stats();
  if (!stats.workers.empty()) stats.workers.front().buffers_in_use = parts_->pool->in_use();
  return stats;
}

std::vector<model::Event> Gateway::events() {
  std::vector<model::Event> all;
  for (const auto& ring : parts_->event_rings) {
    std::vector<model::Event> burst(64);
    burst.resize(ring->pop(burst));
    all.insert(all.end(), burst.begin(), burst.end());
  }
  return all;
}

}  // namespace levelgate::app
