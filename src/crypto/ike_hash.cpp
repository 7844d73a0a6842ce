// SPDX-License-Identifier: Apache-2.0
//
// Hashes by OpenSSL, fetched from the context of our own.
#include "crypto/ike_hash.h"

#include <openssl/evp.h>

#include <array>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

const char* digest_name(IkeHash hash) {
  switch (hash) {
    case IkeHash::kSha1:
      return "SHA1";
    case IkeHash::kSha256:
      return "SHA2-256";
    case IkeHash::kSha384:
      return "SHA2-384";
    case IkeHash::kSha512:
      return "SHA2-512";
  }
  return "";
}

// Looked up by name once for each hash: the lookup costs as much as a short message. Lives as long as the context.
const EVP_MD* digest_of(IkeHash hash) {
  const auto fetch = [](IkeHash one) { return EVP_MD_fetch(openssl_context(), digest_name(one), nullptr); };
  static const std::array<const EVP_MD*, 4> digests{fetch(IkeHash::kSha1), fetch(IkeHash::kSha256),
                                                    fetch(IkeHash::kSha384), fetch(IkeHash::kSha512)};
  return digests[static_cast<std::size_t>(hash)];
}

}  // namespace

Result<std::vector<std::byte>> ike_hash(IkeHash hash, std::span<const ConstBytes> pieces) {
  const EVP_MD* const digest = digest_of(hash);
  const OpensslOwned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  bool done = digest != nullptr && context && EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1;
  for (const ConstBytes piece : pieces) {
    done = done && EVP_DigestUpdate(context.get(), octets_of(piece), piece.size()) == 1;
  }
  std::vector<std::byte> output(hash_octets(hash));
  unsigned written = 0;
  done = done && EVP_DigestFinal_ex(context.get(), octets_of(Bytes(output)), &written) == 1;
  if (!done || written != output.size()) return openssl_failure(Fault::kInternal, "OpenSSL refused a hash");
  return output;
}

Result<std::vector<std::byte>> ike_hash(IkeHash hash, std::initializer_list<ConstBytes> pieces) {
  return ike_hash(hash, std::span(pieces.begin(), pieces.size()));
}

}  // namespace levelgate::crypto
