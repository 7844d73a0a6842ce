// SPDX-License-Identifier: Apache-2.0
//
// Outer headers are the same for every packet of a tunnel: no DSCP and no DF bit is copied from inner packets.
#include "management/yang_policy.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "control/tfs_values.h"
#include "ikewire/ike_transform_numbers.h"

namespace levelgate::management {
namespace {

// The longest prefix that holds both ends.
IpPrefix prefix_around(const model::TrafficSelector& selector) {
  const ConstBytes first = selector.first.bytes(), last = selector.last.bytes();
  std::uint8_t length = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto differing = static_cast<std::uint8_t>(first[i] ^ last[i]);
    length = static_cast<std::uint8_t>(length + std::countl_zero(differing));
    if (differing != 0) break;
  }
  return IpPrefix{selector.first, length}.network();
}

std::vector<IpPrefix> prefixes(const std::vector<model::TrafficSelector>& selectors) {
  if (selectors.empty()) return {*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("::/0")};
  std::vector<IpPrefix> all;
  for (const model::TrafficSelector& selector : selectors) all.push_back(prefix_around(selector));
  return all;
}

}  // namespace

YangCipher yang_cipher(EspCipher cipher) {
  using ikewire::Encryption;
  switch (cipher) {
    case EspCipher::kAes128Gcm16:
      return {static_cast<std::uint16_t>(Encryption::kAesGcm16), 128};
    case EspCipher::kAes256Gcm16:
      return {static_cast<std::uint16_t>(Encryption::kAesGcm16), 256};
    case EspCipher::kChaCha20Poly1305:
      return {static_cast<std::uint16_t>(Encryption::kChacha20Poly1305), 0};
  }
  return {};
}

Value yang_ciphers(const std::vector<YangCipher>& ciphers) {
  Value::List list;
  for (const YangCipher& cipher : ciphers) {
    Value::Map entry{{"id", Value{std::uint64_t{list.size() + 1}}},
                     {"algorithm-type", Value{std::uint64_t{cipher.type}}}};
    if (cipher.key_bits != 0) entry.push_back({"key-length", Value{std::uint64_t{cipher.key_bits}}});
    list.push_back(Value{std::move(entry)});
  }
  return Value{std::move(list)};
}

std::vector<PrefixPair> prefix_pairs(const model::SelectorPair& selectors) {
  std::vector<PrefixPair> pairs;
  const std::vector<IpPrefix> remotes = prefixes(selectors.remote);
  for (const IpPrefix& local : prefixes(selectors.local)) {
    for (const IpPrefix& remote : remotes) {
      if (local.address.family() == remote.address.family()) pairs.push_back({local, remote});
    }
  }
  return pairs;
}

Value::Map yang_selector(const PrefixPair& pair) {
  return {{"local-prefix", Value{pair.local.text()}}, {"remote-prefix", Value{pair.remote.text()}}};
}

Value::Map yang_tunnel(const model::TunnelConfig& tunnel) {
  return {{"local", Value{tunnel.local.text()}},
          {"remote", Value{tunnel.remote.text()}},
          {"df-bit", Value{std::string("set")}},
          {"bypass-dscp", Value{false}}};
}

Value::Map yang_policy(const model::TunnelConfig& tunnel, const PrefixPair& pair, bool esn,
                       const std::vector<YangCipher>& ciphers) {
  Value::Map sa{{"ext-seq-num", Value{esn}},
                {"mode", Value{std::string("tunnel")}},
                {"protocol-parameters", Value{std::string("esp")}},
                {"esp-algorithms", Value{Value::Map{{"encryption", yang_ciphers(ciphers)}}}},
                {"tunnel", Value{yang_tunnel(tunnel)}}};
  if (carries_aggfrag(tunnel.tfs)) sa.push_back({kTfsContainer, Value{control::tfs_value(tunnel.tfs)}});
  Value::Map processing{{"action", Value{std::string("protect")}}, {"ipsec-sa-cfg", Value{std::move(sa)}}};
  return {{"anti-replay-window-size", Value{std::uint64_t{tunnel.replay_window}}},
          {"traffic-selector", Value{yang_selector(pair)}},
          {"processing-info", Value{std::move(processing)}}};
}

}  // namespace levelgate::management
