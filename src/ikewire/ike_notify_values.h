// SPDX-License-Identifier: Apache-2.0
//
// What the values of notifications hold, for those that are more than a row of octets. A reader takes the value of the
// Notify, which its views point into, and offsets of faults are in it.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_numbers.h"
#include "ikewire/ike_transform_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

// One way to authenticate that the peer accepts (RFC 9593 §3.2).
struct Announcement {
  AuthMethod method = AuthMethod::kSharedKey;
  // 0: tied to no authority; n: to the n-th of the CERTREQ payloads. Methods without certificates have none.
  std::uint8_t authority = 0;
  ConstBytes algorithm{};  // AlgorithmIdentifier in DER of a digital signature, not looked into
};
inline constexpr std::size_t kMostAnnouncements = 64;
inline constexpr std::size_t kMostAlgorithmOctets = 252;  // the length octet counts the three in front of it, too

// SUPPORTED_AUTH_METHODS, in the peer's order of preference. An announcement whose method or form is not known is
// stepped over, as RFC 9593 §3.2 asks; a length of 0 or 1, or beyond the end, is a fault.
[[nodiscard]] IkeResult<std::vector<Announcement>> read_announcements(ConstBytes value);
void write_announcements(WireBuffer& to, const std::vector<Announcement>& announcements);

// SIGNATURE_HASH_ALGORITHMS (RFC 7427 §4): 16-bit numbers, known or not.
inline constexpr std::size_t kMostHashes = 64;
[[nodiscard]] IkeResult<std::vector<HashId>> read_hashes(ConstBytes value);
void write_hashes(WireBuffer& to, const std::vector<HashId>& hashes);

// USE_AGGFRAG (RFC 9347 §5.1, §6.1.4): exactly one octet of requirements.
enum class InnerFragments : std::uint8_t { kAccepted, kRefused };   // bit D
enum class CongestionControl : std::uint8_t { kNotAsked, kAsked };  // bit C
struct AggfragRequirements {
  InnerFragments fragments = InnerFragments::kAccepted;
  CongestionControl congestion = CongestionControl::kNotAsked;
  std::uint8_t unknown = 0;  // the other six bits in their places: what is not understood cannot be granted
  bool operator==(const AggfragRequirements&) const = default;
};
[[nodiscard]] IkeResult<AggfragRequirements> read_aggfrag_requirements(ConstBytes value);
void write_aggfrag_requirements(WireBuffer& to, const AggfragRequirements& requirements);

// INVALID_KE_PAYLOAD (RFC 7296 §1.3): the method that is wanted instead.
[[nodiscard]] IkeResult<KeMethod> read_wanted_method(ConstBytes value);
void write_wanted_method(WireBuffer& to, KeMethod method);

// SET_WINDOW_SIZE (RFC 7296 §2.3), never zero, and BIG_PAYLOADS: a number of four octets.
[[nodiscard]] IkeResult<std::uint32_t> read_number(ConstBytes value);
void write_number(WireBuffer& to, std::uint32_t number);

// COOKIE (RFC 7296 §2.6): 1 to 64 octets.
inline constexpr std::size_t kLongestCookie = 64;
[[nodiscard]] IkeResult<ConstBytes> read_cookie(ConstBytes value);

// PPK_IDENTITY (RFC 8784 §3, §5.1); an answer's may be empty as a whole, which the caller sees before.
struct PpkIdentity {
  PpkIdType type = PpkIdType::kFixed;
  ConstBytes name{};
};
[[nodiscard]] IkeResult<PpkIdentity> read_ppk_identity(ConstBytes value);
void write_ppk_identity(WireBuffer& to, const PpkIdentity& identity);

// PPK_IDENTITY_KEY (RFC 9867 §3.1, Figure 1): a PPK_ID, and behind it what shows that its octets are known.
inline constexpr std::size_t kPpkConfirmationOctets = 8;
struct PpkIdentityKey {
  PpkIdentity identity;
  ConstBytes confirmation{};  // kPpkConfirmationOctets
};
[[nodiscard]] IkeResult<PpkIdentityKey> read_ppk_identity_key(ConstBytes value);
void write_ppk_identity_key(WireBuffer& to, const PpkIdentityKey& key);

}  // namespace levelgate::ikewire
