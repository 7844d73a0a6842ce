// SPDX-License-Identifier: Apache-2.0
//
// The table of exchanges.
#include "ikestate/exchange_gate.h"

#include <algorithm>

namespace levelgate::ikestate {
namespace {

enum class Of : std::uint8_t { kInitiator, kResponder, kEither };

struct Row {
  Phase phase;
  Of role;
  ikewire::IkeDirection arrived;
  ikewire::Exchange exchange;
};

using enum Phase;
using enum ikewire::IkeDirection;
using enum ikewire::Exchange;
constexpr Row kTable[] = {
    {kNone, Of::kResponder, kRequest, kIkeSaInit},
    {kInitSent, Of::kInitiator, kResponse, kIkeSaInit},
    {kIntermediateDue, Of::kResponder, kRequest, kIkeIntermediate},
    {kIntermediateSent, Of::kInitiator, kResponse, kIkeIntermediate},
    {kAuthDue, Of::kResponder, kRequest, kIkeAuth},
    {kAuthSent, Of::kInitiator, kResponse, kIkeAuth},
    {kEstablished, Of::kEither, kRequest, kCreateChildSa},
    {kEstablished, Of::kEither, kRequest, kInformational},
    {kEstablished, Of::kEither, kRequest, kIkeFollowupKe},
    {kEstablished, Of::kEither, kResponse, kCreateChildSa},
    {kEstablished, Of::kEither, kResponse, kInformational},
    {kEstablished, Of::kEither, kResponse, kIkeFollowupKe},
    // An SA on its way out still says TEMPORARY_FAILURE or STATE_NOT_FOUND, or the peer would try for minutes
    // (RFC 7296 §2.25.2, RFC 9370 §2.2.4). Its own last request is a Delete.
    {kRekeyed, Of::kEither, kRequest, kCreateChildSa},
    {kRekeyed, Of::kEither, kRequest, kInformational},
    {kRekeyed, Of::kEither, kRequest, kIkeFollowupKe},
    {kRekeyed, Of::kEither, kResponse, kCreateChildSa},
    {kRekeyed, Of::kEither, kResponse, kInformational},
    {kClosing, Of::kEither, kRequest, kCreateChildSa},
    {kClosing, Of::kEither, kRequest, kInformational},
    {kClosing, Of::kEither, kRequest, kIkeFollowupKe},
    {kClosing, Of::kEither, kResponse, kInformational},
};

bool is_of(Of row, ikewire::IkeRole role) {
  switch (row) {
    case Of::kInitiator:
      return role == ikewire::IkeRole::kInitiator;
    case Of::kResponder:
      return role == ikewire::IkeRole::kResponder;
    case Of::kEither:
      return true;
  }
  return false;
}

}  // namespace

Gate gate(Phase phase, ikewire::IkeRole role, ikewire::IkeDirection arrived, ikewire::Exchange exchange) {
  const bool open = std::ranges::any_of(kTable, [&](const Row& row) {
    return row.phase == phase && row.arrived == arrived && row.exchange == exchange && is_of(row.role, role);
  });
  return open ? Gate::kOpen : Gate::kClosed;
}

}  // namespace levelgate::ikestate
