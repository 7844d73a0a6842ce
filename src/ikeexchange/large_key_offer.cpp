// SPDX-License-Identifier: Apache-2.0
//
// Announcing and proposing large keys.
#include "ikeexchange/large_key_offer.h"

#include <algorithm>

#include "crypto/key_exchange.h"
#include "ikeexchange/serve_create.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/large_keys.h"

namespace levelgate::ikeexchange {

using ikewire::NotifyType;

namespace {

using ikestate::LongMessages;
using ikestate::PeerPolicy;
using ikestate::Phase;
using ikestate::SaState;

ConstBytes vendor_id() { return as_bytes(kLargeKeyVendor.data(), kLargeKeyVendor.size()); }

}  // namespace

void write_large_key_offer(ikemessage::PayloadWriter& out, const SaState& sa) {
  if (!sa.policy || !sa.policy->large_keys || !sa.policy->ike.fragmentation) return;
  out.add_notify_written(NotifyType::kBigPayloads, [](ikewire::WireBuffer& value) {
    ikewire::write_number(value, static_cast<std::uint32_t>(limits::kLargeMessageOctets));
  });
  if (sa.policy->long_messages == LongMessages::kAcknowledged) out.add_notify(NotifyType::kFragmentAcks);
  out.add_octets(ikewire::PayloadType::kVendorId, vendor_id());
}

LargeKeyAnnouncement large_key_announcement(const ikemessage::Contents& contents) {
  LargeKeyAnnouncement found;
  const auto* const announced = contents.find(NotifyType::kBigPayloads);
  const auto most =
      announced != nullptr ? ikewire::read_number(announced->value) : ikewire::IkeResult<std::uint32_t>(0);
  const bool named =
      std::ranges::any_of(contents.vendor_ids, [&](ConstBytes id) { return std::ranges::equal(id, vendor_id()); });
  if (!contents.has(NotifyType::kIkev2FragmentationSupported)) {
    found.lacks = "IKEV2_FRAGMENTATION_SUPPORTED";
  } else if (announced == nullptr || !most) {
    found.lacks = "BIG_PAYLOADS";
  } else if (!named) {
    found.lacks = "the Vendor ID of this extension";
  }
  if (!found.lacks.empty()) return found;
  found.octets = *most;
  found.fragment_acks = contents.has(NotifyType::kFragmentAcks);
  return found;
}

void read_large_key_offer(SaState& sa, const ikemessage::Contents& contents) {
  sa.peer.large_keys = sa.peer.fragment_acks = false;
  if (!sa.policy->large_keys) return;
  const LargeKeyAnnouncement announced = large_key_announcement(contents);
  sa.peer.large_keys = announced.takes(*sa.policy);
  sa.peer.fragment_acks = announced.fragment_acks && sa.policy->long_messages == LongMessages::kAcknowledged;
  sa.peer.large_keys_lack =
      announced.lacks.empty() && !sa.peer.large_keys ? "room for a key of this size" : announced.lacks;
}

std::vector<ikewire::Proposal> init_proposals(const PeerPolicy& policy, bool taken) {
  const bool before = policy.large_keys && policy.large_keys->when == model::LargeKeyTime::kBeforeAuth;
  if (!before || !taken) return policy.ike_proposals;
  return negotiation::with_large(policy.ike_proposals, policy.large_keys->method);
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

ExpectedLargeKey expected_large_key(const SaState& sa) {
  ExpectedLargeKey next;
  if (sa.phase == Phase::kIntermediateDue && sa.intermediates < sa.suite.additional.size()) {
    next.method = sa.suite.additional[sa.intermediates].method;
    next.exchange = ikewire::Exchange::kIkeIntermediate;
  } else if (sa.series) {
    const std::vector<ikewire::KeMethod> to_come = sa.series->creation.to_come();
    if (!to_come.empty()) next.method = to_come.front();
  }
  if (!negotiation::is_large(next.method)) return {};
  const auto* const method = crypto::find_key_exchange(static_cast<std::uint16_t>(next.method));
  if (method == nullptr) return {};
  next.octets = method->initiator_octets;
  return next;
}

}  // namespace levelgate::ikeexchange
