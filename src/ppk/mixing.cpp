// SPDX-License-Identifier: Apache-2.0
//
// The octets that PPKs make.
#include "ppk/mixing.h"

#include <algorithm>

namespace levelgate::ppk {
namespace {

// A PPK whose octets only the service can read is known by its name alone.
Result<ConstBytes> octets_of(const model::Ppk& ppk) {
  if (!ppk.key.octets) return failure(Fault::kInternal, "PPK \"" + ppk.id + "\" has no octets");
  return ppk.key.octets->bytes();
}

}  // namespace

Result<SecretBytes> mixed(crypto::Prf prf, const model::Ppk& ppk, ConstBytes key) {
  const Result<ConstBytes> secret = octets_of(ppk);
  if (!secret) return std::unexpected(secret.error());
  if (key.empty()) return failure(Fault::kInternal, "a PPK wanted in keys that are not there");
  return crypto::prf_plus(prf, *secret, key, crypto::prf_octets(prf));
}

Result<Confirmation> confirmation(crypto::Prf prf, const model::Ppk& ppk, std::initializer_list<ConstBytes> pieces) {
  const Result<ConstBytes> secret = octets_of(ppk);
  if (!secret) return std::unexpected(secret.error());
  const Result<SecretBytes> whole = crypto::prf(prf, *secret, pieces);
  if (!whole) return std::unexpected(whole.error());
  Confirmation first{};
  std::ranges::copy(whole->bytes().first(first.size()), first.begin());
  return first;
}

std::vector<ikewire::PpkIdentityKey> identity_keys(std::span<const ConstBytes> values) {
  std::vector<ikewire::PpkIdentityKey> all;
  for (const ConstBytes value : values) {
    if (const auto read = ikewire::read_ppk_identity_key(value)) all.push_back(*read);
  }
  return all;
}

bool names(const ikewire::PpkIdentity& identity, const model::Ppk& ppk) {
  return identity.type == ikewire::PpkIdType::kFixed &&
         std::ranges::equal(identity.name, as_bytes(ppk.id.data(), ppk.id.size()));
}

ikewire::PpkIdentity identity_of(const model::Ppk& ppk) {
  return {ikewire::PpkIdType::kFixed, as_bytes(ppk.id.data(), ppk.id.size())};
}

// In the same time wherever they differ.
bool same(const Confirmation& own, ConstBytes received) {
  if (received.size() != own.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < own.size(); ++i) difference |= std::to_integer<unsigned>(own[i] ^ received[i]);
  return difference == 0;
}

}  // namespace levelgate::ppk
