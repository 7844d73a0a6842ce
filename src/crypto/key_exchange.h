// SPDX-License-Identifier: Apache-2.0
//
// Key exchange methods of IKEv2 behind one face for Diffie-Hellman and KEM alike: the initiator generates a key, the
// responder encapsulates to its public value, the initiator decapsulates the answer. The two values may differ in size,
// and the responder has nothing to say before it has seen the initiator's (RFC 9370 §2, RFC 7296 §2.13).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <levelgate/base/secret_bytes.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace levelgate::crypto {

// What is known of a method before anything is computed. Sizes are exact: another one is refused unread.
struct KeyExchangeMethod {
  std::uint16_t id;  // IANA's number for transform type 4
  std::string_view name;
  std::size_t initiator_octets;  // the public value in KEi
  std::size_t responder_octets;  // the public value or ciphertext in KEr
  std::size_t secret_octets;
};

// Every method of the house, in the order of their ids.
[[nodiscard]] std::span<const KeyExchangeMethod> key_exchange_methods();
// nullptr for a method that the house does not have.
[[nodiscard]] const KeyExchangeMethod* find_key_exchange(std::uint16_t id);

// The initiator's half, for one exchange only (RFC 7296 §2.12); the private key dies with it.
class GeneratedKey {
 public:
  virtual ~GeneratedKey() = default;

  [[nodiscard]] virtual const KeyExchangeMethod& method() const = 0;
  [[nodiscard]] virtual ConstBytes public_value() const = 0;
  // The shared secret from the responder's value. Fails with kBadInput for a value of the wrong size or outside the
  // group. A KEM's ciphertext that was altered on its way yields another secret instead: nothing tells it here.
  [[nodiscard]] virtual Result<SecretBytes> decapsulate(ConstBytes response) const = 0;
};

struct Encapsulation {
  std::vector<std::byte> response;  // what KEr carries
  SecretBytes secret;
};

// Fails with kNotFound for a method that the house does not have.
[[nodiscard]] Result<std::unique_ptr<GeneratedKey>> generate_key(std::uint16_t method);

// The responder's half. Fails with kBadInput for a public value that the method's recipient tests refuse (RFC 6989 §2,
// draft-ietf-ipsecme-ikev2-mlkem-08 section 2.2).
[[nodiscard]] Result<Encapsulation> encapsulate(std::uint16_t method, ConstBytes public_value);

}  // namespace levelgate::crypto
