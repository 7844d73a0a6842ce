// SPDX-License-Identifier: Apache-2.0
//
// The header, and the first payload of a request without an SPI of ours.
#include "ikemessage/glance.h"

#include "ikewire/ike_chain.h"
#include "ikewire/ike_header.h"
#include "ikewire/ike_payloads.h"

namespace levelgate::ikemessage {
namespace {

// The first payload, by its own header alone; empty: it is cut off.
ConstBytes first_body(ConstBytes message) {
  const ConstBytes payload = message.subspan(ikewire::kIkeHeaderOctets);
  if (payload.size() < ikewire::kPayloadHeaderOctets) return {};
  const std::size_t octets = load_be<std::uint16_t>(payload.data() + 2);
  if (octets < ikewire::kPayloadHeaderOctets || octets > payload.size()) return {};
  return payload.subspan(ikewire::kPayloadHeaderOctets, octets - ikewire::kPayloadHeaderOctets);
}

bool is_cookie(ConstBytes body) {
  const auto notify = ikewire::read_notify(body);
  return notify && notify->type == ikewire::NotifyType::kCookie;
}

}  // namespace

Glance glance(ConstBytes message) {
  const ikewire::IkeHeaderView view = ikewire::read_ike_header(message);
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) return {};
  const ikewire::IkeHeader& header = view.header;
  if (header.sender == ikewire::IkeRole::kResponder) return {header.initiator_spi.value, false};
  if (header.responder_spi.value != 0) return {header.responder_spi.value, false};
  const bool asks = header.exchange == ikewire::Exchange::kIkeSaInit &&
                    header.direction == ikewire::IkeDirection::kRequest &&
                    header.first_payload == ikewire::PayloadType::kNotify;
  return {0, asks && is_cookie(first_body(message))};
}

}  // namespace levelgate::ikemessage
