// SPDX-License-Identifier: Apache-2.0
//
// Lists of proposals from words, numbered from 1; a bad text fails the test that has it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>
#include <vector>

#include "negotiation/keywords.h"

namespace levelgate::negotiation::tests {

inline std::vector<ikewire::Proposal> proposals_of(ikewire::ProtocolId protocol,
                                                   std::initializer_list<std::string_view> texts) {
  std::vector<ikewire::Proposal> all;
  for (const std::string_view text : texts) {
    auto proposal = parse_proposal(protocol, text, static_cast<std::uint8_t>(all.size() + 1));
    if (!proposal) {
      ADD_FAILURE() << proposal.error().what;
      return {};
    }
    all.push_back(std::move(*proposal));
  }
  return all;
}
inline std::vector<ikewire::Proposal> ike_of(std::initializer_list<std::string_view> texts) {
  return proposals_of(ikewire::ProtocolId::kIke, texts);
}
inline std::vector<ikewire::Proposal> esp_of(std::initializer_list<std::string_view> texts) {
  return proposals_of(ikewire::ProtocolId::kEsp, texts);
}

// A peer's list with one transform more than words can say.
inline std::vector<ikewire::Proposal> with(std::vector<ikewire::Proposal> proposals, ikewire::Transform transform) {
  proposals.back().transforms.push_back(std::move(transform));
  return proposals;
}

}  // namespace levelgate::negotiation::tests
