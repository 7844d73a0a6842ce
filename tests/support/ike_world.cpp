// SPDX-License-Identifier: Apache-2.0
//
// The world's events, and what its nodes do.
#include "support/ike_world.h"

#include <algorithm>

#include "support/test_certificates.h"

namespace levelgate::testing {
namespace {

using namespace std::chrono_literals;
using ikestate::Path;

// Of one node at once: attempts of both sides, rekeys, and what waits for its Delete.
constexpr std::size_t kMostSas = 40;
constexpr std::uint64_t kMostSteps = 1'000'000;

const IpAddress kFirst = *IpAddress::parse("192.0.2.1");
const IpAddress kSecond = *IpAddress::parse("192.0.2.2");

model::SharedKey psk(std::string_view text) {
  return {std::make_shared<const SecretBytes>(as_bytes(text.data(), text.size()))};
}

}  // namespace

WorldTunnel::WorldTunnel() {
  for (model::TunnelConfig* tunnel : {&first, &second}) {
    tunnel->name = tunnel == &first ? "east" : "west";
    tunnel->local = tunnel == &first ? kFirst : kSecond;
    tunnel->remote = tunnel == &first ? kSecond : kFirst;
    model::TunnelIke own;
    own.psk = psk("a preshared key of many octets");
    own.local_id = {model::IdentityKind::kFqdn, tunnel == &first ? "east.example" : "west.example"};
    own.remote_id = {model::IdentityKind::kFqdn, tunnel == &first ? "west.example" : "east.example"};
    tunnel->ike = own;
  }
  first.selectors = {{model::TrafficSelector::from(*IpPrefix::parse("10.1.0.0/16"))},
                     {model::TrafficSelector::from(*IpPrefix::parse("10.2.0.0/16"))}};
  second.selectors = {first.selectors.remote, first.selectors.local};
}

ikestate::PolicyPtr WorldTunnel::policy(int number) const {
  const model::TunnelConfig& tunnel = number == 0 ? first : second;
  authentication::CredentialCache cache;
  auto credentials = authentication::make_credentials(config, *tunnel.ike, cache);
  EXPECT_TRUE(credentials) << (credentials ? "" : credentials.error().what);
  auto policy = ikestate::make_policy(tunnel, *credentials);
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().what);
  return *policy;
}

// --- node ---

IkeNode::IkeNode(IkeWorld& world_, int number_, std::uint64_t seed)
    : world(world_), number(number_), random(seed), engine(std::make_unique<ike::Engine>(random)) {}

void IkeNode::restart() {
  world.ladder.note(world.now(), number, "restarts");
  child_at = kNever;
  engine = std::make_unique<ike::Engine>(random);
  engine->configure({policy});
  children.clear();
  up.clear();
  sends_by = {};
  try_at = wants ? world.now() : kNever;
}

void IkeNode::carry_out(ikestate::Effects effects) {
  reports_at_last_call = reports.size();
  for (ikestate::Effect& effect : effects) {
    std::visit([this](auto& one) { take(one); }, effect);
  }
}

void IkeNode::take(ikestate::Send& effect) {
  ++sent_datagrams;
  sent_octets += effect.octets.size();
  world.send(number, effect.path, std::move(effect.octets));
}

void IkeNode::take(ikestate::Connect& effect) { world.streams.connect(number, effect.path); }
void IkeNode::take(ikestate::ProveStream& effect) {
  world.streams.proven[static_cast<std::size_t>(number)].push_back(effect.stream);
}
void IkeNode::take(ikestate::CloseStream& effect) { world.streams.close(number, effect.stream); }

void IkeNode::take(ikestate::SendKeepalive& effect) {
  EXPECT_FALSE(effect.path.over_tcp()) << "TCP keeps its own mapping";
  ++sent_keepalives;
}

void IkeNode::take(ikestate::RunJob& effect) {
  auto value = std::make_shared<ikestate::JobValue>(effect.work());
  ike::Engine* const asked = engine.get();
  world.at(world.now() + world.delay() / 10, [this, asked, value, id = effect.id] {
    if (engine.get() == asked) carry_out(engine->job_done(world.moment(), id, std::move(*value)));
  });
}

void IkeNode::take(ikestate::ChildUp& effect) {
  EXPECT_FALSE(up.empty()) << "a Child SA before both sides are authenticated";
  child_at = kNever;
  const ChildId id = effect.id;
  const bool now = effect.use == ikestate::OutboundUse::kNow;
  children[id] = {std::move(effect), now};
  if (now) sends_by = id;
}

void IkeNode::take(ikestate::ChildUse& effect) {
  if (children.contains(effect.id)) sends_by = effect.id;
}

void IkeNode::take(ikestate::ChildDown& effect) {
  children.erase(effect.id);
  // Not both at once: nothing in IKE would take one of two back.
  if (children.empty() && wants) child_at = world.now() + (number == 0 ? 60s : 100s);
  if (sends_by == effect.id) sends_by = children.empty() ? ChildId{} : children.rbegin()->first;
}

void IkeNode::take(ikestate::PathMoved& effect) {
  for (const ChildId id : effect.children) {
    if (children.contains(id)) children.at(id).up.path = effect.path;
  }
}

bool IkeNode::send_esp() {
  const auto sending = children.find(sends_by);
  if (sending == children.end() || !sending->second.up.path.over_tcp()) return false;
  std::vector<std::byte> esp(40);
  store_be<std::uint32_t>(esp.data(), sending->second.up.outbound.spi.value);
  return world.streams.send(number, sending->second.up.path, esp, stream::FrameKind::kEsp);
}

void IkeNode::take_esp(StreamId stream, ConstBytes esp) {
  const Spi spi{load_be<std::uint32_t>(esp.data())};
  const auto found = std::ranges::find_if(children, [&](const auto& one) { return one.second.up.inbound.spi == spi; });
  if (found == children.end()) return;
  ++got_esp;
  // As the data plane does: only what comes by another stream is told.
  if (found->second.up.path.stream == stream) return;
  carry_out(engine->esp_arrived(world.moment(), found->first, stream));
}

void IkeNode::take(ikestate::IkeUp& effect) {
  up.insert(effect.own_spi);
  if (child_at != kNever && up.size() == 1) child_at = world.now() + (number == 0 ? 60s : 100s);
  try_at = kNever;
}

void IkeNode::take(ikestate::IkeDown& effect) {
  up.erase(effect.own_spi);
  const bool withheld = engine->counts().lines_withheld > 0;
  EXPECT_TRUE(effect.replaced || withheld || reports.size() > reports_at_last_call) << "an SA ends without a reason";
  if (wants && up.empty()) try_at = effect.again ? world.now() : world.now() + 1s;
}

void IkeNode::take(ikestate::Report& effect) {
  world.ladder.note(world.now(), number, std::string(effect.id) + " " + effect.text);
  reports.push_back(std::move(effect));
}

// --- world ---

IkeWorld::IkeWorld(std::uint64_t seed, NetworkFaults faults_)
    : faults(faults_), streams(*this, seed + 77), dice_(seed) {
  nodes_.push_back(std::make_unique<IkeNode>(*this, 0, seed * 2 + 1));
  nodes_.push_back(std::make_unique<IkeNode>(*this, 1, seed * 2 + 2));
}

ikestate::Moment IkeWorld::moment() const { return {now_, kTestNow + to_ns(now_) / 1'000'000'000}; }

void IkeWorld::start(ikestate::PolicyPtr first, ikestate::PolicyPtr second, bool both) {
  node(0).policy = std::move(first);
  node(1).policy = std::move(second);
  for (auto& one : nodes_) one->engine->configure({one->policy});
  node(0).try_at = now_;
  node(1).wants = both;
  if (both) node(1).try_at = now_;
}

Nanos IkeWorld::delay() {
  return faults.least_delay + Nanos(static_cast<std::int64_t>(
                                  dice() * static_cast<double>((faults.most_delay - faults.least_delay).count())));
}

void IkeWorld::at(Instant when, std::function<void()> action) { events_.push({when, ++order_, std::move(action)}); }

// What the receiver sees; nothing when a NAT has forgotten the mapping.
std::optional<Path> IkeWorld::translated(int from, const Path& path) const {
  Path seen{path.remote, path.local};
  if (!faults.nat) return seen;
  if (from == 0) {
    seen.remote.port = static_cast<std::uint16_t>(seen.remote.port + faults.nat_shift);
    return seen;
  }
  if (seen.local.port == ikestate::kIkePort) return std::nullopt;  // nobody is asked from outside
  seen.local.port = static_cast<std::uint16_t>(seen.local.port - faults.nat_shift);
  const bool mapped = seen.local.port == ikestate::kIkePort || seen.local.port == ikestate::kNatPort;
  return mapped ? std::optional(seen) : std::nullopt;
}

void IkeWorld::send(int from, const Path& path, std::vector<std::byte> octets) {
  if (tap && tap(from, octets)) return;
  if (path.over_tcp()) {
    return ladder.message(now_, from, octets, streams.send(from, path, octets) ? "TCP" : "no connection");
  }
  const std::optional<Path> seen = translated(from, path);
  if (dice() < faults.loss || !seen) return ladder.message(now_, from, octets, seen ? "LOST" : "no mapping");
  const bool flip = dice() < faults.flip && !octets.empty();
  if (flip) octets[dice_() % octets.size()] ^= std::byte(1U << (dice_() % 8));
  const int copies = dice() < faults.duplicate ? 2 : 1;
  ladder.message(now_, from, octets, flip ? "FLIPPED" : copies == 2 ? "TWICE" : "");
  for (int i = 0; i < copies; ++i) {
    at(now_ + delay(), [this, from, seen = *seen, octets] { deliver(1 - from, seen, octets); });
  }
}

void IkeWorld::deliver(int to, const Path& path, std::vector<std::byte> octets) {
  node(to).carry_out(node(to).engine->datagram(moment(), path, octets));
}

void IkeWorld::do_what_is_due(IkeNode& node) {
  if (node.try_at <= now_) {
    node.try_at = kNever;
    bool trying = false;
    node.engine->each([&](const ike::IkeSa& sa) { trying |= sa.state().established_at == kNever; });
    if (!node.up.empty()) return;
    if (trying) {
      node.try_at = now_ + 1s;
      return;
    }
    node.carry_out(node.engine->initiate(moment(), node.policy->name));
  }
  if (node.child_at <= now_) {
    node.child_at = kNever;
    if (node.children.empty()) node.carry_out(node.engine->create_child(moment(), node.policy->name));
  }
  if (node.engine->deadline() <= now_) node.carry_out(node.engine->on_time(moment()));
}

bool IkeWorld::step(Instant until) {
  Instant next = events_.empty() ? kNever : events_.top().at;
  for (const auto& one : nodes_) next = std::min({next, one->engine->deadline(), one->try_at, one->child_at});
  if (next > until) {
    now_ = until;
    return false;
  }
  now_ = std::max(now_, next);
  if (!events_.empty() && events_.top().at <= now_) {
    const auto run = events_.top().run;
    events_.pop();
    run();
  } else {
    for (const auto& one : nodes_) do_what_is_due(*one);
  }
  if (broken_.empty()) {
    broken_ = what_is_broken();
    if (!broken_.empty()) ladder.note(now_, 0, "BROKEN " + broken_);
  }
  return true;
}

void IkeWorld::run_for(Nanos time) {
  const Instant until = now_ + time;
  std::uint64_t steps = 0;
  while (step(until)) {
    if (++steps > kMostSteps) {
      broken_ = "time stands still";
      FAIL() << broken_;
    }
  }
}

bool IkeWorld::run_until(const std::function<bool()>& condition, Nanos within) {
  const Instant until = now_ + within;
  std::uint64_t steps = 0;
  while (!condition()) {
    if (!step(until) || ++steps > kMostSteps) return condition();
  }
  return true;
}

std::string IkeWorld::what_disagrees(std::size_t children) const {
  const IkeNode& a = *nodes_[0];
  const IkeNode& b = *nodes_[1];
  for (const IkeNode* one : {&a, &b}) {
    const std::string who = "node " + std::to_string(one->number);
    if (one->up.size() != 1) return who + " has " + std::to_string(one->up.size()) + " IKE SAs";
    const bool right = children == 0 ? !one->children.empty() : one->children.size() == children;
    if (!right) return who + " has " + std::to_string(one->children.size()) + " Child SAs";
    if (one->engine->size() != 1) return who + " holds " + std::to_string(one->engine->size()) + " SAs in all";
    if (one->engine->half_open() != 0) return who + " counts half-open SAs";
    if (!one->children.contains(one->sends_by)) return who + " sends by no Child SA";
  }
  if (a.children.size() != b.children.size()) return "numbers of Child SAs differ";
  for (const auto& [id, held] : a.children) {
    const ikestate::ChildUp& x = held.up;
    const auto other =
        std::ranges::find_if(b.children, [&](const auto& one) { return one.second.up.inbound == x.outbound; });
    if (other == b.children.end()) return "a Child SA of node 0 is none of node 1";
    const ikestate::ChildUp& y = other->second.up;
    if (!(x.inbound == y.outbound)) return "the Child SAs of both sides differ";
    if (x.selectors.local != y.selectors.remote || x.selectors.remote != y.selectors.local) return "selectors differ";
    if (x.aggfrag != y.aggfrag) return "AGGFRAG differs";
  }
  return {};
}

// spec: no child without authentication; what a node was told is what its engine has; nothing without a bound; nothing
// that waits for ever.
std::string IkeWorld::what_is_broken() const {
  for (const auto& one : nodes_) {
    const std::string who = "node " + std::to_string(one->number) + ": ";
    std::set<std::uint64_t> up;
    std::set<ChildId> children;
    std::string fault;
    one->engine->each([&](const ike::IkeSa& sa) {
      const ikestate::SaState& state = sa.state();
      const bool authentic = state.established_at != kNever;
      if (authentic) up.insert(state.own_spi());
      if (!authentic && !state.children.empty()) fault = "a Child SA of an SA that is not authenticated";
      if (authentic && sa.deadline() == kNever) fault = "an SA without a timer";
      if (sa.tries() > sa.most_tries() + ikemessage::short_tries(limits::kLeastFirstRetry))
        fault = "a request that is sent for ever";
      if (state.children.size() > limits::kChildren) fault = "too many Child SAs";
      for (const auto& [id, child] : state.children) {
        if (!children.insert(id).second) fault = "a Child SA of two IKE SAs";
        const auto told = one->children.find(id);
        if (told == one->children.end()) {
          fault = "a Child SA that nobody was told of";
        } else if (const ikestate::ChildUp& child_up = told->second.up;
                   child_up.encapsulation == model::Encapsulation::kTcp &&
                   child_up.path.stream != state.esp_path().stream) {
          fault = "a Child SA whose packets go by another stream than its IKE SA";
        }
      }
    });
    if (!fault.empty()) return who + fault;
    if (up != one->up) return who + "other IKE SAs than it was told of";
    if (children.size() != one->children.size()) return who + "holds Child SAs that no IKE SA has";
    if (one->engine->size() > kMostSas) return who + "too many SAs";
    if (const std::string load = what_is_too_much(*one); !load.empty()) return who + load;
  }
  return {};
}

// Memory of the engine that follows from its SAs, and from nothing else.
std::string IkeWorld::what_is_too_much(const IkeNode& node) {
  const ike::EngineHoldings held = node.engine->holdings();
  std::size_t children = 0;
  node.engine->each([&](const ike::IkeSa& sa) { children += sa.state().children.size(); });
  if (held.timers > node.engine->size()) return "timers of SAs that are gone";
  if (held.jobs > 64) return "jobs pile up";
  if (held.child_spis > children + 3 * (node.engine->size() + 1)) return "SPIs of Child SAs that are gone";
  if (held.init_requests > node.engine->size()) return "IKE_SA_INIT requests of SAs that are gone";
  if (held.stream_entries > node.engine->size()) return "streams of SAs that are gone";
  if (held.tunnel_entries != node.engine->size()) return "names of SAs that are gone";
  if (held.children != children) return "owners of Child SAs that are gone";
  return {};
}

std::string IkeWorld::story() const {
  std::string text;
  for (const auto& one : nodes_) {
    for (const ikestate::Report& report : one->reports) {
      text += "node " + std::to_string(one->number) + " " + std::string(report.id) + " " + report.text + "\n";
    }
  }
  return text;
}

}  // namespace levelgate::testing
