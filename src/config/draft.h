// SPDX-License-Identifier: Apache-2.0
//
// A model that is read but not yet judged, with the places that its values came from.
#pragma once

#include <levelgate/model/config.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/circumstances.h"
#include "crypto/certificate.h"
#include "syntax/complaints.h"
#include "syntax/document.h"

namespace levelgate::config {

using syntax::Complaints;
using syntax::Mark;
using syntax::Node;

struct Place {
  Mark mark;  // of the key that names it, or of a list item
  const Node* node = nullptr;
};

// What of a tunnel could be read.
struct TunnelPlace : Place {
  bool local_given = false;  // tunnel.local holds what the file says
  bool remote_good = false;
};

struct KeyPlace {
  Mark mark;
  std::shared_ptr<const Secret> key;
};

struct IdentityPlace : Place {
  std::optional<crypto::Certificate> leaf;  // when the chain could be read
};

struct Draft {
  std::string path;  // of the file, for messages
  Circumstances circumstances;
  model::Config config;
  std::vector<Place> ports;       // as config.ports
  std::vector<Place> interfaces;  // as config.interfaces
  std::vector<TunnelPlace> tunnels;
  std::vector<Place> routes;
  std::vector<Place> neighbours;
  std::vector<KeyPlace> keys;
  std::vector<Place> authorities;         // as config.ike.authorities
  std::vector<IdentityPlace> identities;  // as config.ike.identities
  model::IkeSettings ike_defaults;
  bool ike_proposals_given = false;  // by ike.defaults

  [[nodiscard]] std::string place_text(const Mark& mark) const {
    return path + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  }
  // Relative paths are relative to the configuration file.
  [[nodiscard]] std::string path_of(const std::string& file) const {
    const std::size_t slash = file.starts_with('/') ? std::string::npos : path.rfind('/');
    return slash == std::string::npos ? file : path.substr(0, slash + 1) + file;
  }
};

// Values of a tree that check_nodes() has seen; what is faulty there reads as its default.
void read_model(const Node& root, Draft& draft, Complaints& complaints);

// References, sizes against MTUs, keys against keys, routes against routes; resolves what has a default that depends on
// other keys (local address, interface of a next hop).
void judge_network(Draft& draft, Complaints& complaints);  // ports, interfaces, routes, neighbours
void judge_tunnels(Draft& draft, Complaints& complaints);  // after judge_network()
void judge_certificates(Draft& draft, Complaints& complaints);
// After all others; fills in ids that were left out. The root is that of the tree.
void judge_ike(const Node& root, Draft& draft, Complaints& complaints);

// By name, address or direction; null: none.
[[nodiscard]] const model::InterfaceConfig* interface_named(const model::Config& config, const std::string& name);
[[nodiscard]] const model::InterfaceConfig* interface_with(const model::Config& config, const IpAddress& address);
// The interface whose network holds the address.
[[nodiscard]] const model::InterfaceConfig* interface_towards(const model::Config& config, const IpAddress& address);

}  // namespace levelgate::config
