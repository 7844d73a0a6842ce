// SPDX-License-Identifier: Apache-2.0
//
// Which topic, and the short answers: drops, ports, neighbours, routes. Tunnels are answered in admin_tunnels.cpp.
#include "control/admin.h"

#include <algorithm>
#include <array>
#include <set>

#include "control/admin_ike.h"
#include "control/admin_tunnels.h"
#include "control/figures.h"

namespace levelgate::control {
namespace {

constexpr std::array<std::pair<std::string_view, Topic>, 10> kTopics{{{"tunnels", Topic::kTunnels},
                                                                      {"tfs", Topic::kTfs},
                                                                      {"drops", Topic::kDrops},
                                                                      {"ports", Topic::kPorts},
                                                                      {"neighbours", Topic::kNeighbours},
                                                                      {"routes", Topic::kRoutes},
                                                                      {"ike", Topic::kIke},
                                                                      {"sa", Topic::kSa},
                                                                      {"certs", Topic::kCerts},
                                                                      {"algorithms", Topic::kAlgorithms}}};

std::unexpected<Error> none_named(const char* what, const std::string& name) {
  return failure(Fault::kNotFound, std::string("there is no ") + what + " \"" + name + "\"");
}

// Shown even when they never occurred: the ones that people look for.
bool always_shown(model::Drop reason) { return reason == model::Drop::kAuthFailed || reason == model::Drop::kReplay; }

Result<Answer> drops(const std::string& name, const View& view) {
  Answer answer;
  answer.columns = {{"REASON"}, {"COUNT", Align::kRight}, {"LAST"}, {"MEANING"}, {"WHAT TO DO"}};
  Value::Map counts;
  bool known = name.empty();
  for (std::size_t i = 0; i < model::kDropCount; ++i) {
    const auto reason = static_cast<model::Drop>(i);
    const model::DropText& text = model::kDropTexts[i];
    const std::uint64_t count = view.stats.drops[i];
    known = known || text.name == name;
    const bool wanted = name.empty() ? count != 0 || always_shown(reason) : text.name == name;
    if (!wanted) continue;
    if (count != 0 || !name.empty()) counts.push_back({std::string(text.name), Value{count}});
    const auto last = view.trends.last_drop(reason);
    answer.rows.push_back({std::string(text.name), grouped(count), last ? age(view.now - *last) + " ago" : "",
                           std::string(text.meaning), std::string(text.cure)});
  }
  if (!known) return none_named("drop reason", name);
  answer.value.is = Value::Map{{"drops", Value{std::move(counts)}}};
  return answer;
}

std::string joined(const std::vector<IpPrefix>& prefixes) {
  std::string text;
  for (const IpPrefix& prefix : prefixes) text += (text.empty() ? "" : ", ") + prefix.text();
  return text;
}

Value texts(const std::vector<IpPrefix>& prefixes) {
  Value::List list;
  for (const IpPrefix& prefix : prefixes) list.push_back(Value{prefix.text()});
  return Value{std::move(list)};
}

std::string device_of(const View& view, const std::string& port) {
  for (const model::PortConfig& config : view.config.ports) {
    if (config.name == port) return config.pci.empty() ? config.vdev : config.pci;
  }
  return "";
}

std::string twin_of(const View& view, const std::string& port) {
  for (const model::PortConfig& config : view.config.ports) {
    if (config.name == port) return config.twin;
  }
  return "";
}

Value::Map port_value(const model::PortPlan& port, const PortState& state, const View& view) {
  const model::PortStats& counters = state.counters;
  return {{"device", Value{device_of(view, port.name)}},
          {"driver", Value{state.driver}},
          {"link", Value{state.link}},
          {"side", Value{std::string(port.side == model::PortSide::kOuter ? "outer" : "protected")}},
          {"mac", Value{port.mac.text()}},
          {"mtu", Value{std::uint64_t{port.mtu}}},
          {"twin", Value{twin_of(view, port.name)}},
          {"addresses", texts(port.addresses)},
          {"rx-pkts", Value{counters.rx_pkts}},
          {"rx-octets", Value{counters.rx_octets}},
          {"rx-missed-pkts", Value{counters.rx_missed_pkts}},
          {"tx-pkts", Value{counters.tx_pkts}},
          {"tx-octets", Value{counters.tx_octets}},
          {"twin-rx-pkts", Value{counters.twin_rx_pkts}},
          {"twin-tx-pkts", Value{counters.twin_tx_pkts}}};
}

Result<Answer> ports(const std::string& name, const View& view) {
  Answer answer;
  answer.columns = {{"PORT"},
                    {"LINK"},
                    {"SIDE"},
                    {"MTU", Align::kRight},
                    {"MAC"},
                    {"TWIN"},
                    {"ADDRESSES"},
                    {"RX PACKETS", Align::kRight},
                    {"TX PACKETS", Align::kRight},
                    {"MISSED", Align::kRight}};
  Value::Map map;
  for (const model::PortPlan& port : view.plan.ports) {
    if (!name.empty() && port.name != name) continue;
    const auto found = view.ports.find(port.name);
    const PortState state = found != view.ports.end() ? found->second : PortState{};
    answer.rows.push_back({port.name, state.link ? "up" : "down",
                           port.side == model::PortSide::kOuter ? "outer" : "protected",
                           port.mtu == 0 ? "-" : std::to_string(port.mtu), port.mac.text(), twin_of(view, port.name),
                           joined(port.addresses), grouped(state.counters.rx_pkts), grouped(state.counters.tx_pkts),
                           grouped(state.counters.rx_missed_pkts)});
    map.push_back({port.name, Value{port_value(port, state, view)}});
  }
  if (!name.empty() && map.empty()) return none_named("port", name);
  answer.value.is = Value::Map{{"ports", Value{std::move(map)}}};
  return answer;
}

bool port_exists(const View& view, const std::string& name) {
  return std::any_of(view.plan.ports.begin(), view.plan.ports.end(),
                     [&](const model::PortPlan& port) { return port.name == name; });
}

Result<Answer> neighbours(const std::string& name, const View& view) {
  if (!name.empty() && !port_exists(view, name)) return none_named("port", name);
  std::set<std::pair<std::string, IpAddress>> fixed;
  for (const model::NeighbourConfig& neighbour : view.config.neighbours)
    fixed.insert({neighbour.port, neighbour.address});
  Answer answer;
  answer.columns = {{"ADDRESS"}, {"PORT"}, {"MAC"}, {"FROM"}};
  Value::List list;
  for (const model::Neighbour& neighbour : view.plan.neighbours) {
    const std::string& port = view.plan.ports[neighbour.port.value].name;
    if (!name.empty() && port != name) continue;
    const std::string from = fixed.contains({port, neighbour.address}) ? "file" : "kernel";
    answer.rows.push_back({neighbour.address.text(), port, neighbour.mac.text(), from});
    list.push_back(Value{Value::Map{{"address", Value{neighbour.address.text()}},
                                    {"port", Value{port}},
                                    {"mac", Value{neighbour.mac.text()}},
                                    {"from", Value{from}}}});
  }
  answer.value.is = Value::Map{{"neighbours", Value{std::move(list)}}};
  return answer;
}

struct TargetText {
  std::string text;
  std::string owner;  // tunnel or port
  Value::Map value;
};

TargetText target_text(const model::Route& route, const model::ForwardingPlan& plan) {
  struct Visitor {
    const model::ForwardingPlan& plan;
    TargetText operator()(const model::ToTunnel& to) const {
      const std::string& name = plan.tunnels[to.tunnel.value].name;
      return {"tunnel " + name, name, {{"tunnel", Value{name}}}};
    }
    TargetText operator()(const model::ToNextHop& to) const {
      const std::string& port = plan.ports[to.port.value].name;
      return {to.next_hop.text() + " on " + port, port, {{"via", Value{to.next_hop.text()}}, {"port", Value{port}}}};
    }
    TargetText operator()(const model::ToConnected& to) const {
      const std::string& port = plan.ports[to.port.value].name;
      return {"on " + port, port, {{"port", Value{port}}}};
    }
    TargetText operator()(const model::ToBlackhole&) const { return {"blackhole", "", {{"blackhole", Value{true}}}}; }
  };
  return std::visit(Visitor{plan}, route.target);
}

Result<Answer> routes(const std::string& name, const View& view) {
  const bool tunnel = std::any_of(view.plan.tunnels.begin(), view.plan.tunnels.end(),
                                  [&](const model::TunnelPlan& plan) { return plan.name == name; });
  if (!name.empty() && !tunnel && !port_exists(view, name)) return none_named("tunnel or port", name);
  std::map<IpPrefix, const model::Route*> best;  // the lowest metric, the first of equals
  for (const model::Route& route : view.plan.routes) {
    const model::Route*& slot = best[route.prefix];
    if (slot == nullptr || route.metric < slot->metric) slot = &route;
  }
  Answer answer;
  answer.columns = {{"PREFIX"}, {"TO"}, {"METRIC", Align::kRight}, {"IN USE"}, {"CLEAR TEXT OUT"}};
  Value::List list;
  for (const model::Route& route : view.plan.routes) {
    TargetText target = target_text(route, view.plan);
    if (!name.empty() && target.owner != name) continue;
    const bool used = best[route.prefix] == &route;
    const bool clear = route.clear == model::ClearText::kAllowed;
    answer.rows.push_back(
        {route.prefix.text(), target.text, std::to_string(route.metric), used ? "yes" : "no", clear ? "allowed" : ""});
    Value::Map value{{"to", Value{route.prefix.text()}}};
    for (auto& entry : target.value) value.push_back(std::move(entry));
    value.push_back({"metric", Value{std::uint64_t{route.metric}}});
    value.push_back({"in-use", Value{used}});
    value.push_back({"clear-text-allowed", Value{clear}});
    list.push_back(Value{std::move(value)});
  }
  answer.value.is = Value::Map{{"routes", Value{std::move(list)}}};
  return answer;
}

}  // namespace

std::optional<Topic> topic_named(std::string_view word) {
  for (const auto& [name, topic] : kTopics) {
    if (name == word) return topic;
  }
  return std::nullopt;
}

namespace {

Result<Answer> plain_answer(Topic topic, const std::string& name, const View& view) {
  switch (topic) {
    case Topic::kTunnels:
      return show_tunnels(name, view);
    case Topic::kTfs:
      return show_tfs(name, view);
    case Topic::kDrops:
      return drops(name, view);
    case Topic::kPorts:
      return ports(name, view);
    case Topic::kNeighbours:
      return neighbours(name, view);
    case Topic::kRoutes:
      return routes(name, view);
    case Topic::kIke:
      return show_ike(name, view);
    case Topic::kSa:
      return show_sa(name, view);
    case Topic::kCerts:
      return show_certs(name, view);
    case Topic::kAlgorithms:
      return show_algorithms();
  }
  return failure(Fault::kInternal, "topic without an answer");
}

// Whoever looks at anything sees that traffic can be decrypted.
void tell_key_log(const std::string& directory, Answer& answer) {
  answer.lines.insert(answer.lines.begin(), "THE KEY LOG IS ON, for labs only: whoever reads " + directory +
                                                " can decrypt the traffic of every tunnel");
  if (auto* const map = std::get_if<Value::Map>(&answer.value.is)) map->push_back({"key-log", Value{directory}});
}

}  // namespace

Result<Answer> answer(Topic topic, const std::string& name, const View& view) {
  Result<Answer> said = plain_answer(topic, name, view);
  if (said && view.config.management.key_log) tell_key_log(view.config.management.key_log->directory, *said);
  return said;
}

}  // namespace levelgate::control
