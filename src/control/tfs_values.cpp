// SPDX-License-Identifier: Apache-2.0
//
// Walks the two lists of names, each once.
#include "control/tfs_values.h"

#include <fmt/format.h>
#include <levelgate/model/tfs_leaves.h>

#include <string_view>

namespace levelgate::control {
namespace {

struct LeafForm {
  Value operator()(bool is) const { return Value{is}; }
  Value operator()(std::uint16_t is) const { return Value{std::uint64_t{is}}; }
  Value operator()(std::uint64_t is) const { return Value{std::to_string(is)}; }
  Value operator()(Nanos is) const { return Value{milliseconds_text(is)}; }
};

// Members of one container follow one another, so the last entry is the place to look.
Value::Map& container(Value::Map& map, std::string_view name) {
  if (map.empty() || map.back().name != name) map.push_back({std::string(name), Value{Value::Map{}}});
  return std::get<Value::Map>(map.back().value.is);
}

}  // namespace

std::string milliseconds_text(Nanos time) {
  std::string text = fmt::format("{}.{:06}", time.count() / 1'000'000, time.count() % 1'000'000);
  const std::size_t least = text.find('.') + 2;
  while (text.size() > least && text.back() == '0') text.pop_back();
  return text;
}

Value::Map tfs_value(const model::TfsSettings& settings) {
  Value::Map map;
  model::for_each_tfs_leaf(settings, [&](const model::TfsLeaf& leaf, auto value) {
    const std::size_t slash = leaf.name.find('/');
    const bool inside = slash != std::string_view::npos;
    Value::Map& into = inside ? container(map, leaf.name.substr(0, slash)) : map;
    into.push_back({std::string(inside ? leaf.name.substr(slash + 1) : leaf.name), LeafForm{}(value)});
  });
  return map;
}

Value::Map counters_value(const model::TunnelStats& counters) {
  Value::Map map;
  model::for_each_counter(counters, [&](std::string_view group, std::string_view name, std::uint64_t count) {
    Value::Map& into = group.empty() ? map : container(map, group);
    into.push_back({std::string(name), Value{count}});
  });
  return map;
}

}  // namespace levelgate::control
