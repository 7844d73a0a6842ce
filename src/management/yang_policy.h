// SPDX-License-Identifier: Apache-2.0
//
// What both cases of RFC 9061 share: selectors, and the policy that an SPD entry holds (ipsec-policy-grouping).
#pragma once

#include <levelgate/model/config.h>

#include <string>
#include <vector>

#include "control/admin.h"

namespace levelgate::management {

using control::Value;

inline constexpr const char* kTfsContainer = "ietf-ipsec-iptfs:traffic-flow-security";

// An encryption algorithm by its transform number (RFC 7296 §3.3.2).
struct YangCipher {
  std::uint16_t type = 0;
  std::uint16_t key_bits = 0;  // 0: it has one length only
  bool operator==(const YangCipher&) const = default;
};
[[nodiscard]] YangCipher yang_cipher(EspCipher cipher);
// A list with the key "id", numbered from 1.
[[nodiscard]] Value yang_ciphers(const std::vector<YangCipher>& ciphers);

struct PrefixPair {
  IpPrefix local, remote;
};
// Every pair of one family; "any" is written out for both. A range that is no prefix appears as the prefix around it.
[[nodiscard]] std::vector<PrefixPair> prefix_pairs(const model::SelectorPair& selectors);

[[nodiscard]] Value::Map yang_selector(const PrefixPair& pair);
[[nodiscard]] Value::Map yang_tunnel(const model::TunnelConfig& tunnel);
[[nodiscard]] Value::Map yang_policy(const model::TunnelConfig& tunnel, const PrefixPair& pair, bool esn,
                                     const std::vector<YangCipher>& ciphers);

[[nodiscard]] inline bool carries_aggfrag(const model::TfsSettings& tfs) { return tfs.mode != model::TfsMode::kPlain; }

}  // namespace levelgate::management
