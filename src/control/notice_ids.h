// SPDX-License-Identifier: Apache-2.0
//
// The stable ids of what the controller writes to the log: cause and cure of each, for `levelgate explain`.
#pragma once

#include <array>
#include <string_view>

namespace levelgate::control {

inline constexpr std::string_view kConfigApplied = "LG-CFG-201";
inline constexpr std::string_view kConfigFaulty = "LG-CFG-202";
inline constexpr std::string_view kConfigNeedsRestart = "LG-CFG-203";
inline constexpr std::string_view kPlanRefused = "LG-CFG-204";
inline constexpr std::string_view kKeySpent = "LG-CFG-205";
inline constexpr std::string_view kKeyLogOn = "LG-CFG-206";
inline constexpr std::string_view kKeyLogFull = "LG-CFG-207";
inline constexpr std::string_view kSequenceExhausted = "LG-DP-001";
inline constexpr std::string_view kSequenceNearLimit = "LG-DP-002";
inline constexpr std::string_view kNextHopSilent = "LG-DP-003";
inline constexpr std::string_view kNextHopFound = "LG-DP-004";
inline constexpr std::string_view kRouteWithoutRoom = "LG-DP-005";
inline constexpr std::string_view kSlotsSkipped = "LG-TFS-001";
inline constexpr std::string_view kPeerHeard = "LG-TFS-002";
inline constexpr std::string_view kPeerSilent = "LG-TFS-003";
inline constexpr std::string_view kBreakerTripped = "LG-TFS-004";
inline constexpr std::string_view kBreakerClosed = "LG-TFS-005";
inline constexpr std::string_view kPathLoses = "LG-TFS-006";
inline constexpr std::string_view kPathMtuFound = "LG-TFS-007";
inline constexpr std::string_view kPathMtuFell = "LG-TFS-008";
inline constexpr std::string_view kPathMtuUnknown = "LG-TFS-009";

struct NoticeText {
  std::string_view id;
  std::string_view cause;
  std::string_view cure;
};

inline constexpr std::array<NoticeText, 21> kNoticeTexts{{
    {kConfigApplied, "A configuration is in force.", ""},
    {kConfigFaulty, "A new configuration has errors; the old one stays in force.", "levelgate check FILE"},
    {kConfigNeedsRestart,
     "A new configuration changes what a running daemon cannot change; the old one stays in force.",
     "Restart the daemon, or take the change back."},
    {kPlanRefused, "The data plane could not follow; the old state stays in force.",
     "Mend what the message names; most often memory."},
    {kKeySpent, "A static key comes back in another SA, where its sequence numbers would repeat; the old state stays.",
     "Take a new key, at both ends."},
    {kKeyLogOn, "The key log is on: whoever reads its directory can decrypt the traffic of every tunnel.",
     "For labs only. Remove management.keylog and restart; remove the directory; take new static keys."},
    {kKeyLogFull, "The key log cannot be written, or has reached its bound; later SAs are not in it.",
     "Restart the daemon with an empty directory, or without management.keylog."},
    {kSequenceExhausted, "An SA has used up its sequence numbers; nothing leaves through it (RFC 4303 section 3.3.3).",
     "Take new keys, and esn: true."},
    {kSequenceNearLimit, "An SA has nearly used up its sequence numbers.", "Take new keys, and esn: true."},
    {kNextHopSilent, "A next hop that is needed does not answer.",
     "Check cabling, addresses and prefix lengths; levelgate show neighbours."},
    {kNextHopFound, "A next hop that was missing answers now.", ""},
    {kRouteWithoutRoom, "The route table is full; some prefixes follow a wider route, or none.",
     "Fewer or wider routes; a restart forgets those that are gone."},
    {kSlotsSkipped,
     "A worker was too late for some slots of a fixed-rate tunnel, or its next hop was not known yet; they are not "
     "made up for.",
     "Give workers cores of their own, isolated from the scheduler; lower the rate, or raise tfs.catch-up."},
    {kPeerHeard, "The first authenticated packet of the peer arrived, or the first after a silence.", ""},
    {kPeerSilent, "The peer of a fixed-rate tunnel, which should send all the time, is not heard.",
     "Look at the peer and the path; compare keys and SPIs of both ends; levelgate show drops."},
    {kBreakerTripped, "A tunnel's circuit breaker has tripped: its path lost too much for too long (RFC 8084).",
     "Mend the path, or lower tfs.rate; then levelgate clear-breaker TUNNEL, unless clear-after does it."},
    {kBreakerClosed, "A tunnel's circuit breaker is closed again; it sends as configured.", ""},
    {kPathLoses, "A path loses packets of a fixed-rate tunnel, which does not back off (RFC 9347 section 2.4.1).",
     "Reserve capacity for the tunnel, lower tfs.rate, or take mode: congestion-controlled."},
    {kPathMtuFound, "A tunnel has found that its path carries larger packets, and sends them.", ""},
    {kPathMtuFell,
     "The peer no longer confirms that packets of a tunnel arrive: it sends smaller ones and searches anew (RFC 8899).",
     "Often the path has changed, or the peer was away. If it comes back, look at MTUs along the path."},
    {kPathMtuUnknown,
     "The peer's packets carry no reports, so that packet-size: path-mtu cannot search: it stays small.",
     "Static keys: set tfs.congestion-reports: true at the peer. Else name packet-size in octets."},
}};

}  // namespace levelgate::control
