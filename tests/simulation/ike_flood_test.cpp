// SPDX-License-Identifier: Apache-2.0
//
// Many who want something before anybody knows them: spoofed floods, ten thousand true addresses, a thousand half-sent
// large keys. What they cost is bounded, by the budget's own books and by the allocator's, and who is known connects.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "negotiation/large_keys.h"
#include "support/case_count.h"
#include "support/figure.h"
#include "support/ike_forge.h"
#include "support/ike_insider.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_flood_test {
namespace {

using namespace std::chrono_literals;
using admission::Cost;
using ikewire::NotifyType;
using ikewire::PayloadType;

using Row = std::vector<std::byte>;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounted = false;
#else
constexpr bool kCounted = true;
#endif
constexpr bool kFew = kFewCases || !kCounted;

std::size_t in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

// Ten of them share a /24.
IpAddress address(std::size_t number) {
  return IpAddress::v4(0x0a00'0000U + static_cast<std::uint32_t>((number / 10) << 8 | (number % 10 + 1)));
}

WorldTunnel classic() {
  WorldTunnel tunnel;
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.post_quantum = model::PostQuantum::kOff;
    end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519"};
    end->ike->esp.proposals = {"aes256gcm16"};
  }
  return tunnel;
}

// Node 1 has a tunnel for each of so many addresses, and that with node 0.
std::vector<ikestate::Path> give_tunnels(IkeNode& node, const WorldTunnel& tunnel, std::size_t count) {
  std::vector<ikestate::PolicyPtr> policies{tunnel.policy(1)};
  std::vector<ikestate::Path> paths;
  for (std::size_t i = 0; i < count; ++i) {
    WorldTunnel other = tunnel;
    other.second.name = "branch " + std::to_string(i);
    other.second.remote = address(i);
    policies.push_back(other.policy(1));
    paths.push_back({{other.second.local, ikestate::kIkePort}, {other.second.remote, ikestate::kIkePort}});
  }
  node.engine->configure(policies);
  return paths;
}

Row template_request(const WorldTunnel& tunnel) {
  IkeWorld forger(5);
  Row first;
  forger.tap = [&](int, Row& octets) {
    if (first.empty()) first = octets;
    return true;
  };
  forger.start(tunnel.policy(0), tunnel.policy(1));
  forger.run_for(100ms);
  return first;
}

// Another SPI; the nonce may be anybody's.
Row request_of(Row request, std::uint64_t number) {
  store_be<std::uint64_t>(request.data(), 0x1000'0000'0000'0000U + number);
  return request;
}

// Nothing is remembered, and nobody gets more octets than were sent in its name, repeats among them [7296-2.6-a,
// 8019-10-b].
TEST(IkeFlood, OfSpoofedAddressesCostsNothingAndRepaysNothing) {
  IkeWorld world(71);
  const WorldTunnel tunnel = classic();
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.node(0).try_at = kNever;
  IkeNode& node = world.node(1);
  const auto paths = give_tunnels(node, tunnel, 500);
  struct Octets {
    std::size_t in = 0, out = 0, datagrams_in = 0, datagrams_out = 0;
  };
  std::map<std::uint64_t, Octets> of;  // by the initiator's SPI
  bool watching = true;
  world.tap = [&](int from, Row& octets) {
    if (from == 0 || !watching) return false;
    Octets& one = of[load_be<std::uint64_t>(octets.data())];
    one.out += octets.size();
    ++one.datagrams_out;
    return true;
  };
  const Row request = template_request(tunnel);
  const std::size_t count = kFew ? 5'000 : 100'000;
  const std::size_t before = in_use();
  for (std::size_t i = 0; i < count; ++i) {
    // Each tenth comes again, some time later.
    const std::size_t number = i % 10 == 9 ? i - 5 : i;
    const Row one = request_of(request, number);
    Octets& seen = of[load_be<std::uint64_t>(one.data())];
    seen.in += one.size();
    ++seen.datagrams_in;
    node.carry_out(node.engine->datagram(world.moment(), paths[number % paths.size()], one));
    if (i % 100 == 99) world.run_for(1ms);
    ASSERT_LE(node.engine->half_open(), limits::kCookieAtHalfOpen);
  }
  world.run_for(100ms);
  for (const auto& [spi, octets] : of) {
    ASSERT_LE(octets.out, octets.in);
    ASSERT_LE(octets.datagrams_out, octets.datagrams_in);
  }
  EXPECT_EQ(node.engine->budget().account(Cost::kJobs).held, 0u);
  EXPECT_LE(node.engine->budget().account(Cost::kOctets).peak, std::size_t{1} << 20);
  EXPECT_LE(node.engine->holdings().timers, limits::kCookieAtHalfOpen);
  EXPECT_LE(node.reports.size(), 2'000u);
  of.clear();
  EXPECT_TRUE(!kCounted || in_use() < before + (std::size_t{16} << 20));
  // Who is there gets through, in the midst of it.
  watching = false;
  world.node(0).try_at = world.now();
  const Instant began = world.now();
  std::uint64_t next = 1'000'000;
  ASSERT_TRUE(world.run_until(
      [&] {
        for (int i = 0; i < 20; ++i) {
          (void)node.engine->datagram(world.moment(), paths[next % paths.size()], request_of(request, next));
          ++next;
        }
        return world.node(0).children.size() == 1;
      },
      10s))
      << world.story();
  EXPECT_LT(world.now() - began, 1s);
}

// They return cookies, solve nothing, and never go on (scenario A71).
TEST(IkeFlood, OfTenThousandTrueAddressesIsBoundedAndShortLived) {
  IkeWorld world(72);
  const WorldTunnel tunnel = classic();
  const std::size_t count = kFew ? 700 : 10'000;
  world.start(tunnel.policy(0), tunnel.policy(1));
  IkeNode& node = world.node(1);
  const auto paths = give_tunnels(node, tunnel, count);
  ike::AdmissionSettings settings;
  settings.tiers.puzzle_at = kFew ? 200 : limits::kPuzzleAtHalfOpen;
  settings.difficulty = 10;
  node.engine->admit_by(settings);
  world.node(0).try_at = kNever;
  const std::size_t before = in_use();
  std::map<std::uint64_t, Row> cookies;
  unsigned hardest = 0;
  bool watching = true;
  world.tap = [&](int from, Row& octets) {
    if (from == 0 || !watching) return false;
    const auto payloads = payloads_of(octets);
    for (const RawPayload& one : payloads) {
      const bool puzzle =
          one.type == PayloadType::kNotify && one.body.size() == 7 &&
          load_be<std::uint16_t>(one.body.data() + 2) == static_cast<std::uint16_t>(NotifyType::kPuzzle);
      if (puzzle) {  // a bit more for each doubling of the load [8019-7.1.1.1-b]
        const std::size_t times = std::max<std::size_t>(node.engine->half_open() / settings.tiers.puzzle_at, 1);
        hardest = std::max<unsigned>(hardest, std::to_integer<unsigned>(one.body.back()));
        EXPECT_EQ(std::to_integer<unsigned>(one.body.back()),
                  settings.difficulty + static_cast<unsigned>(std::bit_width(times)) - 1);
      }
      const bool cookie =
          one.type == PayloadType::kNotify && one.body.size() > 4 &&
          load_be<std::uint16_t>(one.body.data() + 2) == static_cast<std::uint16_t>(NotifyType::kCookie);
      if (cookie) cookies[load_be<std::uint64_t>(octets.data())] = {one.body.begin() + 4, one.body.end()};
    }
    return true;
  };
  const Row request = template_request(tunnel);
  const Instant flood = world.now();
  std::size_t most = 0;
  for (std::size_t round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = round * count + i;
      const Row one = request_of(request, number);
      node.carry_out(node.engine->datagram(world.moment(), paths[i], one));
      const auto cookie = cookies.find(load_be<std::uint64_t>(one.data()));
      if (cookie != cookies.end()) {
        auto payloads = payloads_of(one);
        payloads.insert(payloads.begin(), raw_notify(NotifyType::kCookie, cookie->second));
        node.carry_out(node.engine->datagram(world.moment(), paths[i],
                                             clear_message(ikewire::read_ike_header(one).header, payloads)));
        cookies.erase(cookie);
      }
      most = std::max(most, node.engine->half_open());
      if (i % 100 == 99) world.run_for(5ms);
    }
  }
  EXPECT_GE(hardest, settings.difficulty + (most >= 2 * settings.tiers.puzzle_at ? 1u : 0u));
  EXPECT_GE(most, settings.tiers.puzzle_at) << "cookies alone do not keep them out";
  EXPECT_LE(most, limits::kHalfOpen - limits::kHalfOpen / 8);
  EXPECT_GT(node.engine->counts().puzzles_asked, 0u);
  EXPECT_LE(node.engine->budget().account(Cost::kOctets).peak, limits::kHalfOpenOctets);
  const std::size_t octets = in_use() - before;
  EXPECT_TRUE(!kCounted || octets < (std::size_t{64} << 20)) << octets;
  print_figure(std::to_string(count) + " true addresses that never go on: " + std::to_string(most) +
               " half open at most, " + std::to_string(octets >> 10) + " KiB held at the end");
  // Who is not known needs work, and who is a cookie; both are up within a second.
  watching = false;
  for (const bool known : {false, true}) {
    const std::uint64_t solved = node.engine->counts().puzzles_solved;
    world.node(0).carry_out(world.node(0).engine->forget(world.moment(), "east"));
    node.carry_out(node.engine->forget(world.moment(), "west"));
    world.node(0).try_at = world.now();
    const Instant began = world.now();
    EXPECT_TRUE(world.run_until([&] { return world.node(0).children.size() == 1; }, 10s)) << world.story();
    EXPECT_LT(world.now() - began, 1s) << known;
    EXPECT_EQ(node.engine->counts().puzzles_solved, solved + (known ? 0 : 1));
  }
  // Silence is borne for three seconds.
  world.run_for(std::max<Nanos>(0s, flood + 1s - world.now()) + limits::kLoadedHalfOpenLife + 100ms);
  EXPECT_EQ(node.engine->half_open(), 0u);
  EXPECT_EQ(node.engine->budget().account(Cost::kSas).held, 0u);
  EXPECT_EQ(node.engine->budget().account(Cost::kOctets).held, 0u);
  EXPECT_EQ(node.engine->budget().account(Cost::kJobs).held, 0u);
}

// A gateway, and peers that speak with it in turns, without a network.
class Hub : public ::testing::Test {
 protected:
  struct Branch {
    ikemessage::IkeSpis spis;
    std::unique_ptr<IkeInsider> insider;
    ikestate::Path path;
  };

  // Both engines' effects in turns until nothing is left; what `to` of the hub was sent at the end is kept.
  void play(ike::Engine& hub, ikestate::Effects of_hub, ike::Engine& branch, ikestate::Effects of_branch) {
    while (!of_branch.empty() || !of_hub.empty()) {
      ikestate::Effects next_branch, next_hub;
      turn(of_branch, branch, next_branch, hub, next_hub);
      turn(of_hub, hub, next_hub, branch, next_branch);
      of_branch = std::move(next_branch);
      of_hub = std::move(next_hub);
    }
  }
  void turn(ikestate::Effects& effects, ike::Engine& self, ikestate::Effects& own_next, ike::Engine& other,
            ikestate::Effects& other_next) {
    for (ikestate::Effect& effect : effects) {
      if (auto* send = std::get_if<ikestate::Send>(&effect)) {
        std::ranges::move(other.datagram(moment, {send->path.remote, send->path.local}, send->octets),
                          std::back_inserter(other_next));
      } else if (auto* job = std::get_if<ikestate::RunJob>(&effect)) {
        std::ranges::move(self.job_done(moment, job->id, job->work()), std::back_inserter(own_next));
      }
    }
  }
  // What the hub answers to a datagram, its jobs done at once.
  std::vector<Row> told(ike::Engine& hub, const ikestate::Path& path, ConstBytes octets) {
    std::vector<Row> sent;
    ikestate::Effects effects = hub.datagram(moment, path, octets);
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (auto* send = std::get_if<ikestate::Send>(&effects[i])) sent.push_back(send->octets);
      if (auto* job = std::get_if<ikestate::RunJob>(&effects[i])) {
        std::ranges::move(hub.job_done(moment, job->id, job->work()), std::back_inserter(effects));
      }
    }
    return sent;
  }

  ikestate::Moment moment{at_ns(1'000'000'000), 1'800'000'000};
};

WorldTunnel with_large_keys() {
  WorldTunnel tunnel = classic();
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.post_quantum = model::PostQuantum::kPreferred;
    end->ike->large_keys = model::LargeKeys{"mceliece8192128f", 100'000'000};
  }
  return tunnel;
}

// Peers that are proven, agree to a large key, and stop at 99 parts of a hundred of it.
TEST_F(Hub, AThousandHalfSentLargeKeysCostWhatTheBudgetSays) {
  const std::size_t count = kFew ? 60 : 1'000;
  WorldTunnel tunnel = with_large_keys();
  std::vector<ikestate::PolicyPtr> policies;
  for (std::size_t i = 0; i < count; ++i) {
    tunnel.second.name = "branch " + std::to_string(i);
    tunnel.second.remote = address(i);
    policies.push_back(tunnel.policy(1));
  }
  WorldTunnel plain = classic();
  plain.second.name = "classic";
  policies.push_back(plain.policy(1));
  SeededRandom random(1);
  ike::Engine hub(random);
  hub.configure(policies);
  const std::size_t before = in_use();
  std::size_t served = 0, refused = 0;
  Branch last;  // one that was refused
  std::uint32_t last_id = 0;
  const auto proposals = negotiation::with_large(policies[0]->ike_proposals, policies[0]->large_keys->method);
  const Row key(1'357'824, std::byte{7});
  const auto asks = [&](ikemessage::PayloadWriter& out) {
    auto offered = proposals;
    for (ikewire::Proposal& one : offered) one.spi = Row(8, std::byte{9});
    out.add(PayloadType::kSa, offered);
    out.add_octets(PayloadType::kNonce, Row(32, std::byte{3}));
    const auto own = crypto::generate_key(31);
    out.add(PayloadType::kKe, ikewire::KeyExchange{ikewire::KeMethod{31}, (*own)->public_value()});
  };
  const auto head = [](ikewire::Exchange exchange, std::uint32_t id) {
    return ikewire::IkeHeader{.initiator_spi = {},
                              .responder_spi = {},
                              .exchange = exchange,
                              .sender = ikewire::IkeRole::kInitiator,
                              .direction = ikewire::IkeDirection::kRequest,
                              .message_id = ikewire::MessageId{id}};
  };
  // CREATE_CHILD_SA, and where it is granted all fragments of the key but the last.
  const auto knocks = [&](Branch& branch, std::uint32_t id) {
    ikemessage::PayloadWriter out;
    asks(out);
    const auto request = branch.insider->say(head(ikewire::Exchange::kCreateChildSa, id), out.take()).front();
    const auto answers = told(hub, branch.path, request);
    EXPECT_EQ(answers.size(), 1u);
    if (answers.empty()) return false;
    const auto answer = branch.insider->open(answers[0]);
    if (!answer || answer->has(NotifyType::kTemporaryFailure)) return false;
    const auto* const link = answer->contents.find(NotifyType::kAdditionalKeyExchange);
    EXPECT_NE(link, nullptr);
    if (link == nullptr) return false;
    ikemessage::PayloadWriter large;
    large.add(PayloadType::kKe, ikewire::KeyExchange{policies[0]->large_keys->method, key});
    large.add_notify(NotifyType::kAdditionalKeyExchange, link->value);
    auto parts = branch.insider->say(head(ikewire::Exchange::kIkeFollowupKe, id + 1), large.take(), 1'248);
    parts.pop_back();
    for (const Row& part : parts) (void)hub.datagram(moment, branch.path, part);
    return true;
  };
  for (std::size_t i = 0; i < count; ++i) {
    tunnel.first.local = address(i);
    SeededRandom own(i + 2);
    ike::Engine branch(own);
    branch.configure({tunnel.policy(0)});
    std::optional<ikestate::SaState> state;
    Branch one;
    one.path = {{tunnel.first.remote, ikestate::kIkePort}, {tunnel.first.local, ikestate::kIkePort}};
    // Only the handshake: the rekey that begins behind it is left where it is.
    ikestate::Effects of_branch = branch.initiate(moment, "east"), of_hub;
    for (int turns = 0; turns < 12 && !one.insider; ++turns) {
      ikestate::Effects next_branch, next_hub;
      turn(of_branch, branch, next_branch, hub, next_hub);
      turn(of_hub, hub, next_hub, branch, next_branch);
      of_branch = std::move(next_branch);
      of_hub = std::move(next_hub);
      branch.each([&](const ike::IkeSa& sa) {
        if (sa.state().established_at != kNever) one.insider = std::make_unique<IkeInsider>(sa.state(), i);
      });
    }
    ASSERT_TRUE(one.insider) << i;
    const bool granted = knocks(one, 2);
    (granted ? served : refused) += 1;
    if (!granted) {
      last = std::move(one);
      last_id = 3;
    }
  }
  EXPECT_EQ(served, limits::kLargeKeysOctets / (1'357'824 + limits::kBesideLargeKey));
  EXPECT_EQ(refused, count - served);
  std::size_t partial = 0;
  hub.each([&](const ike::IkeSa& sa) { partial += sa.held_octets(); });
  EXPECT_GT(partial, served * 1'300'000);
  EXPECT_LE(partial, hub.budget().account(Cost::kLargeOctets).held);
  const std::size_t octets = in_use() - before;
  EXPECT_TRUE(!kCounted || octets <= (std::size_t{96} << 20)) << octets;
  print_figure(std::to_string(count) + " peers with a large key each, " + std::to_string(served) +
               " of them half sent: " + std::to_string(octets >> 20) +
               " MiB in all, the SAs among them; the budget says " +
               std::to_string(hub.budget().account(Cost::kLargeOctets).held >> 20) + " MiB");
  // A peer that wants no such thing is up at once.
  SeededRandom own(77);
  ike::Engine peer(own);
  peer.configure({plain.policy(0)});
  play(hub, {}, peer, peer.initiate(moment, "east"));
  bool up = false;
  peer.each([&](const ike::IkeSa& sa) { up = sa.state().established_at != kNever && sa.state().children.size() == 1; });
  EXPECT_TRUE(up);
  // Those that stand still are given up, and then there is room for the next one.
  ASSERT_NE(last_id, 0u);
  EXPECT_FALSE(knocks(last, last_id));
  moment.now = moment.now + limits::kFollowupIdle + 1s;
  (void)hub.on_time(moment);
  EXPECT_EQ(hub.budget().account(Cost::kLargeOctets).held, 0u);
  EXPECT_TRUE(knocks(last, last_id + 1));
}

// Messages that do not open cost the keys nothing, up to a number of them [8019-4.6-a].
TEST_F(Hub, AHalfOpenSaIsNotTriedWithoutEnd) {
  const WorldTunnel tunnel = classic();
  for (const bool once_more : {false, true}) {
    SeededRandom random(1), own(2);
    ike::Engine hub(random), branch(own);
    hub.configure({tunnel.policy(1)});
    branch.configure({tunnel.policy(0)});
    std::vector<Row> said;
    ikestate::Path path;
    ikestate::Effects effects = branch.initiate(moment, "east");
    for (std::size_t i = 0; i < effects.size() && said.size() < 2; ++i) {
      if (auto* send = std::get_if<ikestate::Send>(&effects[i])) {
        const ikestate::Path back{send->path.remote, send->path.local};
        said.push_back(send->octets);
        path = back;
        if (said.size() == 2) break;  // IKE_AUTH
        for (const Row& answer : told(hub, back, said.back())) {
          std::ranges::move(branch.datagram(moment, {back.remote, back.local}, answer), std::back_inserter(effects));
        }
      } else if (auto* job = std::get_if<ikestate::RunJob>(&effects[i])) {
        std::ranges::move(branch.job_done(moment, job->id, job->work()), std::back_inserter(effects));
      }
    }
    ASSERT_EQ(said.size(), 2u);
    Row junk = said[1];
    junk.back() ^= std::byte{1};
    const std::uint32_t tries = limits::kUnopenedOfHandshake - (once_more ? 0 : 1);
    for (std::uint32_t i = 0; i < tries; ++i) EXPECT_TRUE(told(hub, path, junk).empty());
    EXPECT_EQ(told(hub, path, said[1]).size(), once_more ? 0u : 1u);
    EXPECT_EQ(hub.half_open(), once_more ? 1u : 0u);
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_flood_test
