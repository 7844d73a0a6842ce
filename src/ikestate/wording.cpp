// SPDX-License-Identifier: Apache-2.0
//
// Words for proposals, suites and selectors.
#include "ikestate/wording.h"

#include <algorithm>

#include "negotiation/keywords.h"

namespace levelgate::ikestate {
namespace {

constexpr std::size_t kMostTold = 8;  // of proposals or selectors in one line

using ikewire::TransformType;

std::string selector_text(const model::TrafficSelector& selector) {
  std::string text = selector.first.text() + "-" + selector.last.text();
  for (int length = 0; length <= (selector.first.family() == IpFamily::kV4 ? 32 : 128); ++length) {
    const IpPrefix prefix{selector.first, static_cast<std::uint8_t>(length)};
    if (prefix.network().address != selector.first || prefix.last_address() != selector.last) continue;
    text = prefix.network().text();
    break;
  }
  if (selector.protocol != 0) text += "[" + std::to_string(selector.protocol) + "]";
  if (!selector.any_port()) {
    text += ":" + std::to_string(selector.port_first);
    if (selector.port_last != selector.port_first) text += "-" + std::to_string(selector.port_last);
  }
  return text;
}

template <typename Number>
void add_word(std::string& text, TransformType type, Number id, std::uint16_t bits = 0) {
  if (!text.empty()) text += "-";
  text += negotiation::transform_text(negotiation::make_transform(type, static_cast<std::uint16_t>(id), bits));
}

}  // namespace

std::string offer_text(const std::vector<ikewire::Proposal>& proposals) {
  if (proposals.empty()) return "nothing";
  std::string text;
  for (std::size_t i = 0; i < std::min(proposals.size(), kMostTold); ++i) {
    text += (i == 0 ? "" : " | ") + negotiation::proposal_text(proposals[i]);
  }
  if (proposals.size() > kMostTold) text += " | and " + std::to_string(proposals.size() - kMostTold) + " more";
  return text;
}

std::string suite_text(const negotiation::Suite& suite) {
  std::string text;
  add_word(text, TransformType::kEncr, suite.encryption, suite.key_bits);
  if (suite.integrity != ikewire::Integrity::kNone) add_word(text, TransformType::kInteg, suite.integrity);
  if (suite.protocol == ikewire::ProtocolId::kIke) add_word(text, TransformType::kPrf, suite.prf);
  if (suite.key_exchange != ikewire::KeMethod::kNone) add_word(text, TransformType::kKe, suite.key_exchange);
  for (const negotiation::AdditionalKe& more : suite.additional) add_word(text, more.type, more.method);
  if (suite.sequence_numbers == ikewire::SequenceNumbers::kExtended) {
    add_word(text, TransformType::kSequenceNumbers, suite.sequence_numbers);
  }
  return text;
}

std::string cipher_word(const negotiation::Suite& suite) {
  std::string text;
  add_word(text, TransformType::kEncr, suite.encryption, suite.key_bits);
  return text;
}

std::string prf_word(const negotiation::Suite& suite) {
  std::string text;
  add_word(text, TransformType::kPrf, suite.prf);
  return text;
}

std::vector<std::string> exchange_words(const negotiation::Suite& suite) {
  std::vector<std::string> words;
  const auto add = [&](ikewire::KeMethod method) {
    std::string text;
    add_word(text, TransformType::kKe, method);
    words.push_back(std::move(text));
  };
  if (suite.key_exchange != ikewire::KeMethod::kNone) add(suite.key_exchange);
  for (const negotiation::AdditionalKe& more : suite.additional) add(more.method);
  return words;
}

std::string selectors_text(const negotiation::Selectors& selectors) {
  if (selectors.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < std::min(selectors.size(), kMostTold); ++i) {
    text += (i == 0 ? "" : ", ") + selector_text(selectors[i]);
  }
  if (selectors.size() > kMostTold) text += " and " + std::to_string(selectors.size() - kMostTold) + " more";
  return text;
}

std::string selectors_text(const negotiation::SelectorOffer& selectors) {
  return selectors_text(selectors.initiator) + " <-> " + selectors_text(selectors.responder);
}

}  // namespace levelgate::ikestate
