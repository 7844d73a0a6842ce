// SPDX-License-Identifier: Apache-2.0
//
// Names and combinations.
#include "rehearsal/cell.h"

#include "ikewire/ike_transform_numbers.h"

namespace levelgate::rehearsal {
namespace {

using namespace std::chrono_literals;
using ikewire::KeMethod;

KeMethod large_method(KeySet keys) {
  switch (keys) {
    case KeySet::kX25519:
    case KeySet::kMlKem768:
      return KeMethod::kNone;
    case KeySet::kMceliece348864f:
      return KeMethod::kMceliece348864f;
    case KeySet::kMceliece6688128f:
      return KeMethod::kMceliece6688128f;
    case KeySet::kMceliece8192128f:
      return KeMethod::kMceliece8192128f;
  }
  return KeMethod::kNone;
}

}  // namespace

KeySetFacts facts_of(KeySet keys) {
  switch (keys) {
    case KeySet::kX25519:
      return {"x25519", {}, 0};
    case KeySet::kMlKem768:
      return {"+mlkem768", {}, 0};
    case KeySet::kMceliece348864f:
      return {"+mceliece348864f", "mceliece348864f", 261'120};
    case KeySet::kMceliece6688128f:
      return {"+mceliece6688128f", "mceliece6688128f", 1'044'992};
    case KeySet::kMceliece8192128f:
      return {"+mceliece8192128f", "mceliece8192128f", 1'357'824};
  }
  return {};
}

std::string_view name_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::kWholeRepeats:
      return "rfc7383";
    case Delivery::kPaced:
      return "udp";
    case Delivery::kAcknowledged:
      return "udp-ack";
    case Delivery::kTcp:
      return "tcp";
    case Delivery::kSeparate:
      return "separate";
  }
  return {};
}

std::vector<std::uint16_t> methods_of(KeySet keys) {
  std::vector<std::uint16_t> methods{static_cast<std::uint16_t>(KeMethod::kCurve25519)};
  if (keys == KeySet::kX25519) return methods;
  methods.push_back(static_cast<std::uint16_t>(KeMethod::kMlKem768));
  if (const KeMethod large = large_method(keys); large != KeMethod::kNone) {
    methods.push_back(static_cast<std::uint16_t>(large));
  }
  return methods;
}

TableSettings whole_table() {
  return {.rates = {kMbit, 10 * kMbit, 100 * kMbit, 1'000 * kMbit},
          .round_trips = {10ms, 100ms, 300ms},
          .losses = {0, 0.01, 0.05, 0.1},
          .keys = {std::begin(kKeySets), std::end(kKeySets)},
          .deliveries = {std::begin(kDeliveries), std::end(kDeliveries)}};
}

TableSettings quick_table() {
  return {.rates = {kMbit, 100 * kMbit},
          .round_trips = {100ms},
          .losses = {0, 0.01, 0.1},
          .keys = {KeySet::kMlKem768, KeySet::kMceliece6688128f},
          .deliveries = {std::begin(kDeliveries), std::end(kDeliveries)}};
}

std::vector<Cell> cells_of(const TableSettings& settings) {
  std::vector<Cell> cells;
  for (const std::uint64_t rate : settings.rates) {
    for (const Nanos round_trip : settings.round_trips) {
      for (const double loss : settings.losses) {
        for (const KeySet keys : settings.keys) {
          for (const Delivery delivery : settings.deliveries) {
            cells.push_back({{rate, round_trip, loss}, keys, delivery});
          }
        }
      }
    }
  }
  return cells;
}

}  // namespace levelgate::rehearsal
