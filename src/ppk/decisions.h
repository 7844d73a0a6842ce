// SPDX-License-Identifier: Apache-2.0
//
// Whether a handshake goes on, and with a PPK or without: the tables of RFC 8784 (§3, Table 1) and RFC 9867 (§3.1,
// Table 1) for the responder, and what the text says of the initiator. Pure: every circumstance is a value.
#pragma once

#include <levelgate/model/ike_config.h>

#include <cstdint>
#include <span>

namespace levelgate::ppk {

// What one side says in IKE_SA_INIT, or both have agreed on.
struct Offers {
  bool auth = false;          // USE_PPK
  bool intermediate = false;  // USE_PPK_INT beside INTERMEDIATE_EXCHANGE_SUPPORTED
  bool operator==(const Offers&) const = default;
};
enum class Agreed : std::uint8_t { kNone, kAuth, kIntermediate };

// Nothing where no PPK is configured.
[[nodiscard]] Offers offers_of(const model::PpkSettings& settings);

// The responder knows an address and not yet a name: the peer may be any of `candidates`. Of both forms one is answered
// (RFC 9867 §3.1 [9867-3.1-c]).
[[nodiscard]] Agreed agree(const Offers& peer, std::span<const model::PpkSettings* const> candidates);
// False: whoever this policy is about would be refused in the end, so that NO_PROPOSAL_CHOSEN is the answer now
// (RFC 9867 §3.1 [9867-3.1-d]; RFC 8784 §3, third row of Table 1).
[[nodiscard]] bool admits(const model::PpkSettings& policy, const Offers& peer);

// What the initiator makes of the answer to its offers.
enum class InitAnswer : std::uint8_t {
  kAuth,
  kIntermediate,
  kWithout,   // the peer has no PPK for us and needs none
  kAwait,     // a PPK is required: a better answer may come, this one may be a forger's (RFC 8784 §6 [8784-6-d])
  kMalformed  // both at once, which no responder may say
};
[[nodiscard]] InitAnswer judge_init(const model::PpkSettings& policy, const Offers& answered);

// --- IKE_AUTH (RFC 8784) ---

// What the responder sees once it knows who calls.
struct AuthRequest {
  Agreed agreed = Agreed::kNone;
  bool identity = false;     // PPK_IDENTITY is there
  bool known = false;        // and names a PPK that is configured for this peer
  bool no_ppk_auth = false;  // NO_PPK_AUTH is there
  bool required = false;     // by the policy for this peer
};
enum class AuthStep : std::uint8_t {
  kUsePpk,
  kWithoutPpk,  // AUTH as it is
  kNoPpkAuth,   // the data of NO_PPK_AUTH stand for those of AUTH
  kNotUsed,     // refused: a PPK is required, and the peer speaks of none
  kNoIdentity,  // refused: USE_PPK without a PPK_IDENTITY behind it
  kUnknownPpk,  // refused: none of that name, and no way without
};
[[nodiscard]] AuthStep judge_request(const AuthRequest& request);

// What the initiator makes of the responder's PPK_IDENTITY or its absence.
enum class AuthAnswer : std::uint8_t { kUsed, kWithout, kRefuse };
[[nodiscard]] AuthAnswer judge_answer(bool identity, bool required);

// --- IKE_INTERMEDIATE and CREATE_CHILD_SA (RFC 9867) ---

enum class KeyStep : std::uint8_t { kUse, kWithout, kRefuse };
// `matched`: one of the peer's PPKs is ours, octet for octet. `required`: for the SA that is being made.
[[nodiscard]] constexpr KeyStep judge_keys(bool matched, bool required) {
  if (matched) return KeyStep::kUse;
  return required ? KeyStep::kRefuse : KeyStep::kWithout;
}

}  // namespace levelgate::ppk
