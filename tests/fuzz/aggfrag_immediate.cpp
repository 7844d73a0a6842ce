// SPDX-License-Identifier: Apache-2.0
// links: aggfrag wire
//
// Any payloads under any numbers that come once each, in any order: immediate delivery yields what the naive one yields
// at every step, and in the end at least what in-order delivery yields, with the same numbers missed and late. The
// first octet is the window; then come records: one octet for the number, from the awaited one on, one for the time
// that passes, two of length, and that many octets of payload.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "support/naive_immediate.h"
#include "support/receiving_stream.h"

namespace {

using levelgate::testing::Delivery;
using levelgate::testing::Octets;

constexpr std::uint32_t kMaxInner = 2048;
constexpr std::uint64_t kFirst = 8;       // so that an arrival may fall behind it
constexpr std::size_t kMostRecords = 64;  // the naive one looks through all of them each time

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  levelgate::ByteReader input(std::as_bytes(std::span(octets, size)));
  const std::uint32_t window = input.read<std::uint8_t>() % 40u;
  levelgate::testing::ReceivingStream immediate(Delivery::kImmediate, window, kFirst, kMaxInner);
  levelgate::testing::ReceivingStream in_order(Delivery::kInOrder, window, kFirst, kMaxInner);
  levelgate::testing::NaiveImmediate naive(kMaxInner);
  std::set<std::uint64_t> seen;  // what a replay window does
  levelgate::Instant now = levelgate::at_ns(1);
  for (std::size_t records = 0; records < kMostRecords && input.remaining() >= 4; ++records) {
    const std::uint64_t number = immediate.awaited() + input.read<std::uint8_t>() % 64u - 8u;
    now += levelgate::Nanos(input.read<std::uint8_t>());
    const std::size_t length = std::min<std::size_t>(input.read<std::uint16_t>() % 4096, input.remaining());
    const levelgate::ConstBytes octets_here = input.read_bytes(length);
    if (!seen.insert(number).second) continue;
    const Octets payload(octets_here.begin(), octets_here.end());
    const bool in_time = immediate.arrive(number, payload, now, levelgate::Nanos(100));
    require(in_order.arrive(number, payload, now, levelgate::Nanos(100)) == in_time);
    if (in_time) {
      naive.take(number, payload);
    } else {
      naive.take_late(payload);
    }
    require(immediate.delivered == naive.delivered);
    require(!immediate.out_of_turn && !in_order.out_of_turn);
    require(immediate.held() == in_order.held() && immediate.held() <= window);
    require(immediate.deadline() == in_order.deadline());
  }
  immediate.end(now);
  in_order.end(now);
  require(immediate.delivered == naive.delivered);
  require(immediate.incomplete == naive.begun - naive.joined);
  require(immediate.missed == in_order.missed && immediate.late == in_order.late);
  std::sort(immediate.delivered.begin(), immediate.delivered.end());
  std::sort(in_order.delivered.begin(), in_order.delivered.end());
  require(std::includes(immediate.delivered.begin(), immediate.delivered.end(), in_order.delivered.begin(),
                        in_order.delivered.end()));
  return 0;
}
