// SPDX-License-Identifier: Apache-2.0
//
// The stable ids of findings: cause and cure of each, for `levelgate explain`.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace levelgate::syntax {

struct FindingText {
  int id;
  std::string_view cause;
  std::string_view cure;
};

inline constexpr std::array<FindingText, 74> kFindingTexts{{
    {1, "The file is not valid YAML.",
     "Mend the syntax at the place named; most often it is indentation, a missing colon or an unclosed bracket."},
    {2, "A value has the wrong kind: a map where a single value is expected, or the reverse.",
     "Compare with levelgate.yaml.example."},
    {3, "A key is not known.", "Take the name proposed, or remove the key."},
    {4, "A key stands twice in one map.", "Remove one of them."},
    {5, "Anchors, aliases and tags are not supported.", "Write the value out at each place."},
    {6, "The file is larger or deeper than any real configuration.", "At most 4 MiB, 32 levels and 200000 values."},
    {7, "The file cannot be read.", "Check path and permissions."},
    {8, "A key that is needed is missing.", "Add it."},
    {9, "The version of the format is not one that this program reads.", "Write version: 1."},
    {10,
     "A key or a word belongs to a feature that this version does not have, and leaving it out of account would be "
     "unsafe.",
     "Remove it, or take a version that has the feature."},
    {11, "A word is none of those that the key takes.", "Take one of the words listed."},
    {12, "A number lacks its unit, or the unit is ambiguous.", "Write 500 Mbit/s, 20ms, 64KiB, 1400B."},
    {13, "A number is outside its range, or no number.", "Stay in the range named."},
    {14, "An address is malformed, or not one that a host can have.",
     "Write 198.51.100.1, 10.1.0.0/16, 2001:db8::1/64, 02:00:00:00:00:01, 0000:3b:00.0."},
    {15, "Neither true nor false.", "Write true or false; yes, no, on and off are words here."},
    {16, "A name refers to something that does not exist.", "Define it, or mend the name."},
    {17, "Two values exclude each other, or one of several is needed.", "Keep exactly one of those named."},
    {18, "A name is empty, too long or has characters that it must not have.", "Choose another name."},
    {19, "The file holds more than one YAML document.", "Remove what stands behind the line with three dashes."},
    {20, "A key file cannot be read.",
     "Check path and permissions; relative paths are relative to the configuration file."},
    {21, "A key file can be read by others than its owner.",
     "chmod 600 the file, and make a new key if somebody may have read it."},
    {22, "A key file holds something else than hexadecimal digits.",
     "It holds cipher key and salt as hexadecimal digits, or 0x and those of a preshared key; white space does not "
     "matter."},
    {23, "A key file holds the wrong number of octets for its cipher.",
     "aes128gcm16: 20 octets; aes256gcm16 and chacha20poly1305: 36 octets (the key, then 4 octets of salt)."},
    {24, "Two SAs have the same key.",
     "Give every SA a key of its own: the same key and number twice breaks these ciphers (RFC 4106 section 3.1)."},
    {25, "Two SAs have the same SPI where that makes them indistinguishable.", "Give each its own."},
    {26, "An SPI below 256 is reserved (RFC 4303 section 2.1).", "Use 256 or more."},
    {27, "first-sequence is outside the numbers that the SA has.",
     "1 to 2^32 - 1 without ESN, up to 2^64 - 2 with it."},
    {28, "An address of the gateway itself stands where another machine is meant.",
     "Put the other machine's address there."},
    {29, "An address and its prefix length do not go together.",
     "A network has no bits set behind its prefix length; an interface's address has some, and names its length."},
    {30, "tfs.mode has no default and must be named.", "mode: fixed, on-demand or plain."},
    {31, "packet-size does not fit the mtu of the port.",
     "Lower packet-size, or raise the port's mtu where the link carries more."},
    {32, "packet-size cannot be made: ESP aligns to four octets (RFC 4303 section 2.4).",
     "Take one of the two sizes named."},
    {33, "A rate is needed in fixed mode.", "Add rate: 20 Mbit/s, for example."},
    {34, "A rate has no meaning in this mode.", "Remove it, or use mode: fixed."},
    {35, "Two addresses that belong together are of different families.", "Use two IPv4 or two IPv6 addresses."},
    {36, "The local address of a tunnel is on no interface, or on another one.",
     "Add the address to an interface, or mend it."},
    {37, "The same prefix is routed twice with the same metric.", "Remove one, or give it another metric."},
    {38, "Rate and packet-size make an interval that cannot be scheduled.",
     "Keep packet-size over rate between 100 ns and 10 s."},
    {39, "Two things have the same address, device or name.", "Give each its own."},
    {40, "There are more entries than the gateway can hold.",
     "Fewer ports, interfaces, tunnels, routes or neighbours."},
    {41, "A next hop cannot be reached directly.",
     "Take an address in an interface's network, or name the interface with dev."},
    {42, "It is not known which interface leads to the peer.",
     "Name the tunnel's local address, or add a gateway or a route."},
    {43, "An id has none of the known forms, or one that is not possible there.",
     "Write an address, a host name with a dot, a mail address, a distinguished name (CN=gate, O=example), or "
     "keyid:TEXT; subject stands for the subject of our own certificate."},
    {44, "A proposal cannot be used: a word is unknown or too weak, or something is missing.",
     "As aes256gcm16-prfsha384-x25519-ke1_mlkem768 for IKE, aes256gcm16-x25519-ke1_mlkem768 for ESP."},
    {45, "Post-quantum key exchanges are required, and no proposal for the IKE SA has one.",
     "Add one, as -ke1_mlkem768, or say post-quantum: preferred."},
    {46, "A proposal has a post-quantum key exchange though these are switched off.",
     "Remove it from the proposal, or say post-quantum: preferred."},
    {47, "A proposal for ESP names sequence numbers.", "Remove esn or noesn from it; esp.esn says it."},
    {48, "A file with certificates, a revocation list or a private key cannot be read, or holds something else.",
     "Check path and permissions, and that the file is PEM; a private key has no passphrase."},
    {49, "A private key does not belong to the certificate.",
     "The first certificate of the chain is ours; name the key that it was made for."},
    {50, "An id does not stand in the certificate that is to prove it (RFC 4945 section 3.1).",
     "Take a name of the certificate, for our side also subject, or get a certificate with the name."},
    {51, "The margin of a rekey is not shorter than the time until it.", "Lower margin, or raise time."},
    {52, "The peer counts as gone before it is asked whether it lives.", "Raise dpd.timeout, or lower dpd.delay."},
    {53, "Two tunnels have the same peer and the same ids, so that nobody can tell which one is meant.",
     "Give one of them another id."},
    {54, "A preshared key holds less than 128 bits, so that it can be guessed from a recorded handshake.",
     "openssl rand -base64 32 makes a good one; auth.psk.weak: true takes the risk."},
    {55, "IKE does not listen on the interface of a tunnel whose keys it is to make.",
     "Add the interface to ike.listen, or leave ike.listen out."},
    {56, "A PPK holds less than 256 bits, which a quantum computer may search (RFC 8784 section 6).",
     "openssl rand -base64 32 makes a good one; ppk.weak: true takes the risk."},
    {57, "A PPK is the preshared key of the same tunnel.",
     "Make another one: openssl rand -base64 32. It must stay secret when the other one is found out."},
    {58, "The key log is asked for by half: it needs an absolute directory and the acknowledgement of its risk.",
     "Labs only: remove management.keylog, or write both."},
    {61, "min-rate is above rate, or is sent too rarely or too often.",
     "Keep min-rate at or below rate, and packet-size over min-rate at or below 10 s."},
    {62, "A circuit breaker does not say when it trips (RFC 9347 section 2.4.2.1).",
     "Give both: loss: 5% and for: 10s, for example."},
    {63, "A circuit breaker would close sooner than it trips (RFC 8084 section 4).",
     "Keep clear-after at or above for."},
    {101, "Fixed mode does not back off when the path is congested (RFC 9347 section 2.4.1).",
     "Use it on paths whose capacity is reserved for it."},
    {102, "The reorder window reaches further back than the replay window.",
     "Raise esp.replay-window, or lower the reorder window."},
    {103, "Static keys: sequence numbers begin again when the daemon starts.",
     "For labs, benchmarks and tests only. Take new keys for each start."},
    {104, "If the tunnel's route went, a route of your own would let its traffic out in clear.",
     "Add a blackhole route for the same prefix with a higher metric."},
    {105, "No route leads into a tunnel: it sends padding only.", "Add a route with via: and the tunnel's name."},
    {106, "A key has no effect in this mode.", "Remove it, or change the mode."},
    {107, "A key belongs to a feature that this version does not have; leaving it out of account is harmless.",
     "Nothing has to be done."},
    {109,
     "An inner packet may wait no longer than max-queue-delay, but the next outer packet is further away than that.",
     "Raise the rate, lower packet-size, or raise max-queue-delay."},
    {110, "A certificate has expired or will within 30 days.", "Replace it; a reload takes the new one."},
    {111, "A peer without AGGFRAG gets a plain tunnel, although the mode is to hide sizes and times.",
     "Leave peer-required out, unless reaching the peer matters more."},
    {112, "A preshared key is a credential of the service, which no other program can read.",
     "Nothing has to be done; the daemon reads it when it starts."},
    {113,
     "The tunnel takes inner packets only up to a size that is below what every IPv6 path must carry (RFC 8200 section "
     "5).",
     "Let it split packets (fragment: true), or raise mtu or packet-size."},
    {118,
     "The key log is on: keys of every SA are written to a directory, and whoever reads it can decrypt the traffic.",
     "For labs only. Remove management.keylog and restart; take new keys for tunnels with static ones."},
}};

[[nodiscard]] inline std::string finding_name(int id) {
  std::string digits = std::to_string(id);
  return "LG-CFG-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace levelgate::syntax
