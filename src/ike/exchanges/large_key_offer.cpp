// SPDX-License-Identifier: Apache-2.0
//
// Announcing and proposing large keys.
#include "ike/exchanges/large_key_offer.h"

#include <algorithm>

#include "crypto/key_exchange.h"
#include "ike/exchanges/serve_create.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/large_keys.h"

namespace levelgate::ike {

using ikewire::NotifyType;

namespace {

ConstBytes vendor_id() { return as_bytes(kLargeKeyVendor.data(), kLargeKeyVendor.size()); }

}  // namespace

void write_large_key_offer(ikemessage::PayloadWriter& out, const SaState& sa) {
  if (!sa.policy || !sa.policy->large_keys || !sa.policy->ike.fragmentation) return;
  out.add_notify_written(NotifyType::kBigPayloads, [](ikewire::WireBuffer& value) {
    ikewire::write_number(value, static_cast<std::uint32_t>(limits::kLargeMessageOctets));
  });
  out.add_notify(NotifyType::kFragmentAcks);
  out.add_octets(ikewire::PayloadType::kVendorId, vendor_id());
}

void read_large_key_offer(SaState& sa, const ikemessage::Contents& contents) {
  sa.peer.large_keys = sa.peer.fragment_acks = false;
  if (!sa.policy->large_keys || !sa.peer.fragmentation) return;
  const auto* const announced = contents.find(NotifyType::kBigPayloads);
  const auto most =
      announced != nullptr ? ikewire::read_number(announced->value) : ikewire::IkeResult<std::uint32_t>(0);
  const auto* const method = crypto::find_key_exchange(static_cast<std::uint16_t>(sa.policy->large_keys->method));
  const bool named =
      std::ranges::any_of(contents.vendor_ids, [&](ConstBytes id) { return std::ranges::equal(id, vendor_id()); });
  sa.peer.fragment_acks = named && contents.has(NotifyType::kFragmentAcks);
  sa.peer.large_keys = named && most && method != nullptr && *most >= method->initiator_octets;
}

std::vector<ikewire::Proposal> rekey_proposals(const SaState& sa) {
  if (!sa.peer.large_keys || !sa.policy->large_keys) return sa.policy->ike_proposals;
  return negotiation::with_large(sa.policy->ike_proposals, sa.policy->large_keys->method);
}

std::size_t large_key_octets(const negotiation::Suite& suite) {
  const auto large = [](const negotiation::AdditionalKe& ke) { return negotiation::is_large(ke.method); };
  const auto found = std::ranges::find_if(suite.additional, large);
  if (found == suite.additional.end()) return 0;
  const auto* const method = crypto::find_key_exchange(static_cast<std::uint16_t>(found->method));
  return method == nullptr ? 0 : method->initiator_octets + limits::kBesideLargeKey;
}

std::size_t expected_large_key(const SaState& sa) {
  if (!sa.series) return 0;
  const std::vector<ikewire::KeMethod> to_come = sa.series->creation.to_come();
  if (to_come.empty() || !negotiation::is_large(to_come.front())) return 0;
  const auto* const method = crypto::find_key_exchange(static_cast<std::uint16_t>(to_come.front()));
  return method == nullptr ? 0 : method->initiator_octets;
}

}  // namespace levelgate::ike
