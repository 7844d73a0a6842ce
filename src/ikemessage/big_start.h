// SPDX-License-Identifier: Apache-2.0
//
// What the first fragment of a large message says of the whole: where the key that was agreed to is to come, anything
// else is known by its first octets, and nothing more of it is kept. Thread: any.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>

#include "ikewire/ike_numbers.h"
#include "ikewire/ike_transform_numbers.h"

namespace levelgate::ikemessage {

struct AgreedKey {
  ikewire::KeMethod method = ikewire::KeMethod::kNone;
  std::size_t octets = 0;
};

enum class BigStart : std::uint8_t {
  kAgreed,   // the header of the Key Exchange payload is the one of this key
  kUnknown,  // it stands further behind
  kOther,    // another method, another length, or no Key Exchange at all
};

// `first_inside` and `inner` of fragment 1.
[[nodiscard]] BigStart judge_big_start(ikewire::PayloadType first_inside, ConstBytes inner, const AgreedKey& agreed);

}  // namespace levelgate::ikemessage
