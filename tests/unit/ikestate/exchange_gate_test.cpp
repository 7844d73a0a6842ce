// SPDX-License-Identifier: Apache-2.0
//
// Every phase, role, direction and exchange number: the few that pass are written down here a second time, all others
// must not (RFC 7296 §2, RFC 9242 §3.2, RFC 9370 §2.2.4).
#include "ikestate/exchange_gate.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

namespace levelgate::ikestate::exchange_gate_test {
namespace {

using Role = ikewire::IkeRole;
using Travelling = ikewire::IkeDirection;
using enum ikewire::Exchange;

using Way = std::tuple<Phase, Role, Travelling, ikewire::Exchange>;

std::set<Way> before_authentication() {
  const auto asks = [](Phase phase, ikewire::Exchange exchange) {
    return Way{phase, Role::kResponder, Travelling::kRequest, exchange};
  };
  const auto answers = [](Phase phase, ikewire::Exchange exchange) {
    return Way{phase, Role::kInitiator, Travelling::kResponse, exchange};
  };
  return {asks(Phase::kNone, kIkeSaInit),
          answers(Phase::kInitSent, kIkeSaInit),
          asks(Phase::kIntermediateDue, kIkeIntermediate),
          answers(Phase::kIntermediateSent, kIkeIntermediate),
          asks(Phase::kAuthDue, kIkeAuth),
          answers(Phase::kAuthSent, kIkeAuth)};
}

std::set<Way> all_open_ways() {
  std::set<Way> open = before_authentication();
  for (const Role role : {Role::kInitiator, Role::kResponder}) {
    for (const Phase phase : {Phase::kEstablished, Phase::kRekeyed, Phase::kClosing}) {
      for (const ikewire::Exchange exchange : {kCreateChildSa, kInformational, kIkeFollowupKe}) {
        open.insert({phase, role, Travelling::kRequest, exchange});
      }
      open.insert({phase, role, Travelling::kResponse, kInformational});
    }
    open.insert({Phase::kEstablished, role, Travelling::kResponse, kCreateChildSa});
    open.insert({Phase::kRekeyed, role, Travelling::kResponse, kCreateChildSa});
    open.insert({Phase::kEstablished, role, Travelling::kResponse, kIkeFollowupKe});
  }
  return open;
}

template <typename Check>
void for_each_way(Check check) {
  for (std::uint8_t phase = 0; phase < kPhases; ++phase) {
    for (const Role role : {Role::kInitiator, Role::kResponder}) {
      for (const Travelling arrived : {Travelling::kRequest, Travelling::kResponse}) {
        for (int exchange = 0; exchange < 256; ++exchange) {
          check(Way{static_cast<Phase>(phase), role, arrived, static_cast<ikewire::Exchange>(exchange)});
        }
      }
    }
  }
}

bool open(const Way& way) { return std::apply(gate, way) == Gate::kOpen; }

// [9242-5-a]
TEST(ExchangeGate, IsOpenForTheListedWaysAndNoOther) {
  const std::set<Way> listed = all_open_ways();
  for_each_way([&](const Way& way) {
    const auto& [phase, role, arrived, exchange] = way;
    EXPECT_EQ(open(way), listed.contains(way)) << "phase " << int(phase) << " role " << int(role) << " arrived "
                                               << int(arrived) << " exchange " << ikewire::name_of(exchange);
  });
}

// [7296-1-a, 7296-1.4-a, 9242-3.2-a]
TEST(ExchangeGate, NothingElseIsServedBeforeAuthentication) {
  for_each_way([&](const Way& way) {
    if (std::get<Phase>(way) >= Phase::kEstablished || !open(way)) return;
    const ikewire::Exchange exchange = std::get<3>(way);
    EXPECT_TRUE(exchange == kIkeSaInit || exchange == kIkeIntermediate || exchange == kIkeAuth)
        << ikewire::name_of(exchange);
  });
}

TEST(ExchangeGate, OnlyTheOriginalInitiatorLeadsTheFirstExchanges) {
  for_each_way([&](const Way& way) {
    const ikewire::Exchange exchange = std::get<3>(way);
    if (!open(way) || (exchange != kIkeSaInit && exchange != kIkeIntermediate && exchange != kIkeAuth)) return;
    EXPECT_EQ(std::get<Role>(way) == Role::kInitiator, std::get<Travelling>(way) == Travelling::kResponse);
  });
}

}  // namespace
}  // namespace levelgate::ikestate::exchange_gate_test
