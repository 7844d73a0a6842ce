// SPDX-License-Identifier: Apache-2.0
//
// Questions of the operator and their answers as values: one form for scripts, one for eyes (interface section 5).
// Knows neither JSON nor sockets; the shells carry an answer over and print it.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/caller.h>
#include <levelgate/model/config.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>
#include <levelgate/model/stream_counts.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "control/trends.h"

namespace levelgate::control {

// What JSON can say, without JSON. Maps keep their order.
struct Value {
  struct Member;
  using List = std::vector<Value>;
  using Map = std::vector<Member>;
  std::variant<std::monostate, bool, std::uint64_t, double, std::string, List, Map> is;
};
struct Value::Member {
  std::string name;
  Value value;
};

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

struct Answer {
  Value value;                                 // for scripts: a map; the shell adds "schema"
  std::vector<Column> columns;                 // for eyes: a table, empty when the answer is lines only
  std::vector<std::vector<std::string>> rows;  // as wide as columns
  std::vector<std::string> lines;              // below the table
};

enum class Topic : std::uint8_t {
  kTunnels,
  kTfs,
  kDrops,
  kPorts,
  kNeighbours,
  kRoutes,
  kIke,
  kSa,
  kCerts,
  kAlgorithms
};

// The word behind `levelgate show`.
[[nodiscard]] std::optional<Topic> topic_named(std::string_view word);

class Tunnels;

// What a device tells of one port.
struct PortState {
  bool link = false;
  std::string driver;
  model::PortStats counters;
};

// The running gateway at one moment. Everything outlives the call that it is given to.
struct View {
  const model::Config& config;
  const model::ForwardingPlan& plan;
  const model::Stats& stats;
  const std::map<std::string, PortState>& ports;  // by name; may lack some
  const Trends& trends;
  Instant now;
  const Tunnels* tunnels = nullptr;  // that IKE keeps; null: there is no engine
  std::int64_t unix_seconds = 0;     // for certificates
  model::LostArrivals lost{};        // IKE messages
  model::StreamCounts streams{};     // TCP connections
};

// `name` limits the answer to one tunnel or port; empty: all. kNotFound when there is none of that name.
[[nodiscard]] Result<Answer> answer(Topic topic, const std::string& name, const View& view);

}  // namespace levelgate::control
