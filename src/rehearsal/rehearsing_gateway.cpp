// SPDX-License-Identifier: Apache-2.0
//
// The tunnel that both gateways have, and what is read from the tower.
#include "rehearsal/rehearsing_gateway.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace levelgate::rehearsal {
namespace {

constexpr const char* kTunnel = "rehearsal";
constexpr std::string_view kPsk = "a preshared key that protects nothing";

// The path takes headers as well, and something is left for other things on it.
constexpr std::uint64_t kPacePermille = 950;

model::Transport transport_of(Delivery delivery) {
  if (delivery == Delivery::kTcp) return model::Transport::kTcp;
  return delivery == Delivery::kSeparate ? model::Transport::kSeparate : model::Transport::kUdp;
}

model::TunnelConfig tunnel_of(Side side, const Cell& cell) {
  const bool first = side == Side::kInitiator;
  model::TunnelIke own;
  own.psk = {std::make_shared<const SecretBytes>(as_bytes(kPsk.data(), kPsk.size()))};
  own.local_id = {model::IdentityKind::kFqdn, first ? "initiator.example" : "responder.example"};
  own.remote_id = {model::IdentityKind::kFqdn, first ? "responder.example" : "initiator.example"};
  own.start = first ? model::StartMode::kAlways : model::StartMode::kRespond;
  own.ike.transport = transport_of(cell.delivery);
  if (cell.keys == KeySet::kX25519) {
    own.ike.proposals = {"aes256gcm16-prfsha384-x25519"};
    own.ike.post_quantum = model::PostQuantum::kOff;
    own.esp.proposals = {"aes256gcm16-x25519"};
  }
  if (const KeySetFacts facts = facts_of(cell.keys); !facts.large.empty()) {
    own.large_keys = model::LargeKeys{std::string(facts.large), cell.path.bits_per_second / 1'000 * kPacePermille};
  }
  model::TunnelConfig tunnel;
  tunnel.name = kTunnel;
  const IpAddress initiator = IpAddress::v4(0xc000'0201), responder = IpAddress::v4(0xc000'0202);
  tunnel.local = first ? initiator : responder;
  tunnel.remote = first ? responder : initiator;
  tunnel.ike = std::move(own);
  return tunnel;
}

ikestate::LongMessages long_messages_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::kWholeRepeats:
      return ikestate::LongMessages::kWhole;
    case Delivery::kPaced:
      return ikestate::LongMessages::kPaced;
    case Delivery::kAcknowledged:
    case Delivery::kTcp:
    case Delivery::kSeparate:
      return ikestate::LongMessages::kAcknowledged;
  }
  return ikestate::LongMessages::kAcknowledged;
}

}  // namespace

Result<control::TunnelWork> Gateway::start(const ikestate::Moment& moment, const Cell& cell) {
  model::Config config;
  config.tunnels.push_back(tunnel_of(side_, cell));
  auto policies = control::Tunnels::prepare(config);
  if (!policies) return std::unexpected(policies.error());
  for (ikestate::PolicyPtr& policy : *policies) {
    auto changed = std::make_shared<ikestate::PeerPolicy>(*policy);
    changed->long_messages = long_messages_of(cell.delivery);
    policy = std::move(changed);
  }
  return tower_.configure(moment, model::Config{}, config, std::move(*policies));
}

std::optional<Spi> Gateway::sends_by() const {
  const auto found = tower_.negotiated().find(kTunnel);
  if (found == tower_.negotiated().end() || !found->second.outbound) return std::nullopt;
  return found->second.outbound->spi;
}

bool Gateway::receives_by(Spi spi) const {
  const auto found = tower_.negotiated().find(kTunnel);
  if (found == tower_.negotiated().end()) return false;
  return std::ranges::any_of(found->second.inbound, [&](const model::EspSa& sa) { return sa.spi == spi; });
}

bool Gateway::is_large_protected() const {
  const auto life = tower_.lives().find(kTunnel);
  if (life == tower_.lives().end()) return false;
  bool found = false;
  tower_.engine().each([&](const ike::IkeSa& sa) {
    const auto child = sa.state().children.find(life->second.sends_by);
    // A child that was inherited has keys of before.
    found = found || (sa.state().large_key && child != sa.state().children.end() &&
                      child->second.made > sa.state().established_at);
  });
  return found;
}

std::size_t Gateway::held_octets() const {
  std::size_t held = 0;
  tower_.engine().each([&](const ike::IkeSa& sa) { held += sa.held_octets(); });
  return held;
}

control::TunnelWork Gateway::proven(const ikestate::Moment& moment, Spi spi) {
  model::Event event;
  event.kind = model::EventKind::kInboundProven;
  event.spi = spi;
  return tower_.event(moment, kTunnel, event);
}

}  // namespace levelgate::rehearsal
