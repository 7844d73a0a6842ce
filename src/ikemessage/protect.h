// SPDX-License-Identifier: Apache-2.0
//
// The encrypted messages of one IKE SA under one set of keys: SK whole or SKF in pieces, sealed and opened
// (RFC 7296 §3.14, RFC 5282, RFC 7383 §2.5). What does not open is nothing: no fault is told from another.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/ike_cipher.h"
#include "crypto/random.h"
#include "ikemessage/ciphers_of_suite.h"
#include "ikemessage/keymat.h"
#include "ikemessage/message_window.h"
#include "ikemessage/payload_writer.h"
#include "ikewire/ike_chain.h"
#include "ikewire/ike_encrypted.h"
#include "ikewire/ike_header.h"

namespace levelgate::ikemessage {

// One datagram's worth of inner payloads, authentic.
struct OpenedPart {
  ikewire::PayloadType first_inside = ikewire::PayloadType::kNone;
  std::optional<ikewire::FragmentNumber> fragment;  // empty: the message is whole
  std::vector<std::byte> inner;
};

// Thread: control.
class Protection {
 public:
  [[nodiscard]] static Result<Protection> create(const IkeCiphers& ciphers, const IkeKeys& keys, ikewire::IkeRole own);

  // One datagram when it has at most `most_octets` (0: always), else as many fragments as it takes.
  [[nodiscard]] Result<SentMessage> seal(const ikewire::IkeHeader& header, const Payloads& payloads,
                                         std::size_t most_octets, crypto::Random& random);

  // The encrypted payload is the last of `chain`, which read_chain() found behind the header of `message`.
  [[nodiscard]] std::optional<OpenedPart> open(ConstBytes message,
                                               const std::vector<ikewire::PayloadView>& chain) const;

  [[nodiscard]] const IkeCiphers& ciphers() const { return ciphers_; }

 private:
  Protection(const IkeCiphers& ciphers, crypto::IkeCipher seals, crypto::IkeCipher opens)
      : ciphers_(ciphers), seals_(std::move(seals)), opens_(std::move(opens)) {}
  [[nodiscard]] Result<Datagram> seal_one(const ikewire::IkeHeader& header, const ikewire::Unsealed& part,
                                          ConstBytes solution, crypto::Random& random);
  [[nodiscard]] Result<void> next_iv(Bytes iv, crypto::Random& random);

  IkeCiphers ciphers_;
  crypto::IkeCipher seals_;
  crypto::IkeCipher opens_;
  std::uint64_t sealed_ = 0;  // the IV of an AEAD: it must never repeat under the key (RFC 5282 §3.1)
};

}  // namespace levelgate::ikemessage
