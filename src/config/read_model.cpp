// SPDX-License-Identifier: Apache-2.0
//
// Data plane, ports, interfaces, routes, management: values out of checked nodes. Tunnels are read in read_tunnel.cpp.
#include "config/read_values.h"
#include "syntax/quantities.h"

namespace levelgate::config {
namespace {

template <typename Call>
void each_item(const Node* node, Call call) {
  if (node == nullptr) return;
  for (const Node& item : node->items) {
    if (item.kind == Node::Kind::kMap) call(item);
  }
}

void read_version(const Node& root, Complaints& complaints) {
  const Node* const version = root.find("version");
  if (version == nullptr) {
    return complaints.error(8, Mark{1, 1, 1}, "version is missing", "begin with version: 1");
  }
  if (complaints.faulty(version)) return;
  if (integer_of(version, 0) != 1)
    complaints.error(9, *version, "version " + version->text + " is not known", "write version: 1");
}

void read_dataplane(const Node& node, model::DataplaneConfig& dataplane) {
  if (const Node* const memory = node.find("memory")) {
    dataplane.no_huge = memory->text == "none";
    if (!dataplane.no_huge)
      dataplane.memory_octets = syntax::parse_octets(memory->text).value_or(dataplane.memory_octets);
  }
  if (const Node* const core = node.find("main-core")) {
    dataplane.main_core = static_cast<std::uint32_t>(integer_of(core, 0));
  }
  if (const Node* const workers = node.find("workers")) {
    for (const Node& item : workers->items) {
      dataplane.worker_cores.push_back(static_cast<std::uint32_t>(integer_of(&item, 0)));
    }
  }
  dataplane.crypto = choice_of(node.find("crypto"), dataplane.crypto,
                               {{"auto", model::CryptoChoice::kAuto},
                                {"ipsec-mb", model::CryptoChoice::kIpsecMb},
                                {"cryptodev", model::CryptoChoice::kCryptodev},
                                {"openssl", model::CryptoChoice::kOpenssl}});
  dataplane.idle = choice_of(node.find("idle"), dataplane.idle,
                             {{"poll", model::IdleMode::kPoll}, {"adaptive", model::IdleMode::kAdaptive}});
}

void read_port(const Node::Entry& entry, Draft& draft) {
  const Node& node = entry.value;
  model::PortConfig port;
  port.name = entry.key;
  port.pci = text_of(node.find("pci"));
  port.vdev = text_of(node.find("vdev"));
  if (const Node* const mtu = node.find("mtu")) {
    const auto octets = syntax::parse_integer(mtu->text);
    if (octets) port.mtu = static_cast<std::uint32_t>(*octets);
  }
  port.twin = text_of(node.find("twin"), "lg-" + entry.key);
  draft.ports.push_back({entry.mark, &node});
  draft.config.ports.push_back(std::move(port));
  const Node* const address = node.find("address");
  const Node* const gateway = node.find("gateway");
  if (address == nullptr && gateway == nullptr) return;
  model::InterfaceConfig interface;
  interface.name = interface.port = entry.key;
  interface.addresses = prefixes_of(address);
  for_each_value(gateway, [&](const Node& item) {
    if (const auto parsed = IpAddress::parse(item.text)) interface.gateways.push_back(*parsed);
  });
  draft.interfaces.push_back({entry.mark, &node});
  draft.config.interfaces.push_back(std::move(interface));
}

void read_interface(const Node::Entry& entry, Draft& draft, Complaints& complaints) {
  if (interface_named(draft.config, entry.key) != nullptr) {
    return complaints.error(17, entry.mark, "interface \"" + entry.key + "\" is made by the port of that name already",
                            "give the addresses in one place");
  }
  model::InterfaceConfig interface;
  interface.name = entry.key;
  interface.port = text_of(entry.value.find("port"));
  interface.addresses = prefixes_of(entry.value.find("addresses"));
  draft.interfaces.push_back({entry.mark, &entry.value});
  draft.config.interfaces.push_back(std::move(interface));
}

void read_route(const Node& node, Draft& draft, Complaints& complaints) {
  model::RouteConfig route;
  const Node* const to = node.find("to");
  if (to == nullptr) complaints.error(8, node.mark, "the route has no destination", "add to: PREFIX");
  if (to != nullptr) route.to = IpPrefix::parse(to->text).value_or(IpPrefix{}).network();
  const std::string via = text_of(node.find("via"));
  route.gateway = IpAddress::parse(via);
  if (!route.gateway) route.tunnel = via;
  route.interface = text_of(node.find("dev"));
  route.blackhole = boolean_of(node.find("blackhole"), false);
  route.metric = static_cast<std::uint32_t>(integer_of(node.find("metric"), 0));
  draft.routes.push_back({node.mark, &node});
  draft.config.routes.push_back(std::move(route));
}

void read_neighbour(const Node& node, Draft& draft, Complaints& complaints) {
  for (const char* const key : {"port", "address", "mac"}) {
    if (node.find(key) == nullptr) complaints.error(8, node.mark, std::string("the neighbour has no ") + key);
  }
  model::NeighbourConfig neighbour;
  neighbour.port = text_of(node.find("port"));
  neighbour.address = IpAddress::parse(text_of(node.find("address"))).value_or(IpAddress{});
  neighbour.mac = MacAddress::parse(text_of(node.find("mac"))).value_or(MacAddress{});
  draft.neighbours.push_back({node.mark, &node});
  draft.config.neighbours.push_back(neighbour);
}

void read_key_log(const Node& node, model::ManagementConfig& management, Complaints& complaints) {
  const Node* const directory = node.find("directory");
  const Node* const acknowledged = node.find("acknowledge-risk");
  if (directory == nullptr || acknowledged == nullptr) {
    complaints.error(
        58, node.mark,
        std::string("the key log lacks ") + (directory == nullptr ? "its directory" : "acknowledge-risk"),
        "it is for labs: remove it, or write { directory: /PATH, acknowledge-risk: traffic-can-be-decrypted }");
    return;
  }
  if (complaints.faulty(directory) || complaints.faulty(acknowledged)) return;
  if (!directory->text.starts_with('/')) {
    complaints.error(58, *directory, "the directory of the key log is no absolute path");
    return;
  }
  complaints.warning(118, node.mark,
                     "THE KEY LOG IS ON: whoever reads " + directory->text + " can decrypt the traffic of every tunnel",
                     "for labs only; remove management.keylog");
  management.key_log = model::KeyLogConfig{
      directory->text,
      choice_of(node.find("for"), model::WiresharkVersion::k4_4,
                {{"wireshark-4.0", model::WiresharkVersion::k4_0}, {"wireshark-4.4", model::WiresharkVersion::k4_4}})};
}

void read_management(const Node& node, model::ManagementConfig& management, Complaints& complaints) {
  if (const Node* const log = node.find("keylog")) read_key_log(*log, management, complaints);
  if (const Node* const api = node.find("api")) {
    management.api_socket = text_of(api->find("socket"), management.api_socket);
    management.api_group = text_of(api->find("group"));
  }
  const Node* const log = node.find("log");
  if (log == nullptr) return;
  management.log_level = choice_of(log->find("level"), management.log_level,
                                   {{"debug", model::LogLevel::kDebug},
                                    {"info", model::LogLevel::kInfo},
                                    {"warn", model::LogLevel::kWarn},
                                    {"error", model::LogLevel::kError}});
  management.log_format = choice_of(log->find("format"), management.log_format,
                                    {{"text", model::LogFormat::kText}, {"json", model::LogFormat::kJson}});
}

}  // namespace

void read_model(const Node& root, Draft& draft, Complaints& complaints) {
  read_version(root, complaints);
  if (const Node* const node = root.find("node")) draft.config.node_name = text_of(node->find("name"));
  if (const Node* const node = root.find("dataplane")) read_dataplane(*node, draft.config.dataplane);
  each_named(root.find("ports"), [&](const Node::Entry& entry) { read_port(entry, draft); });
  each_named(root.find("interfaces"), [&](const Node::Entry& entry) { read_interface(entry, draft, complaints); });
  if (const Node* const node = root.find("certificates")) read_certificates(*node, draft, complaints);
  if (const Node* const node = root.find("ike")) read_ike(*node, draft);
  each_named(root.find("tunnels"), [&](const Node::Entry& entry) { read_tunnel(entry, draft, complaints); });
  each_item(root.find("routes"), [&](const Node& node) { read_route(node, draft, complaints); });
  each_item(root.find("neighbours"), [&](const Node& node) { read_neighbour(node, draft, complaints); });
  if (const Node* const node = root.find("management")) read_management(*node, draft.config.management, complaints);
}

}  // namespace levelgate::config
