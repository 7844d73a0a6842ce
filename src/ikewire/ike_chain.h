// SPDX-License-Identifier: Apache-2.0
//
// The chain of payloads of an IKEv2 message (RFC 7296 §3.2), read as views and written payload by payload. Knows the
// generic header alone, with its 32-bit form for large keys (draft-smyslov-ipsecme-ikev2-mceliece-01 §4).
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ikewire/ike_fault.h"
#include "ikewire/ike_numbers.h"
#include "ikewire/wire_buffer.h"

namespace levelgate::ikewire {

inline constexpr std::size_t kPayloadHeaderOctets = 4;
inline constexpr std::size_t kBigPayloadHeaderOctets = 6;
inline constexpr std::uint8_t kBigPayloadBit = 0x40;
inline constexpr std::size_t kMostPayloads = 64;  // several times what any exchange needs, certificates included

enum class ChainPlace : std::uint8_t { kMessage, kInsideEncrypted };
enum class BigPayloads : std::uint8_t { kRefused, kKeyExchange };  // the second only when negotiated, and only inside

struct ChainRules {
  ChainPlace place = ChainPlace::kMessage;
  BigPayloads big = BigPayloads::kRefused;
  std::size_t most_payloads = kMostPayloads;
};

// Points into the octets that were read, and lives no longer.
struct PayloadView {
  PayloadType type = PayloadType::kNone;
  PayloadType next = PayloadType::kNone;  // of SK and SKF: the first payload inside
  bool critical = false;
  std::size_t offset = 0;  // of the generic header, in the octets that were read
  ConstBytes body{};
};

// All payloads, in order; `first` comes from the message's header or from that of SK. The chain takes up the octets
// exactly. Payloads that are not understood are in it unless critical; the offset of a fault is that of the payload.
[[nodiscard]] IkeResult<std::vector<PayloadView>> read_chain(PayloadType first, ConstBytes octets,
                                                             const ChainRules& rules);

enum class HeaderForm : std::uint8_t { kShort, kBig };

// Writes payloads: open(), the body into the same buffer, close(); each learns its successor when that one opens.
class ChainWriter {
 public:
  explicit ChainWriter(WireBuffer& to, BigPayloads big = BigPayloads::kRefused) : to_(to), big_(big) {}

  // The critical bit is never set: everything that is sent is RFC 7296's own or may be skipped. `body_octets` matters
  // where the body may need the big form.
  void open(PayloadType type, std::size_t body_octets = 0);
  // SK and SKF: their successor is the first payload inside.
  void open_encrypted(PayloadType type, PayloadType first_inside);
  // Sets the length. A payload beyond 65,535 octets fails the buffer, unless it has the big form.
  void close();

  // All at once; the body is written by write_body(WireBuffer&, const Body&) or taken as it is.
  template <typename Body>
  void add(PayloadType type, const Body& body) {
    if constexpr (requires { body_octets(body); }) {
      open(type, body_octets(body));
    } else {
      open(type);
    }
    write_body(to_, body);
    close();
  }

  [[nodiscard]] WireBuffer& buffer() const { return to_; }
  [[nodiscard]] PayloadType first() const { return first_; }

 private:
  WireBuffer& to_;
  BigPayloads big_;
  PayloadType first_ = PayloadType::kNone;
  PayloadType type_ = PayloadType::kNone;  // of the payload that was opened last
  HeaderForm form_ = HeaderForm::kShort;
  std::size_t at_ = 0;  // of its generic header
};

// A body that is one row of octets: Nonce, Vendor ID, EAP, and whatever is only passed on.
inline void write_body(WireBuffer& to, ConstBytes octets) { to.write_bytes(octets); }

}  // namespace levelgate::ikewire
