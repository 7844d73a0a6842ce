// SPDX-License-Identifier: Apache-2.0
//
// Ports, interfaces, routes and neighbours against each other.
#include <algorithm>
#include <array>
#include <set>

#include "config/draft.h"
#include "config/read_values.h"
#include "syntax/nearest_word.h"

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestLinkName = 15;  // of a kernel interface
constexpr std::array<std::string_view, 7> kDrivers{"net_af_packet", "net_af_xdp", "net_tap", "net_memif",
                                                   "net_ring",      "net_pcap",   "net_null"};

bool well_formed_pci(const std::string& text) {
  constexpr std::string_view kShape = "xxxx:xx:xx.x";
  const std::string full = text.size() == 7 ? "0000:" + text : text;
  return std::equal(full.begin(), full.end(), kShape.begin(), kShape.end(), [](char c, char shape) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return shape == 'x' ? hex : c == shape;
  });
}

bool known_vdev(const std::string& text) {
  const std::string driver = text.substr(0, text.find(','));
  return std::any_of(kDrivers.begin(), kDrivers.end(), [&](std::string_view known) {
    if (!driver.starts_with(known)) return false;
    const std::string number = driver.substr(known.size());
    return number.find_first_not_of("0123456789") == std::string::npos;
  });
}

bool good_link_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestLinkName && name != "." && name != ".." &&
         name.find_first_of("/: \t") == std::string::npos;
}

// An address that a host can have.
bool unicast(const IpAddress& address) {
  const auto first = std::to_integer<unsigned>(address.bytes()[0]);
  if (address.family() == IpFamily::kV4) return first != 0 && first != 127 && first < 224;
  const bool unspecified_or_loopback = address == *IpAddress::parse("::") || address == *IpAddress::parse("::1");
  return first != 0xff && !unspecified_or_loopback;
}

class NetworkJudge {
 public:
  NetworkJudge(Draft& draft, Complaints& complaints) : draft_(draft), config_(draft.config), complaints_(complaints) {}

  void judge() {
    for (std::size_t i = 0; i < config_.ports.size(); ++i) judge_port(config_.ports[i], draft_.ports[i]);
    for (std::size_t i = 0; i < config_.interfaces.size(); ++i) {
      judge_interface(config_.interfaces[i], draft_.interfaces[i]);
    }
    for (const model::TunnelConfig& tunnel : config_.tunnels) tunnels_.insert(tunnel.name);
    for (std::size_t i = 0; i < config_.routes.size(); ++i) judge_route(config_.routes[i], draft_.routes[i]);
    judge_repeated_routes();
    for (std::size_t i = 0; i < config_.routes.size(); ++i) judge_leak(config_.routes[i], draft_.routes[i]);
    for (std::size_t i = 0; i < config_.neighbours.size(); ++i) {
      judge_neighbour(config_.neighbours[i], draft_.neighbours[i]);
    }
  }

 private:
  void judge_port(const model::PortConfig& port, const Place& place) {
    if (complaints_.faulty(place.node)) return;
    const std::string path = "ports." + port.name;
    const Node* const pci = place.node->find("pci");
    const Node* const vdev = place.node->find("vdev");
    if ((pci == nullptr) == (vdev == nullptr)) {
      complaints_.error(17, place.mark,
                        path + (pci == nullptr ? " has neither pci nor vdev" : " has both pci and vdev"),
                        "exactly one of them says which device it is");
    }
    if (pci != nullptr && !complaints_.faulty(pci)) {
      if (!well_formed_pci(port.pci)) {
        complaints_.error(14, *pci, "\"" + port.pci + "\" is not a PCI address", "as 0000:3b:00.0");
      } else if (!devices_.insert(port.pci.size() == 7 ? "0000:" + port.pci : port.pci).second) {
        complaints_.error(39, *pci, "the device " + port.pci + " is another port already");
      }
    }
    if (vdev != nullptr && !complaints_.faulty(vdev) && !known_vdev(port.vdev)) {
      std::string known;
      for (const std::string_view driver : kDrivers) known += (known.empty() ? "one of " : ", ") + std::string(driver);
      complaints_.error(11, *vdev, "\"" + port.vdev + "\" is no virtual device that is known", known);
    }
    const Node* const twin = place.node->find("twin");
    if (complaints_.faulty(twin)) return;
    const Mark mark = twin != nullptr ? twin->mark : place.mark;
    if (!good_link_name(port.twin)) {
      complaints_.error(18, mark, "\"" + port.twin + "\" is no good name for the kernel twin",
                        "set " + path + ".twin: at most 15 characters");
    } else if (!twins_.insert(port.twin).second) {
      complaints_.error(39, mark, "another port has a twin \"" + port.twin + "\" already", "set " + path + ".twin");
    }
  }

  void judge_interface(const model::InterfaceConfig& interface, const Place& place) {
    if (complaints_.faulty(place.node)) return;
    const Node* const port = place.node->find("port");
    if (!port_exists(interface.port) && !complaints_.faulty(port)) {
      if (port == nullptr) {
        complaints_.error(8, place.mark, "interfaces." + interface.name + " has no port", "add port: NAME");
      } else {
        complaints_.error(16, *port, "no port is named \"" + port->text + "\"",
                          syntax::nearest_name(port->text, config_.ports));
      }
    }
    const bool shorthand = place.node->find("addresses") == nullptr;
    for_each_value(place.node->find(shorthand ? "address" : "addresses"), [&](const Node& item) {
      const auto prefix = IpPrefix::parse(item.text);
      if (!prefix || complaints_.faulty(&item)) return;
      if (!unicast(prefix->address)) {
        complaints_.error(14, item, prefix->address.text() + " is not the address of a host");
      } else if (!addresses_.insert(prefix->address).second) {
        complaints_.error(39, item, prefix->address.text() + " stands here for the second time",
                          "an address belongs to one interface");
      }
    });
    for_each_value(place.node->find("gateway"), [&](const Node& item) { judge_gateway(interface, item); });
  }

  void judge_gateway(const model::InterfaceConfig& interface, const Node& item) {
    const auto gateway = IpAddress::parse(item.text);
    if (!gateway || complaints_.faulty(&item)) return;
    const bool near = std::any_of(interface.addresses.begin(), interface.addresses.end(),
                                  [&](const IpPrefix& prefix) { return prefix.contains(*gateway); });
    if (!near) {
      complaints_.error(41, item,
                        "gateway " + gateway->text() + " is in no network of interface \"" + interface.name + "\"",
                        "it must be reached directly");
    } else if (addresses_.contains(*gateway)) {
      complaints_.error(28, item, "gateway " + gateway->text() + " is an address of this gateway itself");
    }
  }

  bool port_exists(const std::string& name) const {
    return std::any_of(config_.ports.begin(), config_.ports.end(),
                       [&](const model::PortConfig& port) { return port.name == name; });
  }

  void judge_route(model::RouteConfig& route, const Place& place) {
    const Node* const via = place.node->find("via");
    const Node* const to = place.node->find("to");
    if (complaints_.faulty(via) || complaints_.faulty(to) || complaints_.faulty(place.node->find("blackhole"))) return;
    if ((via != nullptr) == route.blackhole) {
      return complaints_.error(17, place.mark,
                               route.blackhole ? "the route has both via and blackhole: true"
                                               : "the route has neither via nor blackhole: true",
                               "exactly one of them says where packets go");
    }
    if (via == nullptr) return;
    if (!route.gateway) {
      if (tunnels_.contains(route.tunnel)) return;
      return complaints_.error(16, *via, "\"" + via->text + "\" is neither a tunnel nor an IP address",
                               syntax::nearest_name(via->text, config_.tunnels));
    }
    judge_next_hop(route, *place.node, *via);
  }

  void judge_next_hop(model::RouteConfig& route, const Node& node, const Node& via) {
    if (node.find("to") != nullptr && route.gateway->family() != route.to.address.family()) {
      return complaints_.error(35, via, "destination and next hop are of different families");
    }
    if (addresses_.contains(*route.gateway)) {
      return complaints_.error(28, via, "next hop " + via.text + " is an address of this gateway itself");
    }
    const Node* const dev = node.find("dev");
    if (complaints_.faulty(dev)) return;
    if (dev != nullptr) {
      if (interface_named(config_, route.interface) != nullptr) return;
      return complaints_.error(16, *dev, "no interface is named \"" + dev->text + "\"",
                               syntax::nearest_name(dev->text, config_.interfaces));
    }
    const model::InterfaceConfig* const interface = interface_towards(config_, *route.gateway);
    if (interface == nullptr) {
      return complaints_.error(41, via, "next hop " + via.text + " is in no interface's network", "add dev: INTERFACE");
    }
    route.interface = interface->name;
  }

  void judge_repeated_routes() {
    std::map<std::pair<IpPrefix, std::uint32_t>, std::size_t> seen;
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
      const Node* const to = draft_.routes[i].node->find("to");
      if (to == nullptr || complaints_.faulty(to)) continue;
      const auto [first, fresh] = seen.try_emplace({config_.routes[i].to, config_.routes[i].metric}, i);
      if (!fresh) {
        complaints_.error(37, to->mark, config_.routes[i].to.text() + " is routed for the second time",
                          "first at " + draft_.place_text(draft_.routes[first->second].mark) +
                              "; another metric makes it the second choice");
      }
      by_prefix_[config_.routes[i].to].push_back(i);
    }
  }

  // Whoever takes over when a tunnel's route goes must not be a route of the operator's that lets clear text out.
  void judge_leak(const model::RouteConfig& route, const Place& place) {
    const Node* const to = place.node->find("to");
    if (route.tunnel.empty() || to == nullptr || complaints_.faulty(to) || !tunnels_.contains(route.tunnel)) return;
    for (int length = route.to.length; length >= 0; --length) {
      const auto found = by_prefix_.find(IpPrefix{route.to.address, static_cast<std::uint8_t>(length)}.network());
      if (found == by_prefix_.end()) continue;
      const model::RouteConfig* next = nullptr;  // the best of the others with this prefix
      for (const std::size_t i : found->second) {
        const model::RouteConfig& other = config_.routes[i];
        if (&other != &route && (next == nullptr || other.metric < next->metric)) next = &other;
      }
      if (next == nullptr) continue;
      if (!next->gateway) return;
      return complaints_.warning(
          104, to->mark,
          "no blackhole for " + route.to.text() + ": traffic goes out in clear while \"" + route.tunnel + "\" is down");
    }
  }

  void judge_neighbour(const model::NeighbourConfig& neighbour, const Place& place) {
    const Node* const port = place.node->find("port");
    if (port != nullptr && !complaints_.faulty(port) && !port_exists(neighbour.port)) {
      complaints_.error(16, *port, "no port is named \"" + port->text + "\"",
                        syntax::nearest_name(port->text, config_.ports));
    }
    const Node* const mac = place.node->find("mac");
    if (mac != nullptr && !complaints_.faulty(mac) && (std::to_integer<int>(neighbour.mac.octets[0]) & 1) != 0) {
      complaints_.error(14, *mac, mac->text + " is a group address: no single neighbour has it");
    }
    const Node* const address = place.node->find("address");
    if (address == nullptr || port == nullptr || complaints_.faulty(address)) return;
    if (!neighbours_.insert({neighbour.port, neighbour.address}).second) {
      complaints_.error(39, *address, "neighbour " + address->text + " stands here for the second time");
    }
  }

  Draft& draft_;
  model::Config& config_;
  Complaints& complaints_;
  std::set<std::string> tunnels_;
  std::set<std::string> devices_;
  std::set<std::string> twins_;
  std::set<IpAddress> addresses_;
  std::set<std::pair<std::string, IpAddress>> neighbours_;
  std::map<IpPrefix, std::vector<std::size_t>> by_prefix_;
};

}  // namespace

const model::InterfaceConfig* interface_named(const model::Config& config, const std::string& name) {
  for (const model::InterfaceConfig& interface : config.interfaces) {
    if (interface.name == name) return &interface;
  }
  return nullptr;
}

const model::InterfaceConfig* interface_with(const model::Config& config, const IpAddress& address) {
  for (const model::InterfaceConfig& interface : config.interfaces) {
    for (const IpPrefix& prefix : interface.addresses) {
      if (prefix.address == address) return &interface;
    }
  }
  return nullptr;
}

const model::InterfaceConfig* interface_towards(const model::Config& config, const IpAddress& address) {
  const model::InterfaceConfig* best = nullptr;
  int best_length = -1;
  for (const model::InterfaceConfig& interface : config.interfaces) {
    for (const IpPrefix& prefix : interface.addresses) {
      if (prefix.length <= best_length || !prefix.contains(address)) continue;
      best = &interface;
      best_length = prefix.length;
    }
  }
  return best;
}

void judge_network(Draft& draft, Complaints& complaints) { NetworkJudge(draft, complaints).judge(); }

}  // namespace levelgate::config
