// SPDX-License-Identifier: Apache-2.0
//
// Reader and writer of the IKEv2 header (RFC 7296 §3.1).
#include "ikewire/ike_header.h"

namespace levelgate::ikewire {
namespace {

constexpr std::uint8_t kVersion = 0x20;  // major 2, minor 0
constexpr std::uint8_t kFlagInitiator = 0x08;
constexpr std::uint8_t kFlagResponse = 0x20;

IkeHeaderVerdict version_verdict(std::uint8_t version) {
  if ((version >> 4) == (kVersion >> 4)) return IkeHeaderVerdict::kOk;
  return version > kVersion ? IkeHeaderVerdict::kHighVersion : IkeHeaderVerdict::kOldVersion;
}

}  // namespace

IkeHeaderView read_ike_header(ConstBytes message) {
  IkeHeaderView view;
  if (message.size() < kIkeHeaderOctets) return view;
  if (load_be<std::uint32_t>(message.data() + kIkeLengthAt) != message.size()) {
    view.verdict = IkeHeaderVerdict::kLength;
    return view;
  }
  ByteReader from(message);
  IkeHeader& header = view.header;
  header.initiator_spi = IkeSpi{from.read<std::uint64_t>()};
  header.responder_spi = IkeSpi{from.read<std::uint64_t>()};
  header.first_payload = PayloadType{from.read<std::uint8_t>()};
  view.verdict = version_verdict(from.read<std::uint8_t>());
  header.exchange = Exchange{from.read<std::uint8_t>()};
  const std::uint8_t flags = from.read<std::uint8_t>();
  header.sender = (flags & kFlagInitiator) != 0 ? IkeRole::kInitiator : IkeRole::kResponder;
  header.direction = (flags & kFlagResponse) != 0 ? IkeDirection::kResponse : IkeDirection::kRequest;
  header.message_id = MessageId{from.read<std::uint32_t>()};
  if (view.verdict == IkeHeaderVerdict::kOldVersion) header = IkeHeader{};
  return view;
}

void write_ike_header(WireBuffer& to, const IkeHeader& header) {
  to.write(header.initiator_spi.value);
  to.write(header.responder_spi.value);
  to.write(static_cast<std::uint8_t>(header.first_payload));
  to.write(kVersion);
  to.write(static_cast<std::uint8_t>(header.exchange));
  const unsigned initiator = header.sender == IkeRole::kInitiator ? kFlagInitiator : 0;
  const unsigned response = header.direction == IkeDirection::kResponse ? kFlagResponse : 0;
  to.write(static_cast<std::uint8_t>(initiator | response));
  to.write(header.message_id.value);
  to.write(static_cast<std::uint32_t>(kIkeHeaderOctets));
}

void finish_ike_message(WireBuffer& to, std::size_t header_at, PayloadType first_payload) {
  to.patch(header_at + kIkeFirstPayloadAt, static_cast<std::uint8_t>(first_payload));
  to.patch_narrow<std::uint32_t>(header_at + kIkeLengthAt, to.size() - header_at);
}

}  // namespace levelgate::ikewire
