// SPDX-License-Identifier: Apache-2.0
//
// Opens and counts; the faults come from below with the keys that they name.
#include "app/devices.h"

#include <algorithm>

namespace levelgate::app {
namespace {

constexpr std::uint32_t kLargestFrame = 9'216 + 64;  // the largest inner packet, link header and room for a trailer
constexpr std::uint64_t kBufferOctets = kLargestFrame + 512;  // with what a buffer has around it
constexpr std::uint64_t kTablesOctets = 164ull << 20;         // route tables and DPDK itself
constexpr std::uint64_t kInRotation = 2'048;                  // of one worker
constexpr std::uint64_t kRingBuffers = 1'024;                 // of one queue pair, both directions
constexpr std::uint64_t kTunnelBuffers = 512;                 // a queue of full packets at usual rates
constexpr std::size_t kBurstPlaces = 64;                      // a worker that has less reorders nothing
constexpr std::uint64_t kLeastBuffers = 4'096;

std::vector<dpdk::PortSettings> settings_of(const model::Config& config, std::uint16_t workers) {
  std::vector<dpdk::PortSettings> list;
  for (const model::PortConfig& port : config.ports) {
    list.push_back({.name = port.name,
                    .pci = port.pci,
                    .vdev = port.vdev,
                    .mtu = port.mtu.value_or(0),
                    .twin = port.twin,
                    .workers = workers});
  }
  return list;
}

// Payloads that wait if every window is full.
std::uint64_t windows_of(const model::Config& config) {
  std::uint64_t places = 0;
  for (const auto& tunnel : config.tunnels) places += std::uint64_t{tunnel.tfs.receive.reorder_window} + 1;
  return places;
}

}  // namespace

std::uint32_t buffers_for(const model::Config& config, std::uint16_t workers) {
  const std::uint64_t memory = config.dataplane.memory_octets;
  const std::uint64_t room = memory > kTablesOctets ? (memory - kTablesOctets) / kBufferOctets : 0;
  std::uint64_t wanted = workers * (kInRotation + config.ports.size() * 2 * kRingBuffers);  // ports and twins
  wanted += config.tunnels.size() * kTunnelBuffers;
  wanted += 2 * windows_of(config);
  return static_cast<std::uint32_t>(std::max(std::min(wanted, room), std::min(kLeastBuffers, wanted)));
}

std::size_t queue_budget(std::uint32_t buffers, std::size_t ports, std::uint16_t workers) {
  const std::size_t rings = std::min<std::size_t>(workers * ports * 2 * kRingBuffers, buffers / 2);
  constexpr std::size_t kMostWaiting = 262'144;  // 12 MiB of places on each worker
  return std::min(kMostWaiting, (buffers - rings) / 2 / workers);
}

std::size_t held_payloads(const model::Config& config, std::uint32_t buffers, std::uint16_t workers) {
  const std::size_t beside = workers * (kInRotation + config.ports.size() * 2 * kRingBuffers);
  const std::size_t half = buffers > beside ? (buffers - beside) / 2 : 0;
  const std::size_t all = windows_of(config);
  return all <= half ? half : std::max<std::size_t>(half / workers, kBurstPlaces);
}

Result<std::unique_ptr<Devices>> Devices::open(const model::Config& config, std::uint16_t workers,
                                               dpdk::Eal::LogSink dpdk_lines) {
  const std::vector<dpdk::PortSettings> ports = settings_of(config, workers);
  // All of them before the first is touched: another daemon may run on them.
  for (const dpdk::PortSettings& port : ports) {
    if (auto checked = dpdk::Port::check(port); !checked) return std::unexpected(checked.error());
  }
  std::unique_ptr<Devices> devices(new Devices());
  // A NIC, or perhaps a crypto device.
  const bool pci = config.dataplane.crypto == model::CryptoChoice::kCryptodev ||
                   std::any_of(config.ports.begin(), config.ports.end(), [](const auto& p) { return !p.pci.empty(); });
  auto eal = dpdk::Eal::start({.no_huge = config.dataplane.no_huge,
                               .memory_octets = config.dataplane.memory_octets,
                               .main_core = config.dataplane.main_core,
                               .pci = pci},
                              std::move(dpdk_lines));
  if (!eal) return std::unexpected(eal.error());
  devices->eal_ = std::move(*eal);
  devices->buffers_ = buffers_for(config, workers);
  devices->held_payloads_ = app::held_payloads(config, devices->buffers_, workers);
  auto pool = dpdk::BufferPool::make("levelgate", devices->buffers_, kLargestFrame);
  if (!pool) return std::unexpected(pool.error());
  devices->pool_ = std::move(*pool);
  for (const dpdk::PortSettings& port : ports) {
    if (auto opened = devices->open_port(port); !opened) return std::unexpected(opened.error());
  }
  return devices;
}

Result<void> Devices::open_port(dpdk::PortSettings settings) {
  if (const std::string below = dpdk::interface_below(settings.vdev); !below.empty()) {
    auto quiet = kernel::QuietLink::make(below, settings.mtu);
    if (!quiet) return failure(quiet.error().fault, "ports." + settings.name + ".vdev: " + quiet.error().what);
    settings.mtu = (*quiet)->mtu();
    quiet_.push_back(std::move(*quiet));
  }
  auto port = dpdk::Port::open(settings, *pool_);
  if (!port) return std::unexpected(port.error());
  ports_.push_back(std::move(*port));
  return {};
}

std::vector<dpdk::Port*> Devices::ports() const {
  std::vector<dpdk::Port*> list;
  for (const auto& port : ports_) list.push_back(port.get());
  return list;
}

std::map<std::string, control::Surroundings::Port> Devices::seen() const {
  std::map<std::string, control::Surroundings::Port> seen;
  for (const auto& port : ports_) seen[port->name()] = {port->mac(), port->mtu()};
  return seen;
}

std::map<std::string, control::PortState> Devices::states(const model::Config& config) const {
  std::map<std::string, control::PortState> states;
  for (std::size_t i = 0; i < ports_.size() && i < config.ports.size(); ++i) {
    const std::string& vdev = config.ports[i].vdev;
    states[ports_[i]->name()] = {.link = ports_[i]->link_is_up(),
                                 .driver = vdev.empty() ? "pci" : vdev.substr(0, vdev.find(',')),
                                 .counters = ports_[i]->stats()};
  }
  return states;
}

}  // namespace levelgate::app
