// SPDX-License-Identifier: Apache-2.0
//
// From the configuration's words to the engine's values.
#include "ikestate/peer_policy.h"

#include <algorithm>

#include "crypto/key_exchange.h"
#include "ikemessage/ciphers_of_suite.h"
#include "negotiation/keywords.h"
#include "negotiation/large_keys.h"

namespace levelgate::ikestate {
namespace {

using ikewire::ProtocolId;
using ikewire::SequenceNumbers;
using ikewire::TransformType;

Result<std::vector<ikewire::Proposal>> parse_all(const std::string& key, ProtocolId protocol,
                                                 const std::vector<std::string>& words) {
  std::vector<ikewire::Proposal> proposals;
  for (const std::string& text : words) {
    const auto number = static_cast<std::uint8_t>(proposals.size() + 1);
    auto proposal = negotiation::parse_proposal(protocol, text, number);
    if (!proposal) return failure(Fault::kBadInput, key + ": " + proposal.error().what);
    if (negotiation::has_large({*proposal})) {
      return failure(Fault::kBadInput, key + ": a large key stands in large-keys, not in a proposal: " + text);
    }
    if (const auto lacking = ikemessage::not_computed(*proposal))
      return failure(Fault::kBadInput, key + ": " + lacking->what);
    proposals.push_back(std::move(*proposal));
  }
  return proposals;
}

Result<std::optional<PeerPolicy::LargeKeys>> large_keys_of(const std::string& path,
                                                           const std::optional<model::LargeKeys>& wanted) {
  if (!wanted) return std::nullopt;
  const auto method = negotiation::key_exchange_of(wanted->method);
  if (!method || !negotiation::is_large(*method)) {
    return failure(Fault::kBadInput, path + ".method: " + wanted->method + " is no large key");
  }
  const auto* const facts = crypto::find_key_exchange(static_cast<std::uint16_t>(*method));
  if (facts == nullptr) return failure(Fault::kInternal, path + ".method: " + wanted->method + " is not computed");
  return PeerPolicy::LargeKeys{*method, facts->initiator_octets, wanted->when, wanted->pace_bits_per_second};
}

// esn: true prefers extended numbers and takes others; a rekey comes before 32 bits are used up.
void set_sequence_numbers(ikewire::Proposal& proposal, bool esn) {
  std::erase_if(proposal.transforms, [](const auto& t) { return t.type == TransformType::kSequenceNumbers; });
  std::vector<ikewire::Transform> numbers;
  if (esn) {
    numbers.push_back(negotiation::make_transform(TransformType::kSequenceNumbers,
                                                  static_cast<std::uint16_t>(SequenceNumbers::kExtended)));
  }
  numbers.push_back(negotiation::make_transform(TransformType::kSequenceNumbers,
                                                static_cast<std::uint16_t>(SequenceNumbers::k32Bit)));
  const auto place =
      std::ranges::find_if(proposal.transforms, [](const auto& t) { return t.type > TransformType::kSequenceNumbers; });
  proposal.transforms.insert(place, numbers.begin(), numbers.end());
}

void write_out_any(std::vector<model::TrafficSelector>& selectors) {
  if (!selectors.empty()) return;
  selectors.push_back(model::TrafficSelector::from({IpAddress::v4(0), 0}));
  const std::array<std::byte, 16> zero{};
  selectors.push_back(model::TrafficSelector::from({IpAddress::v6_from(zero.data()), 0}));
}

}  // namespace

Result<PolicyPtr> make_policy(const model::TunnelConfig& tunnel,
                              std::shared_ptr<const authentication::Credentials> credentials) {
  if (!tunnel.ike) return failure(Fault::kInternal, "tunnels." + tunnel.name + " has no IKE");
  const model::TunnelIke& ike = *tunnel.ike;
  auto policy = std::make_shared<PeerPolicy>();
  policy->name = tunnel.name;
  policy->local = tunnel.local;
  policy->remote = tunnel.remote;
  policy->credentials = std::move(credentials);
  const std::string path = "tunnels." + tunnel.name;
  auto of_ike = parse_all(path + ".ike.proposals", ProtocolId::kIke, ike.ike.proposals);
  if (!of_ike) return std::unexpected(of_ike.error());
  auto of_esp = parse_all(path + ".esp.proposals", ProtocolId::kEsp, ike.esp.proposals);
  if (!of_esp) return std::unexpected(of_esp.error());
  for (ikewire::Proposal& proposal : *of_esp) set_sequence_numbers(proposal, ike.esp.esn);
  policy->ike_proposals = std::move(*of_ike);
  policy->esp_proposals = std::move(*of_esp);
  policy->ppk = ike.ppk;
  policy->ike = ike.ike;
  policy->esp = ike.esp;
  auto large = large_keys_of(path + ".large-keys", ike.large_keys);
  if (!large) return std::unexpected(large.error());
  policy->large_keys = *large;
  policy->selectors = tunnel.selectors;
  write_out_any(policy->selectors.local);
  write_out_any(policy->selectors.remote);
  policy->encapsulation = ike.encapsulation;
  policy->transports = negotiation::transports_of(ike);
  policy->aggfrag = tunnel.tfs.mode == model::TfsMode::kPlain ? AggfragPolicy::kOff
                    : ike.aggfrag_required                    ? AggfragPolicy::kRequired
                                                              : AggfragPolicy::kWanted;
  policy->wants_reports = tunnel.tfs.wants_reports();  // [9347-2.4.2.1-b]
  policy->sends_reports = tunnel.tfs.mode == model::TfsMode::kFixed;
  if (!ike.inner_fragments) policy->fragments = ikewire::InnerFragments::kRefused;
  return policy;
}

}  // namespace levelgate::ikestate
