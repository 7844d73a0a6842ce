// SPDX-License-Identifier: Apache-2.0
//
// HMAC by OpenSSL's EVP_MAC. The context is keyed once; each block of prf+ starts it anew with the same key.
#include "crypto/prf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using MacContext = OpensslOwned<EVP_MAC_CTX, EVP_MAC_CTX_free>;

constexpr std::size_t kMostBlocks = 255;  // RFC 7296 §2.13: the counter is a single octet

const char* hmac_digest(Prf prf) {
  switch (prf) {
    case Prf::kHmacSha256:
      return "SHA2-256";
    case Prf::kHmacSha384:
      return "SHA2-384";
    case Prf::kHmacSha512:
      return "SHA2-512";
  }
  return "";
}

// With the digest and without a key, made once for each: to look both up by name costs as much as a short message. The
// copies are made of it, so it never changes; lives as long as the process.
const EVP_MAC_CTX* unkeyed(Prf prf) {
  const auto make = [](Prf one) -> const EVP_MAC_CTX* {
    const OpensslOwned<EVP_MAC, EVP_MAC_free> hmac(EVP_MAC_fetch(openssl_context(), "HMAC", nullptr));
    MacContext context(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
    const std::array<OSSL_PARAM, 2> params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hmac_digest(one)), 0),
        OSSL_PARAM_construct_end()};
    return context && EVP_MAC_CTX_set_params(context.get(), params.data()) == 1 ? context.release() : nullptr;
  };
  static const std::array<const EVP_MAC_CTX*, 3> contexts{make(Prf::kHmacSha256), make(Prf::kHmacSha384),
                                                          make(Prf::kHmacSha512)};
  return contexts[static_cast<std::size_t>(prf)];
}

Result<MacContext> keyed_mac(Prf prf, ConstBytes key) {
  if (key.empty()) return failure(Fault::kInternal, "prf: the key is empty");
  const EVP_MAC_CTX* const origin = unkeyed(prf);
  MacContext context(origin != nullptr ? EVP_MAC_CTX_dup(origin) : nullptr);
  if (!context || EVP_MAC_init(context.get(), octets_of(key), key.size(), nullptr) != 1) {
    return openssl_failure(Fault::kInternal, "prf: OpenSSL refused the key");
  }
  return context;
}

// Writes one whole output over the pieces; the context must have been started.
bool finish(EVP_MAC_CTX* context, std::span<const ConstBytes> pieces, Bytes output) {
  for (const ConstBytes piece : pieces) {
    if (EVP_MAC_update(context, octets_of(piece), piece.size()) != 1) return false;
  }
  std::size_t written = 0;
  return EVP_MAC_final(context, octets_of(output), &written, output.size()) == 1 && written == output.size();
}

}  // namespace

Result<SecretBytes> prf(Prf prf, ConstBytes key, std::span<const ConstBytes> pieces) {
  const Result<MacContext> context = keyed_mac(prf, key);
  if (!context) return std::unexpected(context.error());
  SecretBytes output(prf_octets(prf));
  if (!finish(context->get(), pieces, output.writable())) return openssl_failure(Fault::kInternal, "prf failed");
  return output;
}

Result<SecretBytes> prf(Prf prf_id, ConstBytes key, std::initializer_list<ConstBytes> pieces) {
  return prf(prf_id, key, std::span(pieces.begin(), pieces.size()));
}

struct PrfUnderKeys::Parts {
  MacContext context;
  std::vector<std::byte> message;
  std::vector<std::byte> output;
};

PrfUnderKeys::PrfUnderKeys(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PrfUnderKeys::PrfUnderKeys(PrfUnderKeys&&) noexcept = default;
PrfUnderKeys& PrfUnderKeys::operator=(PrfUnderKeys&&) noexcept = default;
PrfUnderKeys::~PrfUnderKeys() = default;

Result<PrfUnderKeys> PrfUnderKeys::create(Prf prf, ConstBytes message) {
  const EVP_MAC_CTX* const origin = unkeyed(prf);
  MacContext context(origin != nullptr ? EVP_MAC_CTX_dup(origin) : nullptr);
  if (!context) return openssl_failure(Fault::kInternal, "prf: no context");
  return PrfUnderKeys(std::make_unique<Parts>(
      Parts{std::move(context), {message.begin(), message.end()}, std::vector<std::byte>(prf_octets(prf))}));
}

ConstBytes PrfUnderKeys::output(ConstBytes key) {
  Parts& parts = *parts_;
  if (key.empty() || EVP_MAC_init(parts.context.get(), octets_of(key), key.size(), nullptr) != 1) return {};
  const ConstBytes message = parts.message;
  return finish(parts.context.get(), {&message, 1}, parts.output) ? ConstBytes(parts.output) : ConstBytes();
}

Result<SecretBytes> prf_plus(Prf prf, ConstBytes key, ConstBytes seed, std::size_t octets) {
  const std::size_t block = prf_octets(prf);
  if (octets > kMostBlocks * block) return failure(Fault::kInternal, "prf+: more than 255 outputs asked for");
  const Result<MacContext> context = keyed_mac(prf, key);
  if (!context) return std::unexpected(context.error());
  SecretBytes output(octets);
  SecretBytes last(block);
  ConstBytes previous;  // T0 is empty
  std::byte counter{1};
  for (std::size_t at = 0; at < octets; at += block) {
    const std::array<ConstBytes, 3> pieces{previous, seed, ConstBytes(&counter, 1)};
    const bool started = at == 0 || EVP_MAC_init(context->get(), nullptr, 0, nullptr) == 1;
    if (!started || !finish(context->get(), pieces, last.writable())) {
      return openssl_failure(Fault::kInternal, "prf+ failed");
    }
    std::ranges::copy(last.bytes().first(std::min(block, octets - at)), output.writable().begin() + std::ptrdiff_t(at));
    previous = last.bytes();
    counter = std::byte(std::to_integer<unsigned>(counter) + 1);
  }
  return output;
}

}  // namespace levelgate::crypto
