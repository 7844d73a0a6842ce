// SPDX-License-Identifier: Apache-2.0
//
// The life of each tunnel that IKE keeps: wanted, negotiating, up, rekeyed, gone, and tried again. Owns the engine,
// gives it the configuration's policies, and turns its effects into what the plan needs (Negotiated), what is to be
// sent, and what is to be told. Reads no clock. Thread: control.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/config.h>
#include <levelgate/model/event.h>
#include <levelgate/model/stats.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/negotiated.h"
#include "ike/engine.h"

namespace levelgate::control {

// One thing that happened, for `explain` and `monitor`.
struct Happening {
  std::uint64_t number = 0;  // rises over all tunnels
  Instant at;
  std::string tunnel;
  ikestate::Severity severity = ikestate::Severity::kInfo;
  std::string_view id;
  std::string text;
};

// A Child SA that the data plane has, or is to have.
struct HeldChild {
  ikestate::ChildUp up;
  Instant since;
  bool proven = false;       // the peer has used it
  bool rekey_asked = false;  // by octets or numbers
  std::uint64_t seen_packets = 0;
};

struct Life {
  bool wanted = false;
  bool awaits_large_key = false;  // Child SAs without one are not used
  bool trying = false;            // a handshake of ours is under way
  Instant try_at = kNever;        // a handshake, or a Child SA on the IKE SA that is up
  std::uint32_t failures = 0;     // in a row
  std::set<std::uint64_t> up;     // IKE SAs by our SPI
  std::map<ikestate::ChildId, HeldChild> children;
  ikestate::ChildId sends_by;
  struct Lingering {
    model::EspSa sa;
    Instant until;
  };
  std::vector<Lingering> lingering;   // newest first
  std::optional<Happening> failure;   // the last one since the tunnel was up
  std::uint32_t failed_attempts = 0;  // since the tunnel was up
  Instant failing_since = kNever;
  Instant tried_at{};                 // the last attempt
  bool absence_told = false;          // in this attempt
  std::uint64_t refused_packets = 0;  // for want of an SA, at the last look

  [[nodiscard]] bool may_use(const HeldChild& child) const { return child.up.large_key || !awaits_large_key; }
  // There are Child SAs, and none of them may be used.
  [[nodiscard]] bool holds_back() const {
    return !children.empty() && std::ranges::none_of(children, [this](const auto& one) { return may_use(one.second); });
  }
};

// What a call leaves to be done, in this order: notices, the plan if it changed, then the rest.
struct TunnelWork {
  std::vector<Happening> happenings;
  bool plan_changed = false;
  std::vector<ikestate::Effect> rest;  // what sockets and helper threads do
};

class Tunnels {
 public:
  // `random` outlives it.
  explicit Tunnels(crypto::Random& random) : engine_(random) {}

  using Policies = std::vector<ikestate::PolicyPtr>;
  // The policies of a configuration that may yet be refused. An Error names the key.
  [[nodiscard]] static Result<Policies> prepare(const model::Config& config);
  // `after` is in force; tunnels that changed begin anew.
  [[nodiscard]] TunnelWork configure(const ikestate::Moment& moment, const model::Config& before,
                                     const model::Config& after, Policies policies);

  [[nodiscard]] TunnelWork datagram(const ikestate::Moment& moment, const ikestate::Path& path, ConstBytes octets);
  [[nodiscard]] TunnelWork stream_up(const ikestate::Moment& moment, const ikestate::Path& path);
  [[nodiscard]] TunnelWork stream_ended(const ikestate::Moment& moment, StreamId stream);
  [[nodiscard]] StreamId next_stream() { return engine_.next_stream(); }
  [[nodiscard]] TunnelWork job_done(const ikestate::Moment& moment, ikestate::JobId id, ikestate::JobValue value);
  [[nodiscard]] TunnelWork on_time(const ikestate::Moment& moment);
  [[nodiscard]] Instant deadline() const { return engine_.deadline(); }
  // About once a second: counters, and what is tried again.
  [[nodiscard]] TunnelWork tick(const ikestate::Moment& moment, const model::Stats& stats);
  [[nodiscard]] TunnelWork event(const ikestate::Moment& moment, const std::string& tunnel, const model::Event& event);

  // Told once for each attempt, and only while one is under way: it ends nothing.
  [[nodiscard]] TunnelWork nobody_at(const ikestate::Moment& moment, const ikestate::Path& path, bool at_port);

  // Commands; kNotFound for a tunnel that has no IKE.
  [[nodiscard]] Result<TunnelWork> bring_up(const ikestate::Moment& moment, const std::string& tunnel);
  enum class Extent : std::uint8_t { kWhole, kChildren };
  [[nodiscard]] Result<TunnelWork> take_down(const ikestate::Moment& moment, const std::string& tunnel, Extent extent);
  [[nodiscard]] Result<TunnelWork> rekey(const ikestate::Moment& moment, const std::string& tunnel,
                                         ike::RekeyTarget what);
  // Says farewell to every peer, as the daemon ends.
  [[nodiscard]] TunnelWork say_farewell(const ikestate::Moment& moment);

  [[nodiscard]] const Policies& policies() const { return policies_; }
  [[nodiscard]] const NegotiatedTunnels& negotiated() const { return negotiated_; }
  [[nodiscard]] const std::map<std::string, Life>& lives() const { return lives_; }
  [[nodiscard]] const ike::Engine& engine() const { return engine_; }
  [[nodiscard]] const std::deque<Happening>& happenings() const { return happenings_; }

 private:
  void take(const ikestate::Moment& moment, ikestate::Effects effects, TunnelWork& work);
  void take(const ikestate::Moment& moment, ikestate::ChildUp& effect, TunnelWork& work);
  void take(const ikestate::Moment& moment, const ikestate::ChildUse& effect, TunnelWork& work);
  void take(const ikestate::Moment& moment, const ikestate::ChildDown& effect, TunnelWork& work);
  void take(const ikestate::Moment& moment, const ikestate::PathMoved& effect, TunnelWork& work);
  void take(const ikestate::Moment& moment, const ikestate::IkeUp& effect);
  void take(const ikestate::Moment& moment, const ikestate::IkeDown& effect);
  void take(const ikestate::Moment& moment, ikestate::Report& effect, TunnelWork& work);
  void tell(const ikestate::Moment& moment, Happening happening, TunnelWork& work);
  void try_due(const ikestate::Moment& moment, TunnelWork& work);
  void look_at_sas(const ikestate::Moment& moment, const std::string& name, Life& life,
                   const model::NamedTunnelStats& stats, TunnelWork& work);
  void use(const std::string& name, Life& life, ikestate::ChildId child, TunnelWork& work);
  void refresh(const std::string& name);
  [[nodiscard]] static Nanos pause(std::uint32_t failures);

  ike::Engine engine_;
  std::map<std::string, Life> lives_;
  Policies policies_;
  std::map<std::string, model::TunnelIke> settings_;
  NegotiatedTunnels negotiated_;
  std::deque<Happening> happenings_;
  std::uint64_t last_happening_ = 0;
};

}  // namespace levelgate::control
