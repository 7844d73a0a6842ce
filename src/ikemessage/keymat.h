// SPDX-License-Identifier: Apache-2.0
//
// Key schedules: the seven keys of an IKE SA (RFC 7296 §2.14), their renewal by each additional key exchange
// (RFC 9370 §2.2.2) and by a rekey (RFC 7296 §2.18, RFC 9370 §2.2.4), and the keys of Child SAs (RFC 7296 §2.17). Pure:
// every input is given, a missing one is an Error and never an empty key.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/prf.h"
#include "ikewire/ike_header.h"

namespace levelgate::ikemessage {

struct Nonces {
  ConstBytes initiator;
  ConstBytes responder;
};
// 16 to 256 octets, and half of the prf's key at least (RFC 7296 §2.10, §3.9).
[[nodiscard]] bool nonce_fits(std::size_t octets, crypto::Prf prf);

struct IkeSpis {
  ikewire::IkeSpi initiator;
  ikewire::IkeSpi responder;
};

// What a negotiated suite takes in one direction.
struct CipherKeySizes {
  std::size_t encryption = 0;  // cipher key and, for an AEAD, its salt behind it (RFC 5282 §7.1, RFC 4106 §8.1)
  std::size_t integrity = 0;   // 0 for an AEAD
};
struct IkeKeyShape {
  crypto::Prf prf{};
  CipherKeySizes sizes;
};

struct IkeKeys {
  crypto::Prf prf{};
  SecretBytes d;                                           // SK_d
  SecretBytes integrity_initiator, integrity_responder;    // SK_ai, SK_ar: empty for an AEAD
  SecretBytes encryption_initiator, encryption_responder;  // SK_ei, SK_er
  SecretBytes proof_initiator, proof_responder;            // SK_pi, SK_pr
};

// After IKE_SA_INIT.
[[nodiscard]] Result<IkeKeys> initial_keys(const IkeKeyShape& shape, const Nonces& nonces, const IkeSpis& spis,
                                           ConstBytes shared);
// After the n-th IKE_INTERMEDIATE: `d` is SK_d(n-1), the nonces stay those of IKE_SA_INIT.
[[nodiscard]] Result<IkeKeys> keys_after_intermediate(const IkeKeyShape& shape, ConstBytes d, const Nonces& nonces,
                                                      const IkeSpis& spis, ConstBytes shared);

// Of a seed in the place of SKEYSEED, as a PPK makes one (RFC 9867 §3.1.1).
[[nodiscard]] Result<IkeKeys> keys_of_seed(const IkeKeyShape& shape, const SecretBytes& seed, const Nonces& nonces,
                                           const IkeSpis& spis);

// What a rekeyed IKE SA takes from the one that it replaces: its SK_d, and its prf for SKEYSEED.
struct OldIke {
  crypto::Prf prf{};
  ConstBytes d;
};
// Expansion is by the new prf, over the new nonces and the new SPIs. `shared`: that of CREATE_CHILD_SA first, then
// those of IKE_FOLLOWUP_KE in their order.
[[nodiscard]] Result<IkeKeys> rekeyed_keys(const OldIke& old, const IkeKeyShape& shape, const Nonces& nonces,
                                           const IkeSpis& spis, std::span<const ConstBytes> shared);

struct ChildKeys {
  struct Direction {
    SecretBytes encryption;
    SecretBytes integrity;
  };
  Direction from_initiator;  // of the exchange that makes the Child SA
  Direction from_responder;
};
// `shared` is empty without a key exchange of its own (the first Child SA), else as in rekeyed_keys.
[[nodiscard]] Result<ChildKeys> child_keys(const OldIke& ike, const CipherKeySizes& sizes, const Nonces& nonces,
                                           std::span<const ConstBytes> shared);

}  // namespace levelgate::ikemessage
