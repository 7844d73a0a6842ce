// SPDX-License-Identifier: Apache-2.0
//
// Counters as values: what the data plane has counted so far, for `show`, the replay report and metrics. The
// names are those of RFC 9348 where it has one. Each list of names is the only one in the house: printers
// walk it with for_each_counter.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/model/drops.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace levelgate::model {

struct TunnelStats {
  // ipsec-stats: outer packets; octets of the whole outer IP packet
  std::uint64_t tx_pkts = 0, tx_octets = 0, tx_drop_pkts = 0;
  std::uint64_t rx_pkts = 0, rx_octets = 0, rx_drop_pkts = 0;
  // iptfs-inner-pkt-stats: inner packets; a fragmented one counts once
  std::uint64_t inner_tx_pkts = 0, inner_tx_octets = 0;
  std::uint64_t inner_rx_pkts = 0, inner_rx_octets = 0, inner_rx_incomplete_pkts = 0;
  // iptfs-outer-pkt-stats
  std::uint64_t tx_all_pad_pkts = 0, tx_all_pad_octets = 0, tx_extra_pad_pkts = 0, tx_extra_pad_octets = 0;
  std::uint64_t rx_all_pad_pkts = 0, rx_all_pad_octets = 0, rx_extra_pad_pkts = 0, rx_extra_pad_octets = 0;
  std::uint64_t rx_errored_pkts = 0, rx_missed_pkts = 0;
  // ours
  std::uint64_t slots = 0;  // slots whose time has come: sent and skipped
  std::uint64_t skipped_slots = 0;
  std::uint64_t late_slots = 0;             // sent, but after the next slot was due
  std::uint64_t late_pkts = 0;              // arrived behind the reorder window
  std::uint64_t early_pkts = 0;             // arrived before one with a lower number
  std::uint64_t joined_early_pkts = 0;      // inner packets put together ahead of their turn
  std::uint64_t skipped_fragment_pkts = 0;  // outer: began with the end of an inner packet whose begin was lost
  std::uint64_t contradiction_pkts = 0;     // outer: BlockOffset did not fit to the payload before
  std::uint64_t queue_pkts = 0, queue_octets = 0, queue_max_octets = 0;  // gauges
  std::uint64_t reorder_held_pkts = 0, reorder_window_pkts = 0;          // gauges
  // congestion control, gauges: what the path bears, and packets per loss event (0: no loss) in either direction
  std::uint64_t path_rate_bits_per_second = 0, path_rtt_us = 0;
  std::uint64_t path_loss_interval_outbound = 0, path_loss_interval_inbound = 0;
  // circuit breaker, gauges: 0 closed, 1 reduced, 2 open; 0 reported loss, 1 no reports, 2 inbound loss
  std::uint64_t breaker_state = 0, breaker_cause = 0, breaker_loss_permille = 0;
  std::uint64_t breaker_trips = 0;
  // path MTU discovery: 0 off, 1 base, 2 below it, 3 search, 4 complete, 5 the peer does not report
  std::uint64_t path_mtu_state = 0;  // gauge
  std::uint64_t path_mtu_probes_sent = 0, path_mtu_probes_confirmed = 0, path_mtu_probes_lost = 0;
  // inner IPv4 packets cut before the tunnel, and into how many
  std::uint64_t ip_fragmented_pkts = 0, ip_fragments_made = 0;
  std::uint64_t ecn_ce_pkts = 0, ecn_unexpected_pkts = 0;  // outer: with CE; with marks that nobody should set
  // ESP in TCP: outer packets that the tunnel's connection took, and that it did not
  std::uint64_t tcp_taken_pkts = 0, tcp_refused_pkts = 0;
  // pacing error of sent slots, nanoseconds behind the schedule
  std::uint64_t pacing_p50_ns = 0, pacing_p99_ns = 0, pacing_p999_ns = 0, pacing_max_ns = 0;
};

// visit(group, name, value); an empty group means beside the groups.
template <typename Stats, typename Visit>
void for_each_counter(Stats& s, Visit&& visit) {
  constexpr std::string_view ipsec = "ipsec-stats", inner = "iptfs-inner-pkt-stats", outer = "iptfs-outer-pkt-stats";
  visit(ipsec, "tx-pkts", s.tx_pkts);
  visit(ipsec, "tx-octets", s.tx_octets);
  visit(ipsec, "tx-drop-pkts", s.tx_drop_pkts);
  visit(ipsec, "rx-pkts", s.rx_pkts);
  visit(ipsec, "rx-octets", s.rx_octets);
  visit(ipsec, "rx-drop-pkts", s.rx_drop_pkts);
  visit(inner, "tx-pkts", s.inner_tx_pkts);
  visit(inner, "tx-octets", s.inner_tx_octets);
  visit(inner, "rx-pkts", s.inner_rx_pkts);
  visit(inner, "rx-octets", s.inner_rx_octets);
  visit(inner, "rx-incomplete-pkts", s.inner_rx_incomplete_pkts);
  visit(outer, "tx-all-pad-pkts", s.tx_all_pad_pkts);
  visit(outer, "tx-all-pad-octets", s.tx_all_pad_octets);
  visit(outer, "tx-extra-pad-pkts", s.tx_extra_pad_pkts);
  visit(outer, "tx-extra-pad-octets", s.tx_extra_pad_octets);
  visit(outer, "rx-all-pad-pkts", s.rx_all_pad_pkts);
  visit(outer, "rx-all-pad-octets", s.rx_all_pad_octets);
  visit(outer, "rx-extra-pad-pkts", s.rx_extra_pad_pkts);
  visit(outer, "rx-extra-pad-octets", s.rx_extra_pad_octets);
  visit(outer, "rx-errored-pkts", s.rx_errored_pkts);
  visit(outer, "rx-missed-pkts", s.rx_missed_pkts);
  constexpr std::string_view beside{};
  visit(beside, "slots", s.slots);
  visit(beside, "skipped-slots", s.skipped_slots);
  visit(beside, "late-slots", s.late_slots);
  visit(beside, "late-pkts", s.late_pkts);
  visit(beside, "early-pkts", s.early_pkts);
  visit(beside, "joined-early-pkts", s.joined_early_pkts);
  visit(beside, "skipped-fragment-pkts", s.skipped_fragment_pkts);
  visit(beside, "contradiction-pkts", s.contradiction_pkts);
  visit(beside, "queue-pkts", s.queue_pkts);
  visit(beside, "queue-octets", s.queue_octets);
  visit(beside, "queue-max-octets", s.queue_max_octets);
  visit(beside, "reorder-held-pkts", s.reorder_held_pkts);
  visit(beside, "reorder-window-pkts", s.reorder_window_pkts);
  visit(beside, "path-rate-bits-per-second", s.path_rate_bits_per_second);
  visit(beside, "path-rtt-us", s.path_rtt_us);
  visit(beside, "path-loss-interval-outbound", s.path_loss_interval_outbound);
  visit(beside, "path-loss-interval-inbound", s.path_loss_interval_inbound);
  visit(beside, "breaker-state", s.breaker_state);
  visit(beside, "breaker-cause", s.breaker_cause);
  visit(beside, "breaker-loss-permille", s.breaker_loss_permille);
  visit(beside, "breaker-trips", s.breaker_trips);
  visit(beside, "path-mtu-state", s.path_mtu_state);
  visit(beside, "path-mtu-probes-sent", s.path_mtu_probes_sent);
  visit(beside, "path-mtu-probes-confirmed", s.path_mtu_probes_confirmed);
  visit(beside, "path-mtu-probes-lost", s.path_mtu_probes_lost);
  visit(beside, "ip-fragmented-pkts", s.ip_fragmented_pkts);
  visit(beside, "ip-fragments-made", s.ip_fragments_made);
  visit(beside, "ecn-ce-pkts", s.ecn_ce_pkts);
  visit(beside, "ecn-unexpected-pkts", s.ecn_unexpected_pkts);
  visit(beside, "tcp-taken-pkts", s.tcp_taken_pkts);
  visit(beside, "tcp-refused-pkts", s.tcp_refused_pkts);
  visit(beside, "pacing-p50-ns", s.pacing_p50_ns);
  visit(beside, "pacing-p99-ns", s.pacing_p99_ns);
  visit(beside, "pacing-p999-ns", s.pacing_p999_ns);
  visit(beside, "pacing-max-ns", s.pacing_max_ns);
}

// Index: static_cast<std::size_t>(Drop).
using DropCounts = std::array<std::uint64_t, kDropCount>;

struct PortStats {
  std::uint64_t rx_pkts = 0, rx_octets = 0, tx_pkts = 0, tx_octets = 0;
  std::uint64_t rx_missed_pkts = 0;                  // dropped by the device before we saw them
  std::uint64_t twin_rx_pkts = 0, twin_tx_pkts = 0;  // relayed from and to the kernel twin
};

struct WorkerStats {
  std::uint64_t turns = 0, busy_turns = 0;
  std::uint64_t longest_turn_ns = 0;
  std::uint64_t events_lost = 0;
  std::uint64_t buffers_in_use = 0;
};

// What one SA has carried so far: when its lifetime ends, and whether the peer uses it.
struct SaStats {
  Spi spi;
  std::uint64_t packets = 0;    // inbound: authentic ones; 0: the peer has not used it yet
  std::uint64_t octets = 0;     // of whole outer IP packets
  std::uint64_t remaining = 0;  // sequence numbers beyond the highest one used
};

// One class of a tunnel's inner packets.
struct ClassStats {
  std::string name;
  std::uint64_t sent_pkts = 0, sent_octets = 0;
  std::uint64_t marked_pkts = 0;                   // ECN CE was set
  std::uint64_t aqm_pkts = 0;                      // dropped where a mark was not possible
  std::uint64_t refused_pkts = 0;                  // dropped for want of time or room
  std::uint64_t queue_pkts = 0, queue_octets = 0;  // gauges
};

// visit(name, value).
template <typename Stats, typename Visit>
void for_each_class_counter(Stats& s, Visit&& visit) {
  visit(std::string_view("sent-pkts"), s.sent_pkts);
  visit(std::string_view("sent-octets"), s.sent_octets);
  visit(std::string_view("marked-pkts"), s.marked_pkts);
  visit(std::string_view("aqm-drop-pkts"), s.aqm_pkts);
  visit(std::string_view("refused-pkts"), s.refused_pkts);
  visit(std::string_view("queue-pkts"), s.queue_pkts);
  visit(std::string_view("queue-octets"), s.queue_octets);
}

struct NamedTunnelStats {
  std::string name;
  TunnelStats counters;
  std::vector<SaStats> inbound = {};  // newest first, as in the plan
  std::optional<SaStats> outbound = {};
  std::vector<ClassStats> classes = {};  // as in the plan
};

struct Stats {
  std::vector<NamedTunnelStats> tunnels;  // every tunnel of the plan, in its order
  DropCounts drops{};
  std::vector<WorkerStats> workers;
};

}  // namespace levelgate::model
