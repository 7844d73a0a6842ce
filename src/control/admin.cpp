// SPDX-License-Identifier: Apache-2.0
//
// The answers: each builds its value and its rows side by side, so that both always say the same.
#include "control/admin.h"

#include <array>
#include <cstdarg>
#include <cstdio>

namespace levelgate::control {
namespace {

using Map = Value::Map;
using List = Value::List;

__attribute__((format(printf, 1, 2))) std::string format(const char* pattern, ...) {
  std::array<char, 256> buffer{};
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(buffer.data(), buffer.size(), pattern, arguments);
  va_end(arguments);
  return buffer.data();
}

std::string rate(double bits) {
  if (bits >= 1e9) return format("%.2f Gbit/s", bits / 1e9);
  if (bits >= 1e6) return format("%.1f Mbit/s", bits / 1e6);
  if (bits >= 1e3) return format("%.1f kbit/s", bits / 1e3);
  return format("%.0f bit/s", bits);
}

std::string duration(double seconds) {
  if (seconds >= 86400)
    return format("%.0fd%02.0fh", seconds / 86400, static_cast<double>(static_cast<long>(seconds / 3600) % 24));
  if (seconds >= 3600)
    return format("%ldh%02ldm", static_cast<long>(seconds) / 3600, static_cast<long>(seconds) / 60 % 60);
  if (seconds >= 60) return format("%ldm%02lds", static_cast<long>(seconds) / 60, static_cast<long>(seconds) % 60);
  return format("%.0fs", seconds);
}

double seconds_between(Instant from, Instant to) { return static_cast<double>((to - from).count()) / 1e9; }

std::string microseconds(std::uint64_t ns) { return format("%.2f us", static_cast<double>(ns) / 1e3); }

std::string mode_word(model::TfsMode mode) {
  switch (mode) {
    case model::TfsMode::kFixed:
      return "fixed";
    case model::TfsMode::kOnDemand:
      return "on-demand";
    case model::TfsMode::kPlain:
      return "plain";
  }
  return "";
}

Value counters_value(const model::TunnelStats& stats) {
  Map all;
  model::for_each_counter(stats, [&](std::string_view group, std::string_view name, std::uint64_t value) {
    if (group.empty()) {
      all.push_back({std::string(name), {value}});
      return;
    }
    if (all.empty() || all.back().first != group) all.push_back({std::string(group), {Map{}}});
    std::get<Map>(all.back().second.is).push_back({std::string(name), {value}});
  });
  return {all};
}

std::string state_of(const TunnelTrend* trend, Instant now) {
  if (trend == nullptr || !trend->last_inbound) return "up (no inbound)";
  return seconds_between(*trend->last_inbound, now) < 3 ? "up" : "up (no inbound)";
}

Answer tunnels(const std::string& name, const View& view) {
  Answer answer;
  answer.columns = {{"TUNNEL"},
                    {"STATE"},
                    {"PEER"},
                    {"UP", Align::kRight},
                    {"WIRE OUT", Align::kRight},
                    {"WIRE IN", Align::kRight},
                    {"INNER OUT", Align::kRight},
                    {"INNER IN", Align::kRight},
                    {"FILL", Align::kRight},
                    {"LOSS", Align::kRight},
                    {"PACING p99.9", Align::kRight}};
  Map all;
  for (std::size_t i = 0; i < view.config.tunnels.size(); ++i) {
    const model::TunnelConfig& tunnel = view.config.tunnels[i];
    if (!name.empty() && tunnel.name != name) continue;
    const model::TunnelStats counters =
        i < view.stats.tunnels.size() ? view.stats.tunnels[i].counters : model::TunnelStats{};
    const TunnelTrend* const trend = view.trends.tunnel(tunnel.name);
    const TunnelTrend none;
    const TunnelTrend& lately = trend != nullptr ? *trend : none;
    const double up = trend != nullptr ? seconds_between(trend->since, view.now) : 0;
    const double fill = lately.wire_out > 0 ? lately.inner_out / lately.wire_out : 0;
    const double expected = static_cast<double>(counters.rx_pkts + counters.rx_missed_pkts);
    const double loss = expected > 0 ? static_cast<double>(counters.rx_missed_pkts) / expected : 0;
    const std::string state = state_of(trend, view.now);
    answer.rows.push_back({tunnel.name, state, tunnel.remote.text(), duration(up), rate(lately.wire_out),
                           rate(lately.wire_in), rate(lately.inner_out), rate(lately.inner_in),
                           format("%.0f %%", fill * 100), format("%.3f %%", loss * 100),
                           tunnel.tfs.mode == model::TfsMode::kFixed ? microseconds(counters.pacing_p999_ns) : "-"});
    all.push_back({tunnel.name,
                   {Map{{"state", {state}},
                        {"remote", {tunnel.remote.text()}},
                        {"mode", {mode_word(tunnel.tfs.mode)}},
                        {"up-seconds", {up}},
                        {"wire-out-bits-per-second", {lately.wire_out}},
                        {"wire-in-bits-per-second", {lately.wire_in}},
                        {"wire-out-packets-per-second", {lately.outer_pkts_out}},
                        {"inner-out-bits-per-second", {lately.inner_out}},
                        {"inner-in-bits-per-second", {lately.inner_in}},
                        {"loss-ratio", {loss}},
                        {"counters", counters_value(counters)}}}});
  }
  answer.value.is = Map{{"tunnels", {all}}};
  return answer;
}

void add_line(Answer& answer, const char* what, const std::string& outbound, const std::string& inbound) {
  answer.lines.push_back(format(" %-23s%-28s%s", what, outbound.c_str(), inbound.c_str()));
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  const double percent = whole == 0 ? 0 : static_cast<double>(part) * 100 / static_cast<double>(whole);
  return std::to_string(part) + format("  %.1f %%", percent);
}

void tfs_lines(Answer& answer, const model::TunnelConfig& tunnel, const model::TunnelStats& s,
               const model::TunnelPlan* plan) {
  std::string head = tunnel.name + "   " + mode_word(tunnel.tfs.mode);
  if (tunnel.tfs.mode == model::TfsMode::kFixed) {
    const double octets = tunnel.tfs.packet_size + (tunnel.tfs.rate_layer == model::RateLayer::kL2 ? 38.0 : 0.0);
    head += " " + rate(static_cast<double>(tunnel.tfs.rate_bits_per_second)) +
            (tunnel.tfs.rate_layer == model::RateLayer::kL2 ? " (l2), " : " (l3), ") +
            std::to_string(tunnel.tfs.packet_size) + "-octet packets every " +
            format("%.2f us", octets * 8e6 / static_cast<double>(tunnel.tfs.rate_bits_per_second));
  }
  if (plan != nullptr) head += ", worker " + std::to_string(plan->worker.value);
  answer.lines.push_back(head);
  add_line(answer, "", "outbound", "inbound");
  add_line(answer, "outer packets", std::to_string(s.tx_pkts), std::to_string(s.rx_pkts));
  add_line(answer, "  all padding", share(s.tx_all_pad_pkts, s.tx_pkts), share(s.rx_all_pad_pkts, s.rx_pkts));
  add_line(answer, "  some padding", share(s.tx_extra_pad_pkts, s.tx_pkts), share(s.rx_extra_pad_pkts, s.rx_pkts));
  add_line(answer, "inner packets", std::to_string(s.inner_tx_pkts), std::to_string(s.inner_rx_pkts));
  add_line(answer, "dropped", std::to_string(s.tx_drop_pkts), std::to_string(s.rx_drop_pkts));
  add_line(answer, "incomplete / missed", "-",
           std::to_string(s.inner_rx_incomplete_pkts) + " / " + std::to_string(s.rx_missed_pkts));
  add_line(answer, "late / held", "-", std::to_string(s.late_pkts) + " / " + std::to_string(s.reorder_held_pkts));
  add_line(answer, "queue now / max",
           std::to_string(s.queue_octets) + " / " + std::to_string(s.queue_max_octets) + " octets", "");
  if (tunnel.tfs.mode != model::TfsMode::kFixed) return;
  add_line(answer, "slots", std::to_string(s.slots), "");
  add_line(answer, "  skipped / late", std::to_string(s.skipped_slots) + " / " + std::to_string(s.late_slots), "");
  answer.lines.push_back(" pacing error           p50 " + microseconds(s.pacing_p50_ns) + "  p99 " +
                         microseconds(s.pacing_p99_ns) + "  p99.9 " + microseconds(s.pacing_p999_ns) + "  max " +
                         microseconds(s.pacing_max_ns));
}

Answer tfs(const std::string& name, const View& view) {
  Answer answer;
  Map all;
  for (std::size_t i = 0; i < view.config.tunnels.size(); ++i) {
    const model::TunnelConfig& tunnel = view.config.tunnels[i];
    if (!name.empty() && tunnel.name != name) continue;
    const model::TunnelStats counters =
        i < view.stats.tunnels.size() ? view.stats.tunnels[i].counters : model::TunnelStats{};
    if (!answer.lines.empty()) answer.lines.push_back("");
    tfs_lines(answer, tunnel, counters, i < view.plan.tunnels.size() ? &view.plan.tunnels[i] : nullptr);
    all.push_back({tunnel.name, counters_value(counters)});
  }
  answer.value.is = Map{{"tunnels", {all}}};
  return answer;
}

Answer drops(const View& view) {
  Answer answer;
  answer.columns = {{"REASON"}, {"COUNT", Align::kRight}, {"LAST"}, {"MEANING"}, {"WHAT TO DO"}};
  Map all;
  for (std::size_t i = 0; i < model::kDropCount; ++i) {
    const std::uint64_t count = view.stats.drops[i];
    const model::DropText& text = model::kDropTexts[i];
    all.push_back({std::string(text.name), {count}});
    if (count == 0) continue;
    const auto last = view.trends.last_drop(static_cast<model::Drop>(i));
    answer.rows.push_back({std::string(text.name), std::to_string(count),
                           last ? duration(seconds_between(*last, view.now)) + " ago" : "just now",
                           std::string(text.meaning), std::string(text.cure)});
  }
  if (answer.rows.empty()) answer.lines.push_back("nothing was dropped");
  answer.value.is = Map{{"drops", {all}}};
  return answer;
}

Answer ports(const std::string& name, const View& view) {
  Answer answer;
  answer.columns = {{"PORT"},
                    {"LINK"},
                    {"SIDE"},
                    {"DRIVER"},
                    {"MAC"},
                    {"MTU", Align::kRight},
                    {"RX PKTS", Align::kRight},
                    {"TX PKTS", Align::kRight},
                    {"MISSED", Align::kRight},
                    {"TWIN"},
                    {"ADDRESSES"}};
  Map all;
  for (std::size_t i = 0; i < view.plan.ports.size(); ++i) {
    const model::PortPlan& port = view.plan.ports[i];
    if (!name.empty() && port.name != name) continue;
    const auto found = view.ports.find(port.name);
    const PortState state = found == view.ports.end() ? PortState{} : found->second;
    std::string addresses;
    List address_list;
    for (const IpPrefix& prefix : port.addresses) {
      addresses += (addresses.empty() ? "" : " ") + prefix.text();
      address_list.push_back({prefix.text()});
    }
    const std::string twin = i < view.config.ports.size() ? view.config.ports[i].twin : "";
    const std::string side = port.side == model::PortSide::kOuter ? "outer" : "protected";
    answer.rows.push_back({port.name, state.link ? "up" : "down", side, state.driver, port.mac.text(),
                           std::to_string(port.mtu), std::to_string(state.counters.rx_pkts),
                           std::to_string(state.counters.tx_pkts), std::to_string(state.counters.rx_missed_pkts), twin,
                           addresses});
    all.push_back({port.name,
                   {Map{{"link", {state.link}},
                        {"side", {side}},
                        {"driver", {state.driver}},
                        {"mac", {port.mac.text()}},
                        {"mtu", {std::uint64_t{port.mtu}}},
                        {"twin", {twin}},
                        {"addresses", {address_list}},
                        {"rx-pkts", {state.counters.rx_pkts}},
                        {"rx-octets", {state.counters.rx_octets}},
                        {"tx-pkts", {state.counters.tx_pkts}},
                        {"tx-octets", {state.counters.tx_octets}},
                        {"rx-missed-pkts", {state.counters.rx_missed_pkts}}}}});
  }
  answer.value.is = Map{{"ports", {all}}};
  return answer;
}

Answer neighbours(const View& view) {
  Answer answer;
  answer.columns = {{"PORT"}, {"ADDRESS"}, {"MAC"}};
  List all;
  for (const model::Neighbour& neighbour : view.plan.neighbours) {
    const std::string& port = view.plan.ports[neighbour.port.value].name;
    answer.rows.push_back({port, neighbour.address.text(), neighbour.mac.text()});
    all.push_back({Map{{"port", {port}}, {"address", {neighbour.address.text()}}, {"mac", {neighbour.mac.text()}}}});
  }
  answer.value.is = Map{{"neighbours", {all}}};
  return answer;
}

std::string target_text(const model::RouteTarget& target, const View& view) {
  struct Visitor {
    const View& view;
    std::string operator()(const model::ToTunnel& to) const {
      return "tunnel " + view.plan.tunnels[to.tunnel.value].name;
    }
    std::string operator()(const model::ToNextHop& to) const {
      return "via " + to.next_hop.text() + " port " + view.plan.ports[to.port.value].name;
    }
    std::string operator()(const model::ToConnected& to) const { return "port " + view.plan.ports[to.port.value].name; }
    std::string operator()(const model::ToBlackhole&) const { return "blackhole"; }
  };
  return std::visit(Visitor{view}, target);
}

Answer routes(const View& view) {
  Answer answer;
  answer.columns = {{"PREFIX"}, {"TO"}, {"METRIC", Align::kRight}, {"CLEAR TEXT"}};
  List all;
  for (const model::Route& route : view.plan.routes) {
    const std::string to = target_text(route.target, view);
    const bool clear = route.clear == model::ClearText::kAllowed;
    answer.rows.push_back({route.prefix.text(), to, std::to_string(route.metric), clear ? "allowed" : "-"});
    all.push_back({Map{{"prefix", {route.prefix.text()}},
                       {"to", {to}},
                       {"metric", {std::uint64_t{route.metric}}},
                       {"clear", {clear}}}});
  }
  answer.value.is = Map{{"routes", {all}}};
  return answer;
}

bool exists(Topic topic, const std::string& name, const View& view) {
  if (name.empty()) return true;
  if (topic == Topic::kPorts) {
    for (const model::PortPlan& port : view.plan.ports) {
      if (port.name == name) return true;
    }
    return false;
  }
  for (const model::TunnelConfig& tunnel : view.config.tunnels) {
    if (tunnel.name == name) return true;
  }
  return false;
}

}  // namespace

std::optional<Topic> topic_named(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Topic>, 6> kTopics{{{"tunnels", Topic::kTunnels},
                                                                       {"tfs", Topic::kTfs},
                                                                       {"drops", Topic::kDrops},
                                                                       {"ports", Topic::kPorts},
                                                                       {"neighbours", Topic::kNeighbours},
                                                                       {"routes", Topic::kRoutes}}};
  for (const auto& [name, topic] : kTopics) {
    if (name == word) return topic;
  }
  return std::nullopt;
}

Result<Answer> answer(Topic topic, const std::string& name, const View& view) {
  if (!exists(topic, name, view)) {
    return failure(Fault::kNotFound,
                   std::string(topic == Topic::kPorts ? "no port" : "no tunnel") + " is named \"" + name + "\"");
  }
  switch (topic) {
    case Topic::kTunnels:
      return tunnels(name, view);
    case Topic::kTfs:
      return tfs(name, view);
    case Topic::kDrops:
      return drops(view);
    case Topic::kPorts:
      return ports(name, view);
    case Topic::kNeighbours:
      return neighbours(view);
    case Topic::kRoutes:
      return routes(view);
  }
  return failure(Fault::kInternal, "unknown topic");
}

}  // namespace levelgate::control
