// SPDX-License-Identifier: Apache-2.0
//
// Every metric that the gateway has. Names and label sets are a contract with dashboards and alerts: they are extended,
// never changed. Each has the same samples for as long as the configuration stays.
#pragma once

#include <array>

#include "management/metric.h"

namespace levelgate::management::metrics {

inline constexpr Metric kBuildInfo{"levelgate_build_info", "gauge", "version dpdk crypto", "What runs."};

inline constexpr Metric kTunnelInfo{"levelgate_tunnel_info", "gauge", "tunnel remote_address remote_id mode esp ike",
                                    "What each tunnel is; ike is static for a tunnel with keys of its own."};
inline constexpr Metric kTunnelUp{"levelgate_tunnel_up", "gauge", "tunnel",
                                  "1: authenticated packets of the peer arrive."};
inline constexpr Metric kTunnelEstablished{"levelgate_tunnel_established_timestamp_seconds", "gauge", "tunnel",
                                           "Since when the peer is heard; 0: it is not."};
inline constexpr Metric kWireBytes{"levelgate_tunnel_wire_bytes_total", "counter", "tunnel direction",
                                   "Octets of outer IP packets."};
inline constexpr Metric kWirePackets{"levelgate_tunnel_wire_packets_total", "counter", "tunnel direction",
                                     "Outer packets."};
inline constexpr Metric kInnerBytes{"levelgate_tunnel_inner_bytes_total", "counter", "tunnel direction",
                                    "Octets of inner packets."};
inline constexpr Metric kInnerPackets{"levelgate_tunnel_inner_packets_total", "counter", "tunnel direction",
                                      "Inner packets; one that was split counts once."};
inline constexpr Metric kTunnelDropped{"levelgate_tunnel_dropped_packets_total", "counter", "tunnel direction",
                                       "Out: inner packets dropped before they were sent. In: outer packets dropped."};

inline constexpr Metric kConfiguredRate{"levelgate_tfs_configured_rate_bytes_per_second", "gauge", "tunnel",
                                        "The rate that the file asks for; fixed mode."};
inline constexpr Metric kCurrentRate{"levelgate_tfs_current_rate_bytes_per_second", "gauge", "tunnel",
                                     "Outer octets sent per second, lately."};
inline constexpr Metric kAllPadPackets{"levelgate_tfs_all_pad_packets_total", "counter", "tunnel direction",
                                       "Outer packets that held padding only."};
inline constexpr Metric kAllPadBytes{"levelgate_tfs_all_pad_bytes_total", "counter", "tunnel direction",
                                     "Padding in outer packets that held nothing else."};
inline constexpr Metric kExtraPadPackets{"levelgate_tfs_extra_pad_packets_total", "counter", "tunnel direction",
                                         "Outer packets that held data and padding."};
inline constexpr Metric kExtraPadBytes{"levelgate_tfs_extra_pad_bytes_total", "counter", "tunnel direction",
                                       "Padding in outer packets that held data as well."};
inline constexpr Metric kIncomplete{"levelgate_tfs_incomplete_packets_total", "counter", "tunnel",
                                    "Inner packets of which a part was lost."};
inline constexpr Metric kMissed{"levelgate_tfs_missed_packets_total", "counter", "tunnel",
                                "Outer packets that never came, or too late."};
inline constexpr Metric kErrored{"levelgate_tfs_errored_packets_total", "counter", "tunnel",
                                 "Outer packets whose payload was wrong."};
inline constexpr Metric kLatePackets{"levelgate_tfs_late_packets_total", "counter", "tunnel",
                                     "Outer packets that came behind the reorder window."};
inline constexpr Metric kEarlyPackets{"levelgate_tfs_early_packets_total", "counter", "tunnel",
                                      "Outer packets that came before one with a lower number."};
inline constexpr Metric kJoinedEarly{"levelgate_tfs_joined_early_packets_total", "counter", "tunnel",
                                     "Inner packets put together ahead of their turn."};
inline constexpr Metric kSkippedFragments{
    "levelgate_tfs_skipped_fragment_packets_total", "counter", "tunnel",
    "Outer packets that began with the end of an inner packet whose begin was lost."};
inline constexpr Metric kContradictions{"levelgate_tfs_contradiction_packets_total", "counter", "tunnel",
                                        "Outer packets whose BlockOffset did not fit to the payload before."};
inline constexpr Metric kReorderWindow{"levelgate_tfs_reorder_window_packets", "gauge", "tunnel",
                                       "The reorder window as it is now."};
inline constexpr Metric kReorderHeld{"levelgate_tfs_reorder_held_packets", "gauge", "tunnel",
                                     "Outer packets held until the ones before them come."};
inline constexpr Metric kIpFragmented{"levelgate_tfs_ip_fragmented_packets_total", "counter", "tunnel",
                                      "Inner IPv4 packets without DF that were cut before the tunnel."};
inline constexpr Metric kIpFragments{"levelgate_tfs_ip_fragments_made_total", "counter", "tunnel",
                                     "Fragments that those packets became."};
inline constexpr Metric kEcnCe{"levelgate_tunnel_ecn_ce_packets_total", "counter", "tunnel",
                               "Outer packets that came with the ECN mark CE."};
inline constexpr Metric kEcnUnexpected{"levelgate_tunnel_ecn_unexpected_packets_total", "counter", "tunnel",
                                       "Outer packets with ECN marks that their tunnel should not have."};
inline constexpr Metric kTcpTaken{"levelgate_tunnel_tcp_taken_packets_total", "counter", "tunnel",
                                  "ESP in TCP: outer packets that the tunnel's connection took."};
inline constexpr Metric kTcpRefused{"levelgate_tunnel_tcp_refused_packets_total", "counter", "tunnel",
                                    "ESP in TCP: outer packets that the tunnel's connection did not take."};
inline constexpr Metric kQueueBytes{"levelgate_tfs_queue_bytes", "gauge", "tunnel", "Octets that wait now."};
inline constexpr Metric kQueuePackets{"levelgate_tfs_queue_packets", "gauge", "tunnel", "Inner packets that wait now."};
inline constexpr Metric kQueueMaxBytes{"levelgate_tfs_queue_max_bytes", "gauge", "tunnel",
                                       "The most octets that ever waited."};
inline constexpr Metric kPathRate{"levelgate_tfs_path_rate_bytes_per_second", "gauge", "tunnel",
                                  "What congestion control allows now; 0: it does not work, or the breaker is open."};
inline constexpr Metric kPathRoundTrip{"levelgate_tfs_path_round_trip_seconds", "gauge", "tunnel",
                                       "Round trip of the tunnel, smoothed; 0: not known."};
inline constexpr Metric kPathLossInterval{"levelgate_tfs_path_loss_interval_packets", "gauge", "tunnel direction",
                                          "Packets per loss event: out as the peer reports, in as we do; 0: no loss."};
inline constexpr Metric kBreakerState{"levelgate_tfs_breaker_state", "gauge", "tunnel",
                                      "Circuit breaker: 0 closed, 1 reduced to min-rate, 2 open."};
inline constexpr Metric kBreakerCause{"levelgate_tfs_breaker_cause", "gauge", "tunnel",
                                      "What it measured last: 0 reported loss, 1 no reports, 2 inbound loss."};
inline constexpr Metric kBreakerLoss{"levelgate_tfs_breaker_loss_ratio", "gauge", "tunnel",
                                     "The loss that it measured last, 0 to 1."};
inline constexpr Metric kBreakerTrips{"levelgate_tfs_breaker_trips_total", "counter", "tunnel",
                                      "How often it has tripped."};
inline constexpr Metric kPacketSize{"levelgate_tfs_packet_size_bytes", "gauge", "tunnel",
                                    "Octets of an outer packet; with packet-size: path-mtu as found last."};
inline constexpr Metric kPathMtuState{
    "levelgate_tfs_path_mtu_state", "gauge", "tunnel",
    "Path MTU discovery: 0 off, 1 base, 2 below it, 3 search, 4 complete, 5 the peer does not report."};
inline constexpr Metric kPathMtuProbes{"levelgate_tfs_path_mtu_probes_total", "counter", "tunnel",
                                       "Probes of the path MTU that were sent."};
inline constexpr Metric kPathMtuConfirmed{"levelgate_tfs_path_mtu_probes_confirmed_total", "counter", "tunnel",
                                          "Of those, how many the peer has echoed."};
inline constexpr Metric kPathMtuLost{"levelgate_tfs_path_mtu_probes_lost_total", "counter", "tunnel",
                                     "Of those, how many the peer has not echoed."};
inline constexpr Metric kPacingError{"levelgate_tfs_pacing_error_seconds", "summary", "tunnel quantile",
                                     "How far behind their moments slots were sent; fixed mode."};
inline constexpr Metric kPacingErrorMax{"levelgate_tfs_pacing_error_max_seconds", "gauge", "tunnel",
                                        "The latest slot of all; fixed mode."};
inline constexpr Metric kSlots{"levelgate_tfs_slots_total", "counter", "tunnel",
                               "Moments of departure that have come; fixed mode."};
inline constexpr Metric kSkippedSlots{"levelgate_tfs_skipped_slots_total", "counter", "tunnel",
                                      "Slots that passed with nothing sent; fixed mode."};
inline constexpr Metric kLateSlots{"levelgate_tfs_late_slots_total", "counter", "tunnel",
                                   "Slots sent after the next one was due; fixed mode."};

inline constexpr Metric kClassPackets{"levelgate_class_sent_packets_total", "counter", "tunnel class",
                                      "Inner packets of a class that left."};
inline constexpr Metric kClassBytes{"levelgate_class_sent_bytes_total", "counter", "tunnel class",
                                    "Octets of inner packets of a class that left."};
inline constexpr Metric kClassMarked{"levelgate_class_marked_packets_total", "counter", "tunnel class",
                                     "Inner packets that got the ECN mark CE."};
inline constexpr Metric kClassAqmDrops{"levelgate_class_aqm_dropped_packets_total", "counter", "tunnel class",
                                       "Packets dropped for a standing queue where a mark was not possible."};
inline constexpr Metric kClassRefused{"levelgate_class_refused_packets_total", "counter", "tunnel class",
                                      "Packets dropped for want of time or room."};
inline constexpr Metric kClassQueuePackets{"levelgate_class_queue_packets", "gauge", "tunnel class",
                                           "Packets of a class that wait now."};
inline constexpr Metric kClassQueueBytes{"levelgate_class_queue_bytes", "gauge", "tunnel class",
                                         "Octets of a class that wait now."};

inline constexpr Metric kDrops{"levelgate_drops_total", "counter", "reason", "Packets dropped, each under one reason."};

inline constexpr Metric kIkeHalfOpen{"levelgate_ike_half_open", "gauge", "", "IKE SAs whose peer is not known yet."};
inline constexpr Metric kIkeCookies{"levelgate_ike_cookies_asked_total", "counter", "",
                                    "First messages answered with a cookie."};
inline constexpr Metric kIkeRefused{"levelgate_ike_refused_load_total", "counter", "",
                                    "First messages refused, since too many were half open."};
inline constexpr Metric kIkePuzzlesAsked{"levelgate_ike_puzzles_asked_total", "counter", "",
                                         "First messages answered with a puzzle."};
inline constexpr Metric kIkePuzzlesSolved{"levelgate_ike_puzzles_solved_total", "counter", "",
                                          "Solutions of puzzles that were accepted."};
inline constexpr Metric kIkePuzzlesWrong{"levelgate_ike_puzzles_wrong_total", "counter", "",
                                         "Solutions of puzzles that were none, or had been used."};
inline constexpr Metric kIkeRefusedBudget{
    "levelgate_ike_refused_budget_total", "counter", "",
    "Messages of unknown peers dropped, since there was no room for what they cost."};
inline constexpr Metric kIkeLinesWithheld{"levelgate_ike_lines_withheld_total", "counter", "",
                                          "Lines about unknown peers beyond what is told in a second."};
inline constexpr Metric kIkeBudgetHeld{"levelgate_ike_budget_held", "gauge", "account",
                                       "What unknown peers, and large keys on their way, cost now."};
inline constexpr Metric kIkeBudgetPeak{"levelgate_ike_budget_peak", "gauge", "account", "The most that it ever was."};
inline constexpr Metric kIkeBudgetMost{"levelgate_ike_budget_most", "gauge", "account", "The most that it may be."};
inline constexpr Metric kStreamsOpen{"levelgate_ike_tcp_connections", "gauge", "", "TCP connections of IKE now."};
inline constexpr Metric kStreamsUnproven{"levelgate_ike_tcp_connections_unproven", "gauge", "",
                                         "Of those, on which nothing authentic has come."};
inline constexpr Metric kStreamsAccepted{"levelgate_ike_tcp_connections_accepted_total", "counter", "",
                                         "TCP connections that others made."};
inline constexpr Metric kStreamsConnected{"levelgate_ike_tcp_connections_made_total", "counter", "",
                                          "TCP connections that we made."};
inline constexpr Metric kStreamsRefused{"levelgate_ike_tcp_connections_refused_total", "counter", "",
                                        "TCP connections closed at once, for want of a place or a descriptor."};
inline constexpr Metric kStreamsEnded{"levelgate_ike_tcp_connections_ended_total", "counter", "reason",
                                      "TCP connections that ended, each for one reason."};
inline constexpr Metric kStreamsEspDropped{"levelgate_ike_tcp_esp_dropped_packets_total", "counter", "",
                                           "ESP in TCP: outer packets that found no room in their connection."};
inline constexpr Metric kCertificateExpiry{"levelgate_certificate_expiry_timestamp_seconds", "gauge", "identity",
                                           "When a certificate of ours ends."};

inline constexpr Metric kPortUp{"levelgate_port_up", "gauge", "port", "1: the port has a link."};
inline constexpr Metric kPortRxBytes{"levelgate_port_rx_bytes_total", "counter", "port", "Octets received."};
inline constexpr Metric kPortRxPackets{"levelgate_port_rx_packets_total", "counter", "port", "Packets received."};
inline constexpr Metric kPortRxMissed{"levelgate_port_rx_missed_packets_total", "counter", "port",
                                      "Packets that the device dropped before they were seen."};
inline constexpr Metric kPortTxBytes{"levelgate_port_tx_bytes_total", "counter", "port", "Octets sent."};
inline constexpr Metric kPortTxPackets{"levelgate_port_tx_packets_total", "counter", "port", "Packets sent."};

inline constexpr Metric kWorkerTurns{"levelgate_worker_turns_total", "counter", "worker", "Turns of a worker."};
inline constexpr Metric kWorkerBusyTurns{"levelgate_worker_busy_turns_total", "counter", "worker",
                                         "Turns in which there was something to do."};
inline constexpr Metric kWorkerLongestTurn{"levelgate_worker_longest_turn_seconds", "gauge", "worker",
                                           "The longest turn so far."};
inline constexpr Metric kWorkerEventsLost{"levelgate_worker_events_lost_total", "counter", "worker",
                                          "Events that found no room."};
inline constexpr Metric kWorkerBuffers{"levelgate_worker_buffers_in_use", "gauge", "worker", "Packet buffers held."};

inline constexpr Metric kKeylogEnabled{"levelgate_keylog_enabled", "gauge", "",
                                       "1: keys are written to files for a lab; 0 in production."};

// For the handbook and for tests.
inline constexpr std::array kAll{kBuildInfo,
                                 kTunnelInfo,
                                 kTunnelUp,
                                 kTunnelEstablished,
                                 kWireBytes,
                                 kWirePackets,
                                 kInnerBytes,
                                 kInnerPackets,
                                 kTunnelDropped,
                                 kConfiguredRate,
                                 kCurrentRate,
                                 kAllPadPackets,
                                 kAllPadBytes,
                                 kExtraPadPackets,
                                 kExtraPadBytes,
                                 kIncomplete,
                                 kMissed,
                                 kErrored,
                                 kLatePackets,
                                 kEarlyPackets,
                                 kJoinedEarly,
                                 kSkippedFragments,
                                 kContradictions,
                                 kReorderWindow,
                                 kReorderHeld,
                                 kIpFragmented,
                                 kIpFragments,
                                 kEcnCe,
                                 kEcnUnexpected,
                                 kTcpTaken,
                                 kTcpRefused,
                                 kQueueBytes,
                                 kQueuePackets,
                                 kQueueMaxBytes,
                                 kPathRate,
                                 kPathRoundTrip,
                                 kPathLossInterval,
                                 kBreakerState,
                                 kBreakerCause,
                                 kBreakerLoss,
                                 kBreakerTrips,
                                 kPacketSize,
                                 kPathMtuState,
                                 kPathMtuProbes,
                                 kPathMtuConfirmed,
                                 kPathMtuLost,
                                 kPacingError,
                                 kPacingErrorMax,
                                 kSlots,
                                 kSkippedSlots,
                                 kLateSlots,
                                 kClassPackets,
                                 kClassBytes,
                                 kClassMarked,
                                 kClassAqmDrops,
                                 kClassRefused,
                                 kClassQueuePackets,
                                 kClassQueueBytes,
                                 kDrops,
                                 kIkeHalfOpen,
                                 kIkeCookies,
                                 kIkeRefused,
                                 kIkePuzzlesAsked,
                                 kIkePuzzlesSolved,
                                 kIkePuzzlesWrong,
                                 kIkeRefusedBudget,
                                 kIkeLinesWithheld,
                                 kIkeBudgetHeld,
                                 kIkeBudgetPeak,
                                 kIkeBudgetMost,
                                 kStreamsOpen,
                                 kStreamsUnproven,
                                 kStreamsAccepted,
                                 kStreamsConnected,
                                 kStreamsRefused,
                                 kStreamsEnded,
                                 kStreamsEspDropped,
                                 kCertificateExpiry,
                                 kPortUp,
                                 kPortRxBytes,
                                 kPortRxPackets,
                                 kPortRxMissed,
                                 kPortTxBytes,
                                 kPortTxPackets,
                                 kWorkerTurns,
                                 kWorkerBusyTurns,
                                 kWorkerLongestTurn,
                                 kWorkerEventsLost,
                                 kWorkerBuffers,
                                 kKeylogEnabled};

}  // namespace levelgate::management::metrics
