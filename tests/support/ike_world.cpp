// SPDX-License-Identifier: Apache-2.0
//
// The world's events, and what its nodes do.
#include "support/ike_world.h"

#include <algorithm>

#include "support/test_certificates.h"

namespace levelgate::testing {
namespace {

using namespace std::chrono_literals;
using ike::Path;

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

ike::PolicyPtr WorldTunnel::policy(int number) const {
  const model::TunnelConfig& tunnel = number == 0 ? first : second;
  ike::CredentialCache cache;
  auto credentials = ike::make_credentials(config, *tunnel.ike, cache);
  EXPECT_TRUE(credentials) << (credentials ? "" : credentials.error().what);
  auto policy = ike::make_policy(tunnel, *credentials);
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().what);
  return *policy;
}

// --- node ---

IkeNode::IkeNode(IkeWorld& world_, int number_, std::uint64_t seed)
    : world(world_), number(number_), random(seed), engine(std::make_unique<ike::Engine>(random)) {}

void IkeNode::restart() {
  engine = std::make_unique<ike::Engine>(random);
  engine->configure({policy});
  children.clear();
  up.clear();
  sends_by = {};
  try_at = wants ? world.now() : kNever;
}

void IkeNode::carry_out(ike::Effects effects) {
  for (ike::Effect& effect : effects) {
    std::visit([this](auto& one) { take(one); }, effect);
  }
}

void IkeNode::take(ike::Send& effect) {
  ++sent_datagrams;
  sent_octets += effect.octets.size();
  world.send(number, effect.path, std::move(effect.octets));
}

void IkeNode::take(ike::RunJob& effect) {
  auto value = std::make_shared<ike::JobValue>(effect.work());
  ike::Engine* const asked = engine.get();
  world.at(world.now() + world.delay() / 10, [this, asked, value, id = effect.id] {
    if (engine.get() == asked) carry_out(engine->job_done(world.moment(), id, std::move(*value)));
  });
}

void IkeNode::take(ike::ChildUp& effect) {
  EXPECT_FALSE(up.empty()) << "a Child SA before both sides are authenticated";
  const ChildId id = effect.id;
  const bool now = effect.use == ike::OutboundUse::kNow;
  children[id] = {std::move(effect), now};
  if (now) sends_by = id;
}

void IkeNode::take(ike::ChildUse& effect) {
  if (children.contains(effect.id)) sends_by = effect.id;
}

void IkeNode::take(ike::ChildDown& effect) {
  children.erase(effect.id);
  if (sends_by == effect.id) sends_by = children.empty() ? ChildId{} : children.rbegin()->first;
}

void IkeNode::take(ike::IkeUp& effect) {
  up.insert(effect.own_spi);
  try_at = kNever;
}

void IkeNode::take(ike::IkeDown& effect) {
  up.erase(effect.own_spi);
  if (wants && up.empty() && !effect.replaced) try_at = world.now() + 1s;
}

void IkeNode::take(ike::Report& effect) { reports.push_back(std::move(effect)); }

// --- world ---

IkeWorld::IkeWorld(std::uint64_t seed, NetworkFaults faults_) : faults(faults_), dice_(seed) {
  nodes_.push_back(std::make_unique<IkeNode>(*this, 0, seed * 2 + 1));
  nodes_.push_back(std::make_unique<IkeNode>(*this, 1, seed * 2 + 2));
}

ike::Moment IkeWorld::moment() const { return {now_, kTestNow + to_ns(now_) / 1'000'000'000}; }

void IkeWorld::start(ike::PolicyPtr first, ike::PolicyPtr second, bool both) {
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

void IkeWorld::send(int from, const Path& path, std::vector<std::byte> octets) {
  if (tap && tap(from, octets)) return;
  if (dice() < faults.loss) return;
  if (dice() < faults.flip && !octets.empty()) {
    octets[dice_() % octets.size()] ^= std::byte(1U << (dice_() % 8));
  }
  Path seen{path.remote, path.local};
  if (faults.nat && from == 0) seen.remote.port = static_cast<std::uint16_t>(seen.remote.port + 20'000);
  if (faults.nat && from == 1 && seen.local.port > 20'000)
    seen.local.port = static_cast<std::uint16_t>(seen.local.port - 20'000);
  const int copies = dice() < faults.duplicate ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    at(now_ + delay(), [this, from, seen, octets] { deliver(1 - from, seen, octets); });
  }
}

void IkeWorld::deliver(int to, const Path& path, std::vector<std::byte> octets) {
  node(to).carry_out(node(to).engine->datagram(moment(), path, octets));
}

bool IkeWorld::step(Instant until) {
  Instant next = events_.empty() ? kNever : events_.top().at;
  for (const auto& one : nodes_) next = std::min({next, one->engine->deadline(), one->try_at});
  if (next > until) {
    now_ = until;
    return false;
  }
  now_ = std::max(now_, next);
  if (!events_.empty() && events_.top().at <= now_) {
    const auto run = events_.top().run;
    events_.pop();
    run();
    return true;
  }
  for (const auto& one : nodes_) {
    if (one->try_at <= now_) {
      one->try_at = now_ + 200s;
      one->carry_out(one->engine->initiate(moment(), one->policy->name));
    }
    if (one->engine->deadline() <= now_) one->carry_out(one->engine->on_time(moment()));
  }
  return true;
}

void IkeWorld::run_for(Nanos time) {
  const Instant until = now_ + time;
  std::uint64_t steps = 0;
  while (step(until)) {
    if (++steps > 2'000'000) FAIL() << "time stands still";
  }
}

bool IkeWorld::run_until(const std::function<bool()>& condition, Nanos within) {
  const Instant until = now_ + within;
  std::uint64_t steps = 0;
  while (!condition()) {
    if (!step(until) || ++steps > 2'000'000) return condition();
  }
  return true;
}

std::string IkeWorld::what_disagrees() const {
  const IkeNode& a = *nodes_[0];
  const IkeNode& b = *nodes_[1];
  for (const IkeNode* one : {&a, &b}) {
    const std::string who = "node " + std::to_string(one->number);
    if (one->up.size() != 1) return who + " has " + std::to_string(one->up.size()) + " IKE SAs";
    if (one->children.size() != 1) return who + " has " + std::to_string(one->children.size()) + " Child SAs";
    if (one->engine->size() != 1) return who + " holds " + std::to_string(one->engine->size()) + " SAs in all";
    if (one->engine->half_open() != 0) return who + " counts half-open SAs";
    if (one->sends_by != one->children.begin()->first) return who + " does not send by its Child SA";
  }
  const ike::ChildUp& x = a.children.begin()->second.up;
  const ike::ChildUp& y = b.children.begin()->second.up;
  if (!(x.inbound == y.outbound) || !(x.outbound == y.inbound)) return "the Child SAs of both sides differ";
  if (x.selectors.local != y.selectors.remote || x.selectors.remote != y.selectors.local) return "selectors differ";
  if (x.aggfrag != y.aggfrag) return "AGGFRAG differs";
  return {};
}

std::string IkeWorld::story() const {
  std::string text;
  for (const auto& one : nodes_) {
    for (const ike::Report& report : one->reports) {
      text += "node " + std::to_string(one->number) + " " + std::string(report.id) + " " + report.text + "\n";
    }
  }
  return text;
}

}  // namespace levelgate::testing
