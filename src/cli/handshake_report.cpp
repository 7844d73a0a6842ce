// SPDX-License-Identifier: Apache-2.0
//
// Rows of cells, goals, and what they are held against.
#include "cli/handshake_report.h"

#include <fmt/format.h>
#include <levelgate/base/time.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "cli/published_handshakes.h"
#include "cli/table.h"
#include "cli/units.h"
#include "crypto/key_exchange.h"

namespace levelgate::cli {
namespace {

namespace json = boost::json;
using rehearsal::Delivery;
using rehearsal::KeySet;

std::string seconds_text(const std::optional<Nanos>& time) {
  return time ? fmt::format("{:.2f}", in_seconds(*time)) : "never";
}

std::string cell_text(const rehearsal::Row& row) {
  const rehearsal::Summary& found = row.summary;
  const std::string first = seconds_text(found.first_inner.median);
  if (rehearsal::facts_of(row.cell.keys).large.empty())
    return fmt::format("{} x{:.2f}", first, found.octets_over_needed);
  return fmt::format("{} {} ({}) x{:.2f}", first, seconds_text(found.large.median), seconds_text(found.large.p99),
                     found.octets_over_needed);
}

std::string table_text(const HandshakeBench& bench) {
  std::vector<Column> columns{{"PATH"}, {"KEYS"}};
  for (const Delivery delivery : bench.run.settings.deliveries) columns.push_back({std::string(name_of(delivery))});
  columns.push_back({"HELD", Align::kRight});
  Table table(columns);
  const std::size_t in_row = bench.run.settings.deliveries.size();
  const std::vector<rehearsal::Row>& rows = bench.results.rows;
  for (std::size_t at = 0; at + in_row <= rows.size(); at += in_row) {
    const rehearsal::Cell& cell = rows[at].cell;
    std::vector<std::string> cells{
        fmt::format("{} {} ms {:.0f} %", rate_text(static_cast<double>(cell.path.bits_per_second)),
                    cell.path.round_trip / std::chrono::milliseconds(1), cell.path.loss * 100),
        std::string(facts_of(cell.keys).name)};
    std::size_t held = 0;
    for (std::size_t i = at; i < at + in_row; ++i) {
      cells.push_back(cell_text(rows[i]));
      held = std::max(held, rows[i].summary.responder_octets);
    }
    cells.push_back(octets_text(static_cast<double>(held)));
    table.add(std::move(cells));
  }
  return table.text();
}

std::string costs_text(const rehearsal::KeyCosts& costs) {
  Table table(
      {{"KEY EXCHANGE"}, {"GENERATE", Align::kRight}, {"ENCAPSULATE", Align::kRight}, {"DECAPSULATE", Align::kRight}});
  for (const auto& [method, cost] : costs) {
    const auto* const known = crypto::find_key_exchange(method);
    const auto text = [](Nanos time) { return time_text(static_cast<double>(time.count())); };
    table.add({std::string(known == nullptr ? "?" : known->name), text(cost.generate), text(cost.encapsulate),
               text(cost.decapsulate)});
  }
  return table.text();
}

std::string goals_text(const std::vector<rehearsal::Goal>& goals) {
  Table table({{"GOAL"}, {"MEASURED", Align::kRight}, {"ALLOWED", Align::kRight}, {""}});
  for (const rehearsal::Goal& goal : goals) {
    table.add({goal.name, seconds_text(goal.measured), seconds_text(goal.allowed), goal.holds() ? "ok" : "MISSED"});
  }
  return table.empty() ? "" : "\n" + table.text();
}

// --- for scripts ---

json::value micros(const std::optional<Nanos>& time) {
  return time ? json::value(time->count() / 1'000) : json::value(nullptr);
}

json::object spread_map(const rehearsal::Spread& spread) {
  return {{"median-us", micros(spread.median)}, {"p99-us", micros(spread.p99)}};
}

json::object row_map(const rehearsal::Row& row) {
  json::object map{{"bits-per-second", row.cell.path.bits_per_second},
                   {"round-trip-us", micros(row.cell.path.round_trip)},
                   {"loss-percent", std::lround(row.cell.path.loss * 100)},
                   {"keys", facts_of(row.cell.keys).name},
                   {"delivery", name_of(row.cell.delivery)}};
  if (row.floor) {
    map["floor-us"] = micros(row.floor->whole);
    map["serialisation-us"] = micros(row.floor->serialisation);
  }
  const rehearsal::Summary& found = row.summary;
  map["runs"] = found.runs;
  map["done"] = found.done;
  map["first-inner"] = spread_map(found.first_inner);
  if (!facts_of(row.cell.keys).large.empty()) map["large-key"] = spread_map(found.large);
  map["octets-over-needed-permille"] = std::lround(found.octets_over_needed * 1'000);
  map["responder-octets"] = found.responder_octets;
  map["queue-drops"] = found.queue_drops;
  return map;
}

json::array costs_list(const rehearsal::KeyCosts& costs) {
  json::array list;
  for (const auto& [method, cost] : costs) {
    const auto* const known = crypto::find_key_exchange(method);
    list.push_back(json::object{{"name", known == nullptr ? "?" : known->name},
                                {"generate-us", micros(cost.generate)},
                                {"encapsulate-us", micros(cost.encapsulate)},
                                {"decapsulate-us", micros(cost.decapsulate)}});
  }
  return list;
}

json::array ideals_list(const std::map<KeySet, rehearsal::Ideal>& ideals) {
  json::array list;
  for (const auto& [keys, ideal] : ideals) {
    list.push_back(json::object{{"keys", facts_of(keys).name},
                                {"round-trips-first-inner-tenths", std::lround(ideal.round_trips_first_inner * 10)},
                                {"round-trips-large-key-tenths", std::lround(ideal.round_trips_large * 10)},
                                {"octets", ideal.octets},
                                {"octets-forward", ideal.octets_forward}});
  }
  return list;
}

}  // namespace

std::string handshake_text(const HandshakeBench& bench) {
  std::string text = costs_text(bench.costs) + "\n" + table_text(bench) + goals_text(bench.results.goals) + "\n";
  text +=
      "Each cell: seconds from the first message to the first inner packet, to large-key protection (and its p99), "
      "medians; octets sent over octets needed.\nHELD: the most that the responder held of messages that were not "
      "whole.\n";
  for (const PublishedHandshake& one : kPublishedHandshakes) {
    text += fmt::format("published: {}, {}: {} ({})\n", one.path, one.transport, one.time, one.source);
  }
  return text;
}

std::string handshake_json(const HandshakeBench& bench) {
  json::array rows, goals, published;
  for (const rehearsal::Row& row : bench.results.rows) rows.push_back(row_map(row));
  for (const rehearsal::Goal& goal : bench.results.goals) {
    goals.push_back(json::object{{"name", goal.name},
                                 {"measured-us", micros(goal.measured)},
                                 {"allowed-us", micros(goal.allowed)},
                                 {"holds", goal.holds()}});
  }
  for (const PublishedHandshake& one : kPublishedHandshakes) {
    published.push_back(
        json::object{{"path", one.path}, {"transport", one.transport}, {"time", one.time}, {"source", one.source}});
  }
  const json::object whole{{"schema", 1},
                           {"time", "virtual"},
                           {"seconds", std::lround(bench.seconds)},
                           {"settings", json::object{{"seed", bench.run.first_seed},
                                                     {"seeds", bench.run.seeds},
                                                     {"queue-packets", bench.run.queue_packets},
                                                     {"patience-us", micros(bench.run.patience)}}},
                           {"key-costs", costs_list(bench.costs)},
                           {"needed", ideals_list(bench.results.ideals)},
                           {"cells", rows},
                           {"goals", goals},
                           {"published", published}};
  return json::serialize(whole) + "\n";
}

}  // namespace levelgate::cli
