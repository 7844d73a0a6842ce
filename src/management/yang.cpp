// SPDX-License-Identifier: Apache-2.0
//
// ietf-i2nsf-ike and ietf-i2nsf-ikeless, entry by entry, in the order of the file.
#include "management/yang.h"

#include <algorithm>
#include <chrono>

#include "control/tunnels.h"
#include "management/octets_text.h"
#include "management/yang_policy.h"
#include "management/yang_state.h"
#include "negotiation/keywords.h"
#include "negotiation/suite.h"

namespace levelgate::management {
namespace {

using model::TunnelConfig;

Value text(std::string is) { return Value{std::move(is)}; }
Value number(std::uint64_t is) { return Value{is}; }

// --- what a proposal says ---

std::vector<YangCipher> ciphers_of(ikewire::ProtocolId protocol, const std::vector<std::string>& proposals) {
  std::vector<YangCipher> ciphers;
  for (const std::string& words : proposals) {
    const auto proposal = negotiation::parse_proposal(protocol, words);
    if (!proposal) continue;
    for (const auto& transform : negotiation::listed(*proposal, ikewire::TransformType::kEncr)) {
      const YangCipher cipher{transform.id, transform.key_bits().value_or(0)};
      if (std::ranges::find(ciphers, cipher) == ciphers.end()) ciphers.push_back(cipher);
    }
  }
  return ciphers;
}

// Transforms of one type by their numbers, the preferred one first, each once.
std::vector<std::uint16_t> transforms_of(ikewire::ProtocolId protocol, const std::vector<std::string>& proposals,
                                         ikewire::TransformType type) {
  std::vector<std::uint16_t> ids;
  for (const std::string& words : proposals) {
    const auto proposal = negotiation::parse_proposal(protocol, words);
    if (!proposal) continue;
    for (const auto& transform : negotiation::listed(*proposal, type)) {
      if (std::ranges::find(ids, transform.id) == ids.end()) ids.push_back(transform.id);
    }
  }
  return ids;
}

// --- the IKE case ---

// A distinguished name is text here and octets there; one that was never encoded has no entry.
bool add_identity(const model::Identity& identity, Value::Map& entry) {
  switch (identity.kind) {
    case model::IdentityKind::kAddress: {
      const auto address = IpAddress::parse(identity.text);
      if (!address) return false;
      entry.push_back({address->family() == IpFamily::kV4 ? "ipv4-address" : "ipv6-address", text(address->text())});
      return true;
    }
    case model::IdentityKind::kFqdn:
      entry.push_back({"fqdn-string", text(identity.text)});
      return true;
    case model::IdentityKind::kEmail:
      entry.push_back({"rfc822-address-string", text(identity.text)});
      return true;
    case model::IdentityKind::kKeyId:
      entry.push_back({"id-key", text(base64(identity.text))});
      return true;
    case model::IdentityKind::kDistinguishedName:
      return false;
  }
  return false;
}

void add_pad_entry(const std::string& name, const model::Identity& identity, const model::TunnelIke& ike,
                   Value::List& pad) {
  Value::Map entry{{"name", text(name)}};
  if (!add_identity(identity, entry)) return;
  const bool shared = ike.psk.octets != nullptr;
  entry.push_back(
      {"peer-authentication", Value{Value::Map{{"auth-method", text(shared ? "pre-shared" : "digital-signature")}}}});
  pad.push_back(Value{std::move(entry)});
}

const char* start_word(model::StartMode start) {
  switch (start) {
    case model::StartMode::kAlways:
      return "start";
    case model::StartMode::kOnTraffic:
      return "on-demand";
    case model::StartMode::kRespond:
      return "add";
  }
  return "add";
}

const char* encapsulation_word(model::Encapsulation encapsulation) {
  constexpr const char* kWords[] = {"none", "espinudp", "espintcp"};
  return kWords[static_cast<std::size_t>(encapsulation)];
}

// What the choice comes to where nothing is negotiated yet.
model::Encapsulation most_of(const model::TunnelIke& ike) {
  if (ike.esp_in_tcp) return model::Encapsulation::kTcp;
  return ike.encapsulation != model::EncapsulationChoice::kNone ? model::Encapsulation::kUdp
                                                                : model::Encapsulation::kNone;
}

Value::Map child_settings(const TunnelConfig& tunnel, const model::EspSettings& esp, const control::View* view) {
  Value::List groups;
  for (const auto id : transforms_of(ikewire::ProtocolId::kEsp, esp.proposals, ikewire::TransformType::kKe)) {
    groups.push_back(number(id));
  }
  Value::Map soft{{"time", number(whole_seconds(esp.rekey_time))},
                  {"bytes", text(std::to_string(esp.rekey_octets))},
                  {"action", text("replace")}};
  Value::Map hard{{"time", number(whole_seconds(esp.rekey_time + esp.rekey_margin))}};
  Value::Map map;
  if (!groups.empty()) map.push_back({"fs-groups", Value{std::move(groups)}});
  map.push_back({"child-sa-lifetime-soft", Value{std::move(soft)}});
  map.push_back({"child-sa-lifetime-hard", Value{std::move(hard)}});
  if (view != nullptr) {
    for (auto& entry : yang_sa_state(tunnel.name, *view, Directions::kBoth)) map.push_back(std::move(entry));
  }
  return map;
}

Value::Map connection(const TunnelConfig& tunnel, std::uint32_t cookie_threshold, const control::View* view) {
  using ikewire::ProtocolId;
  const model::TunnelIke& ike = *tunnel.ike;
  Value::List policies;
  const auto esp_ciphers = ciphers_of(ProtocolId::kEsp, ike.esp.proposals);
  for (const PrefixPair& pair : prefix_pairs(tunnel.selectors)) {
    policies.push_back(
        Value{Value::Map{{"name", text(tunnel.name + "/" + std::to_string(policies.size() + 1))},
                         {"ipsec-policy-config", Value{yang_policy(tunnel, pair, ike.esp.esn, esp_ciphers)}}}});
  }
  Value::Map map{
      {"name", text(tunnel.name)},
      {"autostartup", text(start_word(ike.start))},
      {"fragmentation", Value{Value::Map{{"enabled", Value{ike.ike.fragmentation}}}}},
      {"ike-sa-lifetime-soft", Value{Value::Map{{"rekey-time", number(whole_seconds(ike.ike.rekey))}}}},
      {"ike-sa-encr-alg", yang_ciphers(ciphers_of(ProtocolId::kIke, ike.ike.proposals))},
  };
  Value::List integrity;
  for (const auto id : transforms_of(ProtocolId::kIke, ike.ike.proposals, ikewire::TransformType::kInteg)) {
    integrity.push_back(number(id));
  }
  if (!integrity.empty()) map.push_back({"ike-sa-intr-alg", Value{std::move(integrity)}});
  const auto groups = transforms_of(ProtocolId::kIke, ike.ike.proposals, ikewire::TransformType::kKe);
  if (!groups.empty()) map.push_back({"dh-group", number(groups.front())});
  map.push_back({"half-open-ike-sa-cookie-threshold", number(cookie_threshold)});
  map.push_back({"local", Value{Value::Map{{"local-pad-entry-name", text(tunnel.name + "/local")}}}});
  map.push_back({"remote", Value{Value::Map{{"remote-pad-entry-name", text(tunnel.name + "/remote")}}}});
  map.push_back({"encapsulation-type", Value{Value::Map{{"espencap", text(encapsulation_word(most_of(ike)))}}}});
  map.push_back({"spd", Value{Value::Map{{"spd-entry", Value{std::move(policies)}}}}});
  map.push_back({"child-sa-info", Value{child_settings(tunnel, ike.esp, view)}});
  const ikestate::SaState* const sa = view != nullptr ? ike_sa_of(tunnel.name, *view) : nullptr;
  if (sa != nullptr) map.push_back({"state", Value{yang_ike_state(*sa, view->now)}});
  return map;
}

// --- the IKE-less case ---

Value::Map static_policy(const TunnelConfig& tunnel, const char* direction, std::uint64_t reqid, std::size_t count,
                         const PrefixPair& pair, const model::EspSa& sa) {
  return {{"name", text(tunnel.name + "/" + direction + "/" + std::to_string(count))},
          {"direction", text(direction)},
          {"reqid", text(std::to_string(reqid))},
          {"ipsec-policy-config", Value{yang_policy(tunnel, pair, sa.esn, {yang_cipher(sa.cipher)})}}};
}

Value::Map static_sa(const TunnelConfig& tunnel, const char* direction, std::uint64_t reqid, const PrefixPair& pair,
                     const model::EspSa& sa) {
  Value::Map cipher{{"encryption-algorithm", number(yang_cipher(sa.cipher).type)}};
  Value::Map config{
      {"spi", number(sa.spi.value)},
      {"ext-seq-num", Value{sa.esn}},
      {"anti-replay-window-size", number(tunnel.replay_window)},
      {"traffic-selector", Value{yang_selector(pair)}},
      {"protocol-parameters", text("esp")},
      {"mode", text("tunnel")},
      {"esp-sa", Value{Value::Map{{"encryption", Value{std::move(cipher)}}}}},
      {"tunnel", Value{yang_tunnel(tunnel)}},
      {"encapsulation-type", Value{Value::Map{{"espencap", text(encapsulation_word(tunnel.encapsulation))}}}}};
  return {{"name", text(tunnel.name + "/" + direction)},
          {"reqid", text(std::to_string(reqid))},
          {"ipsec-sa-config", Value{std::move(config)}}};
}

struct Ikeless {
  Value::List policies, sas;
};

void add_static(const TunnelConfig& tunnel, std::uint64_t reqid, const control::View* view, Ikeless& to) {
  const auto pairs = prefix_pairs(tunnel.selectors);
  if (pairs.empty()) return;
  const auto add = [&](const char* direction, Directions directions, const model::EspSa& sa) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      to.policies.push_back(Value{static_policy(tunnel, direction, reqid, i + 1, pairs[i], sa)});
    }
    Value::Map entry = static_sa(tunnel, direction, reqid, pairs.front(), sa);
    if (view != nullptr) {
      if (Value::Map state = yang_static_sa_state(tunnel.name, *view, directions); !state.empty()) {
        entry.push_back({"ipsec-sa-state", Value{std::move(state)}});
      }
      for (auto& member : yang_sa_state(tunnel.name, *view, directions)) entry.push_back(std::move(member));
    }
    to.sas.push_back(Value{std::move(entry)});
  };
  if (tunnel.outbound) add("outbound", Directions::kOutbound, *tunnel.outbound);
  if (tunnel.inbound) add("inbound", Directions::kInbound, *tunnel.inbound);
}

}  // namespace

Value yang_instance(const model::Config& config, const control::View* view) {
  Value::List pad, connections;
  Ikeless ikeless;
  std::uint64_t reqid = 0;
  for (const TunnelConfig& tunnel : config.tunnels) {
    ++reqid;
    if (!tunnel.ike) {
      add_static(tunnel, reqid, view, ikeless);
      continue;
    }
    add_pad_entry(tunnel.name + "/local", tunnel.ike->local_id, *tunnel.ike, pad);
    add_pad_entry(tunnel.name + "/remote", tunnel.ike->remote_id, *tunnel.ike, pad);
    connections.push_back(Value{connection(tunnel, config.ike.cookie_threshold, view)});
  }
  Value::Map top;
  if (!connections.empty()) {
    Value::Map ike{{"pad", Value{Value::Map{{"pad-entry", Value{std::move(pad)}}}}},
                   {"conn-entry", Value{std::move(connections)}}};
    if (view != nullptr && view->tunnels != nullptr) ike.push_back({"number-ike-sas", Value{yang_ike_counts(*view)}});
    top.push_back({"ietf-i2nsf-ike:ipsec-ike", Value{std::move(ike)}});
  }
  if (!ikeless.sas.empty()) {
    top.push_back({"ietf-i2nsf-ikeless:ipsec-ikeless",
                   Value{Value::Map{{"spd", Value{Value::Map{{"spd-entry", Value{std::move(ikeless.policies)}}}}},
                                    {"sad", Value{Value::Map{{"sad-entry", Value{std::move(ikeless.sas)}}}}}}}});
  }
  return Value{std::move(top)};
}

}  // namespace levelgate::management
