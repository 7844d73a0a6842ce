// SPDX-License-Identifier: Apache-2.0
//
// Finding SAs, timers, commands, and what spans SAs. Strangers are in admission.cpp.
#include "ike/engine.h"

#include <algorithm>
#include <array>

#include "crypto/prf.h"
#include "ikeexchange/separate_transports.h"
#include "ikemessage/glance.h"

namespace levelgate::ike {
namespace {

using ikeexchange::Adoption;
using ikeexchange::call_peer;
using ikeexchange::Means;
using ikestate::ChildId;
using ikestate::ChildSa;
using ikestate::ChildStage;
using ikestate::CloseStream;
using ikestate::Effects;
using ikestate::JobId;
using ikestate::JobValue;
using ikestate::kIkeClosed;
using ikestate::kIkePort;
using ikestate::kNatPort;
using ikestate::Moment;
using ikestate::Path;
using ikestate::PeerPolicy;
using ikestate::Phase;
using ikestate::PolicyPtr;
using ikestate::SaState;
using ikestate::Severity;
using ikestate::SpiLease;
using ikestate::Want;
using ikewire::IkeRole;

constexpr int kSpiDraws = 16;  // until one is free: with fewer SAs than half of all SPIs this never ends the loop
constexpr std::uint32_t kLeastChildSpi = 256;

bool is_up(const IkeSa& sa) { return sa.state().phase == Phase::kEstablished; }

// Their ids, since what is wanted of them may change them.
template <typename Test>
std::vector<ChildId> children_of(const IkeSa& sa, Test test) {
  std::vector<ChildId> ids;
  for (const auto& [id, child] : sa.state().children) {
    if (test(child)) ids.push_back(id);
  }
  return ids;
}

}  // namespace

Engine::Engine(crypto::Random& random)
    : random_(random),
      child_spis_(std::make_shared<std::unordered_set<std::uint32_t>>()),
      cookies_([](ConstBytes key, std::span<const ConstBytes> pieces) {
        return crypto::prf(crypto::Prf::kHmacSha256, key, pieces);
      }),
      stranger_answers_(limits::kStrangerAnswers),
      stranger_reports_(limits::kStrangerReports),
      half_open_reports_(limits::kHalfOpenReports),
      half_open_notes_(limits::kHalfOpenNotes) {}
Engine::~Engine() = default;

void Engine::configure(const std::vector<PolicyPtr>& policies) {
  by_addresses_.clear();
  by_name_.clear();
  for (const PolicyPtr& policy : policies) {
    by_addresses_[{policy->local, policy->remote}].push_back(policy);
    by_name_[policy->name] = policy;
  }
  std::erase_if(transports_, [&](const auto& one) { return !by_name_.contains(one.first); });
  for (auto& [spi, entry] : sas_) {
    const auto now = by_name_.find(entry.sa->state().tunnel());
    if (!is_up(*entry.sa) || now == by_name_.end()) continue;
    SaState& state = entry.sa->state();
    if (!(state.policy->ppk == now->second->ppk)) state.ppk.left.clear();  // the operator's order is a new one
    state.policy = now->second;
    touched_.insert(spi);
  }
  Effects none;  // only timers are set anew
  Means means = this->means({}, none);
  settle_touched(means);
}

Means Engine::means(const Moment& moment, Effects& effects) { return {moment, random_, effects, *this}; }

// [7296-2.6-a, 7296-3.1-b]
Result<ikewire::IkeSpi> Engine::draw_ike_spi() {
  for (int i = 0; i < kSpiDraws; ++i) {
    std::array<std::byte, 8> drawn{};
    if (const auto filled = random_.fill(drawn); !filled) return std::unexpected(filled.error());
    const std::uint64_t spi = load_be<std::uint64_t>(drawn.data());
    if (spi != 0 && !sas_.contains(spi)) return ikewire::IkeSpi{spi};
  }
  return failure(Fault::kInternal, "random numbers repeat");
}

Result<SpiLease> Engine::draw_child_spi() {
  for (int i = 0; i < kSpiDraws; ++i) {
    std::array<std::byte, 4> drawn{};
    if (const auto filled = random_.fill(drawn); !filled) return std::unexpected(filled.error());
    const std::uint32_t spi = load_be<std::uint32_t>(drawn.data());
    if (spi < kLeastChildSpi || !child_spis_->insert(spi).second) continue;
    return SpiLease(new Spi{spi}, [drawn_ones = child_spis_](const Spi* lent) {
      drawn_ones->erase(lent->value);
      delete lent;
    });
  }
  return failure(Fault::kInternal, "random numbers repeat");
}

JobId Engine::start_job(std::uint64_t own_spi) {
  Job job{own_spi, {}};
  const auto found = sas_.find(own_spi);
  if (found != sas_.end() && found->second.half_open) {
    // Who starts work asks first, so that it is there.
    auto charge = budget_.take(admission::Cost::kJobs, 1, found->second.half_open->standing);
    if (charge) job.charge = std::move(*charge);
  }
  jobs_[++last_job_] = std::move(job);
  return JobId{last_job_};
}

// With message ids of its own, from zero [7296-2.18-c].
void Engine::adopt(SaState successor, Adoption adoption) {
  const std::uint64_t own_spi = successor.own_spi();
  sas_[own_spi].sa = std::make_unique<IkeSa>(std::move(successor));
  touched_.insert(own_spi);
  if (adoption == Adoption::kDelete) adopted_to_delete_.push_back(own_spi);
}

SaState* Engine::state(std::uint64_t own_spi) {
  const auto found = sas_.find(own_spi);
  if (found == sas_.end()) return nullptr;
  touched_.insert(own_spi);
  return &found->second.sa->state();
}

void Engine::authenticated(SaState& sa, bool initial_contact) {
  tiers_.authenticated(sa.established_at, sa.path.remote.address);
  large_keys_.proven(sa.path.remote.address);
  authenticated_.emplace_back(sa.own_spi(), initial_contact);
}

bool Engine::first_contact(const SaState& sa) const {
  const auto found = of_tunnel_.find(sa.tunnel());
  if (found == of_tunnel_.end()) return true;
  return std::ranges::none_of(found->second, [&](std::uint64_t spi) {
    const auto other = sas_.find(spi);
    return other != sas_.end() && spi != sa.own_spi() && is_up(*other->second.sa);
  });
}

Effects Engine::initiate(const Moment& moment, const std::string& tunnel, Asking asking) {
  Effects effects;
  Means means = this->means(moment, effects);
  const auto policy = by_name_.find(tunnel);
  const auto spi = draw_ike_spi();
  if (policy == by_name_.end() || !spi) return effects;
  SaState state;
  state.role = IkeRole::kInitiator;
  state.asks_by_name = asking == Asking::kByName;
  state.spis.initiator = *spi;  // another one for each transport that is tried [9329-5.1-b]
  state.policy = policy->second;
  const PeerPolicy& wanted = *policy->second;
  const negotiation::Opening opening = negotiation::next_opening(wanted.transports, transports_[tunnel], moment.now);
  const bool at_once = !negotiation::over_tcp(opening);
  state.attempt = {.opening = opening, .falls_back = at_once && wanted.transports.falls_back()};
  // The port that a NAT would have ESP on as well, where IKE is about to leave UDP.
  const std::uint16_t port = opening == negotiation::Opening::kUdp ? kIkePort : kNatPort;
  state.path = {{wanted.local, port}, {wanted.remote, port}};
  if (!at_once) call_peer(means, state);
  Entry& entry = sas_[spi->value];
  entry.sa = std::make_unique<IkeSa>(std::move(state));
  entry.attempt = true;
  if (at_once) entry.sa->begin(means);
  settle(means, spi->value);
  return effects;
}

model::Caller Engine::caller(ConstBytes octets) const {
  const ikemessage::Glance seen = ikemessage::glance(octets);
  if (seen.own_spi != 0 && sas_.contains(seen.own_spi)) return model::Caller::kKnown;
  return seen.returns_cookie ? model::Caller::kReturned : model::Caller::kFirst;
}

Effects Engine::datagram(const Moment& moment, const Path& path, ConstBytes octets) {
  Effects effects;
  Means means = this->means(moment, effects);
  ++counts_.datagrams;
  const ikewire::IkeHeaderView view = ikewire::read_ike_header(octets);
  if (view.verdict == ikewire::IkeHeaderVerdict::kOldVersion) ++counts_.old_version;
  // [7296-2.5-b, 7296-3.1-f]
  if (view.verdict == ikewire::IkeHeaderVerdict::kHighVersion) {
    const bool request = view.header.direction == ikewire::IkeDirection::kRequest;
    if (request) answer_stranger(means, {path, octets, view.header, {}}, ikewire::NotifyType::kInvalidMajorVersion);
  }
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) {
    ++counts_.malformed;
    // Its boundaries are lost, or it is no IKE [9329-6.1-m].
    if (path.over_tcp()) {
      effects.push_back(CloseStream{path.stream});
      end_stream(means, path.stream);
    }
    return effects;
  }
  const ikewire::IkeHeader& header = view.header;
  const bool of_initiator = header.sender == IkeRole::kInitiator;
  if (of_initiator && header.responder_spi.value == 0) {
    init_request(means, {path, octets, header, {}});
    settle_touched(means);
    return effects;
  }
  const std::uint64_t own = of_initiator ? header.responder_spi.value : header.initiator_spi.value;
  const auto found = sas_.find(own);
  // Nobody is told: an answer could be answered, and says which SPIs are in use (RFC 7296 §1.5, §2.21.4)
  // [7296-2.21.4-a].
  if (found == sas_.end()) {
    ++counts_.without_sa;
    return effects;
  }
  IkeSa& sa = *found->second.sa;
  const ikewire::IkeSpi peer_spi = of_initiator ? header.initiator_spi : header.responder_spi;
  const ikewire::IkeSpi known = of_initiator ? sa.state().spis.initiator : sa.state().spis.responder;
  const bool init_answer = sa.state().phase == Phase::kInitSent && header.exchange == ikewire::Exchange::kIkeSaInit;
  if (header.sender == sa.state().role || (peer_spi != known && !init_answer)) {
    ++counts_.without_sa;
    return effects;
  }
  const bool half_open = found->second.half_open.has_value();
  sa.datagram(means, path, octets, header);
  if (half_open) withhold_reports(means, sa);
  settle(means, own);
  return effects;
}

Effects Engine::stream_up(const Moment& moment, const Path& path) {
  Effects effects;
  Means means = this->means(moment, effects);
  const auto users = of_stream_.find(path.stream);
  if (users == of_stream_.end()) return effects;
  for (const std::uint64_t spi : std::set<std::uint64_t>(users->second)) {
    sas_.at(spi).sa->stream_up(means, path);
    touched_.insert(spi);
  }
  settle_touched(means);
  return effects;
}

Effects Engine::stream_ended(const Moment& moment, StreamId stream) {
  Effects effects;
  Means means = this->means(moment, effects);
  end_stream(means, stream);
  return effects;
}

void Engine::end_stream(Means& means, StreamId stream) {
  const auto users = of_stream_.extract(stream);
  if (users.empty()) return;
  for (const std::uint64_t spi : users.mapped()) {
    Entry& entry = sas_.at(spi);
    entry.stream = {};
    entry.sa->stream_ended(means);
    touched_.insert(spi);
  }
  settle_touched(means);
}

Effects Engine::job_done(const Moment& moment, JobId id, JobValue value) {
  Effects effects;
  Means means = this->means(moment, effects);
  const auto job = jobs_.find(id.value);
  const auto found = job == jobs_.end() ? sas_.end() : sas_.find(job->second.own_spi);
  if (job != jobs_.end()) jobs_.erase(job);
  if (found == sas_.end()) {
    ++counts_.stale_jobs;
    return effects;
  }
  const std::uint64_t own = found->first;
  const bool half_open = found->second.half_open.has_value();
  found->second.sa->job_done(means, id, std::move(value));
  if (half_open) withhold_reports(means, *found->second.sa);
  settle(means, own);
  return effects;
}

Effects Engine::on_time(const Moment& moment) {
  Effects effects;
  Means means = this->means(moment, effects);
  while (!timers_.empty() && timers_.begin()->first <= moment.now) {
    const std::uint64_t own = timers_.begin()->second;
    const auto found = sas_.find(own);
    timers_.erase(timers_.begin());
    if (found == sas_.end()) continue;
    found->second.timer = kNever;
    const std::size_t before = effects.size();
    found->second.sa->on_time(means);
    if (found->second.half_open) withhold_reports(means, *found->second.sa, before);
    settle(means, own);
  }
  return effects;
}

std::vector<std::uint64_t> Engine::sas_of(const std::string& tunnel) const {
  const auto found = of_tunnel_.find(tunnel);
  if (found == of_tunnel_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

template <typename Call>
Effects Engine::on_each(const Moment& moment, const std::string& tunnel, Call call) {
  Effects effects;
  Means means = this->means(moment, effects);
  for (const std::uint64_t spi : sas_of(tunnel)) {
    call(means, *sas_.at(spi).sa);
    settle(means, spi);
  }
  return effects;
}

Effects Engine::terminate(const Moment& moment, const std::string& tunnel) {
  return on_each(moment, tunnel, [](Means& means, IkeSa& sa) { sa.want(means, Want::kDeleteIke); });
}

Effects Engine::forget(const Moment& moment, const std::string& tunnel) {
  return on_each(moment, tunnel, [](Means& means, IkeSa& sa) {
    sa.close_now(means, {kIkeClosed, "the SA is forgotten", Severity::kInfo});
  });
}

Effects Engine::rekey(const Moment& moment, const std::string& tunnel, RekeyTarget what) {
  return on_each(moment, tunnel, [what](Means& means, IkeSa& sa) {
    if (!is_up(sa)) return;
    if (what == RekeyTarget::kIke) return sa.want(means, Want::kRekeyIke);
    const auto active = [](const ChildSa& child) { return child.stage == ChildStage::kActive; };
    for (const ChildId child : children_of(sa, active)) sa.want(means, Want::kRekeyChild, child);
  });
}

Effects Engine::delete_children(const Moment& moment, const std::string& tunnel) {
  return on_each(moment, tunnel, [](Means& means, IkeSa& sa) {
    const auto any = [](const ChildSa&) { return true; };
    for (const ChildId child : children_of(sa, any)) sa.want(means, Want::kDeleteChild, child);
  });
}

Effects Engine::rekey_child(const Moment& moment, ChildId child) {
  Effects effects;
  Means means = this->means(moment, effects);
  if (IkeSa* const owner = owner_of(child)) {
    const std::uint64_t own = owner->state().own_spi();
    owner->want(means, Want::kRekeyChild, child);
    settle(means, own);
  }
  return effects;
}

Effects Engine::create_child(const Moment& moment, const std::string& tunnel) {
  Effects effects;
  Means means = this->means(moment, effects);
  for (const std::uint64_t spi : sas_of(tunnel)) {
    IkeSa& sa = *sas_.at(spi).sa;
    if (!is_up(sa)) continue;
    sa.want(means, Want::kNewChild);
    settle(means, spi);
    break;
  }
  return effects;
}

void Engine::heard(const Moment& moment, ChildId child) {
  if (IkeSa* const owner = owner_of(child)) owner->heard(moment.now);
}

Effects Engine::esp_arrived(const Moment& moment, ChildId child, StreamId stream) {
  Effects effects;
  Means means = this->means(moment, effects);
  if (IkeSa* const owner = owner_of(child)) {
    owner->esp_arrived(means, stream);
    settle(means, owner->state().own_spi());
  }
  return effects;
}

IkeSa* Engine::owner_of(ChildId child) {
  const auto owner = owners_.find(child.value);
  const auto found = owner == owners_.end() ? sas_.end() : sas_.find(owner->second);
  return found == sas_.end() ? nullptr : found->second.sa.get();
}

void Engine::each(const std::function<void(const IkeSa&)>& call) const {
  for (const auto& [spi, entry] : sas_) call(*entry.sa);
}

EngineHoldings Engine::holdings() const {
  std::size_t on_streams = 0;
  for (const auto& [stream, spis] : of_stream_) on_streams += spis.size();
  EngineHoldings held{timers_.size(), jobs_.size(), inits_.size(), child_spis_->size(), owners_.size(), 0, on_streams};
  for (const auto& [tunnel, spis] : of_tunnel_) held.tunnel_entries += spis.size();
  return held;
}

}  // namespace levelgate::ike
