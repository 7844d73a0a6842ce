// SPDX-License-Identifier: Apache-2.0
//
// Suites and the reading of proposals.
#include "negotiation/suite.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "negotiation/keywords.h"

namespace levelgate::negotiation {

using ikewire::KeMethod;
using ikewire::Proposal;
using ikewire::ProtocolId;
using ikewire::Transform;
using ikewire::TransformType;

namespace {

void put(Suite& suite, const Transform& t) {
  switch (t.type) {
    case TransformType::kEncr:
      suite.encryption = ikewire::Encryption{t.id};
      suite.key_bits = t.key_bits().value_or(0);
      return;
    case TransformType::kPrf:
      suite.prf = ikewire::Prf{t.id};
      return;
    case TransformType::kInteg:
      suite.integrity = ikewire::Integrity{t.id};
      return;
    case TransformType::kSequenceNumbers:
      suite.sequence_numbers = ikewire::SequenceNumbers{t.id};
      return;
    case TransformType::kKe:
      suite.key_exchange = KeMethod{t.id};
      return;
    case TransformType::kAddKe1:
    case TransformType::kAddKe2:
    case TransformType::kAddKe3:
    case TransformType::kAddKe4:
    case TransformType::kAddKe5:
    case TransformType::kAddKe6:
    case TransformType::kAddKe7:
      if (!is_none(t)) suite.additional.push_back({t.type, KeMethod{t.id}});
      return;
    case TransformType::kKeyWrap:
    case TransformType::kGroupAuth:
      return;
  }
}

}  // namespace

bool Suite::post_quantum() const {
  return is_post_quantum(key_exchange) || std::ranges::any_of(additional, is_post_quantum, &AdditionalKe::method);
}

Suite suite_of(ProtocolId protocol, const Transforms& transforms) {
  Suite suite;
  suite.protocol = protocol;
  for (const Transform& t : transforms) put(suite, t);
  std::ranges::sort(suite.additional, {}, &AdditionalKe::type);
  return suite;
}

std::span<const TransformType> types_of(ProtocolId protocol) {
  using enum TransformType;
  static constexpr std::array kIke = {kEncr,   kPrf,    kInteg,  kKe,     kAddKe1, kAddKe2,
                                      kAddKe3, kAddKe4, kAddKe5, kAddKe6, kAddKe7};
  static constexpr std::array kEsp = {kEncr,   kInteg,  kSequenceNumbers, kKe,     kAddKe1, kAddKe2,
                                      kAddKe3, kAddKe4, kAddKe5,          kAddKe6, kAddKe7};
  if (protocol == ProtocolId::kIke) return kIke;
  if (protocol == ProtocolId::kEsp) return kEsp;
  return {};
}

Transforms listed(const Proposal& proposal, TransformType type) {
  Transforms all;
  std::ranges::copy_if(proposal.transforms, std::back_inserter(all),
                       [&](const Transform& t) { return t.type == type; });
  return all;
}

Transforms meant(const Proposal& proposal, TransformType type) {
  Transforms all = listed(proposal, type);
  const bool optional = type == TransformType::kInteg || is_key_exchange(type);
  if (all.empty() && optional) all.push_back(make_transform(type, 0));
  return all;
}

bool counts(TransformType type, const Terms& terms) {
  return terms.key_exchanges == KeyExchanges::kNegotiated || !is_key_exchange(type);
}

bool lists_key_exchange(const Proposal& proposal) {
  return std::ranges::any_of(proposal.transforms, [](const Transform& t) { return is_key_exchange(t.type); });
}

bool is_additional(TransformType type) { return is_key_exchange(type) && type != TransformType::kKe; }

bool is_none(const Transform& transform) { return transform.id == 0; }

bool is_quantum_safe(const Transform& transform) {
  return is_key_exchange(transform.type) && is_post_quantum(KeMethod{transform.id});
}

}  // namespace levelgate::negotiation
