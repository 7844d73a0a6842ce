// SPDX-License-Identifier: Apache-2.0
//
// Reads values out of checked nodes and builds the model; what the pieces mean together is asked in meaning.cpp.
#include "config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/document.h"
#include "config/key_file.h"
#include "config/meaning.h"
#include "config/quantities.h"
#include "config/schema.h"

namespace levelgate::config {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// Values that check_nodes() has accepted already; a value that is wrong was reported there, and reads as its fallback.
class Reader {
 public:
  Reader(Draft& draft, Findings& findings, std::string folder)
      : draft_(draft), config_(draft.config), findings_(findings), folder_(std::move(folder)) {}

  void read(const Node& root) {
    read_version(root);
    if (const Node* node = root.find("node")) config_.node_name = text(node->find("name"));
    if (const Node* node = root.find("dataplane")) read_dataplane(*node);
    if (const Node* node = root.find("ports")) each(*node, [&](const Node::Entry& e) { read_port(e); });
    if (const Node* node = root.find("interfaces")) each(*node, [&](const Node::Entry& e) { read_interface(e); });
    if (const Node* node = root.find("tunnels")) each(*node, [&](const Node::Entry& e) { read_tunnel(e); });
    if (const Node* node = root.find("routes")) each_item(*node, [&](const Node& n) { read_route(n); });
    if (const Node* node = root.find("neighbours")) each_item(*node, [&](const Node& n) { read_neighbour(n); });
    if (const Node* node = root.find("management")) read_management(*node);
  }

 private:
  void error(int id, const Mark& mark, std::string message, std::string hint = "") {
    findings_.push_back({Severity::kError, id, mark, std::move(message), std::move(hint)});
  }

  template <typename Call>
  static void each(const Node& node, Call call) {
    for (const Node::Entry& entry : node.entries) {
      if (entry.value.kind == Node::Kind::kMap) call(entry);
    }
  }
  template <typename Call>
  static void each_item(const Node& node, Call call) {
    for (const Node& item : node.items) {
      if (item.kind == Node::Kind::kMap) call(item);
    }
  }

  static std::string text(const Node* node, const std::string& fallback = "") {
    return node != nullptr && node->kind == Node::Kind::kScalar ? node->text : fallback;
  }
  static bool boolean(const Node* node, bool fallback) { return node != nullptr ? node->text == "true" : fallback; }
  static std::uint64_t integer(const Node* node, std::uint64_t fallback) {
    return node != nullptr ? parse_integer(node->text).value_or(fallback) : fallback;
  }
  static Nanos duration(const Node* node, Nanos fallback) {
    return node != nullptr ? parse_duration(node->text).value_or(fallback) : fallback;
  }
  static std::vector<IpPrefix> prefixes(const Node* node) {
    std::vector<IpPrefix> list;
    if (node == nullptr) return list;
    const auto add = [&](const Node& item) {
      if (const auto prefix = IpPrefix::parse(item.text)) list.push_back(*prefix);
    };
    if (node->kind == Node::Kind::kScalar) add(*node);
    for (const Node& item : node->items) add(item);
    return list;
  }

  void read_version(const Node& root) {
    const Node* const version = root.find("version");
    if (version == nullptr) return error(8, {1, 1, 1}, "version is missing", "begin with version: 1");
    if (parse_integer(version->text).value_or(0) != 1) error(9, version->mark, "version must be 1");
  }

  void read_dataplane(const Node& node) {
    model::DataplaneConfig& dataplane = config_.dataplane;
    if (const Node* const memory = node.find("memory")) read_memory(*memory);
    if (const Node* const core = node.find("main-core")) {
      dataplane.main_core = static_cast<std::uint32_t>(integer(core, 0));
    }
    if (const Node* const workers = node.find("workers")) read_workers(*workers);
    const std::string crypto = text(node.find("crypto"), "auto");
    dataplane.crypto = crypto == "ipsec-mb"    ? model::CryptoChoice::kIpsecMb
                       : crypto == "cryptodev" ? model::CryptoChoice::kCryptodev
                       : crypto == "openssl"   ? model::CryptoChoice::kOpenssl
                                               : model::CryptoChoice::kAuto;
    dataplane.idle = text(node.find("idle")) == "adaptive" ? model::IdleMode::kAdaptive : model::IdleMode::kPoll;
  }

  void read_memory(const Node& node) {
    if (node.text == "none") {
      config_.dataplane.no_huge = true;
      return;
    }
    const auto octets = parse_octets(node.text);
    if (!octets) return error(12, node.mark, octets.error().message, octets.error().hint);
    constexpr std::uint64_t kLeast = 64ULL << 20;
    if (*octets < kLeast) return error(13, node.mark, "dataplane.memory is too small", "at least 64MiB, or none");
    config_.dataplane.memory_octets = *octets;
  }

  void read_workers(const Node& node) {
    if (node.kind == Node::Kind::kScalar && node.text == "auto") return;
    if (node.kind != Node::Kind::kList || node.items.empty()) {
      return error(2, node.mark, "dataplane.workers must be auto or a list of cores", "for example [2, 3]");
    }
    for (const Node& item : node.items) {
      const auto core = parse_integer(item.text);
      std::vector<std::uint32_t>& cores = config_.dataplane.worker_cores;
      const bool good = core && *core < 1024;
      if (!good) {
        error(13, item.mark, "\"" + item.text + "\" is not a core");
      } else if (std::find(cores.begin(), cores.end(), *core) != cores.end()) {
        error(17, item.mark, "core " + item.text + " stands twice");
      } else {
        cores.push_back(static_cast<std::uint32_t>(*core));
      }
    }
  }

  void read_port(const Node::Entry& entry) {
    model::PortConfig port;
    port.name = entry.key;
    port.pci = text(entry.value.find("pci"));
    port.vdev = text(entry.value.find("vdev"));
    if (const Node* const mtu = entry.value.find("mtu")) port.mtu = static_cast<std::uint32_t>(integer(mtu, 1500));
    port.twin = text(entry.value.find("twin"), "lg-" + entry.key);
    draft_.ports[entry.key] = {entry.mark, &entry.value};
    config_.ports.push_back(port);
    const Node* const address = entry.value.find("address");
    const Node* const gateway = entry.value.find("gateway");
    if (address == nullptr && gateway == nullptr) return;
    model::InterfaceConfig interface;
    interface.name = interface.port = entry.key;
    interface.addresses = prefixes(address);
    if (gateway != nullptr) read_gateways(*gateway, interface);
    draft_.interfaces[entry.key] = {entry.mark, &entry.value};
    config_.interfaces.push_back(interface);
  }

  void read_gateways(const Node& node, model::InterfaceConfig& interface) {
    const auto add = [&](const Node& item) {
      if (const auto address = IpAddress::parse(item.text)) return interface.gateways.push_back(*address);
      error(14, item.mark, "\"" + item.text + "\" is not an IP address");
    };
    if (node.kind == Node::Kind::kScalar) add(node);
    for (const Node& item : node.items) add(item);
  }

  void read_interface(const Node::Entry& entry) {
    if (draft_.interfaces.contains(entry.key)) {
      return error(17, entry.mark, "interface \"" + entry.key + "\" is made by the port of that name already",
                   "give the addresses in one place");
    }
    model::InterfaceConfig interface;
    interface.name = entry.key;
    interface.port = text(entry.value.find("port"));
    interface.addresses = prefixes(entry.value.find("addresses"));
    draft_.interfaces[entry.key] = {entry.mark, &entry.value};
    config_.interfaces.push_back(interface);
  }

  void read_route(const Node& node) {
    RoutePlace place{node.mark, &node};
    model::RouteConfig route;
    const Node* const to = node.find("to");
    if (to == nullptr) error(8, node.mark, "route without a destination", "add to: PREFIX");
    if (to != nullptr) route.to = IpPrefix::parse(to->text).value_or(IpPrefix{}).network();
    const std::string via = text(node.find("via"));
    if (const auto gateway = IpAddress::parse(via)) {
      route.gateway = *gateway;
    } else {
      route.tunnel = via;
    }
    route.interface = text(node.find("dev"));
    route.blackhole = boolean(node.find("blackhole"), false);
    route.metric = static_cast<std::uint32_t>(integer(node.find("metric"), 0));
    draft_.routes.push_back(place);
    config_.routes.push_back(route);
  }

  void read_neighbour(const Node& node) {
    model::NeighbourConfig neighbour;
    for (const char* const key : {"port", "address", "mac"}) {
      if (node.find(key) == nullptr) error(8, node.mark, std::string("neighbour without ") + key);
    }
    neighbour.port = text(node.find("port"));
    neighbour.address = IpAddress::parse(text(node.find("address"))).value_or(IpAddress{});
    neighbour.mac = MacAddress::parse(text(node.find("mac"))).value_or(MacAddress{});
    draft_.neighbours.push_back({node.mark, &node});
    config_.neighbours.push_back(neighbour);
  }

  void read_tunnel(const Node::Entry& entry) {
    const Node& node = entry.value;
    model::TunnelConfig tunnel;
    tunnel.name = entry.key;
    tunnel.description = text(node.find("description"));
    read_ends(node, tunnel, entry);
    if (const Node* const keys = node.find("static")) read_static(*keys, tunnel);
    if (const Node* const esp = node.find("esp")) {
      tunnel.replay_window = static_cast<std::uint32_t>(integer(esp->find("replay-window"), 4096));
      const bool udp = text(esp->find("encapsulation")) == "udp";
      tunnel.encapsulation = udp ? model::Encapsulation::kUdp : model::Encapsulation::kNone;
    }
    if (const Node* const selectors = node.find("selectors")) {
      for (const IpPrefix& prefix : prefixes(selectors->find("local"))) {
        tunnel.selectors.local.push_back(model::TrafficSelector::from(prefix));
      }
      for (const IpPrefix& prefix : prefixes(selectors->find("remote"))) {
        tunnel.selectors.remote.push_back(model::TrafficSelector::from(prefix));
      }
    }
    if (const Node* const tfs = node.find("tfs")) read_tfs(*tfs, tunnel.tfs);
    draft_.tunnels.push_back({entry.mark, &node});
    config_.tunnels.push_back(tunnel);
  }

  void read_ends(const Node& node, model::TunnelConfig& tunnel, const Node::Entry& entry) {
    const auto address_in = [&](const Node* end) -> std::optional<IpAddress> {
      if (end == nullptr) return std::nullopt;
      const Node* const place = end->kind == Node::Kind::kMap ? end->find("address") : end;
      if (place == nullptr) return std::nullopt;
      const auto address = IpAddress::parse(place->text);
      const bool reported = end->kind == Node::Kind::kMap;  // check_nodes() has looked at that one
      if (!address && !reported) error(14, place->mark, "\"" + place->text + "\" is not an IP address");
      return address;
    };
    const Node* const remote = node.find("remote");
    if (remote == nullptr) error(8, entry.mark, "tunnels." + entry.key + " has no remote", "add remote: ADDRESS");
    tunnel.remote = address_in(remote).value_or(IpAddress{});
    const Node* const local = node.find("local");
    if (const auto address = address_in(local)) {
      tunnel.local = *address;
      draft_.has_local.insert(tunnel.name);
    }
    if (local != nullptr && local->kind == Node::Kind::kMap) tunnel.interface = text(local->find("interface"));
  }

  void read_static(const Node& node, model::TunnelConfig& tunnel) {
    const bool esn = boolean(node.find("esn"), true);
    tunnel.outbound = read_sa(node, "outbound", esn, tunnel.name);
    tunnel.inbound = read_sa(node, "inbound", esn, tunnel.name);
  }

  std::optional<model::EspSa> read_sa(const Node& node, const char* direction, bool esn, const std::string& tunnel) {
    const std::string path = "tunnels." + tunnel + ".static." + direction;
    const Node* const place = node.find(direction);
    if (place == nullptr || place->kind != Node::Kind::kMap) {
      if (place == nullptr) error(8, node.mark, path + " is missing", "both directions need keys");
      return std::nullopt;
    }
    model::EspSa sa;
    sa.esn = esn;
    const Node* const key = place->find("key");
    const Node* const file = key != nullptr ? key->find("file") : nullptr;
    for (const char* const needed : {"spi", "cipher", "key"}) {
      if (place->find(needed) == nullptr) error(8, place->mark, path + "." + needed + " is missing");
    }
    if (key != nullptr && key->kind == Node::Kind::kMap && file == nullptr) {
      error(8, key->mark, path + ".key.file is missing");
    }
    const std::string cipher = text(place->find("cipher"));
    sa.cipher = cipher == "aes128gcm16"        ? EspCipher::kAes128Gcm16
                : cipher == "chacha20poly1305" ? EspCipher::kChaCha20Poly1305
                                               : EspCipher::kAes256Gcm16;
    const bool cipher_known = cipher == "aes256gcm16" || sa.cipher != EspCipher::kAes256Gcm16;
    read_numbers(*place, path, sa);
    if (file == nullptr || file->kind != Node::Kind::kScalar || !cipher_known) return sa;
    auto secret = read_key_file(file->text.starts_with('/') ? file->text : folder_ + file->text, sa.cipher);
    if (secret) {
      sa.key = std::move(*secret);
      draft_.key_places.push_back({file->mark, sa.key});
    } else {
      error(secret.error().id, file->mark, secret.error().message, secret.error().hint);
    }
    return sa;
  }

  void read_numbers(const Node& place, const std::string& path, model::EspSa& sa) {
    if (const Node* const spi = place.find("spi")) {
      const std::uint64_t value = integer(spi, 256);
      if (value < 256) error(26, spi->mark, path + ".spi below 256 is reserved");
      sa.spi = Spi{static_cast<std::uint32_t>(value)};
      draft_.spi_places[path] = spi->mark;
    }
    if (const Node* const first = place.find("first-sequence")) {
      const std::uint64_t value = integer(first, 1);
      const std::uint64_t most = sa.esn ? ~0ULL - 1 : 0xffffffffULL;
      if (value < 1 || value > most) error(27, first->mark, path + ".first-sequence does not fit");
      sa.first_sequence = EspSeq{value};
    }
  }

  void read_tfs(const Node& node, model::TfsSettings& tfs) {
    const std::string mode = text(node.find("mode"));
    tfs.mode = mode == "on-demand" ? model::TfsMode::kOnDemand
               : mode == "plain"   ? model::TfsMode::kPlain
                                   : model::TfsMode::kFixed;
    if (const Node* const rate = node.find("rate")) tfs.rate_bits_per_second = parse_rate(rate->text).value_or(0);
    tfs.rate_layer = text(node.find("rate-layer")) == "l2" ? model::RateLayer::kL2 : model::RateLayer::kL3;
    if (const Node* const size = node.find("packet-size")) {
      tfs.packet_size = static_cast<std::uint32_t>(parse_octets(size->text).value_or(1400));
    }
    tfs.fragment = boolean(node.find("fragment"), true);
    tfs.max_queue_delay = duration(node.find("max-queue-delay"), tfs.max_queue_delay);
    tfs.init_delay = duration(node.find("init-delay"), tfs.init_delay);
    tfs.catch_up_slots = static_cast<std::uint32_t>(integer(node.find("catch-up"), tfs.catch_up_slots));
    const Node* const receive = node.find("receive");
    if (receive == nullptr) return;
    tfs.receive.reorder_window = static_cast<std::uint32_t>(integer(receive->find("reorder-window"), 3));
    const Node* const timer = receive->find("lost-timer");
    if (timer != nullptr && timer->text != "auto") read_lost_timer(*timer, tfs.receive);
    const Node* const immediately = receive->find("send-immediately");
    if (immediately != nullptr && immediately->text != "false") {
      error(10, immediately->mark, "send-immediately is not available in this version", "false");
    }
  }

  void read_lost_timer(const Node& node, model::ReceiveSettings& receive) {
    const auto value = parse_duration(node.text);
    if (!value) return error(12, node.mark, value.error().message, "auto, or a time such as 5ms");
    if (*value < std::chrono::microseconds(10) || *value > std::chrono::seconds(10)) {
      return error(13, node.mark, "lost-timer " + node.text + " is out of range", "least 10us, most 10s");
    }
    receive.lost_packet_timer = *value;
  }

  void read_management(const Node& node) {
    model::ManagementConfig& management = config_.management;
    if (const Node* const api = node.find("api")) {
      management.api_socket = text(api->find("socket"), management.api_socket);
      management.api_group = text(api->find("group"));
    }
    if (const Node* const log = node.find("log")) {
      const std::string level = text(log->find("level"), "info");
      management.log_level = level == "debug"   ? model::LogLevel::kDebug
                             : level == "warn"  ? model::LogLevel::kWarn
                             : level == "error" ? model::LogLevel::kError
                                                : model::LogLevel::kInfo;
      const bool json = text(log->find("format")) == "json";
      management.log_format = json ? model::LogFormat::kJson : model::LogFormat::kText;
    }
  }

  Draft& draft_;
  model::Config& config_;
  Findings& findings_;
  std::string folder_;
};

}  // namespace

Loaded load_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    Loaded loaded;
    loaded.path = path;
    loaded.findings.push_back(
        {Severity::kError, 7, {}, std::string("cannot read the file: ") + std::strerror(errno), ""});
    return loaded;
  }
  return load_text(text.str(), path);
}

Loaded load_text(std::string text, const std::string& path) {
  Loaded loaded;
  loaded.path = path;
  loaded.source = std::move(text);
  Document document = parse_document(loaded.source);
  loaded.findings = std::move(document.findings);
  if (!loaded.findings.empty()) return loaded;
  check_nodes(document.root, loaded.findings);
  if (document.root.kind != Node::Kind::kMap) return loaded;
  Draft draft;
  Reader(draft, loaded.findings, folder_of(path)).read(document.root);
  check_meaning(draft, loaded.findings);
  std::stable_sort(loaded.findings.begin(), loaded.findings.end(), [](const Finding& a, const Finding& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
  if (loaded.count(Severity::kError) == 0) loaded.config = std::move(draft.config);
  return loaded;
}

}  // namespace levelgate::config
