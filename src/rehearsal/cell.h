// SPDX-License-Identifier: Apache-2.0
//
// What is rehearsed: a path, the key exchanges of the tunnel, and how IKE messages travel. All combinations of some
// values of each are a table.
#pragma once

#include <levelgate/base/time.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace levelgate::rehearsal {

inline constexpr std::uint64_t kMbit = 1'000'000;  // bits

struct CellPath {
  std::uint64_t bits_per_second = 0;  // of IP packets, each way
  Nanos round_trip{};                 // half of it each way, without serialisation
  double loss = 0;                    // share of packets, each way, independent
  auto operator<=>(const CellPath&) const = default;
};

enum class KeySet : std::uint8_t { kX25519, kMlKem768, kMceliece348864f, kMceliece6688128f, kMceliece8192128f };
inline constexpr KeySet kKeySets[] = {KeySet::kX25519, KeySet::kMlKem768, KeySet::kMceliece348864f,
                                      KeySet::kMceliece6688128f, KeySet::kMceliece8192128f};

enum class Delivery : std::uint8_t {
  kWholeRepeats,  // UDP as RFC 7383 alone has it: all fragments at once, all again after 1, 2, 4 ... s
  kPaced,         // UDP, at a pace, repeated soon; fragments are not acknowledged
  kAcknowledged,  // UDP, at a pace, only what lacks is repeated
  // IKE over TCP (RFC 9329), ESP beside it (draft-ietf-ipsecme-ikev2-reliable-transport-04; decision 0026).
  kTcp,       // from the first message on
  kSeparate,  // behind IKE_SA_INIT over UDP
};
inline constexpr Delivery kDeliveries[] = {Delivery::kWholeRepeats, Delivery::kPaced, Delivery::kAcknowledged,
                                           Delivery::kTcp, Delivery::kSeparate};

struct Cell {
  CellPath path;
  KeySet keys = KeySet::kX25519;
  Delivery delivery = Delivery::kAcknowledged;
  auto operator<=>(const Cell&) const = default;
};

struct KeySetFacts {
  std::string_view name;         // x25519, +mlkem768, +mceliece6688128f
  std::string_view large;        // the word of `large-keys: { method: ... }`; empty: none
  std::size_t large_octets = 0;  // of that key
};
[[nodiscard]] KeySetFacts facts_of(KeySet keys);
[[nodiscard]] std::string_view name_of(Delivery delivery);  // rfc7383, udp, udp-ack, tcp, separate

// Every method of key exchange that a key set may use, by IANA's or the private number.
[[nodiscard]] std::vector<std::uint16_t> methods_of(KeySet keys);

struct TableSettings {
  std::vector<std::uint64_t> rates;
  std::vector<Nanos> round_trips;
  std::vector<double> losses;
  std::vector<KeySet> keys;
  std::vector<Delivery> deliveries;
};
[[nodiscard]] TableSettings whole_table();
[[nodiscard]] TableSettings quick_table();
// Row by row: path, then keys, then delivery.
[[nodiscard]] std::vector<Cell> cells_of(const TableSettings& settings);

}  // namespace levelgate::rehearsal
