// SPDX-License-Identifier: Apache-2.0
// links: ikewire
//
// Any octets as an IKEv2 message, as the chain inside an encrypted payload, and as each of the smaller things with a
// reader: all answer with a value, and what they read writes back to the same octets (reserved fields apart).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "ikewire/ike_intermediate.h"
#include "support/ike_rewrite.h"

namespace {

using namespace levelgate;

void require(bool law) {
  if (!law) std::abort();
}

// RFC 9242 §3.3.2: as long as what stands in front of the encrypted part, and read as a header that counts all of it.
void check_prefix(ConstBytes message) {
  const ikewire::IkeHeaderView view = ikewire::read_ike_header(message);
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) return;
  const auto chain = ikewire::read_chain(view.header.first_payload, message.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return;
  constexpr std::size_t kInner = 100;
  ikewire::WireBuffer to(message.size() + kInner);
  ikewire::write_intermediate_prefix(to, message, *chain, kInner, ikewire::BigPayloads::kRefused);
  const bool sealed = !chain->empty() && (chain->back().type == ikewire::PayloadType::kSk ||
                                          chain->back().type == ikewire::PayloadType::kSkf);
  require(to.ok() == sealed);
  if (!sealed) return;
  require(to.size() == ikewire::kIkeHeaderOctets + chain->back().offset + ikewire::kPayloadHeaderOctets);
  to.fill(std::byte{0}, kInner);
  const ikewire::IkeHeaderView whole = ikewire::read_ike_header(to.octets());
  require(whole.verdict == ikewire::IkeHeaderVerdict::kOk);
  const auto again =
      ikewire::read_chain(whole.header.first_payload, to.octets().subspan(ikewire::kIkeHeaderOctets), {});
  require(again && again->size() == chain->size() && again->back().type == ikewire::PayloadType::kSk);
  require(again->back().body.size() == kInner && again->back().next == chain->back().next);
}

// A message whose length field is right reaches the readers behind the header.
void check_message(ConstBytes input) {
  require(testing::message_law(input) != testing::IkeLaw::kBroken);
  if (input.size() < ikewire::kIkeHeaderOctets) return;
  testing::IkeOctets message(input.begin(), input.end());
  store_be<std::uint32_t>(message.data() + 24, static_cast<std::uint32_t>(message.size()));
  message[17] = std::byte{0x20};
  require(testing::message_law(message) != testing::IkeLaw::kBroken);
  check_prefix(message);
}

void check_chain(ConstBytes input) {
  if (input.empty()) return;
  const ikewire::PayloadType first{std::to_integer<std::uint8_t>(input[0])};
  require(testing::chain_law(first, input.subspan(1)) != testing::IkeLaw::kBroken);
}

void check_bounds(ConstBytes input) {
  const auto hashes = ikewire::authority_hashes({ikewire::CertEncoding::kX509Signature, input});
  if (hashes) require(hashes->size() * ikewire::kAuthorityHashOctets == input.size());
  const auto signature = ikewire::read_digital_signature(input);
  if (signature) {
    ikewire::WireBuffer to(input.size());
    ikewire::write_digital_signature(to, *signature);
    require(to.ok() && std::ranges::equal(to.octets(), input));
  }
  const auto proposals = ikewire::read_proposals(input);
  if (!proposals) return;
  std::size_t transforms = 0;
  for (const ikewire::Proposal& proposal : *proposals) transforms += proposal.transforms.size();
  require(proposals->size() <= ikewire::kMostProposals && transforms <= ikewire::kMostTransforms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const ConstBytes input = std::as_bytes(std::span(octets, size));
  check_message(input);
  check_chain(input);
  check_bounds(input);
  return 0;
}
