// SPDX-License-Identifier: Apache-2.0
//
// What all peers together may cost before they are authenticated, and what their large keys may cost afterwards: octets
// that are held, key exchanges that run, SAs, lines that are told. What would exceed an account is not taken, and
// counted. Thread: control.
#pragma once

#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::admission {

enum class Cost : std::uint8_t {
  kOctets,       // of requests, keys and fragments of half-open SAs
  kLargeOctets,  // of large keys that are being put together
  kJobs,         // slow work for half-open SAs that has not come back
  kSas,          // half-open SAs
};
inline constexpr std::size_t kCosts = 4;
inline constexpr std::array<Cost, kCosts> kAllCosts{Cost::kOctets, Cost::kLargeOctets, Cost::kJobs, Cost::kSas};

// As counters know it.
[[nodiscard]] constexpr std::string_view name_of(Cost cost) {
  switch (cost) {
    case Cost::kOctets:
      return "octets";
    case Cost::kLargeOctets:
      return "large-key-octets";
    case Cost::kJobs:
      return "jobs";
    case Cost::kSas:
      return "sas";
  }
  return "";
}

// Who asks: what is left at the end is kept for those who were authenticated lately.
enum class Standing : std::uint8_t { kStranger, kKnown };

class Budget {
 public:
  struct Account {
    std::size_t most = 0;
    std::size_t held = 0;
    std::size_t peak = 0;  // the most that was ever held
    std::uint64_t refused = 0;
  };

  // So much of one account, given back at the end of its life. The budget outlives it.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          cost_(other.cost_),
          amount_(std::exchange(other.amount_, 0)) {}
    Charge& operator=(Charge&& other) noexcept {
      if (this != &other) {
        give_back();
        budget_ = std::exchange(other.budget_, nullptr);
        cost_ = other.cost_;
        amount_ = std::exchange(other.amount_, 0);
      }
      return *this;
    }
    ~Charge() { give_back(); }

    [[nodiscard]] std::size_t amount() const { return amount_; }

   private:
    friend class Budget;
    Charge(Budget& budget, Cost cost, std::size_t amount) : budget_(&budget), cost_(cost), amount_(amount) {}
    void give_back();

    Budget* budget_ = nullptr;
    Cost cost_{};
    std::size_t amount_ = 0;
  };

  Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  [[nodiscard]] std::optional<Charge> take(Cost cost, std::size_t amount, Standing standing = Standing::kStranger);
  // The charge has another amount from now on; false, and nothing changed: that is too much. Less is never too much.
  [[nodiscard]] bool resize(Charge& charge, std::size_t amount, Standing standing = Standing::kStranger);
  // Whether so much could be taken now.
  [[nodiscard]] bool has(Cost cost, std::size_t amount, Standing standing = Standing::kStranger) const;

  [[nodiscard]] const Account& account(Cost cost) const { return accounts_[static_cast<std::size_t>(cost)]; }

 private:
  [[nodiscard]] Account& book(Cost cost) { return accounts_[static_cast<std::size_t>(cost)]; }

  std::array<Account, kCosts> accounts_;
};

}  // namespace levelgate::admission
