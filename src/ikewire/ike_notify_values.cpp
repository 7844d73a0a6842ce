// SPDX-License-Identifier: Apache-2.0
//
// Readers and writers of notification values, side by side.
#include "ikewire/ike_notify_values.h"

#include <optional>

namespace levelgate::ikewire {
namespace {

constexpr std::size_t kAnnouncementHeader = 2;  // length and method
constexpr std::uint8_t kRefusesFragments = 0x01;
constexpr std::uint8_t kAsksCongestionControl = 0x02;

enum class AnnouncementForm : std::uint8_t { kMethod, kAuthority, kAlgorithm, kUnknown };

// RFC 9593 §3.2.1 to §3.2.3.
AnnouncementForm form_of(AuthMethod method) {
  switch (method) {
    case AuthMethod::kSharedKey:
    case AuthMethod::kNull:
    case AuthMethod::kSecurePassword:
      return AnnouncementForm::kMethod;
    case AuthMethod::kRsa:
    case AuthMethod::kDss:
    case AuthMethod::kEcdsa256:
    case AuthMethod::kEcdsa384:
    case AuthMethod::kEcdsa521:
      return AnnouncementForm::kAuthority;
    case AuthMethod::kDigitalSignature:
      return AnnouncementForm::kAlgorithm;
  }
  return AnnouncementForm::kUnknown;
}

// An announcement's octets behind its method; nothing where they have not the method's form.
std::optional<Announcement> announcement_of(AuthMethod method, ConstBytes rest) {
  const AnnouncementForm form = form_of(method);
  if (form == AnnouncementForm::kMethod && rest.empty()) return Announcement{.method = method};
  const bool authority = form == AnnouncementForm::kAuthority && rest.size() == 1;
  const bool algorithm = form == AnnouncementForm::kAlgorithm && rest.size() > 1;
  if (!authority && !algorithm) return std::nullopt;
  return Announcement{method, std::to_integer<std::uint8_t>(rest[0]), rest.subspan(1)};
}

// The one number that a value consists of.
template <typename Number>
IkeResult<Number> read_whole(ConstBytes value) {
  if (value.size() != sizeof(Number)) return ike_fault(IkeFault::kLength, 0);
  return load_be<Number>(value.data());
}

}  // namespace

IkeResult<std::vector<Announcement>> read_announcements(ConstBytes value) {
  std::vector<Announcement> announcements;
  ByteReader from(value);
  while (from.remaining() != 0) {
    const std::size_t at = value.size() - from.remaining();
    const std::size_t octets = from.read<std::uint8_t>();
    // The length counts itself: what is shorter than its header would never end this loop.
    if (octets < kAnnouncementHeader || octets - 1 > from.remaining()) return ike_fault(IkeFault::kLength, at);
    const AuthMethod method{from.read<std::uint8_t>()};
    const auto announcement = announcement_of(method, from.read_bytes(octets - kAnnouncementHeader));
    if (!announcement) continue;
    if (announcements.size() == kMostAnnouncements) return ike_fault(IkeFault::kTooMany, at);
    announcements.push_back(*announcement);
  }
  return announcements;
}

void write_announcements(WireBuffer& to, const std::vector<Announcement>& announcements) {
  for (const Announcement& announcement : announcements) {
    const AnnouncementForm form = form_of(announcement.method);
    const bool fits = (form == AnnouncementForm::kAlgorithm) != announcement.algorithm.empty();
    if (form == AnnouncementForm::kUnknown || !fits) to.fail();
    const std::size_t authority_octets = form == AnnouncementForm::kMethod ? 0 : 1;
    to.write_narrow<std::uint8_t>(kAnnouncementHeader + authority_octets + announcement.algorithm.size());
    to.write(static_cast<std::uint8_t>(announcement.method));
    if (authority_octets != 0) to.write(announcement.authority);
    to.write_bytes(announcement.algorithm);
  }
}

IkeResult<std::vector<HashId>> read_hashes(ConstBytes value) {
  if (value.size() % sizeof(std::uint16_t) != 0) return ike_fault(IkeFault::kLength, 0);
  if (value.size() / sizeof(std::uint16_t) > kMostHashes) return ike_fault(IkeFault::kTooMany, 0);
  std::vector<HashId> hashes;
  for (ByteReader from(value); from.remaining() != 0;) hashes.push_back(HashId{from.read<std::uint16_t>()});
  return hashes;
}

void write_hashes(WireBuffer& to, const std::vector<HashId>& hashes) {
  for (const HashId hash : hashes) to.write(static_cast<std::uint16_t>(hash));
}

IkeResult<AggfragRequirements> read_aggfrag_requirements(ConstBytes value) {
  const auto bits = read_whole<std::uint8_t>(value);
  if (!bits) return std::unexpected(bits.error());
  AggfragRequirements requirements;
  if ((*bits & kRefusesFragments) != 0) requirements.fragments = InnerFragments::kRefused;
  if ((*bits & kAsksCongestionControl) != 0) requirements.congestion = CongestionControl::kAsked;
  requirements.unknown = static_cast<std::uint8_t>(*bits & ~(kRefusesFragments | kAsksCongestionControl));
  return requirements;
}

void write_aggfrag_requirements(WireBuffer& to, const AggfragRequirements& requirements) {
  unsigned bits = requirements.unknown;
  if (requirements.fragments == InnerFragments::kRefused) bits |= kRefusesFragments;
  if (requirements.congestion == CongestionControl::kAsked) bits |= kAsksCongestionControl;
  to.write(static_cast<std::uint8_t>(bits));
}

IkeResult<KeMethod> read_wanted_method(ConstBytes value) {
  const auto number = read_whole<std::uint16_t>(value);
  if (!number) return std::unexpected(number.error());
  return KeMethod{*number};
}

void write_wanted_method(WireBuffer& to, KeMethod method) { to.write(static_cast<std::uint16_t>(method)); }

IkeResult<std::uint32_t> read_number(ConstBytes value) {
  const auto number = read_whole<std::uint32_t>(value);
  if (number && *number == 0) return ike_fault(IkeFault::kNumber, 0);
  return number;
}

void write_number(WireBuffer& to, std::uint32_t number) { number == 0 ? to.fail() : to.write(number); }

IkeResult<ConstBytes> read_cookie(ConstBytes value) {
  if (value.empty() || value.size() > kLongestCookie) return ike_fault(IkeFault::kLength, 0);
  return value;
}

IkeResult<PpkIdentity> read_ppk_identity(ConstBytes value) {
  if (value.empty()) return ike_fault(IkeFault::kTruncated, 0);
  return PpkIdentity{PpkIdType{std::to_integer<std::uint8_t>(value[0])}, value.subspan(1)};
}

void write_ppk_identity(WireBuffer& to, const PpkIdentity& identity) {
  to.write(static_cast<std::uint8_t>(identity.type));
  to.write_bytes(identity.name);
}

IkeResult<PpkIdentityKey> read_ppk_identity_key(ConstBytes value) {
  if (value.size() <= kPpkConfirmationOctets) return ike_fault(IkeFault::kTruncated, 0);
  const std::size_t id = value.size() - kPpkConfirmationOctets;
  const auto identity = read_ppk_identity(value.first(id));
  if (!identity) return std::unexpected(identity.error());
  return PpkIdentityKey{*identity, value.subspan(id)};
}

void write_ppk_identity_key(WireBuffer& to, const PpkIdentityKey& key) {
  write_ppk_identity(to, key.identity);
  key.confirmation.size() == kPpkConfirmationOctets ? to.write_bytes(key.confirmation) : to.fail();
}

}  // namespace levelgate::ikewire
