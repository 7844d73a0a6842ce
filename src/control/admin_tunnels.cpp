// SPDX-License-Identifier: Apache-2.0
//
// A tunnel is "up" only while authenticated packets of the peer arrive; else its state says what is missing.
#include "control/admin_tunnels.h"

#include <levelgate/model/esp_sizes.h>

#include <algorithm>
#include <array>

#include "control/admin_ike.h"
#include "control/figures.h"
#include "control/fragmentation.h"
#include "control/reconcile.h"
#include "control/tfs_values.h"

namespace levelgate::control {
namespace {

constexpr double kEthernetOverhead = 38;  // what rate-layer l2 adds

constexpr std::string_view kSlowPath = "ESP in TCP: slow path, no constant rate";

bool slow_path(const model::TunnelPlan& plan) { return plan.encapsulation == model::Encapsulation::kTcp; }

struct Subject {
  const model::TunnelPlan& plan;
  const model::TunnelStats& counters;
  const std::vector<model::ClassStats>& classes;
  const TunnelTrend* trend;  // may be null
};

struct State {
  std::string word;
  std::string reason;  // empty when all is well
};

// What is needed for one tunnel's answer; a tunnel that was not counted yet has counted nothing.
template <typename Visit>
void for_each_tunnel(const std::string& name, const View& view, Visit visit) {
  static const model::NamedTunnelStats nothing{};
  for (const model::TunnelPlan& plan : view.plan.tunnels) {
    if (!name.empty() && plan.name != name) continue;
    const auto named = std::find_if(view.stats.tunnels.begin(), view.stats.tunnels.end(),
                                    [&](const model::NamedTunnelStats& stats) { return stats.name == plan.name; });
    const model::NamedTunnelStats& counted = named != view.stats.tunnels.end() ? *named : nothing;
    visit(Subject{plan, counted.counters, counted.classes, view.trends.tunnel(plan.name)});
  }
}

// The neighbour that outer packets need; false: it is not known.
bool next_hop_known(const model::ForwardingPlan& plan, const model::Route& route, const IpAddress& peer) {
  const auto* const hop = std::get_if<model::ToNextHop>(&route.target);
  const auto* const near = std::get_if<model::ToConnected>(&route.target);
  const PortId port = hop != nullptr ? hop->port : near != nullptr ? near->port : PortId{};
  const IpAddress& address = hop != nullptr ? hop->next_hop : peer;
  return std::any_of(plan.neighbours.begin(), plan.neighbours.end(), [&](const model::Neighbour& neighbour) {
    return neighbour.port == port && neighbour.address == address;
  });
}

State state_of(const Subject& tunnel, const View& view) {
  if (std::string why = why_not_up(tunnel.plan.name, view); !why.empty()) {
    return {waits(tunnel.plan.name, view) ? "waiting" : "connecting", std::move(why)};
  }
  const bool in_stream = slow_path(tunnel.plan);
  if (in_stream && tunnel.plan.stream == StreamId{}) {
    return {"no connection", "the TCP connection to the peer is not there. Run: levelgate explain " + tunnel.plan.name};
  }
  const model::Route* const route = outer_route(view.plan, tunnel.plan.remote);
  if (route == nullptr) return {"no route", "no route leads to the peer. Run: levelgate show routes"};
  if (!in_stream && !next_hop_known(view.plan, *route, tunnel.plan.remote)) {
    return {"no next hop", "the next hop does not answer. Run: levelgate show neighbours"};
  }
  if (tunnel.counters.breaker_state == 2) {
    return {"stopped", "the circuit breaker is open. Run: levelgate clear-breaker " + tunnel.plan.name};
  }
  if (tunnel.trend == nullptr || !tunnel.trend->last_inbound) {
    return {"up (no inbound)", "no authenticated packet of the peer so far. Run: levelgate show drops"};
  }
  const Nanos silence = view.now - *tunnel.trend->last_inbound;
  if (tunnel.plan.tfs.mode == model::TfsMode::kFixed && silence >= kSilence) {
    return {"up (no inbound)", "no packet of the peer for " + age(silence) + ". Run: levelgate show drops"};
  }
  return {"up", ""};
}

std::uint32_t payload_octets(const model::TunnelPlan& plan) {
  const auto sizes = model::outer_sizes(plan.local.family(), plan.encapsulation, plan.tfs);
  return plan.tfs.packet_size > sizes.overhead() ? plan.tfs.packet_size - sizes.overhead() : 0;
}

std::string fill_text(const Subject& tunnel) {
  if (tunnel.trend == nullptr || tunnel.trend->outer_pkts_out <= 0) return "-";
  const double room = tunnel.trend->outer_pkts_out * payload_octets(tunnel.plan) * 8;
  return room > 0 ? decimals(std::min(100 * tunnel.trend->inner_out / room, 100.0), 0) + " %" : "-";
}

std::string loss_text(const model::TunnelStats& counters) {
  const std::uint64_t expected = counters.rx_pkts + counters.rx_missed_pkts;
  if (expected == 0) return "-";
  return decimals(100 * static_cast<double>(counters.rx_missed_pkts) / static_cast<double>(expected), 3) + "%";
}

std::string_view breaker_word(const model::TunnelStats& counters) {
  constexpr std::array<std::string_view, 3> kWords{"closed", "reduced", "open"};
  return kWords[std::min<std::size_t>(counters.breaker_state, kWords.size() - 1)];
}

Value::List classes_value(const std::vector<model::ClassStats>& classes) {
  Value::List list;
  for (const model::ClassStats& one : classes) {
    Value::Map map{{"name", Value{one.name}}};
    model::for_each_class_counter(
        one, [&](std::string_view name, std::uint64_t count) { map.push_back({std::string(name), Value{count}}); });
    list.push_back(Value{std::move(map)});
  }
  return list;
}

Value::Map tunnel_value(const Subject& tunnel, const State& state, const View& view) {
  const TunnelTrend trend = tunnel.trend != nullptr ? *tunnel.trend : TunnelTrend{};
  Value::Map map{{"state", Value{state.word}},
                 {"mode", Value{std::string(mode_name(tunnel.plan.tfs))}},
                 {"local", Value{tunnel.plan.local.text()}},
                 {"remote", Value{tunnel.plan.remote.text()}},
                 {"worker", Value{std::uint64_t{tunnel.plan.worker.value}}},
                 {"wire-out-bits-per-second", Value{trend.wire_out}},
                 {"wire-in-bits-per-second", Value{trend.wire_in}},
                 {"wire-out-packets-per-second", Value{trend.outer_pkts_out}},
                 {"inner-out-bits-per-second", Value{trend.inner_out}},
                 {"inner-in-bits-per-second", Value{trend.inner_in}}};
  if (tunnel.plan.tfs.sends_reports()) {
    map.push_back({"breaker", Value{std::string(breaker_word(tunnel.counters))}});
    map.push_back({"min-rate-bits-per-second", Value{tunnel.plan.tfs.congestion.min_rate}});
  }
  if (!state.reason.empty()) map.push_back({"reason", Value{state.reason}});
  if (trend.first_inbound) {
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(view.now - *trend.first_inbound);
    map.push_back({"up-seconds", Value{static_cast<std::uint64_t>(up.count())}});
  }
  if (tunnel.plan.tfs.mode == model::TfsMode::kFixed) {
    map.push_back({"rate-bits-per-second", Value{tunnel.plan.tfs.rate_bits_per_second}});
  }
  map.push_back({"fragmentation", Value{fragmentation_text(tunnel.plan, view)}});
  map.push_back({"encapsulation", Value{std::string(name_of(tunnel.plan.encapsulation))}});
  if (slow_path(tunnel.plan)) map.push_back({"slow-path", Value{true}});
  map.push_back({"packet-size", Value{std::uint64_t{tunnel.plan.tfs.packet_size}}});
  for (auto& entry : counters_value(tunnel.counters)) map.push_back(std::move(entry));
  map.push_back({"classes", Value{classes_value(tunnel.classes)}});
  return map;
}

std::vector<std::string> tunnel_row(const Subject& tunnel, const State& state, const View& view) {
  const TunnelTrend* const trend = tunnel.trend;
  const auto rate = [&](double TunnelTrend::* member) { return trend != nullptr ? bit_rate(trend->*member) : "-"; };
  const bool fixed = tunnel.plan.tfs.mode == model::TfsMode::kFixed;
  const double p999_us = static_cast<double>(tunnel.counters.pacing_p999_ns) / 1e3;
  return {tunnel.plan.name,
          state.word,
          tunnel.plan.remote.text(),
          trend != nullptr && trend->first_inbound ? age(view.now - *trend->first_inbound) : "-",
          rate(&TunnelTrend::wire_out),
          rate(&TunnelTrend::wire_in),
          rate(&TunnelTrend::inner_out),
          rate(&TunnelTrend::inner_in),
          fill_text(tunnel),
          loss_text(tunnel.counters),
          fixed && tunnel.counters.slots != 0 ? decimals(p999_us, 1) + " us" : "-"};
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

// " outer packets          12 214 285 714              12 214 285 660": label, outbound with its share, inbound.
std::string figure_line(const std::string& label, const std::string& outbound, const std::string& share,
                        const std::string& inbound) {
  std::string line = left(label, 23) + right(outbound, 15) + right(share, 8) + right(inbound, 20);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "";
  return decimals(100 * static_cast<double>(part) / static_cast<double>(whole), 1) + " %";
}

std::string headline(const model::TunnelPlan& plan) {
  std::string text = left(plan.name, 8) + " " + std::string(mode_name(plan.tfs));
  const std::string size = std::to_string(plan.tfs.packet_size) + "-byte packets";
  if (plan.tfs.mode == model::TfsMode::kFixed) {
    const bool l2 = plan.tfs.rate_layer == model::RateLayer::kL2;
    const double octets = plan.tfs.packet_size + (l2 ? kEthernetOverhead : 0.0);
    const double interval_ns =
        octets * 8e9 / static_cast<double>(std::max<std::uint64_t>(plan.tfs.rate_bits_per_second, 1));
    text += std::string(plan.tfs.congestion.controlled ? " at most " : " ") + set_rate(plan.tfs.rate_bits_per_second) +
            (l2 ? " (l2), " : " (l3), ") + size + " every " + span(Nanos(static_cast<std::int64_t>(interval_ns)));
  } else {
    text += plan.tfs.mode == model::TfsMode::kOnDemand ? ", at most " + size : ", no AGGFRAG";
  }
  if (slow_path(plan)) text += ", " + std::string(kSlowPath);
  return text + ", worker " + std::to_string(plan.worker.value);
}

// How inner packets are handed on, and the reorder window as it is now.
std::string delivery_text(const model::ReceiveSettings& receive, const model::TunnelStats& counters) {
  const std::string width =
      receive.adapt_window ? "auto, now " + grouped(counters.reorder_window_pkts) : grouped(receive.reorder_window);
  return std::string(receive.send_immediately ? "at once" : "in order") + ", window " + width;
}

double queue_ms(const model::TunnelPlan& plan, std::uint64_t octets) {
  const double inner_octets_per_second = static_cast<double>(plan.tfs.rate_bits_per_second) / 8 * payload_octets(plan) /
                                         std::max(plan.tfs.packet_size, 1U);
  return inner_octets_per_second > 0 ? static_cast<double>(octets) / inner_octets_per_second * 1e3 : 0;
}

// " path                   4.1 Mbit/s, RTT 20.3 ms, a loss event in 812 / 0 packets   breaker closed"
std::string path_line(const Subject& tunnel) {
  const model::TunnelStats& c = tunnel.counters;
  const auto events = [](std::uint64_t interval) { return interval == 0 ? std::string("none") : grouped(interval); };
  std::string line = left(" path", 24) + bit_rate(static_cast<double>(c.path_rate_bits_per_second)) + ", RTT " +
                     (c.path_rtt_us == 0 ? "-" : decimals(static_cast<double>(c.path_rtt_us) / 1e3, 1) + " ms") +
                     ", packets per loss event " + events(c.path_loss_interval_outbound) + " out, " +
                     events(c.path_loss_interval_inbound) + " in";
  if (tunnel.plan.tfs.congestion.breaker) line += ", breaker " + std::string(breaker_word(c));
  return line;
}

// " path MTU               search, probes 12 sent, 5 confirmed, 6 lost"
std::string path_mtu_line(const model::TunnelStats& c) {
  constexpr std::array<std::string_view, 6> kWords{"not begun", "waiting for the peer",    "below the base", "search",
                                                   "found",     "the peer does not report"};
  return left(" path MTU", 24) + std::string(kWords[std::min<std::size_t>(c.path_mtu_state, kWords.size() - 1)]) +
         ", probes " + grouped(c.path_mtu_probes_sent) + " sent, " + grouped(c.path_mtu_probes_confirmed) +
         " confirmed, " + grouped(c.path_mtu_probes_lost) + " lost";
}

void tfs_lines(const Subject& tunnel, std::vector<std::string>& lines) {
  const model::TunnelStats& c = tunnel.counters;
  const bool fixed = tunnel.plan.tfs.mode == model::TfsMode::kFixed;
  lines.push_back(headline(tunnel.plan));
  lines.push_back(std::string(24, ' ') + left("outbound", 28) + "inbound");
  const auto both = [&](const char* label, std::uint64_t out, std::uint64_t in) {
    lines.push_back(figure_line(label, grouped(out), "", grouped(in)));
  };
  const auto with_share = [&](const char* label, std::uint64_t out, std::uint64_t in) {
    lines.push_back(figure_line(label, grouped(out), share_text(out, c.tx_pkts), grouped(in)));
  };
  const auto received = [&](const char* label, std::uint64_t in) {
    lines.push_back(figure_line(label, "-", "", grouped(in)));
  };
  both(" outer packets", c.tx_pkts, c.rx_pkts);
  both("   octets", c.tx_octets, c.rx_octets);
  if (tunnel.plan.tfs.mode != model::TfsMode::kPlain) {
    with_share("   all padding", c.tx_all_pad_pkts, c.rx_all_pad_pkts);
    both("     octets", c.tx_all_pad_octets, c.rx_all_pad_octets);
    with_share("   some padding", c.tx_extra_pad_pkts, c.rx_extra_pad_pkts);
    both("     octets", c.tx_extra_pad_octets, c.rx_extra_pad_octets);
  }
  if (slow_path(tunnel.plan)) {
    const auto sent = [&](const char* label, std::uint64_t out) {
      lines.push_back(figure_line(label, grouped(out), "", "-"));
    };
    sent("   taken by TCP", c.tcp_taken_pkts);
    sent("   refused by TCP", c.tcp_refused_pkts);
  }
  both(" inner packets", c.inner_tx_pkts, c.inner_rx_pkts);
  both("   octets", c.inner_tx_octets, c.inner_rx_octets);
  both(" dropped", c.tx_drop_pkts, c.rx_drop_pkts);
  if (tunnel.plan.tfs.mode != model::TfsMode::kPlain) {
    received(" inner incomplete", c.inner_rx_incomplete_pkts);
    received(" outer missed", c.rx_missed_pkts);
    received(" outer errored", c.rx_errored_pkts);
    received(" outer late", c.late_pkts);
    received(" outer held now", c.reorder_held_pkts);
    received(" outer early", c.early_pkts);
    received(" inner joined early", c.joined_early_pkts);
    received(" fragments skipped", c.skipped_fragment_pkts);
    received(" contradicting", c.contradiction_pkts);
    lines.push_back(figure_line(" delivery", "-", "", delivery_text(tunnel.plan.tfs.receive, c)));
  }
  std::string queue = left(" queue now / max", 24) + volume(static_cast<double>(c.queue_octets)) + " / " +
                      volume(static_cast<double>(c.queue_max_octets));
  if (fixed) {
    queue += "  (" + decimals(queue_ms(tunnel.plan, c.queue_octets), 1) + " / " +
             decimals(queue_ms(tunnel.plan, c.queue_max_octets), 1) + " ms)";
  }
  lines.push_back(queue);
  for (const model::ClassStats& one : tunnel.classes) {
    lines.push_back(left(" class " + one.name, 24) + "sent " + grouped(one.sent_pkts) + ", refused " +
                    grouped(one.refused_pkts) + ", aqm drops " + grouped(one.aqm_pkts) + ", marked " +
                    grouped(one.marked_pkts) + ", waiting " + grouped(one.queue_pkts) + " (" +
                    volume(static_cast<double>(one.queue_octets)) + ")");
  }
  if (!fixed) return;
  if (tunnel.plan.tfs.sends_reports()) lines.push_back(path_line(tunnel));
  if (tunnel.plan.tfs.path_mtu) lines.push_back(path_mtu_line(c));
  const auto us = [](std::uint64_t ns, int digits) { return decimals(static_cast<double>(ns) / 1e3, digits); };
  // In TCP only the handing over is paced.
  lines.push_back(left(slow_path(tunnel.plan) ? " hand-over error" : " pacing error", 24) + "p50 " +
                  us(c.pacing_p50_ns, 2) + "  p99 " + us(c.pacing_p99_ns, 2) + "  p99.9 " + us(c.pacing_p999_ns, 2) +
                  "  max " + us(c.pacing_max_ns, 1) + " us      late slots " + grouped(c.late_slots) + ", skipped " +
                  grouped(c.skipped_slots));
}

std::unexpected<Error> no_tunnel(const std::string& name) {
  return failure(Fault::kNotFound, "there is no tunnel \"" + name + "\"");
}

}  // namespace

std::string_view mode_name(const model::TfsSettings& tfs) {
  switch (tfs.mode) {
    case model::TfsMode::kFixed:
      return tfs.congestion.controlled ? "congestion-controlled" : "fixed";
    case model::TfsMode::kOnDemand:
      return "on-demand";
    case model::TfsMode::kPlain:
      return "plain";
  }
  return "";
}

bool tunnel_is_up(const std::string& name, const View& view) {
  bool up = false;
  for_each_tunnel(name, view, [&](const Subject& tunnel) { up = state_of(tunnel, view).word == "up"; });
  return up;
}

Result<Answer> show_tunnels(const std::string& name, const View& view) {
  Answer answer;
  answer.columns = {{"TUNNEL"},
                    {"STATE"},
                    {"PEER"},
                    {"UP"},
                    {"WIRE OUT", Align::kRight},
                    {"WIRE IN", Align::kRight},
                    {"INNER OUT", Align::kRight},
                    {"INNER IN", Align::kRight},
                    {"FILL", Align::kRight},
                    {"LOSS", Align::kRight},
                    {"PACING p99.9", Align::kRight}};
  Value::Map tunnels;
  for_each_tunnel(name, view, [&](const Subject& tunnel) {
    const State state = state_of(tunnel, view);
    answer.rows.push_back(tunnel_row(tunnel, state, view));
    if (!state.reason.empty()) answer.lines.push_back("  " + tunnel.plan.name + ": " + state.reason);
    if (slow_path(tunnel.plan)) answer.lines.push_back("  " + tunnel.plan.name + ": " + std::string(kSlowPath));
    if (const std::string text = fragmentation_text(tunnel.plan, view); text == "no (peer)") {
      answer.lines.push_back("  " + tunnel.plan.name + ": fragmentation: " + text);
    }
    tunnels.push_back({tunnel.plan.name, Value{tunnel_value(tunnel, state, view)}});
  });
  if (!name.empty() && tunnels.empty()) return no_tunnel(name);
  answer.value.is = Value::Map{{"tunnels", Value{std::move(tunnels)}}};
  return answer;
}

Result<Answer> show_tfs(const std::string& name, const View& view) {
  Answer answer;
  Value::Map tunnels;
  for_each_tunnel(name, view, [&](const Subject& tunnel) {
    if (!answer.lines.empty()) answer.lines.emplace_back();
    tfs_lines(tunnel, answer.lines);
    Value::Map map = tunnel_value(tunnel, state_of(tunnel, view), view);
    if (tunnel.plan.tfs.mode != model::TfsMode::kPlain) {
      map.push_back({"traffic-flow-security", Value{tfs_value(tunnel.plan.tfs)}});
    }
    tunnels.push_back({tunnel.plan.name, Value{std::move(map)}});
  });
  if (!name.empty() && tunnels.empty()) return no_tunnel(name);
  answer.value.is = Value::Map{{"tunnels", Value{std::move(tunnels)}}};
  return answer;
}

}  // namespace levelgate::control
