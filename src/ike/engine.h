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
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "admission/cookies.h"
#include "admission/token_bucket.h"
#include "crypto/random.h"
#include "ike/effects.h"
#include "ike/ike_sa.h"
#include "ike/peer_policy.h"

namespace levelgate::ike {

enum class RekeyTarget : std::uint8_t { kIke, kChildren };

struct EngineCounts {
  std::uint64_t datagrams = 0;
  std::uint64_t without_sa = 0;   // an SPI that nobody has
  std::uint64_t malformed = 0;    // headers and IKE_SA_INIT requests
  std::uint64_t old_version = 0;  // IKEv1, never answered
  std::uint64_t cookies_asked = 0;
  std::uint64_t cookies_wrong = 0;
  std::uint64_t refused_load = 0;  // too many half-open SAs of one source or in all
  std::uint64_t stale_jobs = 0;    // results for SAs that are gone
};

// What the engine keeps besides SAs: each of it belongs to one, and is gone with it.
struct EngineHoldings {
  std::size_t timers = 0;
  std::size_t jobs = 0;            // whose values have not come back
  std::size_t init_requests = 0;   // that were served
  std::size_t child_spis = 0;      // of Child SAs and of offers
  std::size_t children = 0;        // whose IKE SA is known
  std::size_t tunnel_entries = 0;  // SAs by name
};

class Engine final : private Registry {
 public:
  // `random` outlives the engine.
  explicit Engine(crypto::Random& random);
  ~Engine() override;

  // What may be negotiated from now on. SAs that are up follow the new policy of their tunnel at the next rekey; the
  // caller ends those that shall not go on.
  void configure(const std::vector<PolicyPtr>& policies);
  // From so many half-open SAs on everybody has to return a cookie; 0: always.
  void demand_cookies_from(std::size_t half_open) { half_open_.demand_from(half_open); }

  // Who sent this message, as far as it says itself; for the order in which messages are served.
  [[nodiscard]] model::Caller caller(ConstBytes octets) const;

  // How the tunnel's last attempt ended, as far as it matters for the next one.
  enum class Asking : std::uint8_t {
    kByName,   // IDr says whom we want
    kWithout,  // the peer refused us: it may answer who it is when it is not asked for a name
  };
  [[nodiscard]] Effects initiate(const Moment& moment, const std::string& tunnel, Asking asking = Asking::kByName);
  [[nodiscard]] Effects datagram(const Moment& moment, const Path& path, ConstBytes octets);
  [[nodiscard]] Effects job_done(const Moment& moment, JobId id, JobValue value);
  [[nodiscard]] Effects on_time(const Moment& moment);
  // When on_time() is wanted next.
  [[nodiscard]] Instant deadline() const { return timers_.empty() ? kNever : timers_.begin()->first; }

  // Every SA of a tunnel; a Delete is sent to peers that are authenticated.
  [[nodiscard]] Effects terminate(const Moment& moment, const std::string& tunnel);
  // At once and without a word, as when the process ends.
  [[nodiscard]] Effects forget(const Moment& moment, const std::string& tunnel);
  [[nodiscard]] Effects rekey(const Moment& moment, const std::string& tunnel, RekeyTarget what);
  [[nodiscard]] Effects rekey_child(const Moment& moment, ChildId child);
  [[nodiscard]] Effects delete_children(const Moment& moment, const std::string& tunnel);
  // Another Child SA on the established IKE SA of a tunnel.
  [[nodiscard]] Effects create_child(const Moment& moment, const std::string& tunnel);
  // The peer of this child sent something authentic.
  void heard(const Moment& moment, ChildId child);

  // For those who show: in no particular order.
  void each(const std::function<void(const IkeSa&)>& call) const;
  [[nodiscard]] std::size_t size() const { return sas_.size(); }
  [[nodiscard]] std::size_t half_open() const { return half_open_.half_open(); }
  [[nodiscard]] const EngineCounts& counts() const { return counts_; }
  [[nodiscard]] EngineHoldings holdings() const;

 private:
  struct InitKey {  // of an IKE_SA_INIT request that was served
    Endpoint source;
    std::uint64_t initiator_spi = 0;
    ikemessage::MessageDigest digest{};
    auto operator<=>(const InitKey&) const = default;
  };
  struct Entry {
    std::unique_ptr<IkeSa> sa;
    Instant timer = kNever;
    std::optional<InitKey> init;
    std::optional<IpAddress> half_open;  // counted under this source
    std::string tunnel;                  // under which it is found
    std::vector<ChildId> children;       // that are found under it
  };
  struct InitRequest {
    const Path& path;
    ConstBytes octets;
    ikewire::IkeHeader header;
    ikemessage::Contents contents;
  };

  // --- Registry ---
  Result<ikewire::IkeSpi> draw_ike_spi() override;
  Result<SpiLease> draw_child_spi() override;
  ChildId next_child() override { return ChildId{++last_child_}; }
  JobId start_job(std::uint64_t own_spi) override;
  void adopt(SaState successor, Adoption adoption) override;
  SaState* state(std::uint64_t own_spi) override;
  void authenticated(SaState& sa, bool initial_contact) override;
  bool first_contact(const SaState& sa) const override;

  // --- IKE_SA_INIT of strangers ---
  [[nodiscard]] std::optional<std::uint64_t> sa_served(const InitRequest& request) const;
  void init_request(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header);
  [[nodiscard]] bool admitted(Means& means, const InitRequest& request);
  void serve_init(Means& means, const InitRequest& request, std::vector<PolicyPtr> candidates);
  [[nodiscard]] std::optional<InitChoice> choose_for(Means& means, const InitRequest& request,
                                                     const std::vector<PolicyPtr>& candidates);
  void answer_stranger(Means& means, const InitRequest& request, ikewire::NotifyType type, ConstBytes value = {});
  void report_stranger(Means& means, Severity severity, std::string_view id, std::string tunnel, std::string text);
  [[nodiscard]] std::vector<PolicyPtr> candidates(const Path& path) const;

  [[nodiscard]] Means means(const Moment& moment, Effects& effects);
  // `call` on every SA of the tunnel.
  template <typename Call>
  [[nodiscard]] Effects on_each(const Moment& moment, const std::string& tunnel, Call call);
  [[nodiscard]] std::vector<std::uint64_t> sas_of(const std::string& tunnel) const;
  void settle(Means& means, std::uint64_t own_spi);
  void settle_touched(Means& means);
  void settle_one(Means& means, std::uint64_t own_spi);
  void file_under(Entry& entry, std::uint64_t own_spi, const std::string& tunnel);
  void unfile(Entry& entry, std::uint64_t own_spi);
  void file_children(Entry& entry, std::uint64_t own_spi);
  [[nodiscard]] IkeSa* owner_of(ChildId child);
  void close_duplicates(Means& means, std::uint64_t own_spi, bool initial_contact);

  crypto::Random& random_;
  std::map<std::pair<IpAddress, IpAddress>, std::vector<PolicyPtr>> by_addresses_;  // local, remote
  std::map<std::string, PolicyPtr> by_name_;
  std::unordered_map<std::uint64_t, Entry> sas_;  // by our SPI
  std::map<InitKey, std::uint64_t> inits_;
  std::set<std::pair<Instant, std::uint64_t>> timers_;
  std::unordered_map<std::uint64_t, std::uint64_t> jobs_;          // by id: whose
  std::shared_ptr<std::unordered_set<std::uint32_t>> child_spis_;  // leases outlive the engine, if need be
  std::unordered_map<std::uint64_t, std::uint64_t> owners_;        // of Child SAs, by id
  std::map<std::string, std::set<std::uint64_t>> of_tunnel_;       // SAs by the name of their policy
  admission::Cookies cookies_;
  admission::HalfOpenCount half_open_;
  admission::TokenBucket stranger_answers_, stranger_reports_;
  EngineCounts counts_;
  std::uint64_t last_job_ = 0;
  std::uint64_t last_child_ = 0;
  // Left over by calls of SAs, done when the call is over.
  std::set<std::uint64_t> touched_;
  std::vector<std::pair<std::uint64_t, bool>> authenticated_;
  std::vector<std::uint64_t> adopted_to_delete_;
};

}  // namespace levelgate::ike
