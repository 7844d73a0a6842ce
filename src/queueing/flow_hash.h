// SPDX-License-Identifier: Apache-2.0
//
// Which flow a packet belongs to, by a hash with a key that the sender of the traffic does not know: who could choose
// collisions could choose whose packets his own stand beside.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>

#include "wire/flow_words.h"

namespace levelgate::queueing {

// Thread: any; immutable.
class FlowHash {
 public:
  explicit FlowHash(std::uint64_t key) : first_(mix(key ^ kOdd, ~key | 1)), second_(mix(~key ^ kOdd, key | 1)) {}

  [[nodiscard]] std::uint32_t operator()(ConstBytes packet) const { return of(wire::flow_words(packet)); }
  [[nodiscard]] std::uint32_t of(const wire::FlowWords& flow) const {
    std::uint64_t sum = mix(flow.words[0] ^ first_, flow.words[1] ^ second_);
    if (flow.count == 5) {
      sum = mix(flow.words[2] ^ first_, flow.words[3] ^ sum);
      sum = mix(flow.words[4] ^ second_, sum ^ first_);
    }
    sum = mix(sum ^ first_, kOdd);
    return static_cast<std::uint32_t>(sum ^ (sum >> 32));
  }

 private:
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;  // 2^64 over the golden ratio

  // Both halves of the product.
  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t first_;
  std::uint64_t second_;
};

}  // namespace levelgate::queueing
