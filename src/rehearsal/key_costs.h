// SPDX-License-Identifier: Apache-2.0
//
// What key exchanges take, charged in virtual time, and keys that are made once for many rehearsals: making a large key
// takes longer than all the rest of one.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "crypto/key_exchange.h"
#include "ikestate/effects.h"

namespace levelgate::rehearsal {

struct KeyCost {
  Nanos generate{}, encapsulate{}, decapsulate{};
  bool operator==(const KeyCost&) const = default;
};
// By method; a method without an entry costs nothing.
using KeyCosts = std::map<std::uint16_t, KeyCost>;

class ReadyKeys {
 public:
  // Makes one key of each method. Fails as crypto::generate_key() does.
  [[nodiscard]] static Result<ReadyKeys> make(std::span<const std::uint16_t> methods);
  // The key that was made, for one exchange more. Null: none of this method was.
  [[nodiscard]] std::unique_ptr<crypto::GeneratedKey> lend(std::uint16_t method) const;

 private:
  std::map<std::uint16_t, std::shared_ptr<const crypto::GeneratedKey>> keys_;
};

// Does what the job does, with a ready key where it makes one that is there; `cost` is what it would have taken.
struct DoneJob {
  ikestate::JobValue value;
  Nanos cost{};
};
[[nodiscard]] DoneJob do_job(ikestate::RunJob& job, const ReadyKeys& ready, const KeyCosts& costs);

}  // namespace levelgate::rehearsal
