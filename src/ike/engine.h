// SPDX-License-Identifier: Apache-2.0
//
// The IKEv2 engine: many SAs, found by SPI, without a socket, a clock or a log. Inputs are calls with a moment, outputs
// are effects in order; randomness and slow work are injected. A stranger makes no state before its address is proven
// once there are many, and gets no more octets than it sent (RFC 7296 §2.6). Thread: control.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/caller.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "admission/cookies.h"
#include "admission/cost_budget.h"
#include "admission/large_key_room.h"
#include "admission/spent_puzzles.h"
#include "admission/tiers.h"
#include "admission/token_bucket.h"
#include "crypto/random.h"
#include "ike/ike_sa.h"
#include "ikestate/effects.h"
#include "ikestate/peer_policy.h"

namespace levelgate::ike {

enum class RekeyTarget : std::uint8_t { kIke, kChildren };

struct EngineCounts {
  std::uint64_t datagrams = 0;
  std::uint64_t without_sa = 0;   // an SPI that nobody has
  std::uint64_t malformed = 0;    // headers and IKE_SA_INIT requests
  std::uint64_t old_version = 0;  // IKEv1, never answered
  std::uint64_t cookies_asked = 0;
  std::uint64_t cookies_wrong = 0;
  std::uint64_t puzzles_asked = 0;
  std::uint64_t puzzles_solved = 0;
  std::uint64_t puzzles_wrong = 0;   // solutions that are none, or were used before
  std::uint64_t refused_load = 0;    // too many half-open SAs of one source or in all
  std::uint64_t refused_budget = 0;  // no room for another SA or its work
  std::uint64_t lines_withheld = 0;  // reports about strangers and half-open SAs beyond what may be told in a second
  std::uint64_t stale_jobs = 0;      // results for SAs that are gone
};

// What the engine keeps besides SAs: each of it belongs to one, and is gone with it.
struct EngineHoldings {
  std::size_t timers = 0;
  std::size_t jobs = 0;            // whose values have not come back
  std::size_t init_requests = 0;   // that were served
  std::size_t child_spis = 0;      // of Child SAs and of offers
  std::size_t children = 0;        // whose IKE SA is known
  std::size_t tunnel_entries = 0;  // SAs by name
  std::size_t stream_entries = 0;  // SAs by stream
};

// Who is served, and for what (RFC 8019 §6, §7).
struct AdmissionSettings {
  admission::TierSettings tiers;
  std::uint8_t difficulty = 16;       // of puzzles in IKE_SA_INIT, in bits; 0: the initiator chooses
  std::uint8_t auth_difficulty = 0;   // of a second one in IKE_AUTH for who solved the first; 0: there is none
  std::uint8_t most_difficulty = 20;  // that we solve ourselves
};

class Engine final : private ikeexchange::Registry {
 public:
  // `random` outlives the engine.
  explicit Engine(crypto::Random& random);
  ~Engine() override;

  // What may be negotiated from now on. SAs that are up follow the new policy of their tunnel at the next rekey; the
  // caller ends those that shall not go on.
  void configure(const std::vector<ikestate::PolicyPtr>& policies);
  void admit_by(const AdmissionSettings& settings);

  // Who sent this message, as far as it says itself; for the order in which messages are served.
  [[nodiscard]] model::Caller caller(ConstBytes octets) const;

  // How the tunnel's last attempt ended, as far as it matters for the next one.
  enum class Asking : std::uint8_t {
    kByName,   // IDr says whom we want
    kWithout,  // the peer refused us: it may answer who it is when it is not asked for a name
  };
  [[nodiscard]] ikestate::Effects initiate(const ikestate::Moment& moment, const std::string& tunnel,
                                           Asking asking = Asking::kByName);
  [[nodiscard]] ikestate::Effects datagram(const ikestate::Moment& moment, const ikestate::Path& path,
                                           ConstBytes octets);
  // A connection that Connect asked for is made; or one that some message came on, or that Connect asked for, ended.
  [[nodiscard]] ikestate::Effects stream_up(const ikestate::Moment& moment, const ikestate::Path& path);
  [[nodiscard]] ikestate::Effects stream_ended(const ikestate::Moment& moment, StreamId stream);
  // For a connection that a peer made.
  [[nodiscard]] StreamId next_stream() override { return StreamId{++last_stream_}; }
  [[nodiscard]] ikestate::Effects job_done(const ikestate::Moment& moment, ikestate::JobId id,
                                           ikestate::JobValue value);
  [[nodiscard]] ikestate::Effects on_time(const ikestate::Moment& moment);
  // When on_time() is wanted next.
  [[nodiscard]] Instant deadline() const { return timers_.empty() ? kNever : timers_.begin()->first; }

  // Every SA of a tunnel; a Delete is sent to peers that are authenticated.
  [[nodiscard]] ikestate::Effects terminate(const ikestate::Moment& moment, const std::string& tunnel);
  // At once and without a word, as when the process ends.
  [[nodiscard]] ikestate::Effects forget(const ikestate::Moment& moment, const std::string& tunnel);
  [[nodiscard]] ikestate::Effects rekey(const ikestate::Moment& moment, const std::string& tunnel, RekeyTarget what);
  [[nodiscard]] ikestate::Effects rekey_child(const ikestate::Moment& moment, ikestate::ChildId child);
  [[nodiscard]] ikestate::Effects delete_children(const ikestate::Moment& moment, const std::string& tunnel);
  // Another Child SA on the established IKE SA of a tunnel.
  [[nodiscard]] ikestate::Effects create_child(const ikestate::Moment& moment, const std::string& tunnel);
  // The peer of this child sent something authentic.
  void heard(const ikestate::Moment& moment, ikestate::ChildId child);
  // What it sent came by this stream, and was newer than all before it (RFC 9329 §6.1).
  [[nodiscard]] ikestate::Effects esp_arrived(const ikestate::Moment& moment, ikestate::ChildId child, StreamId stream);

  // For those who show: in no particular order.
  void each(const std::function<void(const IkeSa&)>& call) const;
  [[nodiscard]] std::size_t size() const { return sas_.size(); }
  [[nodiscard]] std::size_t half_open() const { return tiers_.half_open(); }
  [[nodiscard]] const admission::Budget& budget() const { return budget_; }
  [[nodiscard]] const EngineCounts& counts() const { return counts_; }
  // What strangers hold of large keys.
  [[nodiscard]] const admission::LargeKeyRoom& large_keys() const { return large_keys_; }
  [[nodiscard]] EngineHoldings holdings() const;

 private:
  struct InitKey {  // of an IKE_SA_INIT request that was served
    Endpoint source;
    std::uint64_t initiator_spi = 0;
    ikemessage::MessageDigest digest{};
    auto operator<=>(const InitKey&) const = default;
  };
  struct HalfOpen {
    IpAddress source;  // counted under it
    admission::Standing standing{};
    admission::Budget::Charge sa, octets, fragments;
  };
  struct Entry {
    std::unique_ptr<IkeSa> sa;
    Instant timer = kNever;
    std::optional<InitKey> init;
    std::optional<HalfOpen> half_open;
    std::string tunnel;                       // under which it is found
    std::vector<ikestate::ChildId> children;  // that are found under it
    StreamId stream;                          // likewise; none: UDP
    bool attempt = false;                     // of ours, whose end is yet to be noted
  };
  struct InitRequest {
    const ikestate::Path& path;
    ConstBytes octets;
    ikewire::IkeHeader header;
    ikemessage::Contents contents;
  };
  // What a request shows of its sender, checked.
  struct Showing {
    admission::Shown shown = admission::Shown::kNothing;
    std::optional<std::uint64_t> mark;  // of the cookie whose puzzle was solved
    std::uint8_t puzzles = 0;           // that were set to it before
  };
  struct Job {
    std::uint64_t own_spi = 0;
    admission::Budget::Charge charge;
  };
  [[nodiscard]] static admission::CookieRequest cookie_basis(const InitRequest& request) {
    return {*request.contents.nonce, request.path.remote.address, request.header.initiator_spi};
  }

  // --- Registry ---
  Result<ikewire::IkeSpi> draw_ike_spi() override;
  Result<ikestate::SpiLease> draw_child_spi() override;
  ikestate::ChildId next_child() override { return ikestate::ChildId{++last_child_}; }
  ikestate::JobId start_job(std::uint64_t own_spi) override;
  void adopt(ikestate::SaState successor, ikeexchange::Adoption adoption) override;
  ikestate::SaState* state(std::uint64_t own_spi) override;
  void authenticated(ikestate::SaState& sa, bool initial_contact) override;
  bool hold_fragments(std::uint64_t own_spi, std::size_t octets) override;
  bool may_work(std::uint64_t own_spi) const override;
  std::optional<admission::Budget::Charge> hold_large_key(std::size_t octets) override;
  std::uint8_t most_difficulty() const override { return settings_.most_difficulty; }
  bool first_contact(const ikestate::SaState& sa) const override;

  // --- IKE_SA_INIT of strangers ---
  [[nodiscard]] std::optional<std::uint64_t> sa_served(const InitRequest& request) const;
  void init_request(ikeexchange::Means& means, InitRequest request);
  // The request may be served; nothing: it was answered, or dropped.
  [[nodiscard]] std::optional<Showing> admitted(ikeexchange::Means& means, const InitRequest& request,
                                                const std::vector<ikestate::PolicyPtr>& candidates);
  [[nodiscard]] Showing shown_by(const ikeexchange::Means& means, const InitRequest& request);
  [[nodiscard]] admission::Shown solution_of(const InitRequest& request, const ikewire::Puzzle& puzzle,
                                             ConstBytes cookie);
  void ask_cookie(ikeexchange::Means& means, const InitRequest& request);
  [[nodiscard]] bool make_large_room(ikeexchange::Means& means, const InitRequest& request,
                                     ikeexchange::InitChoice& choice, const Showing& showing);
  void ask_puzzle(ikeexchange::Means& means, const InitRequest& request,
                  const std::vector<ikestate::PolicyPtr>& candidates, std::uint8_t number);
  [[nodiscard]] std::uint8_t difficulty_now(std::uint8_t number) const;
  void hurry_half_open(Instant now);
  [[nodiscard]] std::optional<HalfOpen> half_open_of(const InitRequest& request, Instant now);
  void serve_init(ikeexchange::Means& means, const InitRequest& request, std::vector<ikestate::PolicyPtr> candidates,
                  const Showing& showing);
  // Of what an SA whose peer is not known yet has told since, what is too much for one second.
  void withhold_reports(ikeexchange::Means& means, const IkeSa& sa, std::size_t from = 0);
  [[nodiscard]] std::optional<ikeexchange::InitChoice> choose_for(ikeexchange::Means& means, const InitRequest& request,
                                                                  const std::vector<ikestate::PolicyPtr>& candidates);
  void answer_stranger(ikeexchange::Means& means, const InitRequest& request, ikewire::NotifyType type,
                       ConstBytes value = {});
  static void reply(ikeexchange::Means& means, const InitRequest& request,
                    std::initializer_list<ikewire::Notify> notifies);
  void report_stranger(ikeexchange::Means& means, ikestate::Severity severity, std::string_view id, std::string tunnel,
                       std::string text);
  [[nodiscard]] std::vector<ikestate::PolicyPtr> candidates(const ikestate::Path& path) const;

  [[nodiscard]] ikeexchange::Means means(const ikestate::Moment& moment, ikestate::Effects& effects);
  // `call` on every SA of the tunnel.
  template <typename Call>
  [[nodiscard]] ikestate::Effects on_each(const ikestate::Moment& moment, const std::string& tunnel, Call call);
  [[nodiscard]] std::vector<std::uint64_t> sas_of(const std::string& tunnel) const;
  void settle(ikeexchange::Means& means, std::uint64_t own_spi);
  void settle_touched(ikeexchange::Means& means);
  void settle_one(ikeexchange::Means& means, std::uint64_t own_spi);
  void file_under(Entry& entry, std::uint64_t own_spi, const std::string& tunnel);
  void unfile(Entry& entry, std::uint64_t own_spi);
  void end_stream(ikeexchange::Means& means, StreamId stream);
  void file_stream(ikeexchange::Means& means, Entry& entry, std::uint64_t own_spi, StreamId stream);
  void file_children(Entry& entry, std::uint64_t own_spi);
  static void tell_stream(ikeexchange::Means& means, IkeSa& sa);
  void note_attempt(Entry& entry, Instant now);
  [[nodiscard]] IkeSa* owner_of(ikestate::ChildId child);
  void close_duplicates(ikeexchange::Means& means, std::uint64_t own_spi, bool initial_contact);

  crypto::Random& random_;
  std::map<std::pair<IpAddress, IpAddress>, std::vector<ikestate::PolicyPtr>> by_addresses_;  // local, remote
  std::map<std::string, ikestate::PolicyPtr> by_name_;
  admission::Budget budget_;                      // outlives all that is charged to it
  std::unordered_map<std::uint64_t, Entry> sas_;  // by our SPI
  std::map<InitKey, std::uint64_t> inits_;
  std::set<std::pair<Instant, std::uint64_t>> timers_;
  std::unordered_map<std::uint64_t, Job> jobs_;                    // by id
  std::shared_ptr<std::unordered_set<std::uint32_t>> child_spis_;  // leases outlive the engine, if need be
  std::unordered_map<std::uint64_t, std::uint64_t> owners_;        // of Child SAs, by id
  std::map<std::string, std::set<std::uint64_t>> of_tunnel_;       // SAs by the name of their policy
  std::unordered_map<StreamId, std::set<std::uint64_t>> of_stream_;
  std::map<std::string, negotiation::TransportMemory> transports_;  // by tunnel, of those that are configured
  admission::Cookies cookies_;
  admission::SpentPuzzles spent_puzzles_;
  admission::LargeKeyRoom large_keys_;
  admission::Tiers tiers_;
  AdmissionSettings settings_;
  bool loaded_ = false;
  admission::TokenBucket stranger_answers_, stranger_reports_, half_open_reports_, half_open_notes_;
  EngineCounts counts_;
  std::uint64_t last_job_ = 0;
  std::uint64_t last_child_ = 0;
  std::uint64_t last_stream_ = 0;
  // Left over by calls of SAs, done when the call is over.
  std::set<std::uint64_t> touched_;
  std::vector<std::pair<std::uint64_t, bool>> authenticated_;
  std::vector<std::uint64_t> adopted_to_delete_;
};

}  // namespace levelgate::ike
