// SPDX-License-Identifier: Apache-2.0
//
// How a PPK enters keys, and how one side shows that it has the octets behind a name (RFC 8784 §3; RFC 9867 §3.1,
// §3.1.1, §3.2). Pure.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>
#include <levelgate/model/ike_config.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "crypto/prf.h"
#include "ikewire/ike_notify_values.h"

namespace levelgate::ppk {

// prf+(PPK, key), as long as an output of the prf: SK_d, SK_pi and SK_pr of RFC 8784, SKEYSEED' and SK_d' of RFC 9867.
[[nodiscard]] Result<SecretBytes> mixed(crypto::Prf prf, const model::Ppk& ppk, ConstBytes key);

using Confirmation = std::array<std::byte, ikewire::kPpkConfirmationOctets>;
// Of the SA that is being made: before IKE_AUTH Ni | Nr | SPIi | SPIr, in CREATE_CHILD_SA Ni | SPIi | SPIr, the SPIs
// those of the IKE SA that carries the exchange.
[[nodiscard]] Result<Confirmation> confirmation(crypto::Prf prf, const model::Ppk& ppk,
                                                std::initializer_list<ConstBytes> pieces);

// What a message's PPK_IDENTITY_KEY notifications say, in their order; what cannot be read is left out.
[[nodiscard]] std::vector<ikewire::PpkIdentityKey> identity_keys(std::span<const ConstBytes> values);

// The first PPK of the peer's list that is among `ours` by name and by confirmation; `confirm` computes ours.
// An Error is the prf's.
template <typename Confirm>
[[nodiscard]] Result<std::optional<model::Ppk>> match(std::span<const ikewire::PpkIdentityKey> offered,
                                                      std::span<const model::Ppk> ours, Confirm confirm);

// Whether a PPK_ID is that of `ppk`: PPK_ID_FIXED and its name. No other type is configured here (RFC 8784 §5.1).
[[nodiscard]] bool names(const ikewire::PpkIdentity& identity, const model::Ppk& ppk);
[[nodiscard]] ikewire::PpkIdentity identity_of(const model::Ppk& ppk);

// --- detail of match() ---

[[nodiscard]] bool same(const Confirmation& own, ConstBytes received);

template <typename Confirm>
Result<std::optional<model::Ppk>> match(std::span<const ikewire::PpkIdentityKey> offered,
                                        std::span<const model::Ppk> ours, Confirm confirm) {
  for (const ikewire::PpkIdentityKey& one : offered) {
    for (const model::Ppk& ppk : ours) {
      if (!names(one.identity, ppk)) continue;
      const Result<Confirmation> own = confirm(ppk);
      if (!own) return std::unexpected(own.error());
      if (same(*own, one.confirmation)) return std::optional(ppk);
    }
  }
  return std::optional<model::Ppk>();
}

}  // namespace levelgate::ppk
