// SPDX-License-Identifier: Apache-2.0
//
// What the pieces of a configuration mean together: references, sizes against MTUs, keys against keys, routes against
// routes.
#pragma once

#include <levelgate/model/config.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/document.h"
#include "config/finding.h"

namespace levelgate::config {

struct RoutePlace {
  Mark mark;
  const Node* node = nullptr;
};

// A model that is read but not yet judged, with the places that its values came from.
struct Draft {
  model::Config config;
  std::map<std::string, RoutePlace> ports;
  std::map<std::string, RoutePlace> interfaces;
  std::vector<RoutePlace> tunnels;     // as config.tunnels
  std::vector<RoutePlace> routes;      // as config.routes
  std::vector<RoutePlace> neighbours;  // as config.neighbours
  std::set<std::string> has_local;     // tunnels that name their local address
  std::map<std::string, Mark> spi_places;
  std::vector<std::pair<Mark, std::shared_ptr<const Secret>>> key_places;
};

// Adds findings, and resolves what has a default that depends on other keys (local address, interface of a gateway).
void check_meaning(Draft& draft, Findings& findings);

}  // namespace levelgate::config
