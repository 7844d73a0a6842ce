// SPDX-License-Identifier: Apache-2.0
//
// Seats the workers and wires their rings.
#include "app/data_plane.h"

#include <time.h>

#include <algorithm>
#include <array>

#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "crypto/random.h"
#include "dpdk/cryptodev.h"
#include "dpdk/stand_still.h"
#include "dpdk/tables.h"

namespace levelgate::app {
namespace {

constexpr std::size_t kEvents = 256;                          // hints; losing one is counted and harmless
constexpr std::size_t kHandoffs = 1'024;                      // packets on their way between two workers
constexpr Nanos kBuildAhead = std::chrono::microseconds(40);  // more than a worker stands still before a slot
static_assert(kBuildAhead > dpdk::StandStill::kBefore);
constexpr Nanos kBurialPatience = std::chrono::milliseconds(500);

using Ciphers = std::vector<std::unique_ptr<esp::Cipher>>;

// Each worker has a cipher of its own.
template <typename Make>
Result<Ciphers> one_each(std::size_t workers, Make&& make) {
  Ciphers ciphers;
  for (std::size_t i = 0; i < workers; ++i) {
    Result<std::unique_ptr<esp::Cipher>> cipher = make();
    if (!cipher) return failure(cipher.error().fault, "dataplane.crypto: " + cipher.error().what);
    ciphers.push_back(std::move(*cipher));
  }
  return ciphers;
}

// A crypto device is taken only when it is asked for: the direct calls are faster, and OpenSSL runs everywhere.
Result<Ciphers> make_ciphers(model::CryptoChoice choice, std::uint16_t workers) {
  switch (choice) {
    case model::CryptoChoice::kOpenssl:
      return one_each(workers, crypto::make_openssl_cipher);
    case model::CryptoChoice::kIpsecMb:
      return one_each(workers, crypto::make_ipsec_mb_cipher);
    case model::CryptoChoice::kCryptodev:
      return dpdk::make_cryptodev_ciphers({.workers = workers});
    case model::CryptoChoice::kAuto:
      break;
  }
  auto direct = one_each(workers, crypto::make_ipsec_mb_cipher);
  return direct ? std::move(direct) : one_each(workers, crypto::make_openssl_cipher);
}

}  // namespace

std::uint16_t worker_count(const model::DataplaneConfig& config) {
  return static_cast<std::uint16_t>(std::max<std::size_t>(config.worker_cores.size(), 1));
}

DataPlane::DataPlane(const model::DataplaneConfig& config, Devices& devices, std::size_t workers)
    : config_(config), devices_(devices), snapshots_(workers) {}

Result<std::unique_ptr<DataPlane>> DataPlane::make(const model::DataplaneConfig& config, Devices& devices) {
  std::unique_ptr<DataPlane> plane(new DataPlane(config, devices, worker_count(config)));
  auto tables = dpdk::make_fib_tables();
  if (!tables) return std::unexpected(tables.error());
  plane->routes_ = std::move(*tables);
  if (auto seated = plane->seat_workers(); !seated) return std::unexpected(seated.error());
  return plane;
}

Result<void> DataPlane::seat_workers() {
  const std::size_t count = worker_count(config_);
  if (count > 1) {
    for (std::size_t i = 0; i < count * count; ++i) {
      handoffs_.push_back(std::make_unique<dataplane::HandoffRing>(kHandoffs));
    }
  }
  seats_.resize(count);
  publisher::PublisherParts parts{
      .snapshots = snapshots_, .routes = *routes_, .ciphers = {}, .workers = {}, .unknown_neighbour_mac = nullptr};
  std::array<std::byte, 8> key{};
  if (auto drawn = crypto::make_openssl_random()->fill(key); !drawn) return std::unexpected(drawn.error());
  parts.flow_key = load_be<std::uint64_t>(key.data());
  std::vector<dataplane::StreamEdge*> edges;
  auto ciphers = make_ciphers(config_.crypto, static_cast<std::uint16_t>(count));
  if (!ciphers) return std::unexpected(ciphers.error());
  for (std::size_t i = 0; i < count; ++i) {
    Seat& seat = seats_[i];
    seat.cipher = std::move((*ciphers)[i]);
    seat.io = std::make_unique<dpdk::PortIo>(devices_.ports(), devices_.pool(), static_cast<std::uint16_t>(i));
    seat.events = std::make_unique<dataplane::EventRing>(kEvents);
    seat.streams = std::make_unique<dataplane::StreamEdge>();
    seat.worker = make_worker(i);
    edges.push_back(seat.streams.get());
    parts.ciphers.push_back(seat.cipher.get());
    parts.workers.push_back(&seat.worker->counters());
  }
  publisher_ = std::make_unique<publisher::Publisher>(std::move(parts));
  stream_desk_ = std::make_unique<publisher::StreamDesk>(*publisher_, std::move(edges));
  return {};
}

std::unique_ptr<dataplane::Worker> DataPlane::make_worker(std::size_t number) {
  const std::size_t count = seats_.size();
  Seat& seat = seats_[number];
  dataplane::WorkerParts parts{
      .io = *seat.io,
      .routes = *routes_,
      .cipher = *seat.cipher,
      .snapshots = snapshots_,
      .events = *seat.events,
      .ports = {},
      .build_ahead = kBuildAhead,
      .to = {},
      .from = {},
      .queue_budget = queue_budget(devices_.buffers(), devices_.ports().size(), static_cast<std::uint16_t>(count)),
      .held_payloads = devices_.held_payloads(),
      .streams = seat.streams.get()};
  for (std::size_t port = 0; port < devices_.ports().size(); ++port) {
    parts.ports.push_back(PortId{static_cast<std::uint16_t>(port)});
  }
  for (std::size_t other = 0; other < count && count > 1; ++other) {
    parts.to.push_back(other == number ? nullptr : handoffs_[number * count + other].get());
    parts.from.push_back(other == number ? nullptr : handoffs_[other * count + number].get());
  }
  return std::make_unique<dataplane::Worker>(WorkerId{static_cast<std::uint16_t>(number)}, std::move(parts));
}

DataPlane::~DataPlane() { stop(); }

void DataPlane::start() {
  const bool adaptive = config_.idle == model::IdleMode::kAdaptive;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    dpdk::WorkerThreadSettings settings;
    if (i < config_.worker_cores.size()) settings.core = config_.worker_cores[i];
    settings.idle = adaptive ? dpdk::Idle::kAdaptive : dpdk::Idle::kPoll;
    settings.relays_twins = i == 0;
    seats_[i].thread = std::make_unique<dpdk::WorkerThread>(*seats_[i].worker, *seats_[i].io, settings);
  }
}

void DataPlane::stop() {
  const bool runs = !seats_.empty() && seats_.front().thread != nullptr;
  if (!runs) return;
  // Shutdown is the way to an empty plan; so every buffer goes back to the pool before the pool goes.
  (void)publisher_->apply({}, dpdk::clock_now());
  const Instant patience = dpdk::clock_now() + kBurialPatience;
  while (!publisher_->nothing_buried() && dpdk::clock_now() < patience) {
    publisher_->reclaim();
    const timespec pause{0, 1'000'000};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  for (Seat& seat : seats_) seat.thread.reset();
}

Result<void> DataPlane::apply(const model::ForwardingPlan& plan) { return publisher_->apply(plan, dpdk::clock_now()); }

std::vector<model::Event> DataPlane::take_events() {
  std::vector<model::Event> taken;
  std::array<model::Event, 64> burst;
  for (Seat& seat : seats_) {
    const std::size_t count = seat.events->pop(burst);
    taken.insert(taken.end(), burst.begin(), burst.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return taken;
}

model::Stats DataPlane::stats() const {
  model::Stats stats = publisher_->stats();
  if (!stats.workers.empty()) stats.workers.front().buffers_in_use = devices_.pool().in_use();
  return stats;
}

std::string_view DataPlane::cipher_name() const { return seats_.front().cipher->name(); }

}  // namespace levelgate::app
