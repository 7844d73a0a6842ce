// SPDX-License-Identifier: Apache-2.0
//
// Ranks and sums.
#include "rehearsal/summary.h"

#include <algorithm>

namespace levelgate::rehearsal {
namespace {

using namespace std::chrono_literals;

// Shorter than half the first wait of a request, so that nothing is repeated.
constexpr Nanos kIdealRoundTrip = 400ms;

template <typename Value>
Value lower_median(std::vector<Value> values) {
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

double round_trips(const std::optional<Nanos>& time) {
  return time ? static_cast<double>(time->count()) / static_cast<double>(kIdealRoundTrip.count()) : 0;
}

}  // namespace

Spread spread_of(std::vector<std::optional<Nanos>> times) {
  if (times.empty()) return {};
  // What never came is longer than all that came.
  std::ranges::sort(times, {}, [](const auto& time) { return time.value_or(Nanos::max()); });
  const std::size_t rank = (times.size() * 99 + 99) / 100;
  return {times[(times.size() - 1) / 2], times[rank - 1]};
}

Result<Ideal> ideal_of(KeySet keys, const ReadyKeys& ready) {
  const Setting setting{.cell = {{0, kIdealRoundTrip, 0}, keys, Delivery::kWholeRepeats}};
  const auto figures = rehearse(setting, ready, {});
  if (!figures) return std::unexpected(figures.error());
  return Ideal{.round_trips_first_inner = round_trips(figures->first_inner),
               .round_trips_large = round_trips(figures->large),
               .octets = figures->octets,
               .octets_forward = figures->octets_forward};
}

std::optional<Floor> floor_of(const CellPath& path, KeySet keys, const Ideal& ideal, const KeyCosts& costs) {
  if (facts_of(keys).large.empty() || path.bits_per_second == 0) return std::nullopt;
  const double seconds = static_cast<double>(ideal.octets_forward) * 8 / static_cast<double>(path.bits_per_second);
  Floor floor;
  floor.serialisation = Nanos(static_cast<std::int64_t>(seconds * 1e9));
  const auto large = costs.find(methods_of(keys).back());
  floor.whole =
      floor.serialisation +
      Nanos(static_cast<std::int64_t>(ideal.round_trips_large * static_cast<double>(path.round_trip.count()))) +
      (large == costs.end() ? Nanos(0) : large->second.generate);
  return floor;
}

Summary summary_of(std::span<const Figures> runs, KeySet keys, const Ideal& ideal) {
  Summary summary;
  summary.runs = runs.size();
  if (runs.empty()) return summary;
  const bool has_large = !facts_of(keys).large.empty();
  std::vector<std::optional<Nanos>> first_inner, large;
  std::vector<double> octets;
  std::vector<std::uint64_t> drops;
  for (const Figures& one : runs) {
    if (one.first_inner && (one.large || !has_large)) ++summary.done;
    first_inner.push_back(one.first_inner);
    if (has_large) large.push_back(one.large);
    octets.push_back(static_cast<double>(one.octets) / static_cast<double>(std::max<std::uint64_t>(ideal.octets, 1)));
    drops.push_back(one.queue_drops);
    summary.responder_octets = std::max(summary.responder_octets, one.responder_octets);
  }
  summary.first_inner = spread_of(std::move(first_inner));
  summary.large = spread_of(std::move(large));
  summary.octets_over_needed = lower_median(std::move(octets));
  summary.queue_drops = lower_median(std::move(drops));
  return summary;
}

}  // namespace levelgate::rehearsal
