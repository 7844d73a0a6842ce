// SPDX-License-Identifier: Apache-2.0
//
// Every reason for which a packet is dropped: its stable name, what it means, and what to do. One packet
// falls under exactly one reason. `show drops`, the replay report and docs/operations.md print this table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levelgate::model {

enum class Drop : std::uint8_t {
  // what arrived from the outside
  kFrameMalformed,
  kOuterMalformed,
  kOuterFragment,
  kUnknownSpi,
  kEspMalformed,
  kReplay,
  kAuthFailed,
  kNextHeader,
  kDummy,
  kAggfragMalformed,
  kAggfragSubType,
  kAggfragBlock,
  kAggfragLate,
  kAggfragOrphan,
  kAggfragIncomplete,
  kOuterCongestion,
  // inner packets, either way
  kInnerMalformed,
  kInnerChecksum,
  kInnerTooBig,
  kInnerSelector,
  kInnerTtl,
  kNoRoute,
  kBlackhole,
  kClearRefused,
  kNotForwardable,
  kForKernel,
  kNoNeighbour,
  kExceedsMtu,
  // the sending side of a tunnel
  kTfsQueueDelay,
  kTfsQueueFull,
  kTfsAqm,
  kTfsTooBig,
  kTfsBreakerOpen,
  kNoOutboundSa,
  kSequenceExhausted,
  kSealFailed,
  kTunnelClosing,
  // resources
  kNoBuffer,
  kPortFull,
  kTwinFull,
  kWorkerRingFull,
  // ESP in TCP
  kTcpOutboundFull,
  kTcpInboundFull,
  kTcpRefused,
  kCount
};

struct DropText {
  std::string_view name;  // stable
  std::string_view meaning;
  std::string_view cure;  // may be empty: nothing to do
};

inline constexpr std::size_t kDropCount = static_cast<std::size_t>(Drop::kCount);

inline constexpr std::array<DropText, kDropCount> kDropTexts{{
    {"frame-malformed", "Ethernet frame too short or of a kind that nobody here reads", ""},
    {"outer-malformed", "outer IP or UDP header is wrong or cut", "capture on the port; look for a broken middlebox"},
    {"outer-fragment", "outer packet was fragmented on the path", "lower tfs.packet-size at the sender"},
    {"unknown-spi", "ESP packet for an SPI that no tunnel has", "compare the spi values of both ends"},
    {"esp-malformed", "ESP packet too short, or its padding is wrong", "compare ciphers of both ends"},
    {"replay", "outer packet seen before or too old", "raise esp.replay-window (at least the burst of the path)"},
    {"auth-failed", "tag does not hold: forged, damaged, or another key", "compare keys, ciphers and esn of both ends"},
    {"next-header", "payload of a kind that this tunnel does not take", "compare tfs.mode of both ends"},
    {"dummy", "dummy packet of the peer (RFC 4303 section 2.6)", ""},
    {"aggfrag-malformed", "AGGFRAG payload shorter than its header", "peer's implementation"},
    {"aggfrag-sub-type", "AGGFRAG sub-type that is not known", "peer's implementation"},
    {"aggfrag-block", "data block of unknown type or wrong length; the rest of the payload is dropped",
     "peer's implementation"},
    {"aggfrag-late", "outer packet came after the reorder window had passed it",
     "raise tfs.receive.reorder-window or lost-timer"},
    {"aggfrag-orphan", "payload that only continues an inner packet whose begin was lost", "loss on the path"},
    {"aggfrag-incomplete", "inner packet of which a fragment was lost", "loss on the path"},
    {"outer-congestion", "the path marked congestion on a packet whose inner packet has no way to tell of it",
     "a congested path; the peer should send Not-ECT"},
    {"inner-malformed", "inner packet with a wrong or cut IP header", "look at the sending host"},
    {"inner-checksum", "inner IPv4 header checksum is wrong", "turn off checksum offload on the host's virtual link"},
    {"inner-too-big", "inner packet larger than max-inner, or a packet larger than a buffer", "raise ports.PORT.mtu"},
    {"inner-selector", "inner packet outside the tunnel's selectors", "compare selectors of both ends and routes"},
    {"inner-ttl", "TTL or hop limit used up", "look for a routing loop"},
    {"no-route", "no route for the destination", "levelgate show routes"},
    {"blackhole", "a blackhole route matched", ""},
    {"clear-refused", "inner-side traffic would have left in clear through an outer port",
     "add a tunnel route, or a route with via: that says so"},
    {"not-forwardable", "broadcast, multicast or link-local packet", ""},
    {"for-kernel", "for the gateway itself, where no kernel twin takes it (replay, or out of a tunnel)", ""},
    {"no-neighbour", "next hop did not resolve in time, or too many packets wait for it", "levelgate show neighbours"},
    {"exceeds-mtu", "packet larger than the mtu of the port it should leave by",
     "raise ports.PORT.mtu, or lower the host's"},
    {"tfs-queue-delay", "inner load above the tunnel's rate", "raise tfs.rate or tfs.max-queue-delay"},
    {"tfs-queue-full", "too many small packets wait for the tunnel", "raise tfs.rate"},
    {"tfs-aqm", "a flow kept a standing queue and takes no ECN marks: one packet asks its sender to slow down", ""},
    {"tfs-too-big", "inner packet is longer than the tunnel takes in one piece, and may not be cut",
     "lower the host's mtu, or raise tfs.mtu, or set tfs.fragment: true"},
    {"tfs-breaker-open", "the tunnel's circuit breaker has stopped it", "look at the path; then clear the breaker"},
    {"no-outbound-sa", "the tunnel has no SA to send with", "levelgate show tunnels"},
    {"sequence-exhausted", "32-bit sequence numbers are used up", "set esn: true, or renew the keys"},
    {"seal-failed", "the crypto device did not encrypt the packet: zeros left in its place",
     "set dataplane.crypto: auto"},
    {"tunnel-closing", "the tunnel is being removed", ""},
    {"no-buffer", "packet buffers ran out", "raise dataplane.memory"},
    {"port-full", "the port took no more packets", "the port is slower than the tunnel's rate"},
    {"twin-full", "the kernel twin took no more packets", ""},
    {"worker-ring-full", "the ring to the worker that owns the tunnel is full", "more workers or a lower load"},
    {"tcp-outbound-full", "ESP in TCP: the control thread did not take packets as fast as the worker made them",
     "lower tfs.rate: ESP in TCP is a slow path"},
    {"tcp-inbound-full", "ESP in TCP: the worker did not take packets as fast as the streams gave them",
     "a lower rate at the peer: ESP in TCP is a slow path"},
    {"tcp-refused", "ESP in TCP: the tunnel's connection is gone, or takes no more at the moment",
     "lower tfs.rate; levelgate show ike"},
}};

[[nodiscard]] constexpr std::string_view name_of(Drop drop) { return kDropTexts[static_cast<std::size_t>(drop)].name; }

}  // namespace levelgate::model
