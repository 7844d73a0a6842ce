// SPDX-License-Identifier: Apache-2.0
//
// Reader and writer of payload chains: each payload's header is checked against what is left before it is believed.
#include "ikewire/ike_chain.h"

#include <limits>

namespace levelgate::ikewire {
namespace {

constexpr std::uint8_t kCriticalBit = 0x80;
constexpr std::size_t kLengthAt = 2;
constexpr std::size_t kUsualPayloads = 12;  // so that the list rarely grows while it is read
constexpr std::size_t kLongestShort = std::numeric_limits<std::uint16_t>::max();

bool is_encrypted(PayloadType type) { return type == PayloadType::kSk || type == PayloadType::kSkf; }

// The payload at the front of `rest`; offsets of faults are left to the caller.
std::expected<PayloadView, IkeFault> read_payload(PayloadType type, ConstBytes rest, const ChainRules& rules) {
  ByteReader from(rest);
  PayloadView view{.type = type, .next = PayloadType{from.read<std::uint8_t>()}};
  const std::uint8_t bits = from.read<std::uint8_t>();
  view.critical = (bits & kCriticalBit) != 0;
  const bool may_be_big = rules.big == BigPayloads::kKeyExchange && rules.place == ChainPlace::kInsideEncrypted;
  const bool big = may_be_big && (bits & kBigPayloadBit) != 0;  // else the bit is one of the reserved
  if (big && type != PayloadType::kKe) return std::unexpected(IkeFault::kBig);
  const std::size_t header = big ? kBigPayloadHeaderOctets : kPayloadHeaderOctets;
  const std::size_t octets = big ? from.read<std::uint32_t>() : from.read<std::uint16_t>();
  if (!from.ok()) return std::unexpected(IkeFault::kTruncated);
  if (octets < header || octets > rest.size()) return std::unexpected(IkeFault::kLength);
  view.body = rest.subspan(header, octets - header);
  if (view.critical && !is_understood(type)) return std::unexpected(IkeFault::kUnknownCritical);
  if (!is_encrypted(type)) return view;
  const bool last = octets == rest.size();
  if (!last || rules.place == ChainPlace::kInsideEncrypted) return std::unexpected(IkeFault::kMisplaced);
  return view;
}

}  // namespace

IkeResult<std::vector<PayloadView>> read_chain(PayloadType first, ConstBytes octets, const ChainRules& rules) {
  std::vector<PayloadView> chain;
  chain.reserve(kUsualPayloads);
  PayloadType type = first;
  std::size_t at = 0;
  while (type != PayloadType::kNone) {
    if (chain.size() == rules.most_payloads) return ike_fault(IkeFault::kTooMany, at, type);
    auto view = read_payload(type, octets.subspan(at), rules);
    if (!view) return ike_fault(view.error(), at, type);
    view->offset = at;
    at = static_cast<std::size_t>(view->body.data() + view->body.size() - octets.data());
    type = is_encrypted(type) ? PayloadType::kNone : view->next;
    chain.push_back(*view);
  }
  if (at != octets.size()) return ike_fault(IkeFault::kTrailing, at);
  return chain;
}

void ChainWriter::open(PayloadType type, std::size_t body_octets) {
  if (type_ == PayloadType::kNone) {
    first_ = type;
  } else if (is_encrypted(type_)) {
    to_.fail();
  } else {
    to_.patch(at_, static_cast<std::uint8_t>(type));
  }
  const bool needs_big = body_octets > kLongestShort - kPayloadHeaderOctets;
  const bool may_be_big = big_ == BigPayloads::kKeyExchange && type == PayloadType::kKe;
  form_ = needs_big && may_be_big ? HeaderForm::kBig : HeaderForm::kShort;
  type_ = type;
  at_ = to_.size();
  to_.write(static_cast<std::uint8_t>(PayloadType::kNone));
  to_.write(form_ == HeaderForm::kBig ? kBigPayloadBit : std::uint8_t{0});
  to_.fill(std::byte{0}, form_ == HeaderForm::kBig ? sizeof(std::uint32_t) : sizeof(std::uint16_t));
}

void ChainWriter::open_encrypted(PayloadType type, PayloadType first_inside) {
  open(type);
  to_.patch(at_, static_cast<std::uint8_t>(first_inside));
}

void ChainWriter::close() {
  const std::size_t octets = to_.size() - at_;
  if (form_ == HeaderForm::kBig) {
    to_.patch_narrow<std::uint32_t>(at_ + kLengthAt, octets);
  } else {
    to_.patch_narrow<std::uint16_t>(at_ + kLengthAt, octets);
  }
}

}  // namespace levelgate::ikewire
