// SPDX-License-Identifier: Apache-2.0
//
// Cross checks. Each finding names the value that is wrong and, where it is another one that it contradicts, its line.
#include "config/meaning.h"

#include <levelgate/model/esp_sizes.h>

#include <algorithm>

#include "config/quantities.h"

namespace levelgate::config {
namespace {

constexpr std::uint32_t kUsualMtu = 1500;  // of a port whose device is not asked

class Judge {
 public:
  Judge(Draft& draft, Findings& findings) : draft_(draft), config_(draft.config), findings_(findings) {}

  void judge() {
    for (model::PortConfig& port : config_.ports) judge_port(port);
    for (model::InterfaceConfig& interface : config_.interfaces) judge_interface(interface);
    for (std::size_t i = 0; i < config_.tunnels.size(); ++i)
      judge_tunnel(config_.tunnels[i], *draft_.tunnels[i].node, draft_.tunnels[i].mark);
    for (std::size_t i = 0; i < config_.routes.size(); ++i) judge_route(config_.routes[i], draft_.routes[i]);
    for (std::size_t i = 0; i < config_.neighbours.size(); ++i) {
      const Node* const port = draft_.neighbours[i].node->find("port");
      if (port != nullptr && !draft_.ports.contains(config_.neighbours[i].port)) unknown(*port, "port");
    }
    judge_keys();
    judge_spis();
    judge_route_pairs();
  }

 private:
  void add(Severity severity, int id, const Mark& mark, std::string message, std::string hint = "") {
    findings_.push_back({severity, id, mark, std::move(message), std::move(hint)});
  }
  void error(int id, const Mark& mark, std::string message, std::string hint = "") {
    add(Severity::kError, id, mark, std::move(message), std::move(hint));
  }
  void unknown(const Node& node, const std::string& what) {
    error(16, node.mark, "no " + what + " is named \"" + node.text + "\"");
  }

  void judge_port(model::PortConfig& port) {
    const RoutePlace& place = draft_.ports[port.name];
    if (port.pci.empty() == port.vdev.empty()) {
      error(17, place.mark, "port \"" + port.name + "\" needs exactly one of pci and vdev");
    }
    const Node* const pci = place.node->find("pci");
    if (pci != nullptr && !well_formed_pci(port.pci)) {
      error(14, pci->mark, "\"" + port.pci + "\" is not a PCI address", "as 0000:3b:00.0");
    }
    const Node* const vdev = place.node->find("vdev");
    if (vdev != nullptr && !well_formed_vdev(port.vdev)) {
      error(11, vdev->mark, "\"" + port.vdev + "\" is no virtual device that is known",
            "net_af_packet, net_af_xdp, net_tap, net_memif, net_ring, net_pcap or net_null, then its arguments");
    }
    if (port.twin.empty() || port.twin.size() > 15 || port.twin.find('/') != std::string::npos) {
      const Node* const twin = place.node->find("twin");
      error(18, twin != nullptr ? twin->mark : place.mark, "twin \"" + port.twin + "\" is no name for an interface",
            "at most 15 characters: set ports." + port.name + ".twin");
    }
    for (const model::PortConfig& other : config_.ports) {
      if (&other == &port) break;
      if (other.twin == port.twin)
        error(17, place.mark, "ports \"" + other.name + "\" and \"" + port.name + "\" have the same twin");
    }
  }

  static bool well_formed_pci(const std::string& text) {
    constexpr std::string_view kShape = "xxxx:xx:xx.x";
    std::string full = text.size() == 7 ? "0000:" + text : text;
    if (full.size() != kShape.size()) return false;
    for (std::size_t i = 0; i < full.size(); ++i) {
      const bool hex = std::string_view("0123456789abcdefABCDEF").find(full[i]) != std::string_view::npos;
      if (kShape[i] == 'x' ? !hex : full[i] != kShape[i]) return false;
    }
    return true;
  }

  static bool well_formed_vdev(const std::string& text) {
    const std::string driver = text.substr(0, text.find(','));
    for (const std::string_view known :
         {"net_af_packet", "net_af_xdp", "net_tap", "net_memif", "net_ring", "net_pcap", "net_null"}) {
      if (!driver.starts_with(known)) continue;
      const std::string rest = driver.substr(known.size());
      if (rest.find_first_not_of("0123456789_abcdefghijklmnopqrstuvwxyz-") == std::string::npos) return true;
    }
    return false;
  }

  void judge_interface(const model::InterfaceConfig& interface) {
    const RoutePlace& place = draft_.interfaces[interface.name];
    if (draft_.ports.contains(interface.port)) return;
    const Node* const port = place.node->find("port");
    if (port == nullptr) return error(8, place.mark, "interface \"" + interface.name + "\" has no port");
    unknown(*port, "port");
  }

  const model::InterfaceConfig* interface_named(const std::string& name) const {
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      if (interface.name == name) return &interface;
    }
    return nullptr;
  }

  const model::InterfaceConfig* interface_with(const IpAddress& address) const {
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      for (const IpPrefix& prefix : interface.addresses) {
        if (prefix.address == address) return &interface;
      }
    }
    return nullptr;
  }

  // The interface whose network holds an address: a neighbour there.
  const model::InterfaceConfig* interface_towards(const IpAddress& address) const {
    const model::InterfaceConfig* best = nullptr;
    int best_length = -1;
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      for (const IpPrefix& prefix : interface.addresses) {
        if (!prefix.contains(address) || prefix.length <= best_length) continue;
        best = &interface;
        best_length = prefix.length;
      }
    }
    return best;
  }

  static std::optional<IpAddress> first_address(const model::InterfaceConfig& interface, IpFamily family) {
    for (const IpPrefix& prefix : interface.addresses) {
      if (prefix.address.family() == family) return prefix.address;
    }
    return std::nullopt;
  }

  // Where the way to an address leaves by default: a connected network, or a gateway.
  const model::InterfaceConfig* way_to(const IpAddress& address) const {
    if (const model::InterfaceConfig* const direct = interface_towards(address)) return direct;
    for (const model::RouteConfig& route : config_.routes) {
      if (!route.gateway || !route.to.contains(address)) continue;
      if (!route.interface.empty()) return interface_named(route.interface);
      return interface_towards(*route.gateway);
    }
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      for (const IpAddress& gateway : interface.gateways) {
        if (gateway.family() == address.family()) return &interface;
      }
    }
    return nullptr;
  }

  void resolve_local(model::TunnelConfig& tunnel, const Node& node, const Mark& mark) {
    const Node* const local = node.find("local");
    const Mark place = local != nullptr ? local->mark : mark;
    if (draft_.has_local.contains(tunnel.name)) {
      const model::InterfaceConfig* const carrier = interface_with(tunnel.local);
      if (carrier == nullptr) {
        const Node* const address = local->kind == Node::Kind::kMap ? local->find("address") : local;
        error(36, address->mark, "local address " + tunnel.local.text() + " is on no interface");
      } else if (tunnel.interface.empty()) {
        tunnel.interface = carrier->name;
      }
      return;
    }
    const model::InterfaceConfig* const interface =
        tunnel.interface.empty() ? way_to(tunnel.remote) : interface_named(tunnel.interface);
    if (interface == nullptr) {
      const bool named = !tunnel.interface.empty();
      return error(16, place,
                   named ? "no interface is named \"" + tunnel.interface + "\""
                         : "no interface leads to " + tunnel.remote.text(),
                   named ? "" : "set tunnels." + tunnel.name + ".local");
    }
    tunnel.interface = interface->name;
    const auto address = first_address(*interface, tunnel.remote.family());
    if (!address) {
      return error(36, place, "interface \"" + interface->name + "\" has no address of the peer's family");
    }
    tunnel.local = *address;
  }

  void judge_tunnel(model::TunnelConfig& tunnel, const Node& node, const Mark& mark) {
    resolve_local(tunnel, node, mark);
    if (tunnel.local.family() != tunnel.remote.family() && draft_.has_local.contains(tunnel.name)) {
      error(35, mark, "tunnels." + tunnel.name + ": local and remote address are of different families");
    }
    if (node.find("static") == nullptr) {
      error(8, mark, "tunnels." + tunnel.name + " has no static keys", "IKE is not available in this version");
    } else {
      add(Severity::kNote, 103, node.find("static")->mark,
          "static keys: sequence numbers begin again when the daemon starts; for labs only");
    }
    const Node* const tfs = node.find("tfs");
    if (tfs == nullptr || tfs->find("mode") == nullptr) {
      return error(30, tfs != nullptr ? tfs->mark : mark, "tunnels." + tunnel.name + ".tfs.mode is missing",
                   "mode: fixed, on-demand or plain");
    }
    judge_rate(tunnel, *tfs);
    judge_size(tunnel, *tfs);
    if (tunnel.tfs.receive.reorder_window > tunnel.replay_window) {
      const Node* const window = tfs->find("receive")->find("reorder-window");
      add(Severity::kWarning, 102, window != nullptr ? window->mark : tfs->mark,
          "reorder-window is larger than esp.replay-window (" + std::to_string(tunnel.replay_window) + ")");
    }
  }

  void judge_rate(const model::TunnelConfig& tunnel, const Node& tfs) {
    const Node* const rate = tfs.find("rate");
    if (tunnel.tfs.mode != model::TfsMode::kFixed) {
      if (rate != nullptr) error(34, rate->mark, "rate has no meaning in this mode");
      return;
    }
    if (rate == nullptr) {
      return error(33, tfs.mark, "tunnels." + tunnel.name + ".tfs.rate is missing", "rate: 20 Mbit/s, for example");
    }
    if (tunnel.tfs.rate_bits_per_second == 0) return;  // malformed, and reported
    const double interval_ns =
        static_cast<double>(tunnel.tfs.packet_size) * 8e9 / static_cast<double>(tunnel.tfs.rate_bits_per_second);
    if (interval_ns < 100 || interval_ns > 10e9) {
      error(38, rate->mark, "one packet every " + std::to_string(static_cast<std::uint64_t>(interval_ns)) + " ns",
            "keep it between 100 ns and 10 s");
    }
    add(Severity::kNote, 101, tfs.find("mode")->mark,
        "fixed mode does not back off: use it where capacity is reserved");
  }

  void judge_size(const model::TunnelConfig& tunnel, const Node& tfs) {
    const Node* const size = tfs.find("packet-size");
    const Mark place = size != nullptr ? size->mark : tfs.mark;
    const std::string written = size != nullptr ? size->text : std::to_string(tunnel.tfs.packet_size) + "B";
    const model::InterfaceConfig* const interface = interface_named(tunnel.interface);
    if (interface != nullptr) judge_mtu(*interface, tunnel, place, written);
    const auto sizes = model::outer_sizes(tunnel.local.family(), tunnel.encapsulation, tunnel.tfs.mode);
    const bool exact = tunnel.tfs.mode == model::TfsMode::kFixed;
    if (!exact || model::size_possible(tunnel.tfs.packet_size, sizes.headers)) return;
    const std::uint32_t lower = tunnel.tfs.packet_size - (tunnel.tfs.packet_size - sizes.headers) % 4;
    error(32, place, "packet-size " + written + " cannot be made: ESP aligns to 4 octets",
          "nearest are " + std::to_string(lower) + "B and " + std::to_string(lower + 4) + "B");
  }

  void judge_mtu(const model::InterfaceConfig& interface, const model::TunnelConfig& tunnel, const Mark& place,
                 const std::string& written) {
    for (const model::PortConfig& port : config_.ports) {
      if (port.name != interface.port) continue;
      const std::uint32_t mtu = port.mtu.value_or(kUsualMtu);
      if (tunnel.tfs.packet_size <= mtu) return;
      std::string hint = "largest that fits is " + std::to_string(mtu) + "B";
      const Node* const set = draft_.ports[port.name].node->find("mtu");
      if (mtu == kUsualMtu) hint += " (1492B with PPPoE)";
      if (set != nullptr) hint += "; mtu set at line " + std::to_string(set->mark.line);
      error(31, place,
            "packet-size " + written + " does not fit: port \"" + port.name + "\" has mtu " + std::to_string(mtu),
            hint);
    }
  }

  bool tunnel_exists(const std::string& name) const {
    return std::any_of(config_.tunnels.begin(), config_.tunnels.end(),
                       [&](const model::TunnelConfig& tunnel) { return tunnel.name == name; });
  }

  void judge_route(model::RouteConfig& route, const RoutePlace& place) {
    const Node& node = *place.node;
    const Node* const via = node.find("via");
    if ((via != nullptr) == route.blackhole) {
      return error(17, place.mark, "route needs exactly one of via and blackhole: true");
    }
    if (via != nullptr && !route.gateway && !tunnel_exists(route.tunnel)) {
      return error(16, via->mark, "\"" + via->text + "\" is neither a tunnel nor an address");
    }
    if (!route.gateway) return;
    if (route.gateway->family() != route.to.address.family()) {
      return error(35, via->mark, "destination and gateway are of different families");
    }
    const Node* const dev = node.find("dev");
    if (dev != nullptr && interface_named(route.interface) == nullptr) return unknown(*dev, "interface");
    if (dev != nullptr) return;
    const model::InterfaceConfig* const interface = interface_towards(*route.gateway);
    if (interface == nullptr) {
      return error(16, via->mark, "no interface has a network with " + via->text, "add dev: INTERFACE");
    }
    route.interface = interface->name;
  }

  void judge_keys() {
    for (std::size_t i = 0; i < draft_.key_places.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!draft_.key_places[i].second->equals(*draft_.key_places[j].second)) continue;
        error(24, draft_.key_places[i].first,
              "this key is the same as the one at line " + std::to_string(draft_.key_places[j].first.line),
              "every SA needs a key of its own");
        break;
      }
    }
  }

  void judge_spis() {
    std::map<std::uint32_t, std::string> seen;
    for (const model::TunnelConfig& tunnel : config_.tunnels) {
      if (!tunnel.inbound || tunnel.inbound->spi.value == 0) continue;
      const auto [first, fresh] = seen.try_emplace(tunnel.inbound->spi.value, tunnel.name);
      if (fresh) continue;
      error(25, draft_.spi_places["tunnels." + tunnel.name + ".static.inbound"],
            "inbound SPI is the same as that of tunnel \"" + first->second + "\"");
    }
  }

  void judge_route_pairs() {
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
      const model::RouteConfig& route = config_.routes[i];
      for (std::size_t j = 0; j < i; ++j) {
        if (config_.routes[j].to != route.to || config_.routes[j].metric != route.metric) continue;
        error(37, draft_.routes[i].mark,
              "route to " + route.to.text() + " stands twice; first at line " +
                  std::to_string(draft_.routes[j].mark.line));
      }
      if (!route.tunnel.empty()) judge_leak(route, draft_.routes[i]);
    }
  }

  // A wider route of the operator's own would take over if this one went.
  void judge_leak(const model::RouteConfig& route, const RoutePlace& place) {
    bool clear = false;
    bool covered = false;
    for (const model::RouteConfig& other : config_.routes) {
      if (&other == &route || other.to.length > route.to.length || !other.to.contains(route.to.address)) continue;
      clear = clear || other.gateway.has_value();
      covered = covered || (other.blackhole && other.to == route.to);
    }
    if (!clear || covered) return;
    const Node* const to = place.node->find("to");
    add(Severity::kWarning, 104, to != nullptr ? to->mark : place.mark,
        "no blackhole for " + route.to.text() + ": traffic goes out in clear while \"" + route.tunnel + "\" is down");
  }

  Draft& draft_;
  model::Config& config_;
  Findings& findings_;
};

}  // namespace

void check_meaning(Draft& draft, Findings& findings) { Judge(draft, findings).judge(); }

}  // namespace levelgate::config
