// SPDX-License-Identifier: Apache-2.0
//
// esp::Cipher on DPDK's crypto devices: hardware, and software behind the same interface. Which device does which
// cipher is decided at birth (dpdk/crypto_devices.h); comparing tags is the device's work.
#pragma once

#include <levelgate/base/result.h>

#include <memory>
#include <vector>

#include "dpdk/crypto_devices.h"
#include "esp/cipher.h"

namespace levelgate::dpdk {

// One for each worker, all on the same devices, which stay as long as a cipher or a key is there. Errors name
// dataplane.crypto. EAL outlives all of it.
[[nodiscard]] Result<std::vector<std::unique_ptr<esp::Cipher>>> make_cryptodev_ciphers(const CryptoSettings& settings);

}  // namespace levelgate::dpdk
