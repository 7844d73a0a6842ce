// SPDX-License-Identifier: Apache-2.0
//
// Many who bring their large key up to its last hundredth and stop there: what they hold is bounded, a classic peer
// does not notice them, and a peer with a large key is served in its turn: at once when they have wasted theirs.
// LEVELGATE_LONG=1: a thousand of them.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <vector>

#include "ikewire/ike_chain.h"
#include "support/case_count.h"
#include "support/figure.h"
#include "support/ike_large.h"

namespace levelgate::testing::ike_large_strangers_test {
namespace {

using namespace std::chrono_literals;

const IpAddress kGateway = *IpAddress::parse("192.0.2.2");

IpAddress address_of(std::size_t number) { return IpAddress::v4(0x0a64'0000U + static_cast<std::uint32_t>(number)); }

struct Policies {
  ikestate::PolicyPtr own, of_gateway;
};

Policies policies_for(std::size_t number, bool large) {
  WorldTunnel tunnel = large ? tunnel_before_auth("mceliece348864f", 1'000'000'000) : WorldTunnel();
  tunnel.first.local = tunnel.second.remote = address_of(number);
  tunnel.second.name += std::to_string(number);
  return {tunnel.policy(0), tunnel.policy(1)};
}

// One engine at one address, and the part of its key that it never sends.
struct Caller {
  std::unique_ptr<SeededRandom> random;
  std::unique_ptr<ike::Engine> engine;
  ikestate::PolicyPtr policy;
  bool stops = false;
  bool up = false;
  Instant again_at = kNever;  // as control would begin anew
};

class Crowd {
 public:
  Crowd() : gateway_(random_) {}

  std::size_t add(bool large, bool stops) {
    const std::size_t number = callers_.size();
    const Policies policies = policies_for(number, large);
    Caller caller{std::make_unique<SeededRandom>(number + 10), nullptr, policies.own, stops};
    caller.engine = std::make_unique<ike::Engine>(*caller.random);
    caller.engine->configure({caller.policy});
    of_gateway_.push_back(policies.of_gateway);
    callers_.push_back(std::move(caller));
    return number;
  }
  void open() { gateway_.configure(of_gateway_); }
  void call(std::size_t number) {
    Caller& caller = callers_[number];
    caller.again_at = kNever;
    take(number, caller.engine->initiate(moment(), caller.policy->name));
  }

  // In steps of a millisecond.
  template <typename Condition>
  bool run_until(Condition condition, Nanos within) {
    for (const Instant until = now_ + within; now_ < until; now_ = now_ + 1ms) {
      step();
      if (condition()) return true;
    }
    return false;
  }
  void run_for(Nanos time) {
    run_until([] { return false; }, time);
  }

  [[nodiscard]] bool is_up(std::size_t number) const { return callers_[number].up; }
  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const ike::Engine& gateway() const { return gateway_; }
  [[nodiscard]] std::size_t most_held() const { return most_held_; }
  [[nodiscard]] std::size_t most_places() const { return most_places_; }

 private:
  struct Datagram {
    bool to_gateway = false;
    std::size_t caller = 0;
    ikestate::Path path;
    std::vector<std::byte> octets;
  };
  static constexpr std::size_t kGatewayNumber = SIZE_MAX;

  [[nodiscard]] ikestate::Moment moment() const { return {now_, 1'900'000'000}; }

  // The last hundredth of the fragments.
  static bool is_tail(ConstBytes octets) {
    const auto header = ikewire::read_ike_header(octets).header;
    const auto chain = ikewire::read_chain(header.first_payload, octets.subspan(ikewire::kIkeHeaderOctets), {});
    if (!chain || chain->empty() || chain->back().type != ikewire::PayloadType::kSkf) return false;
    const auto number = load_be<std::uint16_t>(chain->back().body.data());
    const auto total = load_be<std::uint16_t>(chain->back().body.data() + 2);
    return total > limits::kBurstDatagrams && number * 100 > total * 99;
  }

  void take(std::size_t from, ikestate::Effects effects) {
    for (ikestate::Effect& effect : effects) {
      if (auto* const send = std::get_if<ikestate::Send>(&effect)) {
        const ikestate::Path seen{send->path.remote, send->path.local};
        if (from == kGatewayNumber) {
          const std::size_t to = load_be<std::uint32_t>(send->path.remote.address.bytes().data()) - 0x0a64'0000U;
          wire_.push_back({false, to, seen, std::move(send->octets)});
        } else if (!callers_[from].stops || !is_tail(send->octets)) {
          wire_.push_back({true, from, seen, std::move(send->octets)});
        }
      } else if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) {
        jobs_.push_back({from, job->id, job->work()});
      } else if (std::holds_alternative<ikestate::IkeUp>(effect) && from != kGatewayNumber) {
        callers_[from].up = true;
      } else if (std::holds_alternative<ikestate::IkeDown>(effect) && from != kGatewayNumber) {
        callers_[from].again_at = now_ + 1s;
      }
    }
  }

  void step() {
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      if (callers_[i].engine->deadline() <= now_) take(i, callers_[i].engine->on_time(moment()));
      if (callers_[i].again_at <= now_) call(i);
    }
    if (gateway_.deadline() <= now_) take(kGatewayNumber, gateway_.on_time(moment()));
    while (!wire_.empty() || !jobs_.empty()) {
      if (!jobs_.empty()) {
        Done done = std::move(jobs_.front());
        jobs_.pop_front();
        ike::Engine& engine = done.from == kGatewayNumber ? gateway_ : *callers_[done.from].engine;
        take(done.from, engine.job_done(moment(), done.id, std::move(done.value)));
        continue;
      }
      const Datagram next = std::move(wire_.front());
      wire_.pop_front();
      if (next.to_gateway) {
        take(kGatewayNumber, gateway_.datagram(moment(), next.path, next.octets));
      } else {
        take(next.caller, callers_[next.caller].engine->datagram(moment(), next.path, next.octets));
      }
    }
    std::size_t held = 0;
    gateway_.each([&](const ike::IkeSa& sa) { held += sa.held_octets(); });
    most_held_ = std::max(most_held_, held);
    most_places_ = std::max(most_places_, gateway_.large_keys().places());
  }

  struct Done {
    std::size_t from;
    ikestate::JobId id;
    ikestate::JobValue value;
  };
  SeededRandom random_{1};
  ike::Engine gateway_;
  std::vector<ikestate::PolicyPtr> of_gateway_;
  std::vector<Caller> callers_;
  std::deque<Datagram> wire_;
  std::deque<Done> jobs_;
  Instant now_ = at_ns(1'000'000'000);
  std::size_t most_held_ = 0, most_places_ = 0;
};

TEST(IkeLargeStrangers, WhoStopShortHoldWhatTheyMayAndNoMore) {
  Crowd crowd;
  const std::size_t strangers = kFewCases ? 40 : is_long_run() ? 1'000 : 60;
  for (std::size_t i = 0; i < strangers; ++i) crowd.add(true, true);
  const std::size_t classic = crowd.add(false, false);
  const std::size_t large = crowd.add(true, false), later = crowd.add(true, false);
  crowd.open();
  for (std::size_t i = 0; i < strangers; ++i) crowd.call(i);
  crowd.run_for(1s);
  EXPECT_EQ(crowd.gateway().large_keys().places(), limits::kLargeHandshakes);
  EXPECT_GT(crowd.most_held(), limits::kLargeHandshakes * 250'000) << "they did come that far";
  const Instant asked = crowd.now();
  crowd.call(classic);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.is_up(classic); }, 1s)) << "nobody else waits";
  crowd.call(large);
  // All of them have a place once, ten seconds each, before it is the turn of who came last.
  const Nanos pass =
      limits::kLargeHandshakeIdle * (static_cast<std::int64_t>(strangers / limits::kLargeHandshakes) + 1);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.is_up(large); }, 2 * pass + 60s)) << "served when it is its turn";
  print_figure(std::to_string(strangers) + " strangers that stop at 99 %: " + std::to_string(crowd.most_held()) +
               " octets held at most, of at most " + std::to_string(crowd.most_places()) +
               " keys; a peer with a large key is up after " +
               std::to_string(std::chrono::duration<double>(crowd.now() - asked).count()) + " s");
  const Instant asked_later = crowd.now();
  crowd.call(later);
  EXPECT_TRUE(crowd.run_until([&] { return crowd.is_up(later); }, 30s)) << "they have had theirs, and it did not";
  print_figure("another one after " + std::to_string(std::chrono::duration<double>(crowd.now() - asked_later).count()) +
               " s");
  EXPECT_LE(crowd.most_places(), limits::kLargeHandshakes);
  EXPECT_LE(crowd.most_held(), limits::kLargeHandshakeOctets);
}

}  // namespace
}  // namespace levelgate::testing::ike_large_strangers_test
