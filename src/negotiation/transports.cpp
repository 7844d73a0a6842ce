// SPDX-License-Identifier: Apache-2.0
//
// UDP comes first wherever the configuration leaves the choice, and TCP when UDP is known to be silent.
#include "negotiation/transports.h"

#include "negotiation/limits.h"

namespace levelgate::negotiation {

using model::EncapsulationChoice;
using model::Transport;

// `tcp` as the encapsulation of ESP takes it along wherever IKE is in TCP; left to itself (auto) it goes along only
// where nothing else is known to pass.
Transports transports_of(const model::TunnelIke& ike) {
  Transports allowed{.wish = ike.ike.transport, .large_keys = ike.large_keys.has_value()};
  const bool own_choice = ike.esp_in_tcp || ike.encapsulation == EncapsulationChoice::kAuto;
  allowed.esp_in_tcp = (ike.esp_in_tcp && allowed.wish == Transport::kTcp) || (own_choice && allowed.falls_back());
  allowed.apart = !ike.esp_in_tcp && allowed.wish != Transport::kUdp;
  return allowed;
}

namespace {

// TCP finds by itself how fast a large key may go. Where messages are lost it takes that for congestion and becomes
// slow, and over UDP only what is lost goes again: `levelgate bench handshake` shows both.
bool pays_over_tcp(const Transports& allowed, const TransportMemory& memory) {
  return allowed.large_keys && memory.repeats < limits::kRepeatsOfBadPath;
}

Opening over_udp(const Transports& allowed, const TransportMemory& memory, Instant now) {
  if (!allowed.apart || now < memory.tcp_blocked_until) return Opening::kUdp;
  const bool offered =
      allowed.wish == Transport::kSeparate || (allowed.wish == Transport::kAuto && pays_over_tcp(allowed, memory));
  return offered ? Opening::kUdpApart : Opening::kUdp;
}

}  // namespace

// [9329-5.1-a]
Opening next_opening(const Transports& allowed, const TransportMemory& memory, Instant now) {
  const bool tcp_first = allowed.wish == Transport::kTcp ||
                         (allowed.falls_back() && (memory.tcp_is_next || now < memory.udp_silent_until));
  if (!tcp_first) return over_udp(allowed, memory, now);
  // Where UDP is silent ESP has no other way that is known.
  return allowed.esp_in_tcp ? Opening::kTcpWhole : Opening::kTcpApart;
}

TransportMemory after(TransportMemory memory, const Attempt& attempt, Instant now) {
  const bool tcp = over_tcp(attempt.opening);
  const bool up = attempt.end == AttemptEnd::kUp;
  memory.tcp_is_next = attempt.end == AttemptEnd::kSilent;
  memory.udp_silent_until = up && tcp ? now + limits::kTransportMemory : Instant{};
  if (attempt.end == AttemptEnd::kNoTcp) memory.tcp_blocked_until = now + limits::kTransportMemory;
  if (up && tcp) memory.tcp_blocked_until = {};
  if (up && !tcp) memory.repeats = attempt.repeats;
  return memory;
}

}  // namespace levelgate::negotiation
