// SPDX-License-Identifier: Apache-2.0
//
// What IKE_SA_INIT announces.
#include "ikeexchange/init_offers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/separate_transports.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/keywords.h"

namespace levelgate::ikeexchange {

using ikewire::NotifyType;

namespace {

using ikestate::nat_hash;
using ikestate::nat_seen;
using ikestate::Phase;
using ikestate::PolicyPtr;
using ikestate::SaState;

// Says whose private number it is, and the version (docs/cookies.md).
constexpr std::string_view kCookieApart = "levelgate 1";
// A request with so many octets more is not shorter than its answer, which an address that is not proven gets only
// then.
constexpr std::size_t kApartOctets = 128;

}  // namespace

// Over TCP NAT detection has its ports [9329-6.5-a, 9329-6.5-b].
// [7296-2.23-f, 7383-2.3-a, 9370-2.2.1-j, 9370-2.2.1-k]
Result<void> write_init_offers(ikemessage::PayloadWriter& out, const SaState& sa, const ikemessage::IkeSpis& spis) {
  // To be taken for one behind a NAT is how UDP encapsulation is asked for where there is none.
  Endpoint shown = sa.path.local;
  if (sa.policy && sa.policy->encapsulation == model::EncapsulationChoice::kUdp) shown.port = 0;
  const auto source = nat_hash(spis, shown);
  if (!source) return std::unexpected(source.error());
  const auto destination = nat_hash(spis, sa.path.remote);
  if (!destination) return std::unexpected(destination.error());
  out.add_notify(NotifyType::kNatDetectionSourceIp, *source);
  out.add_notify(NotifyType::kNatDetectionDestinationIp, *destination);
  if (!sa.policy || sa.policy->ike.fragmentation) out.add_notify(NotifyType::kIkev2FragmentationSupported);
  out.add_notify_written(NotifyType::kSignatureHashAlgorithms,
                         [](ikewire::WireBuffer& value) { write_hashes(value, authentication::announced_hashes()); });
  out.add_notify(NotifyType::kIntermediateExchangeSupported);
  out.add_notify(NotifyType::kIkeSaInitFullTranscriptAuth);
  if (sa.role == ikewire::IkeRole::kInitiator || sa.peer.cookie_apart) {
    const ConstBytes mark = as_bytes(kCookieApart.data(), kCookieApart.size());
    std::vector<std::byte> value(mark.begin(), mark.end());
    if (sa.role == ikewire::IkeRole::kInitiator) value.resize(kApartOctets);
    out.add_notify(NotifyType::kCookieApart, value);
  }
  write_large_key_offer(out, sa);
  write_separate_transports(out, sa);
  return {};
}

Result<void> read_init_offers(SaState& sa, const ikemessage::Contents& contents, const ikemessage::IkeSpis& spis) {
  const auto seen = nat_seen(contents, spis, sa.path);
  if (!seen) return std::unexpected(seen.error());
  sa.nat = *seen;
  sa.peer.fragmentation = sa.policy->ike.fragmentation && contents.has(NotifyType::kIkev2FragmentationSupported);
  const auto* const apart = contents.find(NotifyType::kCookieApart);
  sa.peer.cookie_apart =
      apart != nullptr && apart->value.size() >= kCookieApart.size() &&
      std::ranges::equal(apart->value.first(kCookieApart.size()), as_bytes(kCookieApart.data(), kCookieApart.size()));
  read_large_key_offer(sa, contents);
  read_separate_transports(sa, contents);
  // RFC 9242 §3.1: whatever data it has.
  sa.peer.intermediate = contents.has(NotifyType::kIntermediateExchangeSupported);
  sa.peer.childless = contents.has(NotifyType::kChildlessIkev2Supported);
  const authentication::Announced peer = contents.has(NotifyType::kIkeSaInitFullTranscriptAuth)
                                             ? authentication::Announced::kYes
                                             : authentication::Announced::kNo;
  sa.transcript = sa.role == ikewire::IkeRole::kInitiator
                      ? authentication::transcript_notify(authentication::Announced::kYes, peer)
                      : authentication::transcript_notify(peer, authentication::Announced::kYes);
  if (const auto* list = contents.find(NotifyType::kSupportedAuthMethods)) {
    sa.peer.announcements_follow = list->value.empty();
  }
  if (!read_accepted_methods(sa, contents)) return failure(Fault::kBadInput, "lists of signatures are malformed");
  return {};
}

void write_accepted_methods(ikemessage::PayloadWriter& out, SaState& sa) {
  std::vector<std::shared_ptr<const authentication::Credentials>> candidates;
  for (const PolicyPtr& policy : sa.candidates) candidates.push_back(policy->credentials);
  const std::vector<std::byte> request = authentication::cert_request_body(candidates);
  const std::vector<std::byte> list = authentication::announcements(candidates);
  const bool in_init = sa.phase == Phase::kNone;
  if (in_init && sa.peer.intermediate && authentication::is_long(list.size() + request.size(), out.size())) {
    sa.list_by_intermediate = true;
    out.add_notify(NotifyType::kSupportedAuthMethods);
    return;
  }
  if (!request.empty()) out.add_octets(ikewire::PayloadType::kCertRequest, request);
  if (!list.empty()) out.add_notify(NotifyType::kSupportedAuthMethods, list);
}

void write_accepted_methods(ikemessage::PayloadWriter& out, const authentication::Credentials& credentials) {
  const std::vector<std::shared_ptr<const authentication::Credentials>> one{
      std::shared_ptr<const authentication::Credentials>(std::shared_ptr<void>(), &credentials)};
  const std::vector<std::byte> request = authentication::cert_request_body(one);
  const std::vector<std::byte> list = authentication::announcements(one);
  if (!request.empty()) out.add_octets(ikewire::PayloadType::kCertRequest, request);
  if (!list.empty()) out.add_notify(NotifyType::kSupportedAuthMethods, list);
}

bool read_accepted_methods(SaState& sa, const ikemessage::Contents& contents) {
  std::vector<ConstBytes> lists, hashes;
  for (const ikewire::Notify& notify : contents.notifies) {
    if (notify.type == NotifyType::kSupportedAuthMethods) lists.push_back(notify.value);
    if (notify.type == NotifyType::kSignatureHashAlgorithms) hashes.push_back(notify.value);
  }
  return learn(sa.peer.accepts, {lists, hashes, contents.certificate_requests}).has_value();
}

Result<void> take_initial_keys(SaState& sa, ConstBytes shared) {
  const auto ciphers = ikemessage::ike_ciphers_of(sa.suite);
  if (!ciphers) return std::unexpected(ciphers.error());
  auto keys = ikemessage::initial_keys(ciphers->shape, sa.nonces(), sa.spis, shared);
  if (!keys) return std::unexpected(keys.error());
  auto protection = ikemessage::Protection::create(*ciphers, *keys, sa.role);
  if (!protection) return std::unexpected(protection.error());
  sa.keys = std::move(*keys);
  sa.protection.emplace(std::move(*protection));
  sa.post_quantum = negotiation::is_post_quantum(sa.suite.key_exchange);
  return {};
}

}  // namespace levelgate::ikeexchange
