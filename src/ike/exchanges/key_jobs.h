// SPDX-License-Identifier: Apache-2.0
//
// Key exchanges as jobs: each owns its inputs. Whoever starts one gets its value by on_job().
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "crypto/key_exchange.h"
#include "ike/exchanges/exchange.h"

namespace levelgate::ike {

// Our half as initiator of the exchange.
inline void start_generating(Turn& turn, ikewire::KeMethod method) {
  const auto number = static_cast<std::uint16_t>(method);
  turn.run([number] { return JobValue(crypto::generate_key(number)); }, {KeyStep::kGenerate, number});
}

// As responder, to the public value that came.
inline void start_encapsulating(Turn& turn, const ikewire::KeyExchange& offered) {
  const auto number = static_cast<std::uint16_t>(offered.method);
  turn.run([number, value = std::vector(offered.key.begin(),
                                        offered.key.end())] { return JobValue(crypto::encapsulate(number, value)); },
           {KeyStep::kEncapsulate, number});
}

// The shared secret, from the responder's value.
inline void start_decapsulating(Turn& turn, std::shared_ptr<crypto::GeneratedKey> key,
                                const ikewire::KeyExchange& answered) {
  const std::uint16_t number = key->method().id;
  turn.run(
      [own = std::move(key), value = std::vector(answered.key.begin(), answered.key.end())] {
        return JobValue(own->decapsulate(value));
      },
      {KeyStep::kDecapsulate, number});
}

}  // namespace levelgate::ike
