// SPDX-License-Identifier: Apache-2.0
//
// From terms and shared secrets to SAs.
#include "ikeexchange/creation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ikeexchange/ppk_create.h"
#include "ikemessage/ciphers_of_suite.h"
#include "ikestate/wording.h"
#include "negotiation/keywords.h"
#include "negotiation/large_keys.h"

namespace levelgate::ikeexchange {
namespace {

using ikestate::AggfragPolicy;
using ikestate::ChildId;
using ikestate::ChildSa;
using ikestate::ChildStage;
using ikestate::ChildUp;
using ikestate::kAggfragFallback;
using ikestate::kChildEstablished;
using ikestate::kChildRekeyed;
using ikestate::OutboundUse;
using ikestate::Path;
using ikestate::Phase;
using ikestate::SaState;
using ikestate::selectors_text;
using ikestate::Severity;
using ikestate::suite_text;
using ikestate::Want;
using ikewire::IkeRole;

constexpr int kJitterParts = 10;  // up to a tenth of a lifetime is taken off, so that both sides seldom meet

Nanos shortened(Means& means, Nanos lifetime) {
  std::array<std::byte, 2> drawn{};
  if (!means.random.fill(drawn)) return lifetime;
  return lifetime - lifetime / kJitterParts * load_be<std::uint16_t>(drawn.data()) / 65'536;
}

model::EspSa esp_sa(Spi spi, const ChildTerms& terms, EspCipher cipher, const SecretBytes& key) {
  model::EspSa sa;
  sa.spi = spi;
  sa.cipher = cipher;
  sa.key = std::make_shared<const Secret>(key.bytes());
  sa.esn = terms.suite.sequence_numbers == ikewire::SequenceNumbers::kExtended;
  return sa;
}

// In the stream of IKE, where it is to be there. In UDP: a NAT is between, or the operator wants it; IKE has moved to
// port 4500 then [7296-2.23-c, 7296-2.23-e].
model::Encapsulation encapsulation_of(const SaState& sa) {
  if (sa.esp_in_stream()) return model::Encapsulation::kTcp;
  switch (sa.policy->encapsulation) {
    case model::EncapsulationChoice::kNone:
      return model::Encapsulation::kNone;
    case model::EncapsulationChoice::kUdp:
      return model::Encapsulation::kUdp;
    case model::EncapsulationChoice::kAuto:
      break;
  }
  return sa.nat.any() ? model::Encapsulation::kUdp : model::Encapsulation::kNone;
}

struct KeySource {
  ikemessage::Nonces nonces;
  std::span<const ConstBytes> shared;
  bool own = true;
  const std::optional<model::Ppk>& ppk;
};

Result<ChildId> record_child(Turn& turn, const ChildTerms& terms, const KeySource& source, OutboundUse use) {
  SaState& sa = turn.sa;
  const auto ciphers = ikemessage::esp_ciphers_of(terms.suite);
  if (!ciphers) return std::unexpected(ciphers.error());
  const auto seed = source_key(sa, source.ppk);
  if (!seed) return std::unexpected(seed.error());
  const auto keys = ikemessage::child_keys({sa.keys.prf, seed->bytes()}, ciphers->sizes, source.nonces, source.shared);
  if (!keys) return std::unexpected(keys.error());
  const auto& ours = source.own ? keys->from_initiator : keys->from_responder;
  const auto& theirs = source.own ? keys->from_responder : keys->from_initiator;
  ChildSa child;
  child.id = turn.means.registry.next_child();
  child.inbound = *terms.own_spi;
  child.lease = terms.own_spi;
  child.outbound = terms.peer_spi;
  child.suite = terms.suite;
  child.selectors = terms.selectors;
  child.aggfrag = terms.aggfrag;
  child.peer_aggfrag = terms.peer_aggfrag;
  child.own_exchange = source.own;
  child.ppk = ppk_use(sa, source.ppk);
  child.large_key = sa.large_key;
  child.made = turn.now();
  const Path path = sa.esp_path();
  child.stream = path.stream;
  child.rekey_at = turn.now() + shortened(turn.means, sa.policy->esp.rekey_time);
  child.expire_at = turn.now() + sa.policy->esp.rekey_time + sa.policy->esp.rekey_margin;
  turn.means.effects.push_back(
      ChildUp{.tunnel = sa.tunnel(),
              .id = child.id,
              .inbound = esp_sa(child.inbound, terms, ciphers->cipher, theirs.encryption),
              .outbound = esp_sa(child.outbound, terms, ciphers->cipher, ours.encryption),
              .selectors = child.selectors,
              .encapsulation = encapsulation_of(sa),
              .path = path,
              .aggfrag = child.aggfrag,
              .peer_takes_fragments = child.peer_aggfrag.fragments == ikewire::InnerFragments::kAccepted,
              .peer_wants_reports = child.peer_aggfrag.congestion == ikewire::CongestionControl::kAsked,
              .large_key = child.large_key,
              .use = use});
  const ChildId id = child.id;
  sa.children.emplace(id, std::move(child));
  return id;
}

std::vector<ConstBytes> views(const std::vector<SecretBytes>& secrets) {
  std::vector<ConstBytes> all;
  for (const SecretBytes& secret : secrets) all.push_back(secret.bytes());
  return all;
}

void tell_child(Turn& turn, const ChildSa& child, std::string_view id, const std::string& what) {
  turn.report(Severity::kInfo, id,
              what + ": " + suite_text(child.suite) + ", " + (child.aggfrag ? "AGGFRAG" : "no AGGFRAG") + ", " +
                  selectors_text(child.selectors.local) + " <-> " + selectors_text(child.selectors.remote));
  if (!child.aggfrag && turn.sa.policy->aggfrag == AggfragPolicy::kWanted) {
    turn.report(Severity::kWarn, kAggfragFallback, "the peer does not speak AGGFRAG: plain ESP, as the policy allows");
  }
}

}  // namespace

std::vector<ikewire::KeMethod> Creation::to_come() const {
  std::vector<ikewire::KeMethod> methods;
  for (const negotiation::AdditionalKe& more : suite.additional) methods.push_back(more.method);
  const std::size_t ran = shared.empty() ? 0 : shared.size() - 1;
  methods.erase(methods.begin(), methods.begin() + static_cast<std::ptrdiff_t>(std::min(ran, methods.size())));
  return methods;
}

Result<ChildId> make_child(Turn& turn, const Creation& creation, OutboundUse use) {
  const auto secrets = views(creation.shared);
  const KeySource source{{creation.nonces.initiator, creation.nonces.responder}, secrets, creation.own, creation.ppk};
  const auto made = record_child(turn, creation.child, source, use);
  if (!made) return made;
  const bool rekey = creation.kind == CreationKind::kRekeyChild;
  tell_child(turn, *turn.sa.child(*made), rekey ? kChildRekeyed : kChildEstablished,
             rekey ? "Child SA rekeyed" : "Child SA established");
  return made;
}

Result<ChildId> make_first_child(Turn& turn, const ChildTerms& terms) {
  const bool own = turn.sa.role == IkeRole::kInitiator;
  const auto made = record_child(turn, terms, {turn.sa.nonces(), {}, own, std::nullopt}, OutboundUse::kNow);
  if (made) tell_child(turn, *turn.sa.child(*made), kChildEstablished, "Child SA established");
  return made;
}

Result<SaState> make_successor(Turn& turn, const Creation& creation) {
  const SaState& old = turn.sa;
  const auto ciphers = ikemessage::ike_ciphers_of(creation.suite);
  if (!ciphers) return std::unexpected(ciphers.error());
  SaState sa;
  sa.role = creation.own ? IkeRole::kInitiator : IkeRole::kResponder;  // of the rekey (RFC 7296 §2.18)
  sa.spis = creation.own ? ikemessage::IkeSpis{creation.own_ike_spi, creation.peer_ike_spi}
                         : ikemessage::IkeSpis{creation.peer_ike_spi, creation.own_ike_spi};
  sa.phase = Phase::kEstablished;
  sa.path = old.path;
  sa.datagram_path = old.datagram_path;
  sa.stream = old.stream;
  sa.nat = old.nat;
  sa.policy = old.policy;
  sa.suite = creation.suite;
  sa.transcript = old.transcript;
  sa.peer = old.peer;
  sa.nonce_initiator = creation.nonces.initiator;
  sa.nonce_responder = creation.nonces.responder;
  const auto secrets = views(creation.shared);
  const auto seed = source_key(old, creation.ppk);
  if (!seed) return std::unexpected(seed.error());
  auto keys = ikemessage::rekeyed_keys({old.keys.prf, seed->bytes()}, ciphers->shape, sa.nonces(), sa.spis, secrets);
  if (!keys) return std::unexpected(keys.error());
  auto protection = ikemessage::Protection::create(*ciphers, *keys, sa.role);
  if (!protection) return std::unexpected(protection.error());
  sa.keys = std::move(*keys);
  sa.protection.emplace(std::move(*protection));
  sa.proofs = old.proofs;
  sa.ppk = successor_ppk(old, creation.ppk);
  sa.peer_id = old.peer_id;
  sa.birth_role = old.birth_role;
  sa.birth_nonce = old.birth_nonce;
  sa.established_at = turn.now();
  sa.heard_at = turn.now();
  sa.answer_time = old.answer_time;
  sa.large_key = old.large_key || negotiation::has_large(creation.suite);
  sa.post_quantum = old.post_quantum || creation.suite.post_quantum();
  set_ike_lifetime(turn.means, sa);
  return sa;
}

// Children, and what the old SA had yet to do and cannot do any more [7296-2.8.2-a].
void hand_over(SaState& from, SaState& to, Instant now) {
  for (auto& [id, child] : from.children) {
    if (child.stage == ChildStage::kClosing) child.expire_at = std::min(child.expire_at, now);
    if (child.stage == ChildStage::kActive && child.rekey_at == kNever) child.rekey_at = now + limits::kRetryRekey;
    to.children.emplace(id, std::move(child));
  }
  from.children.clear();
  from.ready_key.reset();
  from.wants.erase({Want::kRekeyIke, ChildId{}});
  to.new_child_at = std::min(to.new_child_at, std::exchange(from.new_child_at, kNever));
  to.wants.merge(from.wants);
  from.wants.clear();
}

void inherit(Turn& turn) {
  const std::uint64_t predecessor = std::exchange(turn.sa.predecessor, 0);
  SaState* const old = predecessor == 0 ? nullptr : turn.means.registry.state(predecessor);
  if (old == nullptr || old->phase != Phase::kEstablished) return;
  hand_over(*old, turn.sa, turn.now());
  old->phase = Phase::kRekeyed;
  old->expire_at = turn.now() + limits::kReplacedLife;
}

void set_ike_lifetime(Means& means, SaState& sa) {
  const Nanos lifetime = sa.policy->ike.rekey;
  sa.rekey_at = means.moment.now + shortened(means, lifetime);
  sa.expire_at = means.moment.now + lifetime + std::max<Nanos>(lifetime / kJitterParts, limits::kReplacedLife * 2);
}

}  // namespace levelgate::ikeexchange
