// SPDX-License-Identifier: Apache-2.0
// links: ikemessage
//
// Large messages: fragments in any order with any totals under the bounds of one key, and what came together read as a
// chain with payloads of the big form. Nothing beyond the bounds is held, what the first fragment says of the whole is
// true of it, and payloads of a chain lie within it, one behind the other.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "ikemessage/big_start.h"
#include "ikemessage/fragments.h"
#include "ikewire/ike_chain.h"

namespace {

using namespace levelgate;

void demand(bool holds) {
  if (!holds) std::abort();
}

// As a message with this key would be read.
void read_whole(ikewire::PayloadType first, ConstBytes octets, const ikemessage::AgreedKey& agreed) {
  const auto chain = ikewire::read_chain(
      first, octets, {.place = ikewire::ChainPlace::kInsideEncrypted, .big = ikewire::BigPayloads::kKeyExchange});
  if (!chain) return;
  std::size_t at = 0;
  for (const ikewire::PayloadView& view : *chain) {
    demand(view.offset == at);
    const std::size_t body = static_cast<std::size_t>(view.body.data() - octets.data());
    demand(body >= at + ikewire::kPayloadHeaderOctets && body + view.body.size() <= octets.size());
    at = body + view.body.size();
  }
  demand(at == octets.size());
  const auto key = std::ranges::find(*chain, ikewire::PayloadType::kKe, &ikewire::PayloadView::type);
  const bool is_agreed = key != chain->end() && key->body.size() == agreed.octets + 4 &&
                         load_be<std::uint16_t>(key->body.data()) == static_cast<std::uint16_t>(agreed.method);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{7}, octets.size() / 2, octets.size()}) {
    const auto verdict = judge_big_start(first, octets.first(std::min(cut, octets.size())), agreed);
    if (is_agreed) demand(verdict != ikemessage::BigStart::kOther);
    if (!is_agreed) demand(verdict != ikemessage::BigStart::kAgreed);
  }
}

}  // namespace

// Key octets (2, times 8), bound on fragments (1, times 16), first payload (1); then pieces: number (2), total (2),
// length (1, times 8), times (1), octets. A piece is its octets, repeated.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader from(std::as_bytes(std::span(data, size)));
  const ikemessage::AgreedKey agreed{ikewire::KeMethod::kMceliece348864f, from.read<std::uint16_t>() * std::size_t{8}};
  const auto most = static_cast<std::uint16_t>(from.read<std::uint8_t>() * 16);
  const auto first = ikewire::PayloadType{from.read<std::uint8_t>()};
  if (!from.ok()) return 0;
  ConstBytes rest = std::as_bytes(std::span(data, size)).subspan(4);
  read_whole(first, rest, agreed);
  ikemessage::Reassembly parts({most, agreed.octets + 1'024});
  std::int64_t now = 0;
  while (rest.size() > 6) {
    ByteReader piece(rest);
    const ikewire::FragmentNumber number{piece.read<std::uint16_t>(), piece.read<std::uint16_t>()};
    const std::size_t length = piece.read<std::uint8_t>() * std::size_t{8};
    const std::size_t times = piece.read<std::uint8_t>() + std::size_t{1};
    rest = rest.subspan(6);
    const ConstBytes text = rest.first(std::min(length, rest.size()));
    rest = rest.subspan(text.size());
    std::vector<std::byte> inner;
    for (std::size_t i = 0; i < times && inner.size() < 70'000; ++i)
      inner.insert(inner.end(), text.begin(), text.end());
    (void)parts.add(at_ns(++now), {ikemessage::MessageId{1}, number, first, {}, inner});
    demand(parts.octets() <= agreed.octets + 1'024);
    demand(parts.map().size() <= most);
    if (const auto whole = parts.take()) {
      demand(whole->inner.size() <= agreed.octets + 1'024 && parts.empty() && parts.octets() == 0);
      read_whole(whole->first_inside, whole->inner, agreed);
    }
  }
  return 0;
}
