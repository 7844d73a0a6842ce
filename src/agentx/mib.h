// SPDX-License-Identifier: Apache-2.0
//
// The four tables of RFC 9349 §4.2: their columns, and where in the daemon's answer each value is.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace levelgate::agentx {

// { mib-2 246 }, as RFC 9349 §5 has it.
inline constexpr std::array<std::uint32_t, 7> kIptfsMib{1, 3, 6, 1, 2, 1, 246};

// TruthValue; Unsigned32 of 16 bits; Counter64 and what is made of it; NanoSeconds, an Integer32.
enum class Syntax : std::uint8_t { kTruth, kUnsigned, kCounter, kNanoSeconds };

struct MibColumn {
  std::uint32_t number;
  Syntax syntax;
  std::string_view group;  // object of a tunnel in `show tfs -o json`
  std::string_view name;   // member; a slash where it lies deeper
};

struct MibTable {
  std::string_view name;
  std::uint32_t group;  // iptfsMIB.1.GROUP.1.1.COLUMN
  std::span<const MibColumn> columns;
};

inline constexpr std::string_view kTfsGroup = "traffic-flow-security";
inline constexpr std::array kConfigColumns{
    MibColumn{2, Syntax::kTruth, kTfsGroup, "congestion-control"},
    MibColumn{3, Syntax::kTruth, kTfsGroup, "packet-size/use-path-mtu-discovery"},
    MibColumn{4, Syntax::kUnsigned, kTfsGroup, "packet-size/outer-packet-size"},
    MibColumn{5, Syntax::kCounter, kTfsGroup, "l2-fixed-rate"},
    MibColumn{6, Syntax::kCounter, kTfsGroup, "l3-fixed-rate"},
    MibColumn{7, Syntax::kTruth, kTfsGroup, "dont-fragment"},
    MibColumn{8, Syntax::kNanoSeconds, kTfsGroup, "max-aggregation-time"},
    MibColumn{9, Syntax::kUnsigned, kTfsGroup, "window-size"},
    MibColumn{10, Syntax::kTruth, kTfsGroup, "send-immediately"},
    MibColumn{11, Syntax::kNanoSeconds, kTfsGroup, "lost-packet-timer-interval"}};
inline constexpr std::array kIpsecColumns{MibColumn{2, Syntax::kCounter, "ipsec-stats", "tx-pkts"},
                                          MibColumn{3, Syntax::kCounter, "ipsec-stats", "tx-octets"},
                                          MibColumn{4, Syntax::kCounter, "ipsec-stats", "tx-drop-pkts"},
                                          MibColumn{5, Syntax::kCounter, "ipsec-stats", "rx-pkts"},
                                          MibColumn{6, Syntax::kCounter, "ipsec-stats", "rx-octets"},
                                          MibColumn{7, Syntax::kCounter, "ipsec-stats", "rx-drop-pkts"}};
inline constexpr std::string_view kInner = "iptfs-inner-pkt-stats";
inline constexpr std::array kInnerColumns{
    MibColumn{2, Syntax::kCounter, kInner, "tx-pkts"}, MibColumn{3, Syntax::kCounter, kInner, "tx-octets"},
    MibColumn{4, Syntax::kCounter, kInner, "rx-pkts"}, MibColumn{5, Syntax::kCounter, kInner, "rx-octets"},
    MibColumn{6, Syntax::kCounter, kInner, "rx-incomplete-pkts"}};
inline constexpr std::string_view kOuter = "iptfs-outer-pkt-stats";
inline constexpr std::array kOuterColumns{MibColumn{2, Syntax::kCounter, kOuter, "tx-extra-pad-pkts"},
                                          MibColumn{3, Syntax::kCounter, kOuter, "tx-extra-pad-octets"},
                                          MibColumn{4, Syntax::kCounter, kOuter, "tx-all-pad-pkts"},
                                          MibColumn{5, Syntax::kCounter, kOuter, "tx-all-pad-octets"},
                                          MibColumn{6, Syntax::kCounter, kOuter, "rx-extra-pad-pkts"},
                                          MibColumn{7, Syntax::kCounter, kOuter, "rx-extra-pad-octets"},
                                          MibColumn{8, Syntax::kCounter, kOuter, "rx-all-pad-pkts"},
                                          MibColumn{9, Syntax::kCounter, kOuter, "rx-all-pad-octets"},
                                          MibColumn{10, Syntax::kCounter, kOuter, "rx-errored-pkts"},
                                          MibColumn{11, Syntax::kCounter, kOuter, "rx-missed-pkts"}};

inline constexpr std::array<MibTable, 4> kMibTables{
    MibTable{"iptfsConfigTable", 1, kConfigColumns}, MibTable{"ipsecStatsTable", 2, kIpsecColumns},
    MibTable{"iptfsInnerStatsTable", 3, kInnerColumns}, MibTable{"iptfsOuterStatsTable", 4, kOuterColumns}};

}  // namespace levelgate::agentx
