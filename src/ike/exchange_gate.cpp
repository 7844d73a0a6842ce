// SPDX-License-Identifier: Apache-2.0
//
// The table of exchanges.
#include "ike/exchange_gate.h"

#include <algorithm>

namespace levelgate::ike {
namespace {

constexpr std::uint8_t kSaInit = 34, kAuth = 35, kCreateChild = 36, kInformational = 37, kIntermediate = 43,
                       kFollowup = 44;

enum class Of : std::uint8_t { kInitiator, kResponder, kEither };

struct Row {
  Phase phase;
  Of role;
  Travelling arrived;
  std::uint8_t exchange;
};

using enum Phase;
using enum Travelling;
constexpr Row kTable[] = {
    {kNone, Of::kResponder, kRequest, kSaInit},
    {kInitSent, Of::kInitiator, kResponse, kSaInit},
    {kIntermediateDue, Of::kResponder, kRequest, kIntermediate},
    {kIntermediateSent, Of::kInitiator, kResponse, kIntermediate},
    {kAuthDue, Of::kResponder, kRequest, kAuth},
    {kAuthSent, Of::kInitiator, kResponse, kAuth},
    {kEstablished, Of::kEither, kRequest, kCreateChild},
    {kEstablished, Of::kEither, kRequest, kInformational},
    {kEstablished, Of::kEither, kRequest, kFollowup},
    {kEstablished, Of::kEither, kResponse, kCreateChild},
    {kEstablished, Of::kEither, kResponse, kInformational},
    {kEstablished, Of::kEither, kResponse, kFollowup},
    // An SA on its way out still says TEMPORARY_FAILURE or STATE_NOT_FOUND, or the peer would try for minutes
    // (RFC 7296 §2.25.2, RFC 9370 §2.2.4). Its own last request is a Delete.
    {kRekeyed, Of::kEither, kRequest, kCreateChild},
    {kRekeyed, Of::kEither, kRequest, kInformational},
    {kRekeyed, Of::kEither, kRequest, kFollowup},
    {kRekeyed, Of::kEither, kResponse, kCreateChild},
    {kRekeyed, Of::kEither, kResponse, kInformational},
    {kClosing, Of::kEither, kRequest, kCreateChild},
    {kClosing, Of::kEither, kRequest, kInformational},
    {kClosing, Of::kEither, kRequest, kFollowup},
    {kClosing, Of::kEither, kResponse, kInformational},
};

bool is_of(Of row, Role role) {
  switch (row) {
    case Of::kInitiator:
      return role == Role::kInitiator;
    case Of::kResponder:
      return role == Role::kResponder;
    case Of::kEither:
      return true;
  }
  return false;
}

}  // namespace

Gate gate(Phase phase, Role role, Travelling arrived, std::uint8_t exchange) {
  const bool open = std::ranges::any_of(kTable, [&](const Row& row) {
    return row.phase == phase && row.arrived == arrived && row.exchange == exchange && is_of(row.role, role);
  });
  return open ? Gate::kOpen : Gate::kClosed;
}

}  // namespace levelgate::ike
