// SPDX-License-Identifier: Apache-2.0
//
// Tunnels: ends, keys, sizes and rates. Each finding names the value that is wrong and, where another one contradicts
// it, the place of that one.
#include <levelgate/model/esp_sizes.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "config/draft.h"
#include "config/mapping.h"
#include "config/path_mtu.h"
#include "config/read_values.h"
#include "config/tcp_carrier.h"
#include "syntax/nearest_word.h"

namespace levelgate::config {
namespace {

constexpr std::uint32_t kUsualMtu = 1500;  // of a port whose mtu the file does not name
constexpr std::uint32_t kPppoeMtu = 1492;
constexpr double kShortestIntervalNs = 100;
constexpr double kLongestIntervalNs = 10e9;
constexpr double kEthernetOverhead = 38;  // what rate-layer l2 adds

// Keys below tfs that a mode does not look at.
constexpr std::array<std::pair<model::TfsMode, const char*>, 18> kWithoutEffect{{
    {model::TfsMode::kFixed, "init-delay"},
    {model::TfsMode::kOnDemand, "rate-layer"},
    {model::TfsMode::kOnDemand, "catch-up"},
    {model::TfsMode::kPlain, "rate-layer"},
    {model::TfsMode::kPlain, "catch-up"},
    {model::TfsMode::kPlain, "init-delay"},
    {model::TfsMode::kPlain, "fragment"},
    {model::TfsMode::kPlain, "min-fragment"},
    {model::TfsMode::kPlain, "receive"},
    {model::TfsMode::kPlain, "peer-required"},
    {model::TfsMode::kOnDemand, "min-rate"},
    {model::TfsMode::kOnDemand, "ecn"},
    {model::TfsMode::kOnDemand, "congestion-reports"},
    {model::TfsMode::kOnDemand, "circuit-breaker"},
    {model::TfsMode::kPlain, "min-rate"},
    {model::TfsMode::kPlain, "ecn"},
    {model::TfsMode::kPlain, "congestion-reports"},
    {model::TfsMode::kPlain, "circuit-breaker"},
}};

// Keys of a tunnel that only IKE looks at: the map that they stand in, and their name.
constexpr std::array<std::pair<const char*, const char*>, 10> kOfIkeOnly{{
    {"", "ike"},
    {"", "large-keys"},
    {"", "start"},
    {"", "ppk"},
    {"local", "id"},
    {"remote", "id"},
    {"remote", "authorities"},
    {"esp", "proposals"},
    {"esp", "rekey"},
    {"tfs", "peer-required"},
}};

std::string quantity(double value, const char* unit) {
  std::string text = std::to_string(value);
  text.resize(text.find('.') + 2);
  return text + unit;
}

std::string interval_text(double ns) {
  if (ns >= 1e9) return quantity(ns / 1e9, "s");
  if (ns >= 1e6) return quantity(ns / 1e6, "ms");
  return ns >= 1e3 ? quantity(ns / 1e3, "us") : quantity(ns, "ns");
}

class TunnelJudge {
 public:
  TunnelJudge(Draft& draft, Complaints& complaints) : draft_(draft), config_(draft.config), complaints_(complaints) {}

  void judge() {
    std::set<std::string> routed;
    for (const model::RouteConfig& route : config_.routes) routed.insert(route.tunnel);
    for (std::size_t i = 0; i < config_.tunnels.size(); ++i) {
      model::TunnelConfig& tunnel = config_.tunnels[i];
      const TunnelPlace& place = draft_.tunnels[i];
      if (place.node->kind != Node::Kind::kMap && place.node->kind != Node::Kind::kNull) continue;
      judge_ends(tunnel, place);
      judge_keys(tunnel, place);
      judge_tfs(tunnel, place);
      judge_mapping(*place.node, tunnel, complaints_);
      judge_esp_in_tcp(*place.node, tunnel, complaints_);
      if (!routed.contains(tunnel.name)) {
        complaints_.warning(105, place.mark, "no route leads into tunnel \"" + tunnel.name + "\"",
                            "add a route with via: " + tunnel.name);
      }
    }
    judge_repeated_keys();
    judge_repeated_spis();
  }

 private:
  // Where packets to an address leave: a connected network, a route by a next hop, or a port's gateway.
  const model::InterfaceConfig* way_to(const IpAddress& address) const {
    if (const model::InterfaceConfig* const direct = interface_towards(config_, address)) return direct;
    const model::RouteConfig* best = nullptr;
    for (const model::RouteConfig& route : config_.routes) {
      if (!route.gateway || !route.to.contains(address)) continue;
      if (best == nullptr || route.to.length > best->to.length) best = &route;
    }
    if (best != nullptr) return interface_named(config_, best->interface);
    for (const model::InterfaceConfig& interface : config_.interfaces) {
      for (const IpAddress& gateway : interface.gateways) {
        if (gateway.family() == address.family()) return &interface;
      }
    }
    return nullptr;
  }

  void judge_ends(model::TunnelConfig& tunnel, const TunnelPlace& place) {
    const Node* const remote = place.node->find("remote");
    if (place.remote_good && interface_with(config_, tunnel.remote) != nullptr) {
      return complaints_.error(28, remote->mark, "the peer's address " + tunnel.remote.text() + " is our own");
    }
    const Node* const local = place.node->find("local");
    const bool map = local != nullptr && local->kind == Node::Kind::kMap;
    const Node* const address = map ? local->find("address") : local;
    const Node* const interface = map ? local->find("interface") : nullptr;
    if (complaints_.faulty(address) || complaints_.faulty(interface) || complaints_.faulty(local)) return;
    if (interface != nullptr && interface_named(config_, interface->text) == nullptr) {
      return complaints_.error(16, *interface, "no interface is named \"" + interface->text + "\"",
                               syntax::nearest_name(interface->text, config_.interfaces));
    }
    if (place.local_given) return judge_local_address(tunnel, place, *address);
    if (!place.remote_good) return;
    choose_local_address(tunnel, interface != nullptr ? interface->mark : place.mark);
  }

  void judge_local_address(model::TunnelConfig& tunnel, const TunnelPlace& place, const Node& address) {
    const model::InterfaceConfig* const carrier = interface_with(config_, tunnel.local);
    if (carrier == nullptr) {
      return complaints_.error(36, address, "local address " + tunnel.local.text() + " is on no interface");
    }
    if (!tunnel.interface.empty() && tunnel.interface != carrier->name) {
      return complaints_.error(36, address,
                               "local address " + tunnel.local.text() + " is on interface \"" + carrier->name +
                                   "\", not on \"" + tunnel.interface + "\"");
    }
    tunnel.interface = carrier->name;
    if (place.remote_good && tunnel.local.family() != tunnel.remote.family()) {
      complaints_.error(35, address, "local and remote address are of different families",
                        "the peer's is " + tunnel.remote.text());
    }
  }

  void choose_local_address(model::TunnelConfig& tunnel, const Mark& mark) {
    const bool named = !tunnel.interface.empty();
    const model::InterfaceConfig* const interface =
        named ? interface_named(config_, tunnel.interface) : way_to(tunnel.remote);
    if (interface == nullptr) {
      return complaints_.error(42, mark, "no interface leads to the peer " + tunnel.remote.text(),
                               "set tunnels." + tunnel.name + ".local, or add a gateway");
    }
    tunnel.interface = interface->name;
    for (const IpPrefix& prefix : interface->addresses) {
      if (prefix.address.family() != tunnel.remote.family()) continue;
      tunnel.local = prefix.address;
      return;
    }
    complaints_.error(35, mark, "interface \"" + interface->name + "\" has no address of the peer's family",
                      "the peer's is " + tunnel.remote.text());
  }

  // Exactly one of static keys and IKE.
  void judge_keys(const model::TunnelConfig& tunnel, const TunnelPlace& place) {
    const Node* const keys = place.node->find("static");
    const IkeKeys ike = ike_keys_of(*place.node);
    const std::string path = "tunnels." + tunnel.name;
    if (keys != nullptr && ike.any()) {
      return complaints_.error(17, ike.auth != nullptr ? ike.auth->mark : ike.identity->mark,
                               path + " has static keys and IKE",
                               "keep static, or " + std::string(ike.auth != nullptr ? "auth" : "local.identity"));
    }
    if (keys != nullptr) {
      complaints_.note(
          103, keys->mark,
          "static keys are for labs: numbers begin again when the daemon starts, so it needs new keys then");
      return judge_effect_of_static(*place.node);
    }
    if (ike.any() || complaints_.faulty(place.node->find("local"))) return;
    complaints_.error(17, place.mark, path + " has neither static keys nor IKE",
                      "add auth: { psk: { file: PATH } }, or local.identity");
  }

  void judge_effect_of_static(const Node& tunnel) {
    for (const auto& [map, key] : kOfIkeOnly) {
      const Node* const above = *map == '\0' ? &tunnel : tunnel.find(map);
      if (above == nullptr) continue;
      for (const Node::Entry& entry : above->entries) {
        if (entry.key != key) continue;
        const std::string path = *map == '\0' ? key : std::string(map) + "." + key;
        complaints_.warning(106, entry.mark, path + " has no effect with static keys");
      }
    }
  }

  void judge_tfs(const model::TunnelConfig& tunnel, const TunnelPlace& place) {
    const Node* const tfs = place.node->find("tfs");
    const Node* const mode = tfs != nullptr ? tfs->find("mode") : nullptr;
    if (complaints_.faulty(tfs)) return;
    if (mode == nullptr) {
      return complaints_.error(30, tfs != nullptr ? tfs->mark : place.mark,
                               "tunnels." + tunnel.name + ".tfs has no mode",
                               "mode: fixed, congestion-controlled, on-demand or plain");
    }
    if (complaints_.faulty(mode)) return;
    judge_rate(tunnel, *tfs, *mode);
    judge_congestion(tunnel, *tfs);
    judge_size(tunnel, *tfs);
    judge_path_mtu(*tfs, tunnel, complaints_);
    for (const Node::Entry& entry : tfs->entries) {
      for (const auto& [without, key] : kWithoutEffect) {
        if (without != tunnel.tfs.mode || entry.key != key) continue;
        complaints_.warning(106, entry.mark, entry.key + " has no effect in mode " + mode->text);
      }
    }
    const Node* const receive = tfs->find("receive");
    const Node* const window = receive != nullptr ? receive->find("reorder-window") : nullptr;
    const Node* const esp = place.node->find("esp");
    const bool faulty =
        complaints_.faulty(window) || (esp != nullptr && complaints_.faulty(esp->find("replay-window")));
    if (window != nullptr && !faulty && tunnel.tfs.receive.reorder_window >= tunnel.replay_window) {
      complaints_.warning(
          102, window->mark,
          "reorder-window reaches further back than esp.replay-window " + std::to_string(tunnel.replay_window),
          "what is behind the replay window is dropped all the same");
    }
  }

  void judge_rate(const model::TunnelConfig& tunnel, const Node& tfs, const Node& mode) {
    const Node* const rate = tfs.find("rate");
    if (tunnel.tfs.mode != model::TfsMode::kFixed) {
      if (rate != nullptr) complaints_.error(34, rate->mark, "rate has no meaning in mode " + mode.text, "remove it");
      return;
    }
    if (rate == nullptr) {  // [9347-4.1-a]
      return complaints_.error(33, tfs.mark, "tunnels." + tunnel.name + ".tfs has no rate",
                               "rate: 20 Mbit/s, for example");
    }
    if (!tunnel.tfs.congestion.controlled)
      complaints_.note(101, mode.mark, "fixed mode does not back off: it belongs on a path with reserved capacity");
    if (complaints_.faulty(rate) || complaints_.faulty(tfs.find("packet-size"))) return;
    const double octets =
        tunnel.tfs.packet_size + (tunnel.tfs.rate_layer == model::RateLayer::kL2 ? kEthernetOverhead : 0.0);
    const double interval_ns = octets * 8e9 / static_cast<double>(tunnel.tfs.rate_bits_per_second);
    if (interval_ns < kShortestIntervalNs || interval_ns > kLongestIntervalNs) {
      return complaints_.error(38, *rate, "one packet every " + interval_text(interval_ns) + " cannot be scheduled",
                               "100ns to 10s; the interval is packet-size over rate");
    }
    const Node* const delay = tfs.find("max-queue-delay");
    if (complaints_.faulty(delay) || static_cast<double>(tunnel.tfs.max_queue_delay.count()) >= interval_ns) return;
    complaints_.warning(109, delay != nullptr ? delay->mark : rate->mark,
                        "max-queue-delay is shorter than the interval of " + interval_text(interval_ns) +
                            ": most inner packets are dropped",
                        "raise rate or max-queue-delay");
  }

  void judge_congestion(const model::TunnelConfig& tunnel, const Node& tfs) {
    if (tunnel.tfs.mode != model::TfsMode::kFixed) return;
    const model::CongestionSettings& congestion = tunnel.tfs.congestion;
    const Node* const breaker = tfs.find("circuit-breaker");
    const Node* const floor = tfs.find("min-rate");
    const Node* const rate = tfs.find("rate");  // a missing one is told of already
    if (floor != nullptr && rate != nullptr && !complaints_.faulty(floor) && !complaints_.faulty(rate)) {
      const double octets = tunnel.tfs.packet_size;
      if (congestion.min_rate > tunnel.tfs.rate_bits_per_second) {
        complaints_.error(61, *floor, "min-rate " + floor->text + " is above rate",
                          "rate is the ceiling, min-rate the floor");
      } else if (octets * 8e9 / static_cast<double>(congestion.min_rate) > kLongestIntervalNs) {
        complaints_.error(61, *floor, "min-rate " + floor->text + " is less than one packet every 10 s",
                          "raise min-rate, or leave it out: ten packets a second");
      }
    }
    if (breaker == nullptr || complaints_.faulty(breaker) || !congestion.breaker) return;
    for (const char* const needed : {"loss", "for"}) {
      if (breaker->find(needed) != nullptr) continue;
      complaints_.error(62, breaker->mark,
                        "tunnels." + tunnel.name + ".tfs.circuit-breaker has no " + std::string(needed),
                        "circuit-breaker: { loss: 5%, for: 10s }, for example");
    }
    const Node* const clear = breaker->find("clear-after");
    if (clear == nullptr || complaints_.faulty(clear) || complaints_.faulty(breaker->find("for"))) return;
    if (congestion.breaker->clears_after && *congestion.breaker->clears_after < congestion.breaker->persists) {
      complaints_.error(63, *clear, "clear-after " + clear->text + " is shorter than for",
                        "a breaker stays open at least as long as it took to trip");
    }
  }

  void judge_size(const model::TunnelConfig& tunnel, const Node& tfs) {
    const Node* const size = tfs.find("packet-size");
    if (complaints_.faulty(size)) return;
    const Mark place = size != nullptr ? size->mark : tfs.mark;
    const std::string written = size != nullptr ? size->text : std::to_string(tunnel.tfs.packet_size) + "B";
    const model::InterfaceConfig* const interface = interface_named(config_, tunnel.interface);
    if (interface != nullptr && !fits_mtu(*interface, tunnel, place, written)) return;
    const auto sizes = model::outer_sizes(tunnel.remote.family(), tunnel.encapsulation, tunnel.tfs);
    const bool exact = tunnel.tfs.mode == model::TfsMode::kFixed;  // elsewhere it is a bound
    if (!exact || model::size_possible(tunnel.tfs.packet_size, sizes.headers)) return;
    const std::uint32_t lower = tunnel.tfs.packet_size - (tunnel.tfs.packet_size - sizes.headers) % 4;
    complaints_.error(32, place, "packet-size " + written + " cannot be made: ESP aligns to 4 octets",
                      "nearest are " + std::to_string(lower) + "B and " + std::to_string(lower + 4) + "B");
  }

  bool fits_mtu(const model::InterfaceConfig& interface, const model::TunnelConfig& tunnel, const Mark& place,
                const std::string& written) {
    for (std::size_t i = 0; i < config_.ports.size(); ++i) {
      const model::PortConfig& port = config_.ports[i];
      if (port.name != interface.port) continue;
      const Node* const set = draft_.ports[i].node->find("mtu");
      const std::uint32_t mtu = port.mtu.value_or(kUsualMtu);
      if (complaints_.faulty(set) || tunnel.tfs.packet_size <= mtu) return true;
      const auto sizes = model::outer_sizes(tunnel.remote.family(), tunnel.encapsulation, tunnel.tfs);
      std::string hint = "largest that fits is " + std::to_string(mtu - (mtu - sizes.headers) % 4) + "B";
      if (mtu == kUsualMtu) hint += " (" + std::to_string(kPppoeMtu) + "B with PPPoE)";
      hint += set != nullptr ? "; mtu set at " + draft_.place_text(set->mark) : "; set ports." + port.name + ".mtu";
      complaints_.error(
          31, place,
          "packet-size " + written + " does not fit: port \"" + port.name + "\" has mtu " + std::to_string(mtu), hint);
      return false;
    }
    return true;
  }

  // Sorted, so that ten thousand keys are no work.
  void judge_repeated_keys() {
    std::vector<const KeyPlace*> keys;
    for (const KeyPlace& place : draft_.keys) keys.push_back(&place);
    const auto order = [](const KeyPlace* a, const KeyPlace* b) {
      const ConstBytes x = a->key->bytes();
      const ConstBytes y = b->key->bytes();
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      return std::memcmp(x.data(), y.data(), x.size());
    };
    std::sort(keys.begin(), keys.end(), [&](const KeyPlace* a, const KeyPlace* b) {
      const int by_key = order(a, b);
      return by_key != 0 ? by_key < 0 : a < b;  // as they stand in one vector: in the order of the file
    });
    const KeyPlace* first = nullptr;
    for (const KeyPlace* const key : keys) {
      if (first == nullptr || order(first, key) != 0) {
        first = key;
        continue;
      }
      complaints_.error(24, key->mark, "this key is used already, at " + draft_.place_text(first->mark),
                        "the same key and number twice breaks the cipher: every SA needs a key of its own");
    }
  }

  Mark spi_mark(std::size_t tunnel, const char* direction) const {
    return draft_.tunnels[tunnel].node->find("static")->find(direction)->find("spi")->mark;
  }

  // Inbound: the SPI alone names the SA. Outbound: the same holds at the peer.
  void judge_repeated_spis() {
    std::map<Spi, std::string> inbound;
    std::map<std::pair<IpAddress, Spi>, std::string> outbound;
    for (std::size_t i = 0; i < config_.tunnels.size(); ++i) {
      const model::TunnelConfig& tunnel = config_.tunnels[i];
      if (tunnel.inbound && tunnel.inbound->spi != Spi{}) {
        const auto [first, fresh] = inbound.try_emplace(tunnel.inbound->spi, tunnel.name);
        if (!fresh) {
          complaints_.error(25, spi_mark(i, "inbound"), "tunnel \"" + first->second + "\" has the same inbound SPI",
                            "each inbound SA needs its own");
        }
      }
      if (tunnel.outbound && tunnel.outbound->spi != Spi{} && draft_.tunnels[i].remote_good) {
        const auto [first, fresh] = outbound.try_emplace({tunnel.remote, tunnel.outbound->spi}, tunnel.name);
        if (!fresh) {
          complaints_.error(25, spi_mark(i, "outbound"),
                            "tunnel \"" + first->second + "\" sends to the same peer with the same SPI",
                            "the peer could not tell them apart");
        }
      }
    }
  }

  Draft& draft_;
  model::Config& config_;
  Complaints& complaints_;
};

}  // namespace

void judge_tunnels(Draft& draft, Complaints& complaints) { TunnelJudge(draft, complaints).judge(); }

}  // namespace levelgate::config
