// SPDX-License-Identifier: Apache-2.0
//
// Accounts.
#include "admission/cost_budget.h"

#include <algorithm>

namespace levelgate::admission {

void Budget::Charge::give_back() {
  if (budget_ != nullptr) budget_->book(cost_).held -= amount_;
  budget_ = nullptr;
  amount_ = 0;
}

Budget::Budget() {
  book(Cost::kOctets).most = limits::kHalfOpenOctets;
  book(Cost::kLargeOctets).most = limits::kLargeKeysOctets;
  book(Cost::kJobs).most = limits::kHalfOpenJobs;
  book(Cost::kSas).most = limits::kHalfOpen;
}

// An eighth is kept for those whom we know; large keys are only of those.
bool Budget::has(Cost cost, std::size_t amount, Standing standing) const {
  const Account& of = account(cost);
  const bool all = standing == Standing::kKnown || cost == Cost::kLargeOctets;
  const std::size_t most = all ? of.most : of.most - of.most / 8;
  return of.held <= most && amount <= most - of.held;
}

std::optional<Budget::Charge> Budget::take(Cost cost, std::size_t amount, Standing standing) {
  Account& of = book(cost);
  if (!has(cost, amount, standing)) {
    ++of.refused;
    return std::nullopt;
  }
  of.held += amount;
  of.peak = std::max(of.peak, of.held);
  return Charge(*this, cost, amount);
}

bool Budget::resize(Charge& charge, std::size_t amount, Standing standing) {
  Account& of = book(charge.cost_);
  if (amount > charge.amount_ && !has(charge.cost_, amount - charge.amount_, standing)) {
    ++of.refused;
    return false;
  }
  of.held = of.held - charge.amount_ + amount;
  of.peak = std::max(of.peak, of.held);
  charge.amount_ = amount;
  return true;
}

}  // namespace levelgate::admission
