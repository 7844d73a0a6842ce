// SPDX-License-Identifier: Apache-2.0
//
// The stable ids of what the engine tells the operator: cause and cure of each, for `levelgate explain`.
#pragma once

#include <array>
#include <string_view>

namespace levelgate::ikestate {

inline constexpr std::string_view kIkeEstablished = "LG-IKE-001";
inline constexpr std::string_view kChildEstablished = "LG-IKE-002";
inline constexpr std::string_view kIkeRekeyed = "LG-IKE-003";
inline constexpr std::string_view kChildRekeyed = "LG-IKE-004";
inline constexpr std::string_view kIkeClosed = "LG-IKE-005";
inline constexpr std::string_view kChildClosed = "LG-IKE-006";
inline constexpr std::string_view kPeerMoved = "LG-IKE-007";
inline constexpr std::string_view kPeerUnreachable = "LG-IKE-011";
inline constexpr std::string_view kPeerGone = "LG-IKE-012";
inline constexpr std::string_view kPeerUnknown = "LG-IKE-013";
inline constexpr std::string_view kHandshakeAbandoned = "LG-IKE-014";
inline constexpr std::string_view kPeerRestarted = "LG-IKE-015";
inline constexpr std::string_view kNobodyListens = "LG-IKE-016";
inline constexpr std::string_view kTcpBlocked = "LG-IKE-017";
inline constexpr std::string_view kSeparateRefused = "LG-IKE-018";
inline constexpr std::string_view kFallsBack = "LG-IKE-019";
inline constexpr std::string_view kNoProposal = "LG-IKE-021";
inline constexpr std::string_view kAnswerNotOffered = "LG-IKE-022";
inline constexpr std::string_view kPostQuantumRefused = "LG-IKE-023";
inline constexpr std::string_view kKeyExchangeFailed = "LG-IKE-024";
inline constexpr std::string_view kKeysDiffer = "LG-IKE-025";
inline constexpr std::string_view kPeerRefusedUs = "LG-IKE-031";
inline constexpr std::string_view kWrongPsk = "LG-IKE-032";
inline constexpr std::string_view kWrongIdentity = "LG-IKE-033";
inline constexpr std::string_view kCertificateRefused = "LG-IKE-034";
inline constexpr std::string_view kCertificateExpired = "LG-IKE-035";
inline constexpr std::string_view kAuthorityUnknown = "LG-IKE-036";
inline constexpr std::string_view kSignatureRefused = "LG-IKE-037";
inline constexpr std::string_view kSchemeNotAnnounced = "LG-IKE-038";
inline constexpr std::string_view kSelectorsApart = "LG-IKE-041";
inline constexpr std::string_view kNoAggfrag = "LG-IKE-042";
inline constexpr std::string_view kNoChildProposal = "LG-IKE-043";
inline constexpr std::string_view kChildRefused = "LG-IKE-044";
inline constexpr std::string_view kAggfragFallback = "LG-IKE-045";
inline constexpr std::string_view kRekeyFailed = "LG-IKE-051";
inline constexpr std::string_view kLifetimeOver = "LG-IKE-052";
inline constexpr std::string_view kDowngradeUnprotected = "LG-IKE-061";
inline constexpr std::string_view kPpkNotUsed = "LG-IKE-062";
inline constexpr std::string_view kPpkMissing = "LG-IKE-063";
inline constexpr std::string_view kPpkDiffers = "LG-IKE-064";
inline constexpr std::string_view kLargeKeysLacking = "LG-IKE-065";
inline constexpr std::string_view kMalformed = "LG-IKE-071";
inline constexpr std::string_view kFlood = "LG-IKE-081";
inline constexpr std::string_view kPuzzleRefused = "LG-IKE-082";
inline constexpr std::string_view kLargeKeyWaits = "LG-IKE-083";
inline constexpr std::string_view kInternalFault = "LG-IKE-091";

struct ReportText {
  std::string_view id;
  std::string_view cause;
  std::string_view cure;
};

inline constexpr std::array<ReportText, 46> kReportTexts{{
    {kIkeEstablished, "An IKE SA is up: both sides are authenticated.", ""},
    {kChildEstablished, "A Child SA is up: inner traffic may flow.", ""},
    {kIkeRekeyed, "A new IKE SA took the place of an old one.", ""},
    {kChildRekeyed, "A new Child SA took the place of an old one.", ""},
    {kIkeClosed, "An IKE SA was closed in order, by one of both sides.", ""},
    {kChildClosed, "A Child SA was closed in order, by one of both sides.", ""},
    {kPeerMoved, "The peer's address or port changed, most often at a NAT.", ""},
    {kPeerUnreachable, "The peer never answered.",
     "Check the address in tunnels.*.remote, the route to it, and that UDP 500 and 4500 pass both ways."},
    {kPeerGone, "An established peer stopped answering.", "Check the path and the peer; the tunnel is tried again."},
    {kPeerUnknown, "A stranger asked for an SA: no tunnel has its address.",
     "Add a tunnel with this remote address, or ignore it."},
    {kHandshakeAbandoned, "A peer began a handshake and did not end it in time.",
     "Look at the peer's log: it refused something of ours, or its messages are lost on the way, often large ones."},
    {kPeerRestarted, "The peer came back without its old SAs; ours with it were forgotten.", ""},
    {kNobodyListens, "The peer's host answers that no program listens at its IKE port.",
     "Start IKE at the peer, or mend its port and firewall: UDP 500 and 4500."},
    {kTcpBlocked, "The peer agreed to IKE over TCP, and no TCP connection to it can be made.",
     "Let TCP port 4500 pass, or set transport: udp at this tunnel; until then IKE goes over UDP."},
    {kSeparateRefused, "One side takes IKE over TCP only together with ESP in TCP, the other one only apart from it.",
     "Give both sides the same: esp.encapsulation: tcp, with transport: tcp or fallback, or none of it; or let IKE "
     "begin over UDP."},
    {kFallsBack, "The peer does not answer over UDP, and TCP is tried in its place.",
     "Nothing has to be done where the network lets only TCP through; else let UDP 500 and 4500 pass both ways."},
    {kNoProposal, "Both sides have no proposal in common.",
     "Make tunnels.*.ike.proposals and the peer's agree in every kind of algorithm. A peer that demands a PPK may "
     "answer so too."},
    {kAnswerNotOffered, "The peer chose what was not offered.", "The peer is faulty, or somebody altered its answer."},
    {kPostQuantumRefused, "The policy demands a post-quantum key exchange, and the peer offers none.",
     "Configure ML-KEM at the peer, or set tunnels.*.ike.post-quantum: preferred."},
    {kKeyExchangeFailed, "The peer's public value is malformed or outside its group.", "The peer is faulty."},
    {kKeysDiffer, "Messages cannot be opened after a key exchange: both sides derived different keys.",
     "A faulty implementation or altered messages; try without the additional key exchange."},
    {kPeerRefusedUs, "The peer refuses our authentication.",
     "Compare the PSK, our id and our certificate with what the peer expects; its log says which."},
    {kWrongPsk, "The preshared keys differ, or the peer knows the name under another key.",
     "Put the same PSK on both sides, and our id where the peer expects it; a final newline does not count."},
    {kWrongIdentity, "The peer calls itself by another name than the configured one.",
     "Set tunnels.*.remote.id to what the peer sends, or its local id to what is expected."},
    {kCertificateRefused, "The peer's certificate is not acceptable.",
     "The message names the certificate and what is wrong."},
    {kCertificateExpired, "The peer's certificate is expired or not yet valid.",
     "Renew it, or set the clock of the gateway that is wrong."},
    {kAuthorityUnknown, "No configured authority vouches for the peer's certificate.",
     "Add its authority to certificates.authorities and to tunnels.*.remote.authorities."},
    {kSignatureRefused, "The peer's signature does not hold or is of a kind that is not allowed.",
     "Check that the peer's key belongs to its certificate, and which signatures it uses."},
    {kSchemeNotAnnounced, "The peer announced no signature that our key can make; the best was tried.",
     "Give our gateway a certificate of a kind that the peer accepts."},
    {kSelectorsApart, "The traffic selectors of both sides have nothing in common.",
     "Make tunnels.*.selectors mirror the peer's: its local is our remote."},
    {kNoAggfrag, "The peer does not speak AGGFRAG (RFC 9347), and the policy requires it.",
     "Switch IP-TFS on at the peer, or set tfs.peer-required: false, which gives up constant rate."},
    {kNoChildProposal, "Both sides have no ESP proposal in common.",
     "Make tunnels.*.esp.proposals and the peer's agree; a key exchange counts from the first rekey on."},
    {kChildRefused, "The peer refuses the Child SA.", "The message has the peer's reason; its log says more."},
    {kAggfragFallback,
     "The peer does not speak AGGFRAG; the tunnel is plain ESP, its sizes and times show the traffic.",
     "Switch IP-TFS on at the peer."},
    {kRekeyFailed, "A rekey failed and is tried again.", "Look at the reason; the old SA stays until its end."},
    {kLifetimeOver, "An SA reached its end without a rekey.", "Find out why rekeys fail: levelgate explain NAME."},
    {kDowngradeUnprotected, "Only one side protects the negotiation against downgrade.",
     "Bring the older gateway up to date."},
    {kPpkNotUsed, "A PPK is configured, and an SA was made without it.",
     "Configure the same PPK at the peer; then set ppk.required: true at both, or an attacker can take it out again."},
    {kPpkMissing, "A PPK is required, and the peer uses none, or none that is configured for it.",
     "Give both sides the same PPK under the same id, and let ppk.exchange of both have a form in common."},
    {kPpkDiffers, "Both sides have a PPK of this id, and its octets may differ.",
     "Copy the file from one gateway to the other; a final newline does not count."},
    {kLargeKeysLacking, "Large keys are configured, and the peer lacks what they need.",
     "Configure large-keys with the same method at the peer; the message says what it does not announce."},
    {kMalformed, "An authentic message of the peer is malformed; its SA was closed.", "The peer is faulty."},
    {kFlood, "Many handshakes are begun and not ended; newcomers must return a cookie.",
     "Nothing needs to be done; find the source if it stays."},
    {kPuzzleRefused, "The peer sets a puzzle that we do not solve.",
     "Raise ike.defaults.puzzle-most-difficulty, or find out why the peer is under such a load."},
    {kLargeKeyWaits, "A peer that brings its large key before authentication waits: there is no room for it now.",
     "Nothing needs to be done; if it stays, somebody at its address begins handshakes and does not end them."},
    {kInternalFault, "Something failed that never should.", "Report it with the log."},
}};

}  // namespace levelgate::ikestate
