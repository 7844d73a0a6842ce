// SPDX-License-Identifier: Apache-2.0
//
// Lists of proposals from words, numbered from 1; a bad text fails the test that has it.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>
#include <vector>

#include "ike/keywords.h"

namespace levelgate::ike::tests {

inline std::vector<wire::Proposal> proposals_of(wire::ProtocolId protocol,
                                                std::initializer_list<std::string_view> texts) {
  std::vector<wire::Proposal> all;
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
inline std::vector<wire::Proposal> ike_of(std::initializer_list<std::string_view> texts) {
  return proposals_of(wire::ProtocolId::kIke, texts);
}
inline std::vector<wire::Proposal> esp_of(std::initializer_list<std::string_view> texts) {
  return proposals_of(wire::ProtocolId::kEsp, texts);
}

// A peer's list with one transform more than words can say.
inline std::vector<wire::Proposal> with(std::vector<wire::Proposal> proposals, wire::Transform transform) {
  proposals.back().transforms.push_back(std::move(transform));
  return proposals;
}

}  // namespace levelgate::ike::tests
