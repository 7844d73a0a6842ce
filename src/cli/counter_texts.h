// SPDX-License-Identifier: Apache-2.0
//
// What each counter of a tunnel means, in the order in which model/stats.h walks them. Names as in RFC 9348 §2.3 where
// it has one.
#pragma once

#include <array>
#include <string_view>

namespace levelgate::cli {

struct CounterText {
  std::string_view group;  // empty: beside the groups
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array<CounterText, 56> kCounterTexts{{
    {"ipsec-stats", "tx-pkts", "Outer packets sent."},
    {"ipsec-stats", "tx-octets", "Their octets, outer IP header included."},
    {"ipsec-stats", "tx-drop-pkts", "Inner packets that were meant for the tunnel and dropped before they were sent."},
    {"ipsec-stats", "rx-pkts", "Outer packets received and authenticated."},
    {"ipsec-stats", "rx-octets", "Their octets, outer IP header included."},
    {"ipsec-stats", "rx-drop-pkts", "Outer packets for this tunnel's SAs that were dropped."},
    {"iptfs-inner-pkt-stats", "tx-pkts", "Inner packets sent; one that was split counts once."},
    {"iptfs-inner-pkt-stats", "tx-octets", "Their octets."},
    {"iptfs-inner-pkt-stats", "rx-pkts", "Inner packets received whole."},
    {"iptfs-inner-pkt-stats", "rx-octets", "Their octets."},
    {"iptfs-inner-pkt-stats", "rx-incomplete-pkts", "Inner packets of which a part was lost."},
    {"iptfs-outer-pkt-stats", "tx-all-pad-pkts", "Outer packets sent that held padding only."},
    {"iptfs-outer-pkt-stats", "tx-all-pad-octets", "Their octets of padding."},
    {"iptfs-outer-pkt-stats", "tx-extra-pad-pkts", "Outer packets sent that held data and padding behind it."},
    {"iptfs-outer-pkt-stats", "tx-extra-pad-octets", "Their octets of padding."},
    {"iptfs-outer-pkt-stats", "rx-all-pad-pkts", "Outer packets received that held padding only."},
    {"iptfs-outer-pkt-stats", "rx-all-pad-octets", "Their octets of padding."},
    {"iptfs-outer-pkt-stats", "rx-extra-pad-pkts", "Outer packets received that held data and padding behind it."},
    {"iptfs-outer-pkt-stats", "rx-extra-pad-octets", "Their octets of padding."},
    {"iptfs-outer-pkt-stats", "rx-errored-pkts", "Outer packets received whose payload was wrong."},
    {"iptfs-outer-pkt-stats", "rx-missed-pkts", "Outer packets that never came, or too late."},
    {"", "slots", "Moments of departure that have come: sent and skipped."},
    {"", "skipped-slots", "Slots that passed with nothing sent, since the worker was too late."},
    {"", "late-slots", "Slots whose packet was sent only after the next one was due."},
    {"", "late-pkts",
     "Outer packets that came behind the reorder window; with send-immediately what is whole in them is delivered."},
    {"", "early-pkts", "Outer packets that came before one with a lower number."},
    {"", "joined-early-pkts", "Inner packets put together before their turn, with send-immediately."},
    {"", "skipped-fragment-pkts", "Outer packets that began with the end of an inner packet whose begin was lost."},
    {"", "contradiction-pkts", "Outer packets whose BlockOffset did not fit to the one before (RFC 9347 section 2.5)."},
    {"", "queue-pkts", "Inner packets that wait now."},
    {"", "queue-octets", "Their octets."},
    {"", "queue-max-octets", "The most octets that ever waited."},
    {"", "reorder-held-pkts", "Outer packets held now, until the ones before them come."},
    {"", "reorder-window-pkts", "The reorder window as it is now; with reorder-window: auto it follows the path."},
    {"", "path-rate-bits-per-second",
     "What congestion control allows now; 0 where it does not work, or the breaker is open."},
    {"", "path-rtt-us", "Round trip of the tunnel in microseconds, smoothed; 0: not known."},
    {"", "path-loss-interval-outbound", "Packets per loss event on the way to the peer, as it reports; 0: no loss."},
    {"", "path-loss-interval-inbound", "Packets per loss event on the way from the peer, as we report; 0: no loss."},
    {"", "breaker-state", "Circuit breaker: 0 closed, 1 reduced to min-rate, 2 open."},
    {"", "breaker-cause", "What it measured last: 0 reported loss, 1 no reports, 2 loss of inbound packets."},
    {"", "breaker-loss-permille", "The loss that it measured last, in thousandths."},
    {"", "breaker-trips", "How often it has tripped."},
    {"", "path-mtu-state",
     "Path MTU discovery: 0 off, 1 base, 2 below it, 3 search, 4 complete, 5 the peer does not report."},
    {"", "path-mtu-probes-sent", "Probes of the path MTU; they carry nothing."},
    {"", "path-mtu-probes-confirmed", "Of those, how many the peer has echoed."},
    {"", "path-mtu-probes-lost", "Of those, how many the peer has not echoed."},
    {"", "ip-fragmented-pkts", "Inner IPv4 packets without DF that were cut before the tunnel."},
    {"", "ip-fragments-made", "The fragments that they became."},
    {"", "ecn-ce-pkts", "Outer packets that came with the ECN mark CE."},
    {"", "ecn-unexpected-pkts",
     "Outer packets with ECN marks that their tunnel should not have (RFC 6040 section 4.2)."},
    {"", "tcp-taken-pkts", "ESP in TCP: outer packets that the tunnel's connection took."},
    {"", "tcp-refused-pkts", "ESP in TCP: outer packets that the tunnel's connection did not take."},
    {"", "pacing-p50-ns", "Half of the sent slots were later than this behind their moment, in nanoseconds."},
    {"", "pacing-p99-ns", "One of a hundred was later than this."},
    {"", "pacing-p999-ns", "One of a thousand was later than this."},
    {"", "pacing-max-ns", "The latest of all."},
}};

}  // namespace levelgate::cli
