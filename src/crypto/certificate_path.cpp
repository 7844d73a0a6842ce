// SPDX-License-Identifier: Apache-2.0
//
// Path building and validation are OpenSSL's; the rules of IKE for the peer's own certificate come after it.
#include "crypto/certificate_path.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string>

#include "crypto/openssl_context.h"

namespace levelgate::crypto {
namespace {

using Store = OpensslOwned<X509_STORE, X509_STORE_free>;
using StoreContext = OpensslOwned<X509_STORE_CTX, X509_STORE_CTX_free>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
void free_chain(STACK_OF(X509) * chain) { OSSL_STACK_OF_X509_free(chain); }
using Stack = OpensslOwned<STACK_OF(X509), free_stack>;
using Chain = OpensslOwned<STACK_OF(X509), free_chain>;

constexpr std::size_t kMostOthers = 16;  // certificates of a peer that may be searched for a way
constexpr int kMostIntermediates = 8;
constexpr std::array kOfLists{X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
                              X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_CRL_HAS_EXPIRED};
constexpr int kSecurityLevel = 2;  // 112 bits: RSA from 2048, no SHA-1 in any signature of the chain

std::unexpected<PathRefusal> refuse(PathFault fault, const Certificate& certificate, int position,
                                    std::string_view reason) {
  return std::unexpected(PathRefusal{fault, "certificate \"" + certificate.subject() + "\" (position " +
                                                std::to_string(position) + " of the chain, issued by \"" +
                                                certificate.issuer() + "\"): " + std::string(reason)});
}

bool is_one_of(std::span<const int> errors, int error) { return std::ranges::find(errors, error) != errors.end(); }

PathFault fault_of(int error) {
  constexpr std::array kNoWay{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
                              X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                              X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
                              X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                              X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                              X509_V_ERR_CERT_SIGNATURE_FAILURE,
                              X509_V_ERR_CERT_UNTRUSTED};
  if (is_one_of(kNoWay, error)) return PathFault::kUntrusted;
  if (is_one_of(kOfLists, error) || error == X509_V_ERR_CRL_NOT_YET_VALID) return PathFault::kNoList;
  if (error == X509_V_ERR_CERT_HAS_EXPIRED) return PathFault::kExpired;
  if (error == X509_V_ERR_CERT_NOT_YET_VALID) return PathFault::kNotYetValid;
  return error == X509_V_ERR_CERT_REVOKED ? PathFault::kRevoked : PathFault::kUnfit;
}

// A certificate of OpenSSL's as ours; it lives on as long as someone holds it.
Certificate shared(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(std::shared_ptr<X509>(certificate, X509_free));
}

// The last certificate of the chain is the operator's word, not the peer's: no list has to speak of it.
bool is_anchor(X509_STORE_CTX* context) {
  return X509_STORE_CTX_get_error_depth(context) == sk_X509_num(X509_STORE_CTX_get0_chain(context)) - 1;
}

int accept(X509_STORE_CTX* context) {
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

// A list above an intermediate anchor may be there and has nobody in the chain to prove it.
int strict_lists(int ok, X509_STORE_CTX* context) {
  return is_one_of(kOfLists, X509_STORE_CTX_get_error(context)) && is_anchor(context) ? accept(context) : ok;
}

int soft_lists(int ok, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const bool tolerated = error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_HAS_EXPIRED;
  return tolerated ? accept(context) : strict_lists(ok, context);
}

Store store_of(const PathPolicy& policy) {
  Store store(X509_STORE_new());
  bool filled = store != nullptr;
  for (const Certificate& anchor : policy.anchors) {
    filled = filled && X509_STORE_add_cert(store.get(), anchor.handle()) == 1;
  }
  for (const RevocationList& list : policy.lists) {
    filled = filled && X509_STORE_add_crl(store.get(), list.handle()) == 1;
  }
  return filled ? std::move(store) : nullptr;
}

bool apply(const PathPolicy& policy, X509_STORE_CTX* context) {
  X509_VERIFY_PARAM* const params = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;  // what the operator names is trusted, root or not
  if (policy.revocation != Revocation::kNone) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  if (policy.revocation == Revocation::kSoft) X509_STORE_CTX_set_verify_cb(context, soft_lists);
  if (policy.revocation == Revocation::kStrict) X509_STORE_CTX_set_verify_cb(context, strict_lists);
  X509_VERIFY_PARAM_set_time(params, policy.now_seconds);
  X509_VERIFY_PARAM_set_depth(params, kMostIntermediates);
  X509_VERIFY_PARAM_set_auth_level(params, kSecurityLevel);
  return X509_VERIFY_PARAM_set_flags(params, flags) == 1;
}

// RFC 4945 §5.1.3.2 and §5.1.3.12: absent extensions allow everything; present ones must allow signing, and IKE.
std::expected<void, PathRefusal> check_usage(const Certificate& peer) {
  const std::uint32_t usage = X509_get_key_usage(peer.handle());
  if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0) {
    return refuse(PathFault::kUnfit, peer, 0, "its key usage has neither digitalSignature nor nonRepudiation");
  }
  const OpensslOwned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> purposes(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(peer.handle(), NID_ext_key_usage, nullptr, nullptr)));
  if (!purposes) return {};
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i) {
    const int purpose = OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes.get(), i));
    if (purpose == NID_ipsec_IKE || purpose == NID_anyExtendedKeyUsage) return {};
  }
  return refuse(PathFault::kUnfit, peer, 0, "its extended key usage has neither ipsecIKE nor anyExtendedKeyUsage");
}

std::vector<Certificate> chain_of(X509_STORE_CTX* context) {
  const Chain chain(X509_STORE_CTX_get1_chain(context));
  std::vector<Certificate> certificates;
  for (int i = 0; i < sk_X509_num(chain.get()); ++i) certificates.push_back(shared(sk_X509_value(chain.get(), i)));
  return certificates;
}

}  // namespace

std::expected<std::vector<Certificate>, PathRefusal> validate_path(const Certificate& peer,
                                                                   std::span<const Certificate> others,
                                                                   const PathPolicy& policy) {
  if (others.size() > kMostOthers) return refuse(PathFault::kUnfit, peer, 0, "more than 16 certificates came with it");
  const Store store = store_of(policy);
  const Stack untrusted(sk_X509_new_null());
  const StoreContext context(X509_STORE_CTX_new_ex(openssl_context(), nullptr));
  bool ready = store && untrusted && context;
  for (const Certificate& other : others) ready = ready && sk_X509_push(untrusted.get(), other.handle()) > 0;
  ready = ready && X509_STORE_CTX_init(context.get(), store.get(), peer.handle(), untrusted.get()) == 1;
  if (!ready || !apply(policy, context.get())) {
    return refuse(PathFault::kInternal, peer, 0, "OpenSSL made no room for a path: " + openssl_reason());
  }
  const bool valid = X509_verify_cert(context.get()) == 1;
  (void)openssl_reason();
  if (!valid) {
    X509* const current = X509_STORE_CTX_get_current_cert(context.get());
    const int error = X509_STORE_CTX_get_error(context.get());
    return refuse(fault_of(error), current == nullptr ? peer : shared(current),
                  X509_STORE_CTX_get_error_depth(context.get()), X509_verify_cert_error_string(error));
  }
  if (const auto usable = check_usage(peer); !usable) return std::unexpected(usable.error());
  if (const Result<PublicKey> key = peer.public_key(); !key)
    return refuse(PathFault::kUnfit, peer, 0, key.error().what);
  return chain_of(context.get());
}

}  // namespace levelgate::crypto
