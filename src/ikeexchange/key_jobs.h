// SPDX-License-Identifier: Apache-2.0
//
// Key exchanges as jobs: each owns its inputs. Whoever starts one gets its value by on_job().
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "crypto/key_exchange.h"
#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

// Our half as initiator of the exchange.
inline void start_generating(Turn& turn, ikewire::KeMethod method) {
  const auto number = static_cast<std::uint16_t>(method);
  turn.run([number] { return ikestate::JobValue(crypto::generate_key(number)); },
           {ikestate::KeyStep::kGenerate, number});
}

// As responder, to the public value that came.
inline void start_encapsulating(Turn& turn, const ikewire::KeyExchange& offered) {
  const auto number = static_cast<std::uint16_t>(offered.method);
  turn.run(
      [number, value = std::vector(offered.key.begin(), offered.key.end())] {
        return ikestate::JobValue(crypto::encapsulate(number, value));
      },
      {ikestate::KeyStep::kEncapsulate, number});
}

// The shared secret, from the responder's value.
inline void start_decapsulating(Turn& turn, std::shared_ptr<crypto::GeneratedKey> key,
                                const ikewire::KeyExchange& answered) {
  const std::uint16_t number = key->method().id;
  turn.run(
      [own = std::move(key), value = std::vector(answered.key.begin(), answered.key.end())] {
        return ikestate::JobValue(own->decapsulate(value));
      },
      {ikestate::KeyStep::kDecapsulate, number});
}

}  // namespace levelgate::ikeexchange
