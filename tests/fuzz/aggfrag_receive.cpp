// SPDX-License-Identifier: Apache-2.0
// links: aggfrag wire
//
// Any sequence of payloads under any numbers: the receiver stays within its bounds, calls its sink in turn, and yields
// what the naive one yields, which holds octets that arrived and no other. The input is a row of records: one octet
// that says what happens before the payload, two of length, and that many octets of payload.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "aggfrag/receiver.h"
#include "support/aggfrag_stream.h"
#include "support/naive_receiver.h"

namespace {

constexpr std::uint32_t kMaxInner = 2048;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  levelgate::ByteReader input(std::as_bytes(std::span(octets, size)));
  levelgate::aggfrag::Receiver receiver(kMaxInner);
  levelgate::testing::RecordingSink sink;
  levelgate::testing::NaiveReceiver naive(kMaxInner);
  std::uint64_t number = 0;
  while (input.remaining() >= 3) {
    const auto before = input.read<std::uint8_t>();
    const std::size_t length = std::min<std::size_t>(input.read<std::uint16_t>() % 4096, input.remaining());
    number += 1u + (before & 1u);  // 1: a payload is lost before this one
    if ((before & 2u) != 0) {
      receiver.abandon(sink);
      naive.lose();
    }
    const levelgate::ConstBytes payload = input.read_bytes(length);
    const auto result = receiver.accept(levelgate::EspSeq{number}, payload, sink);
    require(result.verdict == naive.accept(number, payload));
    require(result.pad_octets <= payload.size());
    require(receiver.partial() == naive.unfinished());
    require(sink.delivered == naive.delivered);
    require(sink.lost() == naive.lost);
    require(!sink.out_of_turn);
    for (const std::uint32_t begun : sink.begun) require(begun >= 20 && begun <= kMaxInner);
    sink.delivered.clear();
    sink.begun.clear();
    naive.delivered.clear();
  }
  return 0;
}
