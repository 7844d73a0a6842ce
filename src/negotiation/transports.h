// SPDX-License-Identifier: Apache-2.0
//
// By which transport IKE begins: what the configuration allows, what the path has shown, and the choice that follows of
// both (RFC 9329 §5, §5.1; SEPARATE_TRANSPORTS of draft-ietf-ipsecme-ikev2-reliable-transport-04). Pure: the moment is
// passed in, and what is remembered is a value of a fixed size.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/ike_config.h>

#include <cstdint>

namespace levelgate::negotiation {

// How the first message of an attempt leaves, and what it says of the rest.
enum class Opening : std::uint8_t {
  kUdp,       // over UDP, as all else
  kUdpApart,  // over UDP, and offers to go on over TCP with ESP beside it
  kTcpApart,  // over TCP, ESP beside it
  kTcpWhole,  // over TCP, ESP in the same connection
};
[[nodiscard]] constexpr bool over_tcp(Opening opening) {
  return opening == Opening::kTcpApart || opening == Opening::kTcpWhole;
}

// What a tunnel's configuration allows.
struct Transports {
  model::Transport wish = model::Transport::kUdp;
  bool esp_in_tcp = false;  // an IKE SA over TCP may take its ESP along
  bool apart = false;       // or leave it out of the connection
  bool large_keys = false;
  // Who does not insist on one of both tries the other one where the first is silent.
  [[nodiscard]] bool falls_back() const {
    return wish == model::Transport::kFallback || wish == model::Transport::kAuto;
  }
};
[[nodiscard]] Transports transports_of(const model::TunnelIke& ike);

// How an attempt of ours to make an IKE SA ended.
enum class AttemptEnd : std::uint8_t {
  kUp,        // both sides are authenticated
  kAnswered,  // the peer was heard, and it came to nothing all the same
  kSilent,    // begun over UDP: nothing came
  kNoTcp,     // no connection was made, or nothing came of it
};
struct Attempt {
  Opening opening = Opening::kUdp;
  AttemptEnd end = AttemptEnd::kAnswered;
  std::uint32_t repeats = 0;  // messages that were sent again
};

// What the path to one peer has shown.
struct TransportMemory {
  Instant udp_silent_until{};   // TCP worked where UDP had been silent
  Instant tcp_blocked_until{};  // no connection could be made
  bool tcp_is_next = false;     // UDP was silent just now
  std::uint32_t repeats = 0;    // in the last attempt that began over UDP and came up
  bool operator==(const TransportMemory&) const = default;
};

[[nodiscard]] Opening next_opening(const Transports& allowed, const TransportMemory& memory, Instant now);
// What is remembered after an attempt.
[[nodiscard]] TransportMemory after(TransportMemory memory, const Attempt& attempt, Instant now);

}  // namespace levelgate::negotiation
