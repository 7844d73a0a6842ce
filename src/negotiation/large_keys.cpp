// SPDX-License-Identifier: Apache-2.0
//
// Proposals with a large key.
#include "negotiation/large_keys.h"

#include <algorithm>
#include <array>

#include "negotiation/keywords.h"

namespace levelgate::negotiation {
namespace {

using ikewire::KeMethod;
using ikewire::Proposal;
using ikewire::Transform;
using ikewire::TransformType;

constexpr std::array kAdditional{TransformType::kAddKe1, TransformType::kAddKe2, TransformType::kAddKe3,
                                 TransformType::kAddKe4, TransformType::kAddKe5, TransformType::kAddKe6,
                                 TransformType::kAddKe7};

}  // namespace

bool is_large(KeMethod method) { return method >= KeMethod::kMceliece348864 && method <= KeMethod::kMceliece8192128f; }

bool has_large(const std::vector<Proposal>& proposals) {
  return std::ranges::any_of(proposals, [](const Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [](const Transform& transform) {
      return ikewire::is_key_exchange(transform.type) && is_large(KeMethod{transform.id});
    });
  });
}

bool has_large(const Suite& suite) {
  return std::ranges::any_of(suite.additional, [](const AdditionalKe& more) { return is_large(more.method); });
}

Suite without_large(Suite suite) {
  std::erase_if(suite.additional, [](const AdditionalKe& more) { return is_large(more.method); });
  return suite;
}

std::vector<Proposal> with_large(const std::vector<Proposal>& proposals, KeMethod method) {
  std::vector<Proposal> all;
  for (const Proposal& proposal : proposals) {
    auto place = kAdditional.begin();
    for (auto type = kAdditional.begin(); type != kAdditional.end(); ++type) {
      const auto listed = std::ranges::find(proposal.transforms, *type, &Transform::type);
      if (listed != proposal.transforms.end()) place = std::next(type);
    }
    if (place == kAdditional.end()) continue;
    all.push_back(proposal);
    all.back().transforms.push_back(make_transform(*place, static_cast<std::uint16_t>(method)));
  }
  all.insert(all.end(), proposals.begin(), proposals.end());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].number = static_cast<std::uint8_t>(i + 1);
  return all;
}

}  // namespace levelgate::negotiation
