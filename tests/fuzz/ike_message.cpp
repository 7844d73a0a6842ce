// SPDX-License-Identifier: Apache-2.0
// links: wire
//
// Any octets as an IKEv2 message, as the chain inside an encrypted payload, and as each of the smaller things with a
// reader: all answer with a value, and what they read writes back to the same octets (reserved fields apart).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "support/ike_rewrite.h"

namespace {

using namespace levelgate;

void require(bool law) {
  if (!law) std::abort();
}

// A message whose length field is right reaches the readers behind the header.
void check_message(ConstBytes input) {
  require(testing::message_law(input) != testing::IkeLaw::kBroken);
  if (input.size() < wire::kIkeHeaderOctets) return;
  testing::IkeOctets message(input.begin(), input.end());
  store_be<std::uint32_t>(message.data() + 24, static_cast<std::uint32_t>(message.size()));
  message[17] = std::byte{0x20};
  require(testing::message_law(message) != testing::IkeLaw::kBroken);
}

void check_chain(ConstBytes input) {
  if (input.empty()) return;
  const wire::PayloadType first{std::to_integer<std::uint8_t>(input[0])};
  require(testing::chain_law(first, input.subspan(1)) != testing::IkeLaw::kBroken);
}

void check_bounds(ConstBytes input) {
  const auto hashes = wire::authority_hashes({wire::CertEncoding::kX509Signature, input});
  if (hashes) require(hashes->size() * wire::kAuthorityHashOctets == input.size());
  const auto signature = wire::read_digital_signature(input);
  if (signature) {
    wire::WireBuffer to(input.size());
    wire::write_digital_signature(to, *signature);
    require(to.ok() && std::ranges::equal(to.octets(), input));
  }
  const auto proposals = wire::read_proposals(input);
  if (!proposals) return;
  std::size_t transforms = 0;
  for (const wire::Proposal& proposal : *proposals) transforms += proposal.transforms.size();
  require(proposals->size() <= wire::kMostProposals && transforms <= wire::kMostTransforms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const ConstBytes input = std::as_bytes(std::span(octets, size));
  check_message(input);
  check_chain(input);
  check_bounds(input);
  return 0;
}
