// SPDX-License-Identifier: Apache-2.0
//
// The table itself.
#include "syntax/schema.h"

#include <algorithm>
#include <array>

#include "syntax/ike_keys.h"
#include "syntax/mapping_keys.h"
#include "syntax/ppk_keys.h"

namespace levelgate::syntax {
namespace {

constexpr auto kIgnored = Availability::kIgnored;
constexpr auto kRefused = Availability::kRefused;
using namespace terms;
using enum KeyType;

constexpr std::string_view kCiphers = "aes128gcm16|aes256gcm16|chacha20poly1305";

constexpr std::array kGatewayKeys = std::to_array<KeySpec>({
    {"version", kInteger, "Version of this format; always needed. This is version 1.", kDaemon},
    {"node", kMap, "The gateway itself.", kLive},
    {"node.name", kText, "Name of the gateway, for people.", kLive, "the host name"},

    {"dataplane", kMap, "Memory, cores and ciphers of the data plane.", kDaemon},
    {"dataplane.memory",
     kOctets,
     "Huge pages for packets; none: ordinary pages, for machines without huge ones.",
     kDaemon,
     "256MiB",
     "none",
     {},
     64 * kMebi,
     1024 * 1024 * kMebi},
    {"dataplane.main-core", kInteger, "Core of the control thread.", kDaemon, "any", {}, {}, 0, 1023},
    {"dataplane.workers", kCores, "Cores of the workers, one worker each; auto: one worker on any core.", kDaemon,
     "auto", "auto"},
    {"dataplane.crypto", kChoice, "What runs the ciphers; auto: ipsec-mb, else openssl.", kDaemon, "auto",
     "auto|ipsec-mb|cryptodev|openssl"},
    {"dataplane.idle", kChoice, "poll: a worker never sleeps; adaptive: it sleeps until the next slot or packet.",
     kDaemon, "poll", "poll|adaptive"},

    {"ports", kNamedMap, "DPDK devices, by a name of your choice.", kDaemon, {}, {}, {}, 0, 64},
    {"ports.*", kMap, "A port.", kDaemon},
    {"ports.*.pci", kText, "PCI address of the NIC, as 0000:3b:00.0. A port has either pci or vdev.", kDaemon},
    {"ports.*.vdev", kText, "Virtual device with its arguments, as net_af_packet,iface=veth-wan.", kDaemon},
    {"ports.*.mtu", kInteger, "Largest IP packet, in octets.", kDaemon, "the device's own", {}, {}, 576, 9600},
    {"ports.*.twin", kText, "Name of the kernel twin that carries the addresses; at most 15 characters.", kDaemon,
     "lg-PORT"},
    {"ports.*.address", kInterfaceAddresses, "Shorthand: makes an interface of the port's name with these addresses.",
     kLive},
    {"ports.*.gateway", kAddresses,
     "Default route for the gateway itself and its tunnels; never lets clear text from inside out.", kLive},
    {"ports.*.rx-queues", kChoice, "Receive queues; auto: one for each worker.", kDaemon, "auto", "auto"},

    {"interfaces", kNamedMap, "Addresses on ports, by a name of your choice.", kLive, {}, {}, {}, 0, 1024},
    {"interfaces.*", kMap, "An interface.", kLive},
    {"interfaces.*.port", kText, "The port that it is on.", kLive},
    {"interfaces.*.addresses", kInterfaceAddresses, "Addresses with their prefix lengths, as 10.1.0.1/24.", kLive},

    {"routes", kList, "Where packets go; the longest prefix wins.", kLive, {}, {}, {}, 0, 50000},
    {"routes.[]", kMap, "A route.", kLive},
    {"routes.[].to", kNetwork, "Destination, as 10.2.0.0/16.", kLive},
    {"routes.[].via", kText,
     "A tunnel's name, or the address of a next hop. A next hop on an outer port lets clear text out.", kLive},
    {"routes.[].dev", kText, "Interface of the next hop; needed when its address is in no interface's network.", kLive},
    {"routes.[].blackhole", kBoolean, "Drop what matches.", kLive, "false"},
    {"routes.[].metric", kInteger, "The lowest of equal prefixes wins.", kLive, "0", {}, {}, 0, 4294967295},

    {"neighbours", kList, "Fixed neighbours, beside those learnt from the kernel.", kLive, {}, {}, {}, 0, 10000},
    {"neighbours.[]", kMap, "A neighbour.", kLive},
    {"neighbours.[].port", kText, "The port that it is on.", kLive},
    {"neighbours.[].address", kAddress, "Its IP address.", kLive},
    {"neighbours.[].mac", kMac, "Its MAC address, as 02:00:00:00:00:02.", kLive},

    {"tunnels", kNamedMap, "Tunnels to peers, by a name of your choice.", kLive, {}, {}, {}, 0, 10000},
    {"tunnels.*", kMap, "A tunnel.", kLive},
    {"tunnels.*.description", kText, "For people.", kLive},
    {"tunnels.*.local", kAddressOrMap,
     "Our outer address; left out: the address of the interface that leads to the peer.", kTunnel},
    {"tunnels.*.local.address", kAddress, "Our outer address; one of an interface's.", kTunnel},
    {"tunnels.*.local.interface", kText, "Interface whose first address of the peer's family is used.", kTunnel},
    {"tunnels.*.local.id", kText,
     "What we call ourselves: address, host name, mail address, distinguished name (CN=gate, O=example), keyid:TEXT, "
     "or subject: that of our certificate.",
     kTunnel, "our outer address"},
    {"tunnels.*.local.identity", kText, "Our certificate, one of certificates.identities; instead of auth.psk.",
     kTunnel},
    {"tunnels.*.remote", kAddressOrMap, "The peer's outer address.", kTunnel},
    {"tunnels.*.remote.address", kAddress, "The peer's outer address.", kTunnel},
    {"tunnels.*.remote.id", kText, "What the peer must prove to be; forms as for local.id.", kTunnel,
     "its outer address"},
    {"tunnels.*.remote.authorities",
     kTexts,
     "Of certificates.authorities: from which the peer's certificate may come; needed with local.identity.",
     kTunnel,
     {},
     {},
     {},
     0,
     64},
    {"tunnels.*.auth", kMap, "A secret that both sides share, instead of certificates.", kTunnel},
    {"tunnels.*.auth.psk", kMap,
     "The preshared key: either file or credential. A last line break is dropped; 0x and hexadecimal digits are "
     "octets.",
     kTunnel},
    {"tunnels.*.auth.psk.file", kText, "File readable by its owner only.", kTunnel},
    {"tunnels.*.auth.psk.credential", kText, "Name of a credential of the service unit (LoadCredential=).", kTunnel},
    {"tunnels.*.auth.psk.weak", kBoolean,
     "Takes a key that may have less than 128 bits; it can be guessed from a recorded handshake.", kTunnel, "false"},
    {"tunnels.*.start", kChoice,
     "always: at once and whenever it is gone; on-traffic: when an inner packet asks for it; respond: when the peer "
     "does.",
     kLive, "always", "always|on-traffic|respond"},
    {"tunnels.*.static", kMap, "Keys instead of IKE, for labs, benchmarks and tests (RFC 9347 §4).", kRekey},
    {"tunnels.*.static.esn", kBoolean, "64-bit sequence numbers (RFC 4303 §2.2.1).", kRekey, "true"},
    {"tunnels.*.static.outbound", kMap, "The SA that sends.", kRekey},
    {"tunnels.*.static.outbound.spi",
     kInteger,
     "SPI, decimal or as 0x00001001; 256 at least.",
     kRekey,
     {},
     {},
     {},
     0,
     4294967295},
    {"tunnels.*.static.outbound.cipher", kChoice, "Cipher.", kRekey, {}, kCiphers},
    {"tunnels.*.static.outbound.key", kMap, "Cipher key and salt.", kRekey},
    {"tunnels.*.static.outbound.key.file", kText,
     "File with cipher key, then salt, in hexadecimal digits; readable by its owner only.", kRekey},
    {"tunnels.*.static.outbound.first-sequence", kInteger, "First sequence number that is sent.", kRekey, "1"},
    {"tunnels.*.static.inbound", kMap, "The SA that receives.", kRekey},
    {"tunnels.*.static.inbound.spi",
     kInteger,
     "SPI, decimal or as 0x00002002; 256 at least.",
     kRekey,
     {},
     {},
     {},
     0,
     4294967295},
    {"tunnels.*.static.inbound.cipher", kChoice, "Cipher.", kRekey, {}, kCiphers},
    {"tunnels.*.static.inbound.key", kMap, "Cipher key and salt.", kRekey},
    {"tunnels.*.static.inbound.key.file", kText,
     "File with cipher key, then salt, in hexadecimal digits; readable by its owner only.", kRekey},
    {"tunnels.*.static.inbound.first-sequence", kInteger, "First number awaited; lower ones are dropped as replays.",
     kRekey, "1"},

    {"tunnels.*.esp", kMap, "ESP (RFC 4303).", kTunnel},
    {"tunnels.*.esp.esn", kBoolean,
     "64-bit sequence numbers: true: preferred, false: refused; static.esn says the same.", kRekey, "true"},
    {"tunnels.*.esp.proposals",
     kTexts,
     "What is offered and accepted for Child SAs, best first; esn is a key of its own.",
     kRekey,
     "aes256gcm16-x25519-ke1_mlkem768",
     {},
     {},
     0,
     64},
    {"tunnels.*.esp.replay-window",
     kInteger,
     "Numbers behind the highest that are still accepted, once each.",
     kRekey,
     "4096",
     {},
     {},
     64,
     65536},
    {"tunnels.*.esp.encapsulation", kChoice,
     "udp: ESP in UDP on port 4500 (RFC 3948); auto: where a NAT is between; none with static keys. tcp: in the TCP "
     "connection of the IKE SA (RFC 9329), a slow path that keeps no constant rate.",
     kTunnel, "auto", "auto|udp|none|tcp"},
    {"tunnels.*.esp.rekey", kMap, "When SAs that IKE made get new keys.", kRekey},
    {"tunnels.*.esp.rekey.time", kDuration, "Age.", kRekey, "1h", {}, {}, 10 * kSecond, 7 * kDay},
    {"tunnels.*.esp.rekey.bytes",
     kOctets,
     "Octets of outer packets in one direction.",
     kRekey,
     "no limit",
     {},
     {},
     kMebi,
     1ULL << 60},
    {"tunnels.*.esp.rekey.margin",
     kDuration,
     "From the rekey to the end of the old SA.",
     kRekey,
     "5min",
     {},
     {},
     kSecond,
     kDay},

    {"tunnels.*.selectors", kMap, "Which inner packets the tunnel carries; others are dropped.", kLive},
    {"tunnels.*.selectors.local", kNetworks, "Networks on our side.", kLive, "any"},
    {"tunnels.*.selectors.remote", kNetworks, "Networks on the peer's side.", kLive, "any"},

    {"tunnels.*.tfs", kMap, "Traffic flow security (RFC 9347); names as in RFC 9348.", kTunnel},
    {"tunnels.*.tfs.mode",
     kChoice,
     "Needed. fixed: packets of one size at a constant rate; congestion-controlled: the same at a rate that follows "
     "the "
     "path (RFC 9347 §2.4.2), never what is inside; on-demand: aggregates, hides nothing about time; plain: ordinary "
     "tunnel-mode ESP.",
     kTunnel,
     {},
     "fixed|congestion-controlled|on-demand|plain"},
    {"tunnels.*.tfs.rate",
     kRate,
     "What the wire sees in fixed mode, and at most in congestion-controlled mode; needed in both, an error in others.",
     kLive,
     {},
     {},
     {},
     1,
     10'000'000'000'000},
    {"tunnels.*.tfs.rate-layer", kChoice, "l3: octets of outer IP packets count; l2: 38 more for each Ethernet frame.",
     kLive, "l3", "l3|l2"},
    {"tunnels.*.tfs.packet-size",
     kOctets,
     "The whole outer IP packet; in on-demand and plain mode its upper bound. path-mtu: what the path carries, found "
     "by "
     "probes in the tunnel (RFC 8899); needs a peer that reports.",
     kLive,
     "1400B",
     "path-mtu",
     {},
     128,
     9600},
    {"tunnels.*.tfs.path-mtu", kMap, "The search of packet-size: path-mtu.", kLive},
    {"tunnels.*.tfs.path-mtu.max-size",
     kOctets,
     "The largest size that is tried; never above the mtu of the port.",
     kLive,
     "the mtu of the port",
     {},
     {},
     576,
     9600},
    {"tunnels.*.tfs.path-mtu.probe-interval",
     kDuration,
     "How long after a search one size more is tried again (RFC 8899 §5.1.1).",
     kLive,
     "10min",
     {},
     {},
     10 * kSecond,
     86400 * kSecond},
    {"tunnels.*.tfs.fragment", kBoolean, "Inner packets may be split over outer packets.", kLive, "true"},
    {"tunnels.*.tfs.max-queue-delay",
     kDuration,
     "Longest wait until the first octet of an inner packet leaves; one that would wait longer is dropped on arrival.",
     kLive,
     "20ms",
     {},
     {},
     kMicrosecond,
     10 * kSecond},
    {"tunnels.*.tfs.init-delay",
     kDuration,
     "On-demand mode: how long the first packet waits for others.",
     kLive,
     "0us",
     {},
     {},
     0,
     kSecond},
    {"tunnels.*.tfs.catch-up",
     kInteger,
     "Late slots that are still sent at once; older ones are skipped and counted.",
     kLive,
     "8",
     {},
     {},
     0,
     32},
    {"tunnels.*.tfs.peer-required", kBoolean,
     "With IKE: false lets the tunnel fall back to plain ESP when the peer has no AGGFRAG.", kRekey, "true"},
    {"tunnels.*.tfs.min-rate",
     kRate,
     "Congestion-controlled mode begins here and never falls below; what a circuit breaker with action: floor leaves.",
     kLive,
     "ten packets a second",
     {},
     {},
     1,
     10'000'000'000'000},
    {"tunnels.*.tfs.ecn", kBoolean,
     "Packets that arrive marked CE count as lost (RFC 9347 §3.1); a mark is not protected.", kLive, "false"},
    {"tunnels.*.tfs.congestion-reports", kBoolean,
     "Static keys: every packet reports to the peer, which needs it for its own congestion control; with IKE the peer "
     "asks for it.",
     kLive, "false"},
    {"tunnels.*.tfs.circuit-breaker", kMap,
     "Takes the tunnel off a path that stays congested (RFC 8084, RFC 9347 §2.4.2.1).", kLive},
    {"tunnels.*.tfs.circuit-breaker.loss",
     kShare,
     "Needed. Share of packets lost from which on it counts.",
     kLive,
     {},
     {},
     {},
     1,
     1000},
    {"tunnels.*.tfs.circuit-breaker.for",
     kDuration,
     "Needed. How long the loss must persist.",
     kLive,
     {},
     {},
     {},
     kSecond,
     3600 * kSecond},
    {"tunnels.*.tfs.circuit-breaker.action", kChoice,
     "stop: nothing is sent any more; floor: min-rate is sent, and nothing if that is too much as well.", kLive, "stop",
     "stop|floor"},
    {"tunnels.*.tfs.circuit-breaker.clear-after",
     kDuration,
     "After how long it closes by itself; never: the operator clears it.",
     kLive,
     "never",
     "never",
     {},
     kSecond,
     86400 * kSecond},
    {"tunnels.*.tfs.receive", kMap, "The receiving side.", kLive},
    {"tunnels.*.tfs.receive.reorder-window",
     kInteger,
     "How far ahead of the awaited number a packet may be and is held; 0: nothing waits; auto: as far as the path "
     "misorders, at most 256.",
     kLive,
     "3",
     "auto",
     {},
     0,
     65535},
    {"tunnels.*.tfs.receive.lost-timer",
     kDuration,
     "How long a gap is waited for; auto: in proportion to the rate.",
     kLive,
     "auto",
     "auto",
     {},
     10 * kMicrosecond,
     10 * kSecond},
    {"tunnels.*.tfs.receive.send-immediately", kBoolean,
     "true: inner packets leave as soon as they are whole, out of order if the path misorders.", kLive, "false"},

    {"tunnels.*.qos", kMap,
     "Which inner packet goes first, which is given up, and what outer packets say of themselves.", kLive},
    {"tunnels.*.qos.fair", kBoolean,
     "A queue for each flow, in equal shares; false: first in, first out, bounded by max-queue-delay alone.", kLive,
     "true"},
    {"tunnels.*.qos.ecn", kBoolean, "Marks ECN-capable inner packets where it would drop others.", kLive, "true"},
    {"tunnels.*.qos.classes",
     kList,
     "Classes of inner packets, the first one first in service; the one that names nothing takes all others.",
     kLive,
     "one class",
     {},
     {},
     0,
     8},
    {"tunnels.*.qos.classes.[]", kMap, "A class; a packet is of the first one of which it meets all that is named.",
     kLive},
    {"tunnels.*.qos.classes.[].name", kText, "Its name in show and in counters.", kLive},
    {"tunnels.*.qos.classes.[].dscp", kTexts, "DSCP: ef, va, le, cs0 to cs7, af11 to af43, or 0 to 63.", kLive, "any"},
    {"tunnels.*.qos.classes.[].local", kNetworks, "Networks on our side.", kLive, "any"},
    {"tunnels.*.qos.classes.[].remote", kNetworks, "Networks on the peer's side.", kLive, "any"},
    {"tunnels.*.qos.classes.[].protocol", kText, "tcp, udp, sctp, icmp, icmpv6, gre, esp, or 1 to 255.", kLive, "any"},
    {"tunnels.*.qos.classes.[].local-ports", kText, "Port or range of ports on our side, as 16384-32767.", kLive,
     "any"},
    {"tunnels.*.qos.classes.[].remote-ports", kText, "Port or range of ports on the peer's side.", kLive, "any"},
    {"tunnels.*.qos.classes.[].share",
     kInteger,
     "Percent of the tunnel that is its own under load: up to it, it goes first; classes without one share the rest.",
     kLive,
     "an equal part of the rest",
     {},
     {},
     1,
     99},
    {"tunnels.*.qos.classes.[].max-queue-delay",
     kDuration,
     "Longest wait of its packets.",
     kLive,
     "tfs.max-queue-delay",
     {},
     {},
     kMicrosecond,
     10 * kSecond},
    {"tunnels.*.qos.classes.[].fair", kBoolean, "As qos.fair, for this class.", kLive, "qos.fair"},
    {"tunnels.*.qos.classes.[].ecn", kBoolean, "As qos.ecn, for this class.", kLive, "qos.ecn"},

    {"management", kMap, "Command socket and log.", kDaemon},
    {"management.api", kMap, "The command socket.", kDaemon},
    {"management.api.socket", kText, "Path of the UNIX socket.", kDaemon, "/run/levelgate/api.sock"},
    {"management.api.group", kText, "Group that may use it.", kDaemon, "that of the daemon"},
    {"management.log", kMap, "The log.", kLive},
    {"management.log.level", kChoice, "Least level that is written.", kLive, "info", "debug|info|warn|error", "trace"},
    {"management.log.format", kChoice, "Form of a line.", kLive, "text", "text|json", "journal"},

    {"management.keylog", kMap,
     "Labs only: writes the keys of every SA for Wireshark, so that its reader reads all traffic.", kDaemon},
    {"management.keylog.directory", kText, "Absolute path; made for its owner alone, who is the daemon.", kDaemon},
    {"management.keylog.for", kChoice, "Whose tables are written.", kDaemon, "wireshark-4.4",
     "wireshark-4.0|wireshark-4.4"},
    {"management.keylog.acknowledge-risk",
     kChoice,
     "Must be there: there is no key log by accident.",
     kDaemon,
     {},
     "traffic-can-be-decrypted"},

    // Known, but not in this version.
    {"dataplane.pacing-cores", kAnything, "Cores of their own for pacing.", kDaemon, {}, {}, {}, 0, 0, kIgnored},
    {"ports.*.bind", kAnything, "Driver that the NIC is bound to.", kDaemon, {}, {}, {}, 0, 0, kRefused},
    {"interfaces.*.vlan", kAnything, "VLAN tag.", kLive, {}, {}, {}, 0, 0, kRefused},
    {"management.metrics", kAnything, "Metrics over HTTP.", kLive, {}, {}, {}, 0, 0, kIgnored},
    {"management.log.components", kAnything, "Levels of single components.", kLive, {}, {}, {}, 0, 0, kIgnored},
});

constexpr auto kKeys = [] {
  std::array<KeySpec,
             kGatewayKeys.size() + mapping_keys::kTable.size() + ike_keys::kTable.size() + ppk_keys::kTable.size()>
      all = {};
  auto end = std::ranges::copy(kGatewayKeys, all.begin()).out;
  end = std::ranges::copy(mapping_keys::kTable, end).out;
  end = std::ranges::copy(ike_keys::kTable, end).out;
  std::ranges::copy(ppk_keys::kTable, end);
  return all;
}();

}  // namespace

std::span<const KeySpec> key_specs() { return kKeys; }

const KeySpec* key_spec(std::string_view path) {
  for (const KeySpec& spec : kKeys) {
    if (spec.path == path) return &spec;
  }
  return nullptr;
}

std::vector<std::string_view> keys_below(std::string_view path) {
  std::vector<std::string_view> keys;
  for (const KeySpec& spec : kKeys) {
    std::string_view rest = spec.path;
    if (!path.empty()) {
      if (!rest.starts_with(path) || rest.size() <= path.size() || rest[path.size()] != '.') continue;
      rest.remove_prefix(path.size() + 1);
    }
    if (rest.find('.') == std::string_view::npos && rest != "*" && rest != "[]") keys.push_back(rest);
  }
  return keys;
}

std::vector<std::string_view> words_of(std::string_view words) {
  std::vector<std::string_view> list;
  while (!words.empty()) {
    const std::size_t bar = words.find('|');
    list.push_back(words.substr(0, bar));
    if (bar == std::string_view::npos) break;
    words.remove_prefix(bar + 1);
  }
  return list;
}

}  // namespace levelgate::syntax
