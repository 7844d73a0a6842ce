// SPDX-License-Identifier: Apache-2.0
//
// Collects the payloads of one message in the order in which they are added; header and encryption come later.
#pragma once

#include <cstddef>
#include <vector>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_notify_numbers.h"
#include "ikewire/ike_payloads.h"
#include "ikewire/wire_buffer.h"
#include "negotiation/limits.h"

namespace levelgate::ikemessage {

// The payloads of a message in clear.
struct Payloads {
  ikewire::PayloadType first = ikewire::PayloadType::kNone;
  std::vector<std::byte> octets;
  // The keys of a Puzzle Solution payload that leaves in clear before the encrypted one, in the first fragment only
  // (RFC 8019 §7.2.2); empty: none does.
  std::vector<std::byte> solution{};
};

class PayloadWriter {
 public:
  PayloadWriter() = default;
  PayloadWriter(const PayloadWriter&) = delete;
  PayloadWriter& operator=(const PayloadWriter&) = delete;

  template <typename Body>
  void add(ikewire::PayloadType type, const Body& body) {
    chain_.add(type, body);
  }
  void add_octets(ikewire::PayloadType type, ConstBytes body) { chain_.add(type, body); }
  // About the IKE SA, or nothing: neither protocol nor SPI (RFC 7296 §3.10).
  void add_notify(ikewire::NotifyType type, ConstBytes value = {}) {
    chain_.add(ikewire::PayloadType::kNotify, ikewire::Notify{.type = type, .value = value});
  }
  // An error or status about one SA of ESP (RFC 7296 §3.10).
  void add_notify_of(ikewire::NotifyType type, ConstBytes spi) {
    chain_.add(ikewire::PayloadType::kNotify,
               ikewire::Notify{.type = type, .protocol = ikewire::ProtocolId::kEsp, .spi = spi});
  }
  // A notification whose value `write` puts into the buffer.
  template <typename Write>
  void add_notify_written(ikewire::NotifyType type, Write write) {
    ikewire::WireBuffer value(limits::kReassembledOctets);
    write(value);
    add_notify(type, value.octets());
  }

  [[nodiscard]] bool ok() const { return buffer_.ok(); }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }
  [[nodiscard]] bool empty() const { return buffer_.size() == 0; }
  [[nodiscard]] Payloads take() { return {chain_.first(), buffer_.take(), {}}; }

 private:
  // Only a large key needs the big form, and it goes only to who announced it.
  ikewire::WireBuffer buffer_{limits::kLargeMessageOctets};
  ikewire::ChainWriter chain_{buffer_, ikewire::BigPayloads::kKeyExchange};
};

}  // namespace levelgate::ikemessage
