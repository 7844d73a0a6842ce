// SPDX-License-Identifier: Apache-2.0
//
// The header of an IKEv2 message (RFC 7296 §3.1), and the mark in front of it on port 4500 (RFC 3948 §2.2; to tell the
// mark from ESP is udp_encapsulated()'s part).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <cstddef>
#include <cstdint>

#include "ikewire/ike_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

using IkeSpi = Id<struct IkeSpiTag, std::uint64_t>;
using MessageId = Id<struct MessageIdTag, std::uint32_t>;

inline constexpr std::size_t kIkeHeaderOctets = 28;
inline constexpr std::size_t kIkeFirstPayloadAt = 16;
inline constexpr std::size_t kIkeLengthAt = 24;
inline constexpr std::size_t kNonEspMarkerOctets = 4;

enum class IkeRole : std::uint8_t { kInitiator, kResponder };  // of the IKE SA, not of the exchange
enum class IkeDirection : std::uint8_t { kRequest, kResponse };

struct IkeHeader {
  IkeSpi initiator_spi;
  IkeSpi responder_spi;
  PayloadType first_payload = PayloadType::kNone;
  Exchange exchange = Exchange::kIkeSaInit;
  IkeRole sender = IkeRole::kInitiator;
  IkeDirection direction = IkeDirection::kRequest;
  MessageId message_id;
  bool operator==(const IkeHeader&) const = default;
};

enum class IkeHeaderVerdict : std::uint8_t {
  kOk,
  kTooShort,     // nothing else is known
  kLength,       // the length field is not the message's; nothing else is known
  kOldVersion,   // a major version below 2: another protocol, whose fields mean other things
  kHighVersion,  // a major version above 2: the fields are read, since a request is told so (RFC 7296 §2.5)
};

struct IkeHeaderView {
  IkeHeaderVerdict verdict = IkeHeaderVerdict::kTooShort;
  IkeHeader header;
};

// `message` is all that came, without the non-ESP marker. Minor version, version flag and reserved flags are ignored.
[[nodiscard]] IkeHeaderView read_ike_header(ConstBytes message);

// Payloads follow, then finish_ike_message() at the same place: it sets the first payload and the length.
void write_ike_header(WireBuffer& to, const IkeHeader& header);
void finish_ike_message(WireBuffer& to, std::size_t header_at, PayloadType first_payload);

}  // namespace levelgate::ikewire
