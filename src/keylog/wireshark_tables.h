// SPDX-License-Identifier: Apache-2.0
//
// Lines of Wireshark's tables esp_sa and ikev2_decryption_table. What Wireshark cannot decrypt becomes a comment
// without a key. Pure: who may read the text is its taker's matter.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/model/config.h>
#include <levelgate/model/tunnel.h>

#include <optional>
#include <string>
#include <string_view>

#include "ikestate/sa_state.h"

namespace levelgate::keylog {

inline constexpr std::string_view kEspTable = "esp_sa";
inline constexpr std::string_view kIkeTable = "ikev2_decryption_table";

// "wireshark-4.0", "wireshark-4.4".
[[nodiscard]] std::optional<model::WiresharkVersion> wireshark_named(std::string_view word);
[[nodiscard]] std::string_view name_of(model::WiresharkVersion version);

// One direction of a tunnel; `sa` has a key.
struct EspEntry {
  std::string_view tunnel;
  IpAddress source, destination;  // of the outer packets
  const model::EspSa& sa;
};

// Both end with a line feed. ESN (RFC 4303 §2.2.1): 4.0 knows none, so it decrypts and takes each ICV for wrong; 4.4 is
// told the upper half of the first number, and takes ICVs for wrong once that has risen.
[[nodiscard]] std::string esp_line(model::WiresharkVersion version, const EspEntry& entry);
// Of an IKE SA that is established. The exchanges before IKE_AUTH that were under other keys stay unreadable.
[[nodiscard]] std::string ike_line(const ikestate::SaState& sa);

}  // namespace levelgate::keylog
