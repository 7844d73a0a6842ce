// SPDX-License-Identifier: Apache-2.0
//
// The payloads of one message as typed values, by a table of what each exchange may carry: the rest is stepped over
// unread, so that only code for payloads that the state expects ever sees them. RFC 7296 §1.2 to §1.4, §2.5, §3.2.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_fault.h"
#include "ikewire/ike_header.h"
#include "ikewire/ike_payloads.h"
#include "ikewire/ike_proposals.h"
#include "ikewire/ike_puzzle.h"
#include "ikewire/ike_selectors.h"

namespace levelgate::ikemessage {

// Views point into the message's octets.
struct Contents {
  std::optional<std::vector<ikewire::Proposal>> proposals;
  std::optional<ikewire::KeyExchange> key_exchange;
  std::optional<ConstBytes> nonce;
  std::optional<ikewire::Identity> initiator_id, responder_id;
  ConstBytes initiator_id_body, responder_id_body;  // as they enter AUTH
  std::vector<ikewire::Certificate> certificates;
  std::vector<ikewire::Certificate> certificate_requests;
  std::optional<ikewire::Authentication> authentication;
  std::vector<ikewire::Notify> notifies;
  std::vector<ikewire::Delete> deletes;
  std::vector<ConstBytes> vendor_ids;
  std::optional<std::vector<ikewire::WireSelector>> initiator_selectors, responder_selectors;
  std::optional<ikewire::PuzzleSolution> puzzle_solution;  // of IKE_SA_INIT; that of IKE_AUTH stands in clear
  bool extensible_authentication = false;                  // EAP, which is not spoken here

  [[nodiscard]] const ikewire::Notify* find(ikewire::NotifyType type) const;
  [[nodiscard]] bool has(ikewire::NotifyType type) const { return find(type) != nullptr; }
  // The first notification of an error.
  [[nodiscard]] const ikewire::Notify* error() const;
};

// What the table allows for the exchange and direction; an error names the payload that is wrong, missing ones are the
// exchange's matter.
[[nodiscard]] ikewire::IkeResult<Contents> read_contents(ikewire::Exchange exchange, ikewire::IkeDirection direction,
                                                         const std::vector<ikewire::PayloadView>& chain);

// A message whose payloads are in clear by now. Owns the octets that the contents point into.
struct Message {
  ikewire::IkeHeader header;
  std::vector<std::byte> datagram;  // as it came: IKE_SA_INIT whole, of others the first fragment; for AUTH
  std::vector<std::byte> octets;    // inner payloads; IKE_SA_INIT: empty, the datagram holds them
  ikewire::PayloadType first = ikewire::PayloadType::kNone;
  Contents contents;
};

}  // namespace levelgate::ikemessage
