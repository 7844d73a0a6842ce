// SPDX-License-Identifier: Apache-2.0
//
// Key schedules: gather, derive, cut into keys.
#include "ikemessage/keymat.h"

#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace levelgate::ikemessage {
namespace {

constexpr std::size_t kShortestNonce = 16;
constexpr std::size_t kLongestNonce = 256;

// Octets in one piece, wiped afterwards: a seed may hold shared secrets.
SecretBytes joined(std::span<const ConstBytes> pieces) {
  const auto add = [](std::size_t sum, ConstBytes piece) { return sum + piece.size(); };
  SecretBytes all(std::accumulate(pieces.begin(), pieces.end(), std::size_t{0}, add));
  ByteWriter writer(all.writable());
  for (const ConstBytes piece : pieces) writer.write_bytes(piece);
  return all;
}

// SK(0) | Ni | Nr | SK(1) | ... | SK(n); without any shared secret Ni | Nr.
std::vector<ConstBytes> around_nonces(const Nonces& nonces, std::span<const ConstBytes> shared) {
  std::vector<ConstBytes> pieces;
  if (!shared.empty()) pieces.push_back(shared[0]);
  pieces.push_back(nonces.initiator);
  pieces.push_back(nonces.responder);
  for (std::size_t n = 1; n < shared.size(); ++n) pieces.push_back(shared[n]);
  return pieces;
}

class Cutter {
 public:
  explicit Cutter(const SecretBytes& material) : reader_(material.bytes()) {}
  SecretBytes next(std::size_t octets) { return SecretBytes(reader_.read_bytes(octets)); }

 private:
  ByteReader reader_;
};

Result<IkeKeys> expand(const IkeKeyShape& shape, const SecretBytes& skeyseed, const Nonces& nonces,
                       const IkeSpis& spis) {
  std::array<std::byte, 16> spi_octets{};
  store_be(spi_octets.data(), spis.initiator.value);
  store_be(spi_octets.data() + 8, spis.responder.value);
  const std::array<ConstBytes, 3> pieces = {nonces.initiator, nonces.responder, spi_octets};
  const std::size_t key = crypto::prf_octets(shape.prf);
  const auto& [encryption, integrity] = shape.sizes;
  const std::size_t octets = 3 * key + 2 * integrity + 2 * encryption;
  const Result<SecretBytes> material = crypto::prf_plus(shape.prf, skeyseed.bytes(), joined(pieces).bytes(), octets);
  if (!material) return std::unexpected(material.error());
  Cutter cut(*material);
  IkeKeys keys;
  keys.prf = shape.prf;
  keys.d = cut.next(key);
  keys.integrity_initiator = cut.next(integrity);
  keys.integrity_responder = cut.next(integrity);
  keys.encryption_initiator = cut.next(encryption);
  keys.encryption_responder = cut.next(encryption);
  keys.proof_initiator = cut.next(key);
  keys.proof_responder = cut.next(key);
  return keys;
}

// Nothing may be derived from what was never set: a prf takes an empty piece without complaint.
Result<void> all_given(const CipherKeySizes& sizes, const Nonces& nonces, std::span<const ConstBytes> shared) {
  if (sizes.encryption == 0) return failure(Fault::kInternal, "a cipher without a key length");
  if (nonces.initiator.empty() || nonces.responder.empty()) {
    return failure(Fault::kInternal, "keys wanted before both nonces are known");
  }
  for (const ConstBytes secret : shared) {
    if (secret.empty()) return failure(Fault::kInternal, "keys wanted before the key exchange is done");
  }
  return {};
}

}  // namespace

bool nonce_fits(std::size_t octets, crypto::Prf prf) {
  return octets >= kShortestNonce && octets <= kLongestNonce && 2 * octets >= crypto::prf_octets(prf);
}

Result<IkeKeys> initial_keys(const IkeKeyShape& shape, const Nonces& nonces, const IkeSpis& spis, ConstBytes shared) {
  if (const Result<void> given = all_given(shape.sizes, nonces, {&shared, 1}); !given) {
    return std::unexpected(given.error());
  }
  const std::array<ConstBytes, 2> both = {nonces.initiator, nonces.responder};
  const Result<SecretBytes> skeyseed = crypto::prf(shape.prf, joined(both).bytes(), {shared});
  if (!skeyseed) return std::unexpected(skeyseed.error());
  return expand(shape, *skeyseed, nonces, spis);
}

Result<IkeKeys> keys_after_intermediate(const IkeKeyShape& shape, ConstBytes d, const Nonces& nonces,
                                        const IkeSpis& spis, ConstBytes shared) {
  // One more shared secret before the nonces is the form of a rekey with a single secret (RFC 9370 §2.2.2).
  return rekeyed_keys({shape.prf, d}, shape, nonces, spis, {&shared, 1});
}

Result<IkeKeys> keys_of_seed(const IkeKeyShape& shape, const SecretBytes& seed, const Nonces& nonces,
                             const IkeSpis& spis) {
  const ConstBytes given = seed.bytes();
  if (const Result<void> all = all_given(shape.sizes, nonces, {&given, 1}); !all) return std::unexpected(all.error());
  return expand(shape, seed, nonces, spis);
}

Result<IkeKeys> rekeyed_keys(const OldIke& old, const IkeKeyShape& shape, const Nonces& nonces, const IkeSpis& spis,
                             std::span<const ConstBytes> shared) {
  if (shared.empty()) return failure(Fault::kInternal, "an IKE SA is never rekeyed without a key exchange");
  if (const Result<void> given = all_given(shape.sizes, nonces, shared); !given) {
    return std::unexpected(given.error());
  }
  const Result<SecretBytes> skeyseed = crypto::prf(old.prf, old.d, around_nonces(nonces, shared));
  if (!skeyseed) return std::unexpected(skeyseed.error());
  return expand(shape, *skeyseed, nonces, spis);
}

Result<ChildKeys> child_keys(const OldIke& ike, const CipherKeySizes& sizes, const Nonces& nonces,
                             std::span<const ConstBytes> shared) {
  if (const Result<void> given = all_given(sizes, nonces, shared); !given) return std::unexpected(given.error());
  const SecretBytes seed = joined(around_nonces(nonces, shared));
  const std::size_t octets = 2 * (sizes.encryption + sizes.integrity);
  const Result<SecretBytes> material = crypto::prf_plus(ike.prf, ike.d, seed.bytes(), octets);
  if (!material) return std::unexpected(material.error());
  Cutter cut(*material);
  ChildKeys keys;
  for (ChildKeys::Direction* direction : {&keys.from_initiator, &keys.from_responder}) {
    direction->encryption = cut.next(sizes.encryption);
    direction->integrity = cut.next(sizes.integrity);
  }
  return keys;
}

}  // namespace levelgate::ikemessage
