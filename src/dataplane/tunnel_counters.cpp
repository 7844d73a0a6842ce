// SPDX-License-Identifier: Apache-2.0
//
// Reads a tunnel's cells into a plain value.
#include "dataplane/tunnel_counters.h"

namespace levelgate::dataplane {

model::TunnelStats TunnelCounters::read() const {
  model::TunnelStats s;
  s.tx_pkts = tx_pkts.load();
  s.tx_octets = tx_octets.load();
  s.tx_drop_pkts = tx_drop_pkts.load();
  s.rx_pkts = rx_pkts.load();
  s.rx_octets = rx_octets.load();
  s.rx_drop_pkts = rx_drop_pkts.load();
  s.inner_tx_pkts = inner_tx_pkts.load();
  s.inner_tx_octets = inner_tx_octets.load();
  s.inner_rx_pkts = inner_rx_pkts.load();
  s.inner_rx_octets = inner_rx_octets.load();
  s.inner_rx_incomplete_pkts = inner_rx_incomplete_pkts.load();
  s.tx_all_pad_pkts = tx_all_pad_pkts.load();
  s.tx_all_pad_octets = tx_all_pad_octets.load();
  s.tx_extra_pad_pkts = tx_extra_pad_pkts.load();
  s.tx_extra_pad_octets = tx_extra_pad_octets.load();
  s.rx_all_pad_pkts = rx_all_pad_pkts.load();
  s.rx_all_pad_octets = rx_all_pad_octets.load();
  s.rx_extra_pad_pkts = rx_extra_pad_pkts.load();
  s.rx_extra_pad_octets = rx_extra_pad_octets.load();
  s.rx_errored_pkts = rx_errored_pkts.load();
  s.rx_missed_pkts = rx_missed_pkts.load();
  s.slots = slots.load();
  s.skipped_slots = skipped_slots.load();
  s.late_slots = late_slots.load();
  s.late_pkts = late_pkts.load();
  s.early_pkts = early_pkts.load();
  s.joined_early_pkts = joined_early_pkts.load();
  s.skipped_fragment_pkts = skipped_fragment_pkts.load();
  s.contradiction_pkts = contradiction_pkts.load();
  s.queue_pkts = queue_pkts.load();
  s.queue_octets = queue_octets.load();
  s.queue_max_octets = queue_max_octets.load();
  s.reorder_held_pkts = reorder_held_pkts.load();
  s.reorder_window_pkts = reorder_window_pkts.load();
  s.path_rate_bits_per_second = path_rate.load();
  s.path_rtt_us = path_rtt_us.load();
  s.path_loss_interval_outbound = path_loss_outbound.load();
  s.path_loss_interval_inbound = path_loss_inbound.load();
  s.breaker_state = breaker_state.load();
  s.breaker_cause = breaker_cause.load();
  s.breaker_loss_permille = breaker_loss_permille.load();
  s.breaker_trips = breaker_trips.load();
  s.path_mtu_state = path_mtu_state.load();
  s.path_mtu_probes_sent = path_mtu_probes_sent.load();
  s.path_mtu_probes_confirmed = path_mtu_probes_confirmed.load();
  s.path_mtu_probes_lost = path_mtu_probes_lost.load();
  s.ip_fragmented_pkts = ip_fragmented_pkts.load();
  s.ip_fragments_made = ip_fragments_made.load();
  s.ecn_ce_pkts = ecn_ce_pkts.load();
  s.ecn_unexpected_pkts = ecn_unexpected_pkts.load();
  s.tcp_taken_pkts = tcp_taken_pkts.load();
  s.tcp_refused_pkts = tcp_refused_pkts.load();
  s.pacing_p50_ns = pacing.quantile_ns(500);
  s.pacing_p99_ns = pacing.quantile_ns(990);
  s.pacing_p999_ns = pacing.quantile_ns(999);
  s.pacing_max_ns = pacing.max_ns();
  return s;
}

std::vector<model::ClassStats> TunnelCounters::read_classes(const model::QosSettings& qos) const {
  std::vector<model::ClassStats> all;
  for (std::size_t i = 0; i < qos.classes.size(); ++i) {
    const ClassCounters& cells = classes[i];
    all.push_back({qos.classes[i].name, cells.sent_pkts.load(), cells.sent_octets.load(), cells.marked_pkts.load(),
                   cells.aqm_pkts.load(), cells.refused_pkts.load(), cells.queue_pkts.load(),
                   cells.queue_octets.load()});
  }
  return all;
}

}  // namespace levelgate::dataplane
