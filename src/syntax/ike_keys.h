// SPDX-License-Identifier: Apache-2.0
//
// The part of the table of keys that is about IKE as a whole: certificates, and what holds for tunnels that say nothing
// else. What a tunnel says of itself stands with the tunnel's keys, what overrides a default beside that default.
#pragma once

#include <array>

#include "syntax/key_terms.h"
#include "syntax/schema.h"

namespace levelgate::syntax::ike_keys {

using namespace terms;
using enum KeyType;

inline constexpr std::string_view kProposals =
    "What is offered and accepted for the IKE SA, best first: cipher, prf, key exchange, further key exchanges as "
    "ke1_ to ke7_.";
inline constexpr std::string_view kWhetherPostQuantum =
    "Whether key exchanges that withstand quantum computers are asked for; with off the default proposals have none.";
inline constexpr std::string_view kAge = "Age at which the IKE SA gets new keys.";
inline constexpr std::string_view kLiveness = "Whether the peer still lives (RFC 7296 §2.4).";
inline constexpr std::string_view kSilence = "Silence after which the peer is asked.";
inline constexpr std::string_view kUnanswered = "Time without an answer after which it counts as gone.";
inline constexpr std::string_view kFragments = "Large messages in fragments of their own (RFC 7383).";
inline constexpr std::string_view kChildless =
    "The first Child SA by an exchange of its own, so that it has a key exchange (RFC 6023).";
inline constexpr std::string_view kMceliece =
    "mceliece348864|mceliece348864f|mceliece460896|mceliece460896f|mceliece6688128|mceliece6688128f|mceliece6960119|"
    "mceliece6960119f|mceliece8192128|mceliece8192128f";
inline constexpr std::string_view kTransport =
    "udp; separate: begun over UDP, then over TCP with ESP beside it, once both sides say so; tcp: from the first "
    "message on; fallback: TCP where UDP is silent; auto: likewise, and as separate for large keys where few messages "
    "are lost (RFC 9329).";
inline constexpr std::string_view kTransports = "udp|separate|tcp|fallback|auto";
inline constexpr std::string_view kPeersTcpPort = "TCP port of the peer.";
inline constexpr std::string_view kPostQuantum = "required|preferred|off";

inline constexpr std::array kTable = std::to_array<KeySpec>({
    {"certificates", kMap, "Whom to trust, and who we are.", kRekey},
    {"certificates.authorities",
     kNamedMap,
     "Authorities that certificates of peers may come from, by a name of your choice.",
     kRekey,
     {},
     {},
     {},
     0,
     256},
    {"certificates.authorities.*", kMap, "An authority.", kRekey},
    {"certificates.authorities.*.file", kText, "PEM file with one or more certificates, each trusted.", kRekey},
    {"certificates.authorities.*.crl", kText, "PEM file with its revocation list.", kRekey},
    {"certificates.authorities.*.revocation", kChoice,
     "none: the list is not asked; soft: who is on it is refused; strict: there must also be a list in date for every "
     "issuer.",
     kRekey, "none", "none|soft|strict"},
    {"certificates.identities",
     kNamedMap,
     "Certificates of our own, by a name of your choice.",
     kRekey,
     {},
     {},
     {},
     0,
     256},
    {"certificates.identities.*", kMap, "A certificate of our own.", kRekey},
    {"certificates.identities.*.chain", kText, "PEM file: our certificate, then intermediate authorities.", kRekey},
    {"certificates.identities.*.key", kMap, "Its private key: either file or uri.", kRekey},
    {"certificates.identities.*.key.file", kText, "PEM file without a passphrase, readable by its owner only.", kRekey},
    {"certificates.identities.*.key.uri", kText,
     "Key in a token, as pkcs11:token=gw;object=paris; it is opened when IKE needs it, not by the check.", kRekey},

    {"ike", kMap, "IKEv2 (RFC 7296).", kLive},
    {"ike.listen", kTexts, "Interfaces on whose addresses IKE listens, ports 500 and 4500.", kDaemon,
     "those of the tunnels"},
    {"ike.tcp-port",
     kInteger,
     "TCP port on which we listen where a tunnel takes TCP.",
     kLive,
     "4500",
     {},
     {},
     1,
     65535},
    {"ike.defaults", kMap, "What holds for every tunnel that says nothing else below its own ike.", kLive},
    {"ike.defaults.proposals", kTexts, kProposals, kRekey, "aes256gcm16-prfsha384-x25519-ke1_mlkem768", {}, {}, 0, 64},
    {"ike.defaults.post-quantum", kChoice, kWhetherPostQuantum, kRekey, "required", kPostQuantum},
    {"ike.defaults.rekey", kDuration, kAge, kRekey, "4h", {}, {}, 60 * kSecond, 7 * kDay},
    {"ike.defaults.dpd", kMap, kLiveness, kLive},
    {"ike.defaults.dpd.delay", kDuration, kSilence, kLive, "10s", {}, {}, kSecond, kDay},
    {"ike.defaults.dpd.timeout", kDuration, kUnanswered, kLive, "60s", {}, {}, kSecond, kDay},
    {"ike.defaults.fragmentation", kBoolean, kFragments, kRekey, "true"},
    {"ike.defaults.childless", kBoolean, kChildless, kRekey, "false"},
    {"ike.defaults.cookie-threshold",
     kInteger,
     "Half-open SAs from which on everybody must return a cookie first (RFC 7296 §2.6).",
     kLive,
     "30",
     {},
     {},
     0,
     4096},
    {"ike.defaults.puzzle-threshold",
     kInteger,
     "Half-open SAs from which on everybody must solve a puzzle (RFC 8019 §7.1); some of those who know none are "
     "served all the same, as chance will have it. 4096: nobody ever.",
     kLive,
     "512",
     {},
     {},
     1,
     4096},
    {"ike.defaults.puzzle-difficulty",
     kInteger,
     "Zero bits of such a puzzle; each one more doubles the work. 0: the initiator does what it can afford.",
     kLive,
     "16",
     {},
     {},
     0,
     28},
    {"ike.defaults.puzzle-auth-difficulty",
     kInteger,
     "Zero bits of a second puzzle, in IKE_AUTH, for those who solved the first (RFC 8019 §7.2). 0: there is none.",
     kLive,
     "0",
     {},
     {},
     0,
     28},
    {"ike.defaults.puzzle-most-difficulty",
     kInteger,
     "Zero bits up to which we solve a peer's puzzle; 20 take some seconds. 0: none, but those that leave it to us.",
     kLive,
     "20",
     {},
     {},
     0,
     28},
    {"ike.defaults.half-open-per-address",
     kInteger,
     "Half-open SAs of one IPv4 address or IPv6 /64; more are dropped. From 3 on a cookie, from 5 on a puzzle is asked "
     "for (RFC 8019 §4.2).",
     kLive,
     "8",
     {},
     {},
     1,
     4096},
    {"ike.defaults.half-open-per-network",
     kInteger,
     "Half-open SAs of one IPv4 /24 or IPv6 /48; more are dropped, from a quarter on a puzzle is asked for.",
     kLive,
     "512",
     {},
     {},
     1,
     4096},
    {"ike.defaults.transport", kChoice, kTransport, kTunnel, "udp", kTransports},
    {"ike.defaults.tcp-port", kInteger, kPeersTcpPort, kTunnel, "4500", {}, {}, 1, 65535},

    {"tunnels.*.ike", kMap, "IKE of this tunnel, where it differs from ike.defaults.", kLive},
    {"tunnels.*.ike.proposals", kTexts, kProposals, kRekey, "that of ike.defaults.proposals", {}, {}, 0, 64},
    {"tunnels.*.ike.post-quantum", kChoice, kWhetherPostQuantum, kRekey, {}, kPostQuantum},
    {"tunnels.*.ike.rekey", kDuration, kAge, kRekey, "that of ike.defaults.rekey", {}, {}, 60 * kSecond, 7 * kDay},
    {"tunnels.*.ike.dpd", kMap, kLiveness, kLive},
    {"tunnels.*.ike.dpd.delay", kDuration, kSilence, kLive, "that of ike.defaults.dpd.delay", {}, {}, kSecond, kDay},
    {"tunnels.*.ike.dpd.timeout",
     kDuration,
     kUnanswered,
     kLive,
     "that of ike.defaults.dpd.timeout",
     {},
     {},
     kSecond,
     kDay},
    {"tunnels.*.large-keys", kMap, "Classic McEliece as one more key exchange, where the peer has it as well.",
     kTunnel},
    {"tunnels.*.large-keys.method", kChoice, "The parameter set; the same at both sides.", kTunnel, "mceliece6688128f",
     kMceliece},
    {"tunnels.*.large-keys.when", kChoice,
     "after-auth: the tunnel comes up, then its keys are renewed with it; nobody but the peer can make us hold a large "
     "key. before-auth: in the handshake, of anybody whose address is proven; where the peer has after-auth it is "
     "that.",
     kTunnel, "after-auth", "after-auth|before-auth"},
    {"tunnels.*.large-keys.traffic", kChoice,
     "flows: inner traffic takes the keys that are there. waits: a Child SA is not used before a large key went into "
     "its keys; until then the tunnel counts as not up.",
     kLive, "flows", "flows|waits"},
    {"tunnels.*.large-keys.pace",
     kRate,
     "How fast the fragments of a key leave: what the path takes without loss.",
     kLive,
     "50 Mbit/s",
     {},
     {},
     100'000,
     100'000'000'000},
    {"tunnels.*.ike.fragmentation", kBoolean, kFragments, kRekey, "that of ike.defaults.fragmentation"},
    {"tunnels.*.ike.childless", kBoolean, kChildless, kRekey, "that of ike.defaults.childless"},
    {"tunnels.*.ike.transport", kChoice, kTransport, kTunnel, {}, kTransports},
    {"tunnels.*.ike.tcp-port", kInteger, kPeersTcpPort, kTunnel, "that of ike.defaults.tcp-port", {}, {}, 1, 65535},
});

}  // namespace levelgate::syntax::ike_keys
