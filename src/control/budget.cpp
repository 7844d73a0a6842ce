// SPDX-License-Identifier: Apache-2.0
//
// The sums behind `levelgate check`.
#include "control/budget.h"

#include <levelgate/model/esp_sizes.h>

#include <array>
#include <cstdarg>
#include <cstdio>

namespace levelgate::control {
namespace {

__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...) {
  std::array<char, 256> buffer{};
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(buffer.data(), buffer.size(), pattern, arguments);
  va_end(arguments);
  return buffer.data();
}

std::string plural(std::size_t count, const char* word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

// Digits in groups of three, with spaces.
std::string grouped(double value) {
  std::string digits = format("%.0f", value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string rate(double bits_per_second) {
  if (bits_per_second >= 1e9) return format("%.4g Gbit/s", bits_per_second / 1e9);
  if (bits_per_second >= 1e6) return format("%.4g Mbit/s", bits_per_second / 1e6);
  return format("%.4g kbit/s", bits_per_second / 1e3);
}

std::string octets(double value) {
  if (value >= 1e6) return format("%.2f MB", value / 1e6);
  if (value >= 1e3) return format("%.1f kB", value / 1e3);
  return format("%.0f B", value);
}

std::string interval(double us) { return us >= 1000 ? format("%.3f ms", us / 1000) : format("%.2f us", us); }

std::string fixed_text(const model::TunnelConfig& tunnel) {
  const RateBudget budget = rate_budget(tunnel);
  std::string text = rate(static_cast<double>(tunnel.tfs.rate_bits_per_second)) +
                     " outer = " + grouped(budget.packets_per_second) + " packets/s, one every " +
                     interval(budget.interval_us) + "; carries at most " + rate(budget.inner_bits_per_second) +
                     " inner (" + format("%.1f", budget.share * 100) + " %)\n        queue " +
                     format("%.4g", static_cast<double>(tunnel.tfs.max_queue_delay.count()) / 1e6) +
                     " ms = " + octets(budget.queue_octets) +
                     "; added one-way delay when idle <= " + interval(budget.interval_us) + " + crypto";
  return text;
}

std::string explained(const model::TunnelConfig& tunnel) {
  const auto sizes = model::outer_sizes(tunnel.local.family(), tunnel.encapsulation, tunnel.tfs.mode);
  const char* const family = tunnel.local.family() == IpFamily::kV4 ? "IPv4" : "IPv6";
  const std::uint32_t ip = tunnel.local.family() == IpFamily::kV4 ? 20 : 40;
  std::string text =
      "        " + std::to_string(tunnel.tfs.packet_size) + " octets outer: " + std::to_string(ip) + " " + family;
  if (tunnel.encapsulation == model::Encapsulation::kUdp) text += " + 8 UDP";
  text += " + 8 ESP + 8 IV + 16 ICV + 2 trailer";
  if (sizes.aggfrag != 0) text += " + 4 AGGFRAG";
  return text + " leaves " + std::to_string(rate_budget(tunnel).payload_octets) + " octets for inner packets";
}

}  // namespace

RateBudget rate_budget(const model::TunnelConfig& tunnel) {
  RateBudget budget;
  const auto sizes = model::outer_sizes(tunnel.local.family(), tunnel.encapsulation, tunnel.tfs.mode);
  const std::uint32_t fits = tunnel.tfs.packet_size - (tunnel.tfs.packet_size - sizes.headers) % 4;
  budget.payload_octets = fits > sizes.overhead() ? fits - sizes.overhead() : 0;
  budget.share = static_cast<double>(budget.payload_octets) / tunnel.tfs.packet_size;
  if (tunnel.tfs.mode != model::TfsMode::kFixed) return budget;
  const double counted = tunnel.tfs.packet_size + (tunnel.tfs.rate_layer == model::RateLayer::kL2 ? 38.0 : 0.0);
  budget.packets_per_second = static_cast<double>(tunnel.tfs.rate_bits_per_second) / (counted * 8);
  budget.interval_us = 1e6 / budget.packets_per_second;
  budget.inner_bits_per_second = budget.packets_per_second * budget.payload_octets * 8;
  const double delay_s = static_cast<double>(tunnel.tfs.max_queue_delay.count()) / 1e9;
  budget.queue_octets = budget.inner_bits_per_second / 8 * delay_s;
  return budget;
}

std::string budget_text(const model::Config& config, bool explain) {
  std::string text = "ok: " + plural(config.ports.size(), "port") + ", " + plural(config.tunnels.size(), "tunnel") +
                     ", " + plural(config.routes.size(), "route") + "\n";
  for (const model::TunnelConfig& tunnel : config.tunnels) {
    std::string name = tunnel.name;
    if (name.size() < 7) name.resize(7, ' ');
    text += name + " ";
    switch (tunnel.tfs.mode) {
      case model::TfsMode::kFixed:
        text += fixed_text(tunnel);
        break;
      case model::TfsMode::kOnDemand:
        text += "on demand: packets of at most " + std::to_string(tunnel.tfs.packet_size) +
                " octets when there is something to send; hides nothing about time or volume";
        break;
      case model::TfsMode::kPlain:
        text += "plain ESP: one packet for each inner packet; hides nothing about size, time or volume";
        break;
    }
    text += "\n";
    if (explain) text += explained(tunnel) + "\n";
  }
  return text;
}

}  // namespace levelgate::control
