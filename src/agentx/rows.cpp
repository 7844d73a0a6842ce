// SPDX-License-Identifier: Apache-2.0
//
// Nothing is believed of the answer but that it is text.
#include "agentx/rows.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <limits>

namespace levelgate::agentx {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kTrue = 1, kFalse = 2;  // TruthValue (RFC 2579)

const json::value* member(const json::value* of, std::string_view name) {
  const auto* const object = of != nullptr ? of->if_object() : nullptr;
  return object != nullptr ? object->if_contains(name) : nullptr;
}

const json::value* find(const json::value& tunnel, const MibColumn& column) {
  const json::value* at = member(&tunnel, column.group);
  std::string_view path = column.name;
  while (at != nullptr && !path.empty()) {
    const std::size_t slash = path.find('/');
    at = member(at, path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return at;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// JSON numbers, and 64-bit ones as text (RFC 7951 §6.1).
std::optional<std::uint64_t> number_in(const json::value& value) {
  if (const auto* const text = value.if_string()) return whole_number(std::string_view(text->data(), text->size()));
  if (const auto* const number = value.if_uint64()) return *number;
  const auto* const number = value.if_int64();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

// "20.5" milliseconds are 20,500,000 ns; what an Integer32 cannot hold (2.1 s) is its greatest value.
std::optional<std::uint64_t> nanoseconds_in(const json::value& value) {
  constexpr std::size_t kDigits = 6;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  const auto* const is = value.if_string();
  if (is == nullptr) return std::nullopt;
  const std::string_view text(is->data(), is->size());
  const std::size_t point = text.find('.');
  const auto whole = whole_number(text.substr(0, point));
  std::string fraction(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (!whole || fraction.empty() || fraction.size() > kDigits) return std::nullopt;
  fraction.resize(kDigits, '0');
  const auto part = whole_number(fraction);
  if (!part) return std::nullopt;
  if (*whole > kMost) return kMost;
  return std::min(*whole * 1'000'000 + *part, kMost);
}

std::optional<std::uint64_t> cell(const json::value& tunnel, const MibColumn& column) {
  const json::value* const value = find(tunnel, column);
  if (value == nullptr) return std::nullopt;
  switch (column.syntax) {
    case Syntax::kTruth:
      if (!value->is_bool()) return std::nullopt;
      return value->get_bool() ? kTrue : kFalse;
    case Syntax::kUnsigned: {
      const auto number = number_in(*value);
      return number && *number <= 65'535 ? number : std::nullopt;
    }
    case Syntax::kCounter:
      return number_in(*value);
    case Syntax::kNanoSeconds:
      return nanoseconds_in(*value);
  }
  return std::nullopt;
}

}  // namespace

std::uint32_t Indices::of(const std::string& tunnel) {
  const auto found = known_.find(tunnel);
  if (found != known_.end()) return found->second;
  if (known_.size() >= kMost) return 0;
  const auto next = static_cast<std::uint32_t>(known_.size() + 1);
  known_.emplace(tunnel, next);
  return next;
}

Result<std::vector<Row>> rows_of(std::string_view answer, Indices& indices) {
  boost::system::error_code error;
  const json::value parsed = json::parse(answer, error);
  if (error) return failure(Fault::kBadInput, "the daemon's answer is no JSON: " + error.message());
  const json::value* const tunnels = member(&parsed, "tunnels");
  if (tunnels == nullptr || !tunnels->is_object()) {
    return failure(Fault::kBadInput, "the daemon's answer holds no tunnels");
  }
  std::vector<Row> rows;
  for (const auto& [name, tunnel] : tunnels->get_object()) {
    Row row;
    row.tunnel = name;
    row.index = indices.of(row.tunnel);
    if (row.index == 0) continue;
    // A plain tunnel has IPsec counters only.
    const bool aggfrag = member(&tunnel, kTfsGroup) != nullptr;
    for (std::size_t i = 0; i < kMibTables.size(); ++i) {
      if (!aggfrag && kMibTables[i].columns.data() != kIpsecColumns.data()) continue;
      for (const MibColumn& column : kMibTables[i].columns) row.tables[i].push_back(cell(tunnel, column));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace levelgate::agentx
