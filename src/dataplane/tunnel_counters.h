// SPDX-License-Identifier: Apache-2.0
//
// What one tunnel counts, in cells that its worker writes and the control thread reads, but for those that say so. They
// belong to the tunnel's name and outlive a rebuild of its running parts.
#pragma once

#include <levelgate/model/qos.h>
#include <levelgate/model/stats.h>

#include <array>
#include <vector>

#include "dataplane/pacing_histogram.h"
#include "handover/counters.h"

namespace levelgate::dataplane {

// Of one SA; they live as long as its numbers.
struct SaCounters {
  handover::Counter packets;  // sealed, or authentic
  handover::Counter octets;   // of whole outer IP packets
  handover::Counter highest;  // inbound: number of an authentic packet
};

// Of one class of a tunnel's inner packets.
struct ClassCounters {
  handover::Counter sent_pkts, sent_octets, marked_pkts;
  handover::Counter aqm_pkts, refused_pkts;    // dropped by the AQM; for want of time or room
  handover::Counter queue_pkts, queue_octets;  // gauges
};

struct TunnelCounters {
  using Counter = handover::Counter;
  Counter tx_pkts, tx_octets, tx_drop_pkts;
  Counter rx_pkts, rx_octets, rx_drop_pkts;
  Counter inner_tx_pkts, inner_tx_octets, inner_rx_pkts, inner_rx_octets, inner_rx_incomplete_pkts;
  Counter tx_all_pad_pkts, tx_all_pad_octets, tx_extra_pad_pkts, tx_extra_pad_octets;
  Counter rx_all_pad_pkts, rx_all_pad_octets, rx_extra_pad_pkts, rx_extra_pad_octets;
  Counter rx_errored_pkts, rx_missed_pkts;
  Counter slots, skipped_slots, late_slots, late_pkts;
  Counter early_pkts, joined_early_pkts, skipped_fragment_pkts, contradiction_pkts;
  Counter queue_pkts, queue_octets, queue_max_octets, reorder_held_pkts, reorder_window_pkts;
  Counter path_rate, path_rtt_us, path_loss_outbound, path_loss_inbound;
  Counter breaker_state, breaker_cause, breaker_loss_permille, breaker_trips;
  Counter path_mtu_state, path_mtu_probes_sent, path_mtu_probes_confirmed, path_mtu_probes_lost;
  Counter ip_fragmented_pkts, ip_fragments_made, ecn_ce_pkts, ecn_unexpected_pkts;
  Counter tcp_taken_pkts, tcp_refused_pkts;  // written by control
  PacingHistogram pacing;
  std::array<ClassCounters, model::kMaxQosClasses> classes;

  [[nodiscard]] model::TunnelStats read() const;
  [[nodiscard]] std::vector<model::ClassStats> read_classes(const model::QosSettings& qos) const;
};

}  // namespace levelgate::dataplane
