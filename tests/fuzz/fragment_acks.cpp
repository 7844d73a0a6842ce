// SPDX-License-Identifier: Apache-2.0
// links: ike
//
// The first two octets say how many fragments were sent, the rest is what the peer has of them. What is taken reads
// back as the same octets.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "ikemessage/fragment_ack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levelgate;
  if (size < 2) return 0;
  const ConstBytes input = std::as_bytes(std::span(data, size));
  const std::size_t total = load_be<std::uint16_t>(input.data());
  const auto map = ikemessage::read_fragment_ack(input.subspan(2), total);
  if (!map) return 0;
  ikewire::WireBuffer again(size);
  ikemessage::write_fragment_ack(again, *map);
  if (map->size() != total || !again.ok() || !std::ranges::equal(again.octets(), input.subspan(2))) std::abort();
  return 0;
}
