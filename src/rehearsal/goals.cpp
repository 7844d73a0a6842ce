// SPDX-License-Identifier: Apache-2.0
//
// What the product is held to (docs/large-keys.md, "Measured").
#include <string>

#include "rehearsal/handshake_table.h"

namespace levelgate::rehearsal {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kFirstInner = 600ms;

std::string place(const CellPath& path) {
  return std::to_string(path.bits_per_second / kMbit) + " Mbit/s, " +
         std::to_string(path.round_trip / std::chrono::milliseconds(1)) + " ms, " +
         std::to_string(static_cast<int>(path.loss * 100 + 0.5)) + " % loss";
}

Nanos times(double factor, Nanos time) {
  return Nanos(static_cast<std::int64_t>(factor * static_cast<double>(time.count())));
}

}  // namespace

std::vector<Goal> goals_of(const Row& row) {
  const CellPath& path = row.cell.path;
  const bool lossless = path.loss == 0;
  if (row.cell.delivery != Delivery::kAcknowledged || !row.floor) return {};
  const bool megabyte = row.cell.keys == KeySet::kMceliece6688128f;
  const bool fast_and_bad = path.bits_per_second == 100 * kMbit && path.round_trip == 100ms && path.loss == 0.1;
  const bool slow = path.bits_per_second == kMbit && path.round_trip == 100ms && path.loss == 0.01;
  const Summary& found = row.summary;
  const std::string cell = std::string(facts_of(row.cell.keys).name) + ", " + place(path);
  std::vector<Goal> goals;
  if (megabyte && fast_and_bad) {
    goals.push_back({cell + ": large-key protection, median", found.large.median, 2s});
    goals.push_back({cell + ": large-key protection, p99", found.large.p99, 4s});
  }
  if (lossless) {
    goals.push_back({cell + ": large-key protection, median, of 1.3 times the floor", found.large.median,
                     times(1.3, row.floor->whole)});
  }
  if (megabyte && slow) {
    goals.push_back({cell + ": large-key protection, median, of 1.3 times the serialisation", found.large.median,
                     times(1.3, row.floor->serialisation)});
  }
  const bool near = path.round_trip <= 100ms;
  if (!goals.empty() && near)
    goals.push_back({cell + ": first inner packet, median", found.first_inner.median, kFirstInner});
  return goals;
}

}  // namespace levelgate::rehearsal
