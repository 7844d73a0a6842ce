// SPDX-License-Identifier: Apache-2.0
//
// Turns a ForwardingPlan into the next snapshot: makes what is new, keeps what is equal, buries what is gone. A failed
// plan changes nothing. It never waits for a worker; buried objects are freed by reclaim() when no worker can see them
// any more.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "congestion/path_control.h"
#include "dataplane/inbound.h"
#include "dataplane/outbound.h"
#include "dataplane/snapshot.h"
#include "dataplane/stream_edge.h"
#include "dataplane/worker_context.h"
#include "esp/opener.h"
#include "esp/sealer.h"
#include "handover/snapshot_cell.h"

namespace levelgate::publisher {

struct PublisherParts {
  handover::SnapshotCell<dataplane::Snapshot>& snapshots;
  dataplane::RouteTable& routes;
  std::vector<esp::Cipher*> ciphers;                  // index: WorkerId; keys are made for the worker that uses them
  std::vector<dataplane::WorkerCounters*> workers;    // index: WorkerId
  const MacAddress* unknown_neighbour_mac = nullptr;  // replay
  std::uint64_t flow_key = 0;                         // unknown to those whose packets are queued
};

// Thread: control.
class Publisher {
 public:
  explicit Publisher(PublisherParts parts);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Tunnels that are new start their schedule at `start`. On failure the last plan stands.
  [[nodiscard]] Result<void> apply(const model::ForwardingPlan& plan, Instant start);
  // Frees what every worker has let go; call it now and then, and until nothing_buried() before the workers end.
  void reclaim();
  [[nodiscard]] bool nothing_buried() const;
  // Prefixes of the plan that the route table did not take: what they would catch follows the next wider route, or
  // none.
  [[nodiscard]] std::size_t routes_without_room() const { return routes_without_room_; }
  [[nodiscard]] model::Stats stats() const;

  // For what travels in TCP: a tunnel of the plan as a worker named it, or null, and the worker that owns an SA; who
  // knows no such SA counts what comes for it.
  struct Streaming {
    StreamId stream;
    dataplane::TunnelCounters* counters = nullptr;
  };
  [[nodiscard]] std::optional<Streaming> streaming(const dataplane::StreamedBy& by) const;
  // Of an inbound SA; nothing: the last plan has none of that number.
  [[nodiscard]] std::optional<WorkerId> owner_of(Spi spi) const;
  // Packets that control itself has dropped; part of stats().
  void count(model::Drop reason) { ++drops_[static_cast<std::size_t>(reason)]; }

 private:
  struct OutboundState {
    model::EspSa spec;
    SaId id;
    std::unique_ptr<esp::Sealer> sealer;
    dataplane::SaCounters counters;
  };
  struct InboundState {
    model::EspSa spec;
    std::unique_ptr<esp::Opener> opener;
    std::unique_ptr<dataplane::SaCounters> counters;  // of the opener
    std::unique_ptr<dataplane::InboundSa> sa;
  };
  struct Tunnel {
    model::TunnelPlan plan;
    std::uint64_t serial = 0;  // of the name, while it is there
    std::shared_ptr<dataplane::TunnelCounters> counters;
    std::shared_ptr<const dataplane::OutboundSetting> setting;
    std::shared_ptr<dataplane::OutboundQueue> queue;  // for a setting that is not the first one
    std::unique_ptr<dataplane::OutboundTunnel> outbound;
    std::shared_ptr<congestion::PathControl> congestion;  // null: the tunnel sends no reports
    std::unique_ptr<OutboundState> sealer;
    std::vector<InboundState> inbound;
  };
  // What a snapshot names no more, and the version from which on it may go.
  struct Buried {
    Tunnel parts;
    bool named_closing = true;     // still in the snapshot, to be drained
    std::uint64_t gone_since = 0;  // version that no longer names it
  };
  struct Published {
    std::unique_ptr<dataplane::Snapshot> snapshot;
    std::uint64_t version = 0;
  };

  [[nodiscard]] Result<Tunnel> make_tunnel(const model::TunnelPlan& plan, const Tunnel* old, Instant start,
                                           std::uint32_t max_inner_octets);
  static std::shared_ptr<congestion::PathControl> congestion_of(const model::TunnelPlan& plan, const Tunnel* old,
                                                                Instant start);
  [[nodiscard]] Result<std::unique_ptr<OutboundState>> make_outbound(const model::EspSa& sa, WorkerId worker);
  [[nodiscard]] Result<InboundState> make_inbound(const model::TunnelPlan& plan, const model::EspSa& spec,
                                                  const Tunnel* old, std::uint32_t max_inner_octets,
                                                  dataplane::TunnelCounters& counters);
  [[nodiscard]] Result<std::unique_ptr<esp::CipherKey>> make_key(const model::EspSa& sa, esp::Purpose purpose,
                                                                 WorkerId worker);
  [[nodiscard]] std::shared_ptr<const dataplane::OutboundSetting> setting_of(const model::TunnelPlan& plan,
                                                                             const Tunnel* old);
  static void move_kept(Tunnel& from, Tunnel& to);
  void publish();
  [[nodiscard]] std::unique_ptr<dataplane::Snapshot> make_snapshot();
  void add_tunnels(dataplane::Snapshot& snapshot) const;
  [[nodiscard]] dataplane::TunnelEntry entry_of(const Tunnel& tunnel) const;
  void add_closing(dataplane::Snapshot& snapshot) const;
  void add_next_hops(dataplane::Snapshot& snapshot);
  void update_routes();

  PublisherParts parts_;
  model::ForwardingPlan plan_;
  std::vector<Tunnel> tunnels_;  // in the plan's order
  std::vector<Buried> buried_;
  std::deque<Published> published_;                   // newest last
  std::map<std::string, std::uint64_t> hop_numbers_;  // what a next hop is, to its number
  std::map<IpPrefix, std::uint64_t> installed_;       // what the RouteTable holds
  std::size_t routes_without_room_ = 0;
  std::uint64_t next_hop_number_ = 1;
  std::uint64_t next_sa_ = 1;
  std::uint64_t next_serial_ = 1;
  std::uint64_t next_setting_ = 1;
  model::DropCounts drops_{};  // by control
  bool applied_ = false;
};

}  // namespace levelgate::publisher
