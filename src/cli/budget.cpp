// SPDX-License-Identifier: Apache-2.0
//
// The sums behind `levelgate check`.
#include "cli/budget.h"

#include <fmt/format.h>
#include <levelgate/base/time.h>
#include <levelgate/model/esp_sizes.h>

#include <algorithm>

#include "cli/units.h"

namespace levelgate::cli {
namespace {

constexpr double kEthernetOverhead = 38;    // header, FCS, preamble and gap: what rate-layer l2 adds
constexpr std::size_t kLeastNameWidth = 6;  // short names still line up with what stands below them
constexpr double kNanosInMilli = 1'000'000.0;

std::string plural(std::size_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

// As the operator writes a rate: 500 Mbit/s, 479.3 Mbit/s.
std::string rate(double bits_per_second) {
  if (bits_per_second >= 1e9) return fmt::format("{:.4g} Gbit/s", bits_per_second / 1e9);
  if (bits_per_second >= 1e6) return fmt::format("{:.4g} Mbit/s", bits_per_second / 1e6);
  return fmt::format("{:.4g} kbit/s", bits_per_second / 1e3);
}

std::string fixed_text(const model::TunnelConfig& tunnel, const std::string& indent) {
  const RateBudget budget = rate_budget(tunnel);
  const std::string interval = time_text(budget.interval_ns);
  return fmt::format(
      "{} outer{} = {} packets/s, one every {}; carries at most {} inner ({})\n"
      "{}queue {:.4g} ms = {}; added one-way delay when idle <= {} + crypto\n",
      rate(static_cast<double>(tunnel.tfs.rate_bits_per_second)),
      tunnel.tfs.rate_layer == model::RateLayer::kL2 ? " (l2)" : "",
      count_text(static_cast<std::uint64_t>(budget.packets_per_second + 0.5)), interval,
      rate(budget.inner_bits_per_second), percent_text(budget.share, 1), indent,
      static_cast<double>(tunnel.tfs.max_queue_delay.count()) / kNanosInMilli, octets_text(budget.queue_octets),
      interval);
}

// What the path does to the rate.
std::string path_text(const model::TunnelConfig& tunnel, const std::string& indent) {
  const model::CongestionSettings& congestion = tunnel.tfs.congestion;
  std::string text;
  if (const auto& mtu = tunnel.tfs.path_mtu) {
    text += indent + "that is at first: outer packets grow to what the path carries, " +
            (mtu->max_size != 0 ? fmt::format("at most {} octets", mtu->max_size) : "at most the port's mtu") + "\n";
  }
  if (congestion.controlled) {
    text += indent + "that is the ceiling: the rate follows congestion, down to " +
            (congestion.min_rate == 0 ? "ten packets/s" : rate(static_cast<double>(congestion.min_rate))) + "\n";
  }
  if (congestion.breaker) {
    text += fmt::format("{}circuit breaker: {} when {:.4g} % are lost for {:.4g} s\n", indent,
                        congestion.breaker->action == model::BreakerAction::kStop ? "stops" : "falls to the floor",
                        congestion.breaker->loss_permille / 10.0, in_seconds(congestion.breaker->persists));
  }
  return text;
}

std::string mode_text(const model::TunnelConfig& tunnel, const std::string& indent) {
  switch (tunnel.tfs.mode) {
    case model::TfsMode::kFixed:
      return fixed_text(tunnel, indent) + path_text(tunnel, indent);
    case model::TfsMode::kOnDemand:
      return fmt::format(
          "on demand: packets of at most {} octets when there is something to send; hides nothing about time or "
          "volume\n",
          tunnel.tfs.packet_size);
    case model::TfsMode::kPlain:
      return "plain ESP: one packet for each inner packet; hides nothing about size, time or volume\n";
  }
  return {};
}

std::string sum_text(const model::TunnelConfig& tunnel) {
  const auto sizes = model::outer_sizes(tunnel.local.family(), tunnel.encapsulation, tunnel.tfs);
  return fmt::format("{}-byte outer: {}{} + 8 ESP + 8 IV + 16 ICV + 2 trailer{} leaves {} bytes for inner packets\n",
                     tunnel.tfs.packet_size, tunnel.local.family() == IpFamily::kV4 ? "20 IPv4" : "40 IPv6",
                     tunnel.encapsulation == model::Encapsulation::kUdp ? " + 8 UDP" : "",
                     sizes.aggfrag != 0 ? fmt::format(" + {} AGGFRAG", sizes.aggfrag) : "",
                     rate_budget(tunnel).inner_octets);
}

}  // namespace

RateBudget rate_budget(const model::TunnelConfig& tunnel) {
  RateBudget budget;
  const auto sizes = model::outer_sizes(tunnel.local.family(), tunnel.encapsulation, tunnel.tfs);
  const std::uint32_t fits = tunnel.tfs.packet_size - (tunnel.tfs.packet_size - sizes.headers) % 4;
  budget.inner_octets = fits > sizes.overhead() ? fits - sizes.overhead() : 0;
  budget.share = static_cast<double>(budget.inner_octets) / tunnel.tfs.packet_size;
  if (tunnel.tfs.mode != model::TfsMode::kFixed || tunnel.tfs.rate_bits_per_second == 0) return budget;
  const double counted =
      tunnel.tfs.packet_size + (tunnel.tfs.rate_layer == model::RateLayer::kL2 ? kEthernetOverhead : 0.0);
  budget.packets_per_second = static_cast<double>(tunnel.tfs.rate_bits_per_second) / (counted * 8);
  budget.interval_ns = 1e9 / budget.packets_per_second;
  budget.inner_bits_per_second = budget.packets_per_second * budget.inner_octets * 8;
  const double delay_s = in_seconds(tunnel.tfs.max_queue_delay);
  budget.queue_octets = budget.inner_bits_per_second / 8 * delay_s;
  return budget;
}

std::string budget_text(const model::Config& config, bool explain) {
  std::string text = fmt::format("ok: {}, {}, {}\n", plural(config.ports.size(), "port"),
                                 plural(config.tunnels.size(), "tunnel"), plural(config.routes.size(), "route"));
  std::size_t width = kLeastNameWidth;
  for (const auto& tunnel : config.tunnels) width = std::max(width, tunnel.name.size());
  const std::string indent(width + 2, ' ');
  for (const auto& tunnel : config.tunnels) {
    text += fmt::format("{:<{}}  {}", tunnel.name, width, mode_text(tunnel, indent));
    if (tunnel.encapsulation == model::Encapsulation::kTcp) {
      text += indent + "ESP in TCP: slow path, no constant rate; the figures are those of the handing over\n";
    }
    if (explain) text += indent + sum_text(tunnel);
  }
  return text;
}

}  // namespace levelgate::cli
