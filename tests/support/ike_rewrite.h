// SPDX-License-Identifier: Apache-2.0
//
// Reads an IKEv2 message with every reader there is and writes it anew from what they said: the two must be the same
// octets, but for reserved fields, which this file finds by itself and clears. Encrypted parts are taken as if in
// clear.
#pragma once

#include <levelgate/base/bytes.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_encrypted.h"
#include "ikewire/ike_header.h"
#include "ikewire/ike_notify_values.h"
#include "ikewire/ike_payloads.h"
#include "ikewire/ike_proposals.h"
#include "ikewire/ike_selectors.h"

namespace levelgate::testing {

using IkeOctets = std::vector<std::byte>;
using IkeRewriting = ikewire::IkeResult<IkeOctets>;

inline constexpr std::size_t kIkeMost = 1u << 22;
inline constexpr ikewire::SealShape kClearShape{.iv_octets = 8, .icv_octets = 16, .block_octets = 1};
inline constexpr ikewire::ChainRules kInsideRules{.place = ikewire::ChainPlace::kInsideEncrypted,
                                                  .big = ikewire::BigPayloads::kKeyExchange};

// The value of a notification written from what its reader says; without a reader: as it is.
inline ikewire::IkeResult<IkeOctets> rewritten_value(const ikewire::Notify& notify) {
  ikewire::WireBuffer to(kIkeMost);
  const auto with = [&](const auto& read, const auto& write) -> ikewire::IkeResult<IkeOctets> {
    const auto value = read(notify.value);
    if (!value) return std::unexpected(value.error());
    write(to, *value);
    return to.ok() ? ikewire::IkeResult<IkeOctets>(to.take()) : ikewire::ike_fault(ikewire::IkeFault::kBig, 0);
  };
  using enum ikewire::NotifyType;
  if (notify.type == kSupportedAuthMethods) return with(ikewire::read_announcements, ikewire::write_announcements);
  if (notify.type == kSignatureHashAlgorithms) return with(ikewire::read_hashes, ikewire::write_hashes);
  if (notify.type == kUseAggfrag) return with(ikewire::read_aggfrag_requirements, ikewire::write_aggfrag_requirements);
  if (notify.type == kInvalidKePayload) return with(ikewire::read_wanted_method, ikewire::write_wanted_method);
  if (notify.type == kSetWindowSize) return with(ikewire::read_number, ikewire::write_number);
  if (notify.type == kPpkIdentity) return with(ikewire::read_ppk_identity, ikewire::write_ppk_identity);
  if (notify.type == kPpkIdentityKey) return with(ikewire::read_ppk_identity_key, ikewire::write_ppk_identity_key);
  if (notify.type == kCookie) {
    return with(ikewire::read_cookie, [](ikewire::WireBuffer& b, ConstBytes cookie) { write_body(b, cookie); });
  }
  return IkeOctets(notify.value.begin(), notify.value.end());
}

// What `read` says of a payload's body, added to the chain; the fault otherwise.
template <typename Reader>
std::optional<ikewire::IkeError> rewrite_body(ikewire::ChainWriter& to, const ikewire::PayloadView& view,
                                              const Reader& read) {
  const auto body = read(view.body);
  if (!body) return body.error();
  to.add(view.type, *body);
  return std::nullopt;
}

inline std::optional<ikewire::IkeError> rewrite_payload(ikewire::ChainWriter& to, const ikewire::PayloadView& view) {
  using enum ikewire::PayloadType;
  if (view.type == kSa) return rewrite_body(to, view, ikewire::read_proposals);
  if (view.type == kKe) return rewrite_body(to, view, ikewire::read_key_exchange);
  if (view.type == kIdi || view.type == kIdr) return rewrite_body(to, view, ikewire::read_identity);
  if (view.type == kCert || view.type == kCertRequest) return rewrite_body(to, view, ikewire::read_certificate);
  if (view.type == kAuth) return rewrite_body(to, view, ikewire::read_authentication);
  if (view.type == kNonce) return rewrite_body(to, view, ikewire::read_nonce);
  if (view.type == kNotify) return rewrite_body(to, view, ikewire::read_notify);
  if (view.type == kDelete) return rewrite_body(to, view, ikewire::read_delete);
  if (view.type == kTsi || view.type == kTsr) return rewrite_body(to, view, ikewire::read_selectors);
  if (view.type == kCp) return rewrite_body(to, view, ikewire::read_configuration);
  to.add(view.type, view.body);
  return std::nullopt;
}

// SK or SKF, its octets taken over as they are; `to` stands where `message` does.
inline std::optional<ikewire::IkeError> rewrite_sealed(ikewire::ChainWriter& to, const ikewire::PayloadView& view,
                                                       ConstBytes message) {
  const auto parts = ikewire::read_sealed(view, ikewire::kIkeHeaderOctets, kClearShape);
  if (!parts) return parts.error();
  const std::size_t inner = parts->icv_at - parts->text_at - 1;
  const ikewire::SealedParts written = ikewire::write_unsealed(to, {.first_inside = parts->first_inside,
                                                                    .fragment = parts->fragment,
                                                                    .inner = message.subspan(parts->text_at, inner),
                                                                    .shape = kClearShape});
  if (!to.buffer().ok() || written.iv_at != parts->iv_at || written.end != parts->end) {
    return ikewire::IkeError{ikewire::IkeFault::kLength, 0};
  }
  std::ranges::copy(message.subspan(parts->iv_at), to.buffer().octets().begin() + static_cast<long>(parts->iv_at));
  return std::nullopt;
}

// A chain without SK, as it stands inside one.
inline IkeRewriting rewritten_chain(ikewire::PayloadType first, ConstBytes octets) {
  const auto chain = ikewire::read_chain(first, octets, kInsideRules);
  if (!chain) return std::unexpected(chain.error());
  ikewire::WireBuffer buffer(kIkeMost);
  ikewire::ChainWriter to(buffer, kInsideRules.big);
  for (const ikewire::PayloadView& view : *chain) {
    if (const auto fault = rewrite_payload(to, view)) return std::unexpected(*fault);
  }
  if (!buffer.ok() || to.first() != first) return ikewire::ike_fault(ikewire::IkeFault::kBig, 0);
  return buffer.take();
}

// A whole message whose header is right.
inline IkeRewriting rewritten_message(const ikewire::IkeHeader& header, ConstBytes message) {
  const auto chain = ikewire::read_chain(header.first_payload, message.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return std::unexpected(chain.error());
  ikewire::WireBuffer buffer(kIkeMost);
  ikewire::write_ike_header(buffer, header);
  ikewire::ChainWriter to(buffer);
  for (const ikewire::PayloadView& view : *chain) {
    const bool sealed = view.type == ikewire::PayloadType::kSk || view.type == ikewire::PayloadType::kSkf;
    const auto fault = sealed ? rewrite_sealed(to, view, message) : rewrite_payload(to, view);
    if (fault) return std::unexpected(*fault);
  }
  ikewire::finish_ike_message(buffer, 0, to.first());
  if (!buffer.ok()) return ikewire::ike_fault(ikewire::IkeFault::kBig, 0);
  return buffer.take();
}

// --- Reserved fields, found by their places in RFC 7296 §3 and not by the readers. ---

inline std::size_t field16(ConstBytes octets, std::size_t at) { return load_be<std::uint16_t>(octets.data() + at); }

inline void clear_octets(Bytes octets, std::size_t at, std::size_t count) {
  std::ranges::fill(octets.subspan(at, count), std::byte{0});
}

// `sa` is a right body of an SA payload.
inline void clear_reserved_of_proposals(Bytes sa) {
  for (std::size_t at = 0; at < sa.size(); at += field16(sa, at + 2)) {
    clear_octets(sa, at + 1, 1);
    const std::size_t end = at + field16(sa, at + 2);
    std::size_t transform = at + 8 + std::to_integer<std::size_t>(sa[at + 6]);
    for (; transform < end; transform += field16(sa, transform + 2)) {
      clear_octets(sa, transform + 1, 1);
      clear_octets(sa, transform + 5, 1);
    }
  }
}

inline void clear_reserved_of_configuration(Bytes cp) {
  clear_octets(cp, 1, 3);
  for (std::size_t at = 4; at < cp.size(); at += 4 + field16(cp, at + 2)) cp[at] &= std::byte{0x7f};
}

inline void clear_reserved_of_body(ikewire::PayloadType type, Bytes body) {
  using enum ikewire::PayloadType;
  if (type == kSa) clear_reserved_of_proposals(body);
  if (type == kKe) clear_octets(body, 2, 2);
  if (type == kAuth || type == kTsi || type == kTsr) clear_octets(body, 1, 3);
  if (type == kCp) clear_reserved_of_configuration(body);
}

// `chain` is one whose readers found nothing wrong; in big headers the bit that says so stays.
inline void clear_reserved_of_chain(ikewire::PayloadType first, Bytes chain, ikewire::BigPayloads big) {
  ikewire::PayloadType type = first;
  for (std::size_t at = 0; at < chain.size();) {
    const bool is_big = big == ikewire::BigPayloads::kKeyExchange && (chain[at + 1] & std::byte{0x40}) != std::byte{0};
    chain[at + 1] = is_big ? std::byte{0x40} : std::byte{0};
    const std::size_t octets = is_big ? load_be<std::uint32_t>(chain.data() + at + 2) : field16(chain, at + 2);
    const std::size_t header = is_big ? 6 : 4;
    clear_reserved_of_body(type, chain.subspan(at + header, octets - header));
    type = ikewire::PayloadType{std::to_integer<std::uint8_t>(chain[at])};
    at += octets;
  }
}

inline IkeOctets without_reserved(ikewire::PayloadType first, ConstBytes chain) {
  IkeOctets octets(chain.begin(), chain.end());
  clear_reserved_of_chain(first, octets, kInsideRules.big);
  return octets;
}

inline IkeOctets message_without_reserved(ConstBytes message) {
  IkeOctets octets(message.begin(), message.end());
  octets[17] = std::byte{0x20};  // minor version
  octets[19] &= std::byte{0x28};
  clear_reserved_of_chain(ikewire::PayloadType{std::to_integer<std::uint8_t>(octets[16])},
                          Bytes(octets).subspan(ikewire::kIkeHeaderOctets), ikewire::BigPayloads::kRefused);
  return octets;
}

// Whether a chain has a big header around a body that the short one could hold: it is written anew as a short one.
inline bool shrinks(ikewire::PayloadType first, ConstBytes octets) {
  const auto chain = ikewire::read_chain(first, octets, kInsideRules);
  return chain && std::ranges::any_of(*chain, [&](const ikewire::PayloadView& view) {
           const auto header = static_cast<std::size_t>(view.body.data() - octets.data()) - view.offset;
           return header == ikewire::kBigPayloadHeaderOctets &&
                  view.body.size() + ikewire::kPayloadHeaderOctets <= 65535;
         });
}

enum class IkeLaw : std::uint8_t { kRefused, kKept, kBroken };

// The values of what a chain says, written anew where a reader knows them.
inline IkeLaw values_law(ikewire::PayloadType first, ConstBytes octets) {
  const auto chain = ikewire::read_chain(first, octets, kInsideRules);
  if (!chain) return IkeLaw::kRefused;
  for (const ikewire::PayloadView& view : *chain) {
    if (view.type != ikewire::PayloadType::kNotify) continue;
    const auto notify = ikewire::read_notify(view.body);
    const auto value = notify ? rewritten_value(*notify) : std::unexpected(notify.error());
    if (!value && (!notify || value.error().offset <= notify->value.size())) continue;
    // Announcements that are not understood are left out; what is written is then shorter, and is all understood.
    const bool may_shrink = value && notify->type == ikewire::NotifyType::kSupportedAuthMethods;
    if (!value || value->size() > notify->value.size()) return IkeLaw::kBroken;
    if (!may_shrink && !std::ranges::equal(*value, notify->value)) return IkeLaw::kBroken;
    const auto again = rewritten_value({.type = notify->type, .spi = {}, .value = *value});
    if (!again || *again != *value) return IkeLaw::kBroken;
  }
  return IkeLaw::kKept;
}

inline IkeLaw chain_law(ikewire::PayloadType first, ConstBytes octets) {
  if (values_law(first, octets) == IkeLaw::kBroken) return IkeLaw::kBroken;
  const IkeRewriting rewriting = rewritten_chain(first, octets);
  if (!rewriting) return rewriting.error().offset <= octets.size() ? IkeLaw::kRefused : IkeLaw::kBroken;
  if (shrinks(first, octets)) return rewriting->size() < octets.size() ? IkeLaw::kKept : IkeLaw::kBroken;
  return *rewriting == without_reserved(first, octets) ? IkeLaw::kKept : IkeLaw::kBroken;
}

// The law of a message, and of the chain inside its SK. What is inside a fragment is no chain by itself.
inline IkeLaw message_law(ConstBytes message) {
  const ikewire::IkeHeaderView view = ikewire::read_ike_header(message);
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) return IkeLaw::kRefused;
  const ConstBytes octets = message.subspan(ikewire::kIkeHeaderOctets);
  const auto chain = ikewire::read_chain(view.header.first_payload, octets, {});
  const IkeRewriting rewriting = rewritten_message(view.header, message);
  if (!rewriting) return rewriting.error().offset <= message.size() ? IkeLaw::kRefused : IkeLaw::kBroken;
  if (*rewriting != message_without_reserved(message)) return IkeLaw::kBroken;
  if (chain->empty() || chain->back().type != ikewire::PayloadType::kSk) {
    return values_law(view.header.first_payload, octets) == IkeLaw::kBroken ? IkeLaw::kBroken : IkeLaw::kKept;
  }
  const auto parts = ikewire::read_sealed(chain->back(), ikewire::kIkeHeaderOctets, kClearShape);
  const auto inner = ikewire::inner_payloads(message.subspan(parts->text_at, parts->icv_at - parts->text_at));
  if (!inner) return IkeLaw::kRefused;
  return chain_law(parts->first_inside, *inner);
}

}  // namespace levelgate::testing
