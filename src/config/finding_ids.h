// SPDX-License-Identifier: Apache-2.0
//
// The stable ids of findings: cause and cure of each, for `levelgate explain`.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace levelgate::config {

struct FindingText {
  int id;
  std::string_view cause;
  std::string_view cure;
};

inline constexpr std::array<FindingText, 39> kFindingTexts{{
    {1, "The file is not valid YAML.",
     "Mend the syntax at the place named; most often indentation, a missing colon or an unclosed bracket."},
    {2, "A value has the wrong kind: a map where a word is expected, or the reverse.",
     "Compare with config/levelgate.yaml.example."},
    {3, "A key is not known.", "Take the name proposed, or remove the key."},
    {4, "A key stands twice in one map.", "Remove one of them."},
    {5, "Anchors, aliases and tags are not supported.", "Write the value out at each place."},
    {6, "The file is larger or deeper than any real configuration.", "At most 4 MiB, 32 levels and 200000 nodes."},
    {7, "The file cannot be read.", "Check path and permissions."},
    {8, "A key that is always needed is missing.", "Add it."},
    {9, "The version is not one that this program reads.", "Write version: 1."},
    {10, "A key belongs to a feature that this version does not have.", "Remove it; nothing is ignored silently."},
    {11, "A word is none of those that the key takes.", "Take one of the words listed."},
    {12, "A number lacks its unit, or the unit is ambiguous.", "Write 500 Mbit/s, 20ms, 64KiB, 1400B."},
    {13, "A number is outside its range.", "Stay in the range named."},
    {14, "An address, prefix or MAC address is malformed.",
     "Write 198.51.100.1, 10.1.0.0/16, 2001:db8::1/64, 02:00:00:00:00:01."},
    {15, "Neither true nor false.", "Write true or false; yes, no, on and off are words here."},
    {16, "A name refers to something that does not exist.", "Define it, or mend the name."},
    {17, "Two keys exclude each other, or one of several is needed.", "Keep exactly one of those named."},
    {18, "A name is empty, too long or has other characters than letters, digits, '-', '_' and '.'.",
     "Choose another name."},
    {20, "A key file cannot be read.",
     "Check path and permissions; relative paths are relative to the configuration file."},
    {21, "A key file can be read by others than its owner.", "chmod 600 the file."},
    {22, "A key file does not hold hexadecimal digits.",
     "It holds cipher key and salt as hexadecimal digits, white space allowed."},
    {23, "A key file holds the wrong number of octets for the cipher.",
     "aes128gcm16: 20 octets; aes256gcm16 and chacha20poly1305: 36 octets (key, then 4 octets of salt)."},
    {24, "The same key is used for two SAs.",
     "Every SA needs a key of its own: the same key and number twice breaks the cipher."},
    {25, "Two inbound SAs have the same SPI.", "Give each its own."},
    {26, "An SPI below 256 is reserved (RFC 4303 section 2.1).", "Use 256 or more."},
    {27, "first-sequence does not fit.", "1 to 2^32 - 1 without ESN, up to 2^64 - 2 with it."},
    {30, "tfs.mode must be named.", "fixed, on-demand or plain."},
    {31, "packet-size does not fit the mtu of the port.", "Lower packet-size or raise the port's mtu."},
    {32, "packet-size cannot be made: ESP aligns to four octets.", "Take one of the two sizes named."},
    {33, "A rate is needed in fixed mode.", "Add rate: 20 Mbit/s, for example."},
    {34, "The rate has no meaning in this mode.", "Remove it, or use mode: fixed."},
    {35, "Local and remote address are of different families.", "Use two IPv4 or two IPv6 addresses."},
    {36, "The local address of a tunnel is on no interface.", "Add the address to an interface, or mend it."},
    {37, "The same prefix is routed twice with the same metric.", "Remove one, or give it another metric."},
    {38, "The rate is beyond what a schedule can hold.", "Keep the interval between 100 ns and 10 s."},
    {101, "Fixed mode does not back off (RFC 9347 section 2.4.1).",
     "Use it on paths whose capacity is reserved for it."},
    {102, "The reorder window is larger than the replay window.", "The part beyond the replay window has no effect."},
    {103, "Static keys: sequence numbers begin again when the daemon starts.",
     "For labs only. Take new keys for each start."},
    {104, "Traffic for a tunnel's network could leave in clear.", "Add a blackhole route with a higher metric."},
}};

[[nodiscard]] inline std::string finding_name(int id) {
  std::string digits = std::to_string(id);
  return "LG-CFG-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

}  // namespace levelgate::config
