// SPDX-License-Identifier: Apache-2.0
//
// Refusals in sentences.
#include "negotiation/refusal.h"

#include <string_view>

#include "negotiation/keywords.h"

namespace levelgate::negotiation {
namespace {

std::string words(const std::vector<ikewire::Transform>& transforms) {
  std::string all;
  for (const ikewire::Transform& transform : transforms) {
    if (!all.empty()) all += ", ";
    const bool none = is_key_exchange(transform.type) && transform.id == 0;
    all += none ? "none" : transform_text(transform);
  }
  return all.empty() ? "nothing" : all;
}

}  // namespace

std::string Mismatch::text() const {
  const std::string both = "this side has " + words(own) + ", the peer " + words(peer);
  const std::string name = ikewire::name_of(type);
  switch (kind) {
    case MismatchKind::kProtocol:
      return "the proposals are of different protocols";
    case MismatchKind::kUnknownType:
      return name + ": the peer offers " + words(peer) + ", a transform type that has no meaning here";
    case MismatchKind::kNoOverlap:
      return name + ": " + both;
    case MismatchKind::kNoIntermediate:
      return name + ": " + both + ", and IKE_INTERMEDIATE was not announced by both sides";
    case MismatchKind::kOnlyDuplicates:
      return name + ": every choice would use one key exchange method twice";
    case MismatchKind::kPostQuantumMissing:
      return name + ": no choice has a post-quantum method, which post-quantum: required asks for";
    case MismatchKind::kPostQuantumOff:
      return name + ": the proposal demands a post-quantum method, which post-quantum: off forbids";
  }
  return name;
}

std::string Mismatch::would_match_if() const {
  switch (kind) {
    case MismatchKind::kProtocol:
      return "both proposals were of one protocol";
    case MismatchKind::kUnknownType:
      return "the peer left " + ikewire::name_of(type) + " out";
    case MismatchKind::kNoOverlap:
      return "the peer offered one of " + words(own) + ", or this side one of " + words(peer);
    case MismatchKind::kNoIntermediate:
      return "both sides announced IKE_INTERMEDIATE, or " + transform_text(make_transform(type, 0)) + " were allowed";
    case MismatchKind::kOnlyDuplicates:
      return "one of the key exchanges had another method in common";
    case MismatchKind::kPostQuantumMissing:
      return "the peer offered mlkem768, or post-quantum were preferred";
    case MismatchKind::kPostQuantumOff:
      return "post-quantum were preferred, or none were an alternative";
  }
  return {};
}

std::string Refusal::text() const {
  if (pairs.empty()) return "there is no proposal to compare";
  const PairRefusal& closest = pairs.front();
  std::string line = "proposal " + std::to_string(closest.own_number) + " against the peer's " +
                     std::to_string(closest.peer_number) + ": " + closest.mismatches.front().text() +
                     "; would match if ";
  for (std::size_t i = 0; i < closest.mismatches.size(); ++i) {
    line += (i == 0 ? "" : ", and ") + closest.mismatches[i].would_match_if();
  }
  return line;
}

}  // namespace levelgate::negotiation
