// SPDX-License-Identifier: Apache-2.0
//
// Owns what should be: the configuration in force, what is known of the surroundings, and the plan made of both. Inputs
// are calls, outputs are values that a shell carries out. Reads no clock and no file, opens nothing. A new
// configuration counts only when the data plane has taken its plan; until then, and after any failure, the old state
// stands.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/config.h>
#include <levelgate/model/event.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "control/path_notices.h"
#include "control/reconcile.h"
#include "control/spent_keys.h"
#include "control/trends.h"
#include "control/tunnels.h"

namespace levelgate::control {

// Give it to the data plane, then call applied() with the outcome before any other input.
struct ApplyPlan {
  model::ForwardingPlan plan;
};
// What the kernel twin of a port shall carry; comes after the plan was taken, and only when it changed.
struct SetTwin {
  std::string port;
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> gateways;
};
// Ask the kernel for this neighbour's MAC address, or to keep the one it has fresh.
struct ResolveNeighbour {
  std::string port;
  IpAddress address;
};
struct SetLog {
  model::LogLevel level;
  model::LogFormat format;
};
// One line for the log.
struct Notice {
  model::LogLevel level = model::LogLevel::kInfo;
  std::string_view component;  // config, tfs, esp, neighbour
  std::string_view event;      // stable id, see notice_ids.h
  std::string message;
  std::string tunnel{};
  std::vector<std::pair<std::string_view, std::string>> fields{};
};
// What whoever asked for the reload is told.
struct ReloadOutcome {
  bool done = false;
  std::vector<std::string> lines;  // the changes with their cost, or why nothing changed
};

// The engine's own: datagrams to send, and slow work, whose value comes back by job_done().
struct IkeWork {
  std::shared_ptr<ikestate::Effect> effect;
};

using Effect = std::variant<ApplyPlan, SetTwin, ResolveNeighbour, SetLog, Notice, ReloadOutcome, IkeWork>;
using Effects = std::vector<Effect>;

// Thread: control.
class Controller {
 public:
  // `random` outlives it.
  Controller(std::uint32_t workers, crypto::Random& random) : workers_(workers), tunnels_(random) {}

  // A configuration that was loaded without an error: the first one is the boot.
  [[nodiscard]] Effects reload(model::Config config, const ikestate::Moment& moment);
  // One that could not be loaded: `findings` are lines for people. Nothing changes.
  [[nodiscard]] Effects reload_refused(std::vector<std::string> findings);
  // The outcome of the ApplyPlan before.
  [[nodiscard]] Effects applied(const Result<void>& outcome, const ikestate::Moment& moment);
  // Neighbours, routes or devices changed; the whole of what is known now.
  [[nodiscard]] Effects surroundings(Surroundings now_seen, Instant now);
  // A hint from the data plane; may be lost or repeated.
  [[nodiscard]] Effects event(const model::Event& event, const ikestate::Moment& moment);
  // Call it about once a second: counters, and what has to be done again now and then.
  [[nodiscard]] Effects tick(const model::Stats& stats, const ikestate::Moment& moment);

  // IKE: a datagram on a path, the value of a job, and the moment that ike_deadline() named.
  [[nodiscard]] Effects datagram(const ikestate::Moment& moment, const ikestate::Path& path, ConstBytes octets);
  [[nodiscard]] Effects stream_up(const ikestate::Moment& moment, const ikestate::Path& path);
  [[nodiscard]] Effects stream_ended(const ikestate::Moment& moment, StreamId stream);
  [[nodiscard]] StreamId next_stream() { return tunnels_.next_stream(); }
  [[nodiscard]] Effects job_done(const ikestate::Moment& moment, ikestate::JobId id, ikestate::JobValue value);
  [[nodiscard]] Effects ike_time(const ikestate::Moment& moment);
  // The network says that nobody is at the path's other end; `at_port`: the host is there, its port is not. A hint.
  [[nodiscard]] Effects nobody_at(const ikestate::Moment& moment, const ikestate::Path& path, bool at_port);
  [[nodiscard]] Instant ike_deadline() const { return tunnels_.deadline(); }
  // Commands about one tunnel. An Error: there is none, or it is in no state for that.
  [[nodiscard]] Result<Effects> bring_up(const ikestate::Moment& moment, const std::string& tunnel);
  [[nodiscard]] Result<Effects> take_down(const ikestate::Moment& moment, const std::string& tunnel,
                                          Tunnels::Extent extent);
  [[nodiscard]] Result<Effects> rekey(const ikestate::Moment& moment, const std::string& tunnel, ike::RekeyTarget what);
  // Closes a tunnel's circuit breaker, whether or not it is open.
  [[nodiscard]] Result<Effects> clear_breaker(const std::string& tunnel);
  // Says farewell to every peer.
  [[nodiscard]] Effects stop(const ikestate::Moment& moment);

  [[nodiscard]] const model::Config& config() const { return config_; }      // in force
  [[nodiscard]] const model::ForwardingPlan& plan() const { return plan_; }  // that the data plane has
  [[nodiscard]] const Trends& trends() const { return trends_; }
  [[nodiscard]] const Tunnels& tunnels() const { return tunnels_; }
  [[nodiscard]] bool booted() const { return booted_; }

 private:
  // Waits for applied().
  struct Proposal {
    std::optional<model::Config> config;  // empty: only the surroundings changed
    model::ForwardingPlan plan;
    std::vector<std::string> changes;
    Tunnels::Policies policies;  // of `config`
  };
  using Hop = std::pair<std::string, IpAddress>;  // port, address
  struct Resolution {
    std::optional<Instant> asked;
    Instant wanted_since{};
    bool complained = false;
  };
  struct Skipped {
    std::uint64_t seen = 0;  // of the counter
    std::uint64_t told = 0;
    std::optional<Instant> when;
  };

  Effects refuse(std::string_view event, std::vector<std::string> why) const;
  Effects propose(Proposal proposal);
  [[nodiscard]] Result<model::ForwardingPlan> plan_for(const model::Config& config) const;
  void follow(TunnelWork work, Effects& effects);
  [[nodiscard]] Effects followed(TunnelWork work);
  [[nodiscard]] Result<Effects> followed(Result<TunnelWork> work);
  void set_twins(const model::Config& next, Effects& effects) const;
  void find_needed_hops();
  void ask(const Hop& hop, Nanos not_again_within, Instant now, Effects& effects);
  void resolve_needed(Instant now, Effects& effects);
  void tell_skipped(const model::Stats& stats, Instant now, Effects& effects);
  void tell_peers(Instant now, Effects& effects);
  void tell_paths(const model::Stats& stats, Instant now, Effects& effects);

  std::uint32_t workers_;
  bool booted_ = false;
  bool stale_ = false;  // the data plane refused a plan that the surroundings asked for
  model::Config config_;
  model::ForwardingPlan plan_;
  Surroundings surroundings_;
  std::optional<Proposal> proposal_;
  Tunnels tunnels_;
  SpentKeys spent_keys_;
  Trends trends_;
  std::set<Hop> needed_;    // next hops of tunnels and of the operator's routes
  std::set<Hop> fixed_;     // that the operator names
  std::set<Hop> answered_;  // that the kernel knows
  std::map<Hop, Resolution> resolutions_;
  std::map<std::string, Skipped> skipped_;
  PathNotices path_notices_;
  std::map<std::string, bool> heard_;                             // tunnel: whether its peer is heard
  std::set<std::pair<std::string, Spi>> exhausted_, near_limit_;  // told already
};

}  // namespace levelgate::control
