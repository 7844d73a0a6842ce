// SPDX-License-Identifier: Apache-2.0
//
// What one tunnel shall be: traffic flow security parameters (RFC 9347 §4, names of RFC 9348) and the ESP
// SAs with their keys. Immutable values; equal values mean that nothing has to change.
#pragma once

#include <levelgate/base/algorithms.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>
#include <levelgate/base/secret.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace levelgate::model {

enum class TfsMode : std::uint8_t {
  kFixed,     // one packet of one size at every slot; the rate may follow congestion
  kOnDemand,  // aggregates and fragments, sends when there is something to send
  kPlain,     // ordinary tunnel-mode ESP, no AGGFRAG
};

// A sending rate as the operator wrote it. The interval between slots is octets * 8 / bits_per_second
// seconds, where octets is the outer IP packet (l3) or that plus 38 octets of Ethernet overhead (l2).
enum class RateLayer : std::uint8_t { kL3, kL2 };

// A reorder window that adapts holds no more: beyond that, more has gone wrong on the path than its order.
inline constexpr std::uint32_t kWidestAdaptedWindow = 256;

struct ReceiveSettings {
  std::uint32_t reorder_window = 3;  // packets; RFC 9347 §2.2.3 default. With adapt_window the widest that it becomes
  bool adapt_window = false;         // to the misordering that is measured
  std::optional<Nanos> lost_packet_timer = {};  // empty: proportional to the tunnel's rate
  bool send_immediately = false;  // whole inner packets leave at once, out of order if need be (RFC 9347 §2.5)
  auto operator<=>(const ReceiveSettings&) const = default;
};

enum class BreakerAction : std::uint8_t { kStop, kFloor };

// When the circuit breaker trips and what then (RFC 8084, RFC 9347 §2.4.2.1).
struct BreakerSettings {
  std::uint32_t loss_permille = 50;  // of the packets, 1 to 1,000
  Nanos persists = std::chrono::seconds(10);
  BreakerAction action = BreakerAction::kStop;
  std::optional<Nanos> clears_after;  // empty: the operator clears it
  auto operator<=>(const BreakerSettings&) const = default;
};

// What the path does to the rate of fixed mode (RFC 9347 §2.4.2).
struct CongestionSettings {
  bool controlled = false;      // the rate follows congestion; tfs.rate is its ceiling
  std::uint64_t min_rate = 0;   // bits per second; 0: ten packets a second
  bool counts_marks = false;    // CE marks count as losses (RFC 9347 §3.1)
  bool reports_wanted = false;  // the peer asks for reports
  std::optional<BreakerSettings> breaker;
  auto operator<=>(const CongestionSettings&) const = default;
};

// The packet size is what the path carries, found by probes (RFC 8899): octets of whole outer IP packets.
struct PathMtuSettings {
  std::uint32_t floor = 576;                        // where even the base does not pass
  std::uint32_t base = 1200;                        // until the peer confirms more
  std::uint32_t max_size = 0;                       // 0: the MTU of the port; in a plan never 0
  Nanos probe_interval = std::chrono::minutes(10);  // until a larger size is tried again
  std::uint32_t longest_inner = 0;                  // octets of an inner packet that can come; in a plan never 0
  auto operator<=>(const PathMtuSettings&) const = default;
};

struct TfsSettings {
  TfsMode mode = TfsMode::kFixed;
  std::uint64_t rate_bits_per_second = 0;  // fixed mode only
  RateLayer rate_layer = RateLayer::kL3;
  std::uint32_t packet_size = 1400;         // octets of the whole outer IP packet; on-demand: the upper bound
  std::optional<PathMtuSettings> path_mtu;  // packet_size is what was found last
  bool fragment = true;
  std::uint32_t min_fragment = 6;          // octets of a first fragment; 6 show the length field of either family
  std::optional<std::uint32_t> inner_mtu;  // octets; longer inner packets are answered or cut before the tunnel
  Nanos max_queue_delay = std::chrono::milliseconds(20);
  Nanos init_delay{0};               // on-demand: from the first packet to the sending
  std::uint32_t catch_up_slots = 8;  // late slots that may be sent at once; the rest are skipped
  ReceiveSettings receive;
  CongestionSettings congestion;
  auto operator<=>(const TfsSettings&) const = default;

  // Octets of one outer packet on the layer that the rate speaks of.
  [[nodiscard]] std::uint32_t slot_octets() const {
    constexpr std::uint32_t kEthernetOverhead = 38;  // header, FCS, preamble, gap
    return packet_size + (rate_layer == RateLayer::kL2 ? kEthernetOverhead : 0u);
  }
  // We want reports from the peer (flag C of RFC 9347 §6.1.4).
  [[nodiscard]] bool wants_reports() const {
    return mode == TfsMode::kFixed && (congestion.controlled || congestion.breaker || path_mtu);
  }
  // Each payload is of sub-type 1 and reports to the peer (RFC 9347 §6.1.2).
  [[nodiscard]] bool sends_reports() const {
    return wants_reports() || (mode == TfsMode::kFixed && congestion.reports_wanted);
  }
};

// What the packets of an SA carry. An SA that was negotiated carries one of the two for life (RFC 9347 §5.1); the mode
// of the tunnel may change with the next one.
enum class SaPayload : std::uint8_t { kAsTunnelSays, kAggfrag, kIp };

struct EspSa {
  SaId id;
  Spi spi;
  EspCipher cipher = EspCipher::kAes256Gcm16;
  std::shared_ptr<const Secret> key;  // cipher key, then salt
  bool esn = true;
  EspSeq first_sequence{1};
  SaPayload payload = SaPayload::kAsTunnelSays;  // inbound; not compared: it never changes, and the numbers must go on

  friend bool operator==(const EspSa& a, const EspSa& b) {
    const bool same_key = a.key == b.key || (a.key && b.key && a.key->equals(*b.key));
    return same_key && a.spi == b.spi && a.cipher == b.cipher && a.esn == b.esn && a.first_sequence == b.first_sequence;
  }
};

// kTcp: in the TCP connection of the IKE SA (RFC 9329), a slow path that keeps no constant rate.
enum class Encapsulation : std::uint8_t { kNone, kUdp, kTcp };

[[nodiscard]] constexpr std::string_view name_of(Encapsulation encapsulation) {
  constexpr std::string_view kNames[] = {"none", "udp", "tcp"};
  return kNames[static_cast<std::size_t>(encapsulation)];
}

}  // namespace levelgate::model
