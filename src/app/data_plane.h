// SPDX-License-Identifier: Apache-2.0
//
// The running data plane: route tables, ciphers, one worker for each core with its rings, and the publisher that gives
// them plans. Workers run from start() to stop(); everything they use outlives them.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/config.h>
#include <levelgate/model/event.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <memory>
#include <vector>

#include "app/devices.h"
#include "dataplane/worker.h"
#include "dpdk/port_io.h"
#include "dpdk/worker_thread.h"
#include "publisher/publisher.h"
#include "publisher/stream_desk.h"

namespace levelgate::app {

// Thread: control.
class DataPlane {
 public:
  [[nodiscard]] static Result<std::unique_ptr<DataPlane>> make(const model::DataplaneConfig& config, Devices& devices);
  ~DataPlane();
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  void start();
  // Gives all tunnels back to nothing, waits for that a moment, and ends the workers.
  void stop();

  [[nodiscard]] Result<void> apply(const model::ForwardingPlan& plan);
  [[nodiscard]] std::vector<model::Event> take_events();
  [[nodiscard]] std::size_t routes_without_room() const { return publisher_->routes_without_room(); }
  void reclaim() { publisher_->reclaim(); }
  [[nodiscard]] model::Stats stats() const;
  [[nodiscard]] std::string_view cipher_name() const;
  // Between the workers and connections that carry ESP in TCP.
  [[nodiscard]] publisher::StreamDesk& stream_desk() { return *stream_desk_; }

 private:
  struct Seat {  // what one worker needs
    std::unique_ptr<dpdk::PortIo> io;
    std::unique_ptr<esp::Cipher> cipher;
    std::unique_ptr<dataplane::EventRing> events;
    std::unique_ptr<dataplane::StreamEdge> streams;
    std::unique_ptr<dataplane::Worker> worker;
    std::unique_ptr<dpdk::WorkerThread> thread;
  };
  DataPlane(const model::DataplaneConfig& config, Devices& devices, std::size_t workers);
  [[nodiscard]] Result<void> seat_workers();
  [[nodiscard]] std::unique_ptr<dataplane::Worker> make_worker(std::size_t number);

  model::DataplaneConfig config_;
  Devices& devices_;
  handover::SnapshotCell<dataplane::Snapshot> snapshots_;
  std::unique_ptr<dataplane::RouteTable> routes_;
  std::vector<std::unique_ptr<dataplane::HandoffRing>> handoffs_;  // from * workers + to; none with one worker
  std::vector<Seat> seats_;
  std::unique_ptr<publisher::Publisher> publisher_;
  std::unique_ptr<publisher::StreamDesk> stream_desk_;
};

[[nodiscard]] std::uint16_t worker_count(const model::DataplaneConfig& config);

}  // namespace levelgate::app
