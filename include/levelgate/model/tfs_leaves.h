// SPDX-License-Identifier: Apache-2.0
//
// The settings of a tunnel under the names of RFC 9348 §3.2: the only list of its configuration leaves in the house.
// `show tfs`, `export yang-json` and the SNMP sub-agent walk it; docs/management.md lists it, and a test compares both.
#pragma once

#include <levelgate/base/time.h>
#include <levelgate/model/tunnel.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace levelgate::model {

struct TfsLeaf {
  std::string_view name;  // below traffic-flow-security; a slash where it lies in a container
  std::string_view key;   // below tunnels.NAME.tfs that decides it
};

namespace tfs_leaf {
inline constexpr TfsLeaf kCongestionControl{"congestion-control", "mode"};
inline constexpr TfsLeaf kUsePathMtuDiscovery{"packet-size/use-path-mtu-discovery", "packet-size"};
inline constexpr TfsLeaf kOuterPacketSize{"packet-size/outer-packet-size", "packet-size"};
inline constexpr TfsLeaf kL2FixedRate{"l2-fixed-rate", "rate"};  // with rate-layer: l2
inline constexpr TfsLeaf kL3FixedRate{"l3-fixed-rate", "rate"};
inline constexpr TfsLeaf kDontFragment{"dont-fragment", "fragment"};
inline constexpr TfsLeaf kMaxAggregationTime{"max-aggregation-time", "max-queue-delay"};
inline constexpr TfsLeaf kWindowSize{"window-size", "receive.reorder-window"};
inline constexpr TfsLeaf kSendImmediately{"send-immediately", "receive.send-immediately"};
inline constexpr TfsLeaf kLostPacketTimerInterval{"lost-packet-timer-interval", "receive.lost-timer"};
}  // namespace tfs_leaf

inline constexpr std::array<TfsLeaf, 10> kTfsLeaves{tfs_leaf::kCongestionControl,  tfs_leaf::kUsePathMtuDiscovery,
                                                    tfs_leaf::kOuterPacketSize,    tfs_leaf::kL2FixedRate,
                                                    tfs_leaf::kL3FixedRate,        tfs_leaf::kDontFragment,
                                                    tfs_leaf::kMaxAggregationTime, tfs_leaf::kWindowSize,
                                                    tfs_leaf::kSendImmediately,    tfs_leaf::kLostPacketTimerInterval};

// visit(leaf, value) in the order of the list; value is bool, std::uint16_t, std::uint64_t (bit/s) or Nanos. A leaf
// that the mode has not, or that follows by itself from others, is left out. Only for tunnels that carry AGGFRAG.
template <typename Visit>
void for_each_tfs_leaf(const TfsSettings& s, Visit&& visit) {
  visit(tfs_leaf::kCongestionControl, s.mode == TfsMode::kFixed && s.congestion.controlled);
  visit(tfs_leaf::kUsePathMtuDiscovery, s.path_mtu.has_value());
  visit(tfs_leaf::kOuterPacketSize, static_cast<std::uint16_t>(s.packet_size));
  if (s.mode == TfsMode::kFixed) {
    visit(s.rate_layer == RateLayer::kL2 ? tfs_leaf::kL2FixedRate : tfs_leaf::kL3FixedRate, s.rate_bits_per_second);
  }
  visit(tfs_leaf::kDontFragment, !s.fragment);
  visit(tfs_leaf::kMaxAggregationTime, s.max_queue_delay);
  visit(tfs_leaf::kWindowSize, static_cast<std::uint16_t>(s.receive.reorder_window));
  visit(tfs_leaf::kSendImmediately, s.receive.send_immediately);
  if (s.receive.lost_packet_timer) visit(tfs_leaf::kLostPacketTimerInterval, *s.receive.lost_packet_timer);
}

}  // namespace levelgate::model
