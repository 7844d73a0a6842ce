// SPDX-License-Identifier: Apache-2.0
//
// Puzzles of RFC 8019 between two engines: asked, solved, refused, reused, in all orders with cookies and
// INVALID_KE_PAYLOAD; and a cookie that AUTH does not cover (docs/cookies.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "admission/puzzle.h"
#include "support/ike_forge.h"
#include "support/ike_world.h"

namespace levelgate::testing::ike_puzzles_test {
namespace {

using namespace std::chrono_literals;
using ikewire::Exchange;
using ikewire::NotifyType;
using ikewire::PayloadType;

using Row = std::vector<std::byte>;

ike::AdmissionSettings puzzles(std::uint8_t difficulty, std::uint8_t in_auth = 0) {
  ike::AdmissionSettings settings;
  settings.tiers.cookie_at = settings.tiers.puzzle_at = 0;
  settings.difficulty = difficulty;
  settings.auth_difficulty = in_auth;
  return settings;
}

bool is_init(const Row& octets) { return octets.size() > 28 && octets[18] == std::byte(Exchange::kIkeSaInit); }
bool is_request(const Row& octets) { return (octets[19] & std::byte{0x20}) == std::byte{0}; }

bool brings(const Row& message, PayloadType type) {
  return std::ranges::any_of(payloads_of(message), [&](const RawPayload& one) { return one.type == type; });
}

const RawPayload* find_notify(const std::vector<RawPayload>& payloads, NotifyType type) {
  const auto found = std::ranges::find_if(payloads, [&](const RawPayload& one) {
    return one.type == PayloadType::kNotify && one.body.size() >= 4 &&
           load_be<std::uint16_t>(one.body.data() + 2) == static_cast<std::uint16_t>(type);
  });
  return found == payloads.end() ? nullptr : &*found;
}

class IkePuzzle : public ::testing::Test {
 protected:
  IkePuzzle() {
    world.tap = [this](int from, Row& octets) {
      if (is_init(octets)) (from == 0 ? asked : told).push_back(octets);
      return drops && drops(from, octets);
    };
  }
  void start(const ike::AdmissionSettings& settings) {
    world.start(tunnel.policy(0), tunnel.policy(1));
    world.node(1).engine->admit_by(settings);
  }
  const ike::EngineCounts& counts() { return world.node(1).engine->counts(); }
  // The SA under way at a node.
  const ikestate::SaState* state(int number) { return only_state(world.node(number)); }

  IkeWorld world{8019};
  WorldTunnel tunnel;
  std::vector<Row> asked, told;  // IKE_SA_INIT of both sides
  std::function<bool(int from, Row& octets)> drops;
};

// [8019-7.1.1-a, 8019-7.1.1.2-a, 8019-7.1.2-a, 8019-7.1.3-a, 8019-7.1.4-d, 8019-7.1.5-a]
TEST_F(IkePuzzle, IsSolvedAndThenServed) {
  start(puzzles(10));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  ASSERT_EQ(asked.size(), 2u);
  ASSERT_EQ(told.size(), 2u);
  const auto demand = payloads_of(told[0]);
  ASSERT_EQ(demand.size(), 2u) << "a puzzle comes with its cookie and nothing else";
  const RawPayload* const cookie = find_notify(demand, NotifyType::kCookie);
  const RawPayload* const puzzle = find_notify(demand, NotifyType::kPuzzle);
  ASSERT_TRUE(cookie != nullptr && puzzle != nullptr);
  EXPECT_EQ(puzzle->body.size(), 4u + 3);
  EXPECT_LE(told[0].size(), asked[0].size());
  const auto answer = payloads_of(asked[1]);
  EXPECT_EQ(answer[0].body, cookie->body) << "the cookie in front, then the solution";
  ASSERT_EQ(answer[1].type, PayloadType::kPuzzleSolution);
  // All else as before.
  const auto before = payloads_of(asked[0]);
  ASSERT_EQ(answer.size(), before.size() + 2);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(answer[i + 2].body, before[i].body);
  const admission::PuzzleTask task{crypto::Prf::kHmacSha384, 10, {cookie->body.begin() + 4, cookie->body.end()}};
  const auto check = admission::check_puzzle(task, ikewire::PuzzleSolution{answer[1].body});
  EXPECT_EQ(check.verdict, admission::PuzzleVerdict::kSolved);
  EXPECT_EQ(counts().puzzles_asked, 1u);
  EXPECT_EQ(counts().puzzles_solved, 1u);
  EXPECT_EQ(counts().puzzles_wrong, 0u);
}

// The responder leaves it to the initiator [8019-7.1.1.1-a].
TEST_F(IkePuzzle, WithoutADifficultyTheInitiatorDoesWhatItCan) {
  start(puzzles(0));
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  EXPECT_EQ(counts().puzzles_solved, 1u);
}

// [8019-7.1.4-f, 8019-7.1.5-b]
TEST_F(IkePuzzle, WhoChoseTooLittleIsToldHowMuchItHasToBe) {
  start(puzzles(0));
  bool altered = false;
  drops = [&](int from, Row& octets) {
    if (from != 0 || altered || !is_init(octets) || !brings(octets, PayloadType::kPuzzleSolution)) return false;
    auto payloads = payloads_of(octets);
    for (std::size_t i = 0; i < 16; ++i) payloads[1].body[i] = std::byte(i);
    octets = clear_message(ikewire::read_ike_header(octets).header, payloads);
    return altered = true, false;
  };
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  ASSERT_GE(told.size(), 3u);
  const auto second = payloads_of(told[1]);
  const RawPayload* const puzzle = find_notify(second, NotifyType::kPuzzle);
  ASSERT_NE(puzzle, nullptr);
  EXPECT_EQ(puzzle->body.back(), std::byte{limits::kSecondPuzzle});
  EXPECT_EQ(counts().puzzles_wrong, 1u);
  EXPECT_EQ(counts().puzzles_solved, 1u);
}

// [8019-7.1.2-b, 8019-9-a]
TEST_F(IkePuzzle, AnAbsurdOneIsNotSolvedAndTold) {
  start(puzzles(28));
  world.run_for(10s);
  EXPECT_NE(world.story().find("LG-IKE-082"), std::string::npos) << world.story();
  EXPECT_EQ(counts().puzzles_solved, 0u);
  for (const Row& request : asked) EXPECT_FALSE(brings(request, PayloadType::kPuzzleSolution));
  EXPECT_TRUE(std::ranges::any_of(asked, [](const Row& request) {
    return find_notify(payloads_of(request), NotifyType::kCookie) != nullptr;
  })) << "the cookie goes back alone";
}

// [8019-7.1.2-c]
TEST_F(IkePuzzle, WithoutACookieIsNoPuzzle) {
  start({});
  drops = [&](int from, Row&) { return from == 1; };
  world.run_for(100ms);
  ASSERT_EQ(asked.size(), 1u);
  ikewire::IkeHeader header = ikewire::read_ike_header(asked[0]).header;
  header.direction = ikewire::IkeDirection::kResponse;
  header.sender = ikewire::IkeRole::kResponder;
  const Row value{std::byte{0}, std::byte{5}, std::byte{8}};
  give(world, 0, clear_message(header, {raw_notify(NotifyType::kPuzzle, value)}));
  world.run_for(100ms);
  EXPECT_EQ(asked.size(), 1u) << "nothing is sent because of it";
  drops = nullptr;
  EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 5s));
}

// Whoever forges a puzzle costs the initiator some work, and the answer to the request as it was is still taken.
TEST_F(IkePuzzle, AForgedOneDoesNotKeepTheAnswerAway) {
  start({});
  drops = [&](int from, Row& octets) {
    if (from != 0 || asked.size() != 1 || !is_init(octets)) return false;
    ikewire::IkeHeader header = ikewire::read_ike_header(octets).header;
    header.direction = ikewire::IkeDirection::kResponse;
    header.sender = ikewire::IkeRole::kResponder;
    const Row puzzle{std::byte{0}, std::byte{5}, std::byte{12}};
    world.at(world.now(), [this, header, puzzle] {
      give(world, 0,
           clear_message(header, {raw_notify(NotifyType::kCookie, Row(20, std::byte{1})),
                                  raw_notify(NotifyType::kPuzzle, puzzle)}));
    });
    return false;
  };
  EXPECT_TRUE(world.run_until([&] { return !world.node(0).up.empty() && !world.node(1).up.empty(); }, 5s))
      << world.story();
}

// One request has been answered, and its SA is gone: what was solved for it makes no other one
// [8019-7.1.1.3-c, 8019-10-c].
TEST_F(IkePuzzle, ASolutionMakesOneSa) {
  start(puzzles(8));
  drops = [&](int from, Row& octets) { return from == 0 && !is_init(octets); };
  ASSERT_TRUE(world.run_until([&] { return world.node(1).engine->half_open() == 1; }, 5s));
  const auto solved =
      std::ranges::find_if(asked, [](const Row& one) { return brings(one, PayloadType::kPuzzleSolution); });
  ASSERT_NE(solved, asked.end());
  const Row again = *solved;
  ASSERT_TRUE(world.run_until([&] { return world.node(1).engine->half_open() == 0; }, 10s));
  const std::uint64_t wrong = counts().puzzles_wrong, sent = counts().puzzles_asked;
  give(world, 1, again);
  EXPECT_EQ(world.node(1).engine->half_open(), 0u);
  EXPECT_EQ(counts().puzzles_wrong, wrong + 1);
  EXPECT_EQ(counts().puzzles_asked, sent + 1) << "it is given another one";
}

// Where only a cookie was asked for a solution is stepped over; without a cookie, or with a wrong one, the request is a
// first one [8019-7.1.4-a, 8019-7.1.4-b, 8019-7.1.4-c].
TEST_F(IkePuzzle, ASolutionOfNothingIsIgnored) {
  ike::AdmissionSettings settings = puzzles(8);
  settings.tiers.puzzle_at = limits::kHalfOpen;
  start(settings);
  std::size_t requests = 0;
  drops = [&](int from, Row& octets) {
    if (from != 0 || !is_init(octets)) return false;
    auto payloads = payloads_of(octets);
    ++requests;
    if (requests == 2) payloads[0].body.back() ^= std::byte{1};  // the cookie
    if (requests >= 2) payloads.insert(payloads.begin() + 1, {PayloadType::kPuzzleSolution, false, Row(16)});
    octets = clear_message(ikewire::read_ike_header(octets).header, payloads);
    return false;
  };
  world.run_for(300ms);
  EXPECT_EQ(requests, 2u) << "the same cookie is asked for again, which changes nothing";
  EXPECT_EQ(counts().cookies_wrong, 1u);
  EXPECT_EQ(world.node(1).engine->half_open(), 0u);
  EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 10s)) << world.story();
  EXPECT_EQ(counts().puzzles_solved + counts().puzzles_wrong + counts().puzzles_asked, 0u);
}

// While nobody is asked for anything, an initiator that was silent for long is still taken [8019-4.1-a].
TEST_F(IkePuzzle, WithoutALoadAHalfOpenSaHasTime) {
  start({});
  const Instant until = world.now() + 10s;
  drops = [&](int from, Row& octets) { return from == 0 && !is_init(octets) && world.now() < until; };
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 60s)) << world.story();
  EXPECT_GE(world.now(), until);
  EXPECT_EQ(asked.size(), 1u) << "it is the same SA";
}

// --- in IKE_AUTH ---

// [8019-7.2.1-a, 8019-7.2.2-a, 8019-7.2.2-b, 8019-7.2.3-a]
TEST_F(IkePuzzle, ASecondOneComesInAuth) {
  start(puzzles(8, 9));
  std::vector<Row> auth;
  drops = [&](int from, Row& octets) {
    if (from == 0 && octets[18] == std::byte(Exchange::kIkeAuth)) auth.push_back(octets);
    return false;
  };
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  ASSERT_FALSE(auth.empty());
  const auto payloads = payloads_of(auth[0]);
  ASSERT_EQ(payloads.size(), 2u);
  EXPECT_EQ(payloads[0].type, PayloadType::kPuzzleSolution) << "in clear, in front of what is encrypted";
  EXPECT_EQ(payloads[1].type, PayloadType::kSk);
  const auto response = payloads_of(told.back());
  ASSERT_NE(find_notify(response, NotifyType::kPuzzle), nullptr);
  EXPECT_EQ(find_notify(response, NotifyType::kPuzzle)->body.back(), std::byte{9});
}

// Nobody who has not solved one in IKE_SA_INIT gets one there [8019-7.2.1-a].
TEST_F(IkePuzzle, NoneInAuthWithoutOneBefore) {
  ike::AdmissionSettings settings = puzzles(8, 9);
  settings.tiers.puzzle_at = limits::kHalfOpen;
  start(settings);
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  EXPECT_EQ(find_notify(payloads_of(told.back()), NotifyType::kPuzzle), nullptr);
}

// IKE_AUTH in fragments: the solution is in the first of them, and the others are nothing before it
// [8019-7.2.2-c, 8019-7.2.4-c].
TEST_F(IkePuzzle, ASolutionStandsInTheFirstFragment) {
  tunnel.first.ike->local_id.text = std::string(1'200, 'e') + ".example";
  tunnel.second.ike->remote_id.text = tunnel.first.ike->local_id.text;
  start(puzzles(8, 9));
  std::vector<Row> auth;
  drops = [&](int from, Row& octets) {
    if (from == 0 && octets[18] == std::byte(Exchange::kIkeAuth)) auth.push_back(octets);
    return auth.size() == 1 && octets == auth[0];  // lost once
  };
  ASSERT_TRUE(world.run_until([&] { return auth.size() >= 2; }, 5s));
  world.run_for(100ms);
  world.node(1).engine->each([&](const ike::IkeSa& sa) {
    EXPECT_EQ(sa.held_octets(), 0u);
    EXPECT_TRUE(sa.state().auth_puzzle);
  });
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 10s)) << world.story();
  ASSERT_GE(auth.size(), 2u);
  EXPECT_EQ(payloads_of(auth[0]).size(), 2u);
  EXPECT_EQ(payloads_of(auth[0])[0].type, PayloadType::kPuzzleSolution);
  EXPECT_EQ(payloads_of(auth[1]).size(), 1u);
  for (const Row& one : auth) EXPECT_LE(one.size(), 1280u - 28);
}

// [8019-7.2.4-a, 8019-7.2.4-b, 8019-7.2.4-d]
TEST_F(IkePuzzle, AuthWithoutTheSolutionIsDroppedUnread) {
  start(puzzles(8, 9));
  Row true_one;
  drops = [&](int from, Row& octets) {
    if (from == 0 && octets[18] == std::byte(Exchange::kIkeAuth)) {
      true_one = octets;
      return true;
    }
    return false;
  };
  ASSERT_TRUE(world.run_until([&] { return !true_one.empty(); }, 5s));
  const ikestate::SaState& initiator = *state(0);
  const std::uint32_t id = ikewire::read_ike_header(true_one).header.message_id.value;
  const std::uint64_t sent = world.node(1).sent_datagrams;
  const auto tried = [&](const std::vector<RawPayload>& in_clear) {
    Row sealed = sealed_as(initiator, Exchange::kIkeAuth, id, ikewire::IkeDirection::kRequest, PayloadType::kNone, {});
    auto payloads = in_clear;
    for (RawPayload& one : payloads_of(sealed)) payloads.push_back(std::move(one));
    give(world, 1, clear_message(ikewire::read_ike_header(sealed).header, payloads));
    world.run_for(5ms);
  };
  tried({});
  tried({{PayloadType::kPuzzleSolution, false, Row(16, std::byte{1})}});
  Row keys(16);
  for (std::size_t i = 0; i < 16; ++i) keys[i] = std::byte(i);
  tried({{PayloadType::kPuzzleSolution, false, keys}});
  EXPECT_EQ(world.node(1).sent_datagrams, sent);
  EXPECT_TRUE(state(1)->auth_puzzle);
  drops = nullptr;
  give(world, 1, true_one);
  EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 10s)) << world.story();
}

// [8019-7.2.1.1-a]
TEST_F(IkePuzzle, InAuthItHasADifficulty) {
  start({});
  drops = [&](int from, Row& octets) {
    if (from != 1 || !is_init(octets)) return false;
    auto payloads = payloads_of(octets);
    payloads.push_back(raw_notify(NotifyType::kPuzzle, Row{std::byte{0}, std::byte{5}, std::byte{0}}));
    octets = clear_message(ikewire::read_ike_header(octets).header, payloads);
    return false;
  };
  world.run_for(2s);
  EXPECT_TRUE(world.node(0).up.empty());
  EXPECT_NE(world.story().find("LG-IKE-082"), std::string::npos) << world.story();
}

// --- orders ---

enum class Demand { kNothing, kCookie, kPuzzle };

// What is demanded of the first request, the second and so on; INVALID_KE_PAYLOAD comes of itself when one is admitted.
TEST_F(IkePuzzle, CookiesPuzzlesAndAnotherGroupInAllOrders) {
  const std::vector<std::vector<Demand>> orders{{Demand::kNothing, Demand::kCookie, Demand::kPuzzle},
                                                {Demand::kCookie, Demand::kCookie, Demand::kPuzzle},
                                                {Demand::kCookie, Demand::kPuzzle},
                                                {Demand::kPuzzle},
                                                {Demand::kNothing, Demand::kPuzzle},
                                                {Demand::kNothing, Demand::kCookie}};
  for (const auto& order : orders) {
    IkeWorld one(30);
    WorldTunnel apart;
    apart.first.ike->ike.post_quantum = apart.second.ike->ike.post_quantum = model::PostQuantum::kOff;
    apart.first.ike->ike.proposals = {"aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-ecp384"};
    apart.second.ike->ike.proposals = {"aes256gcm16-prfsha384-ecp384"};
    one.start(apart.policy(0), apart.policy(1));
    std::size_t requests = 0, groups = 0;
    one.tap = [&](int from, Row& octets) {
      if (!is_init(octets)) return false;
      if (from == 1) groups += find_notify(payloads_of(octets), NotifyType::kInvalidKePayload) != nullptr ? 1 : 0;
      if (from != 0) return false;
      ike::AdmissionSettings settings = puzzles(8);
      const Demand demand = order[std::min(requests++, order.size() - 1)];
      if (demand != Demand::kPuzzle) settings.tiers.puzzle_at = limits::kHalfOpen;
      if (demand == Demand::kNothing) settings.tiers.cookie_at = limits::kHalfOpen;
      one.node(1).engine->admit_by(settings);
      return false;
    };
    EXPECT_TRUE(one.run_until([&] { return one.settled(); }, 20s)) << requests << one.story();
    EXPECT_EQ(groups, 1u) << requests;
    EXPECT_EQ(one.node(0).engine->size(), 1u);
  }
}

// The secret changes between the puzzle and its solution, which comes late (scenario I29).
TEST_F(IkePuzzle, ASecretThatChangesMeanwhileHurtsNobody) {
  world.faults.least_delay = world.faults.most_delay = 700ms;
  world.start(tunnel.policy(0), tunnel.policy(1));
  world.node(1).engine->admit_by(puzzles(8));
  world.node(0).try_at = kNever;
  // A stranger's request, so that the secret is drawn now, and again when its time has come.
  IkeWorld other(99);
  Row first;
  other.tap = [&](int, Row& octets) {
    if (first.empty()) first = octets;
    return true;
  };
  other.start(tunnel.policy(0), tunnel.policy(1));
  other.run_for(100ms);
  ASSERT_FALSE(first.empty());
  give(world, 1, first);
  const std::uint64_t before = counts().puzzles_asked;
  const Instant turn = world.now() + limits::kCookieSecretLife;
  world.node(0).try_at = turn - 1s;  // the puzzle is set at -0.3 s, the solution comes at 1.1 s
  world.run_for(limits::kCookieSecretLife + 100ms);
  ASSERT_EQ(counts().puzzles_asked, before + 1);
  first[60] ^= std::byte{0};
  give(world, 1, first);
  EXPECT_TRUE(world.run_until([&] { return world.settled(); }, 20s)) << world.story();
  EXPECT_EQ(counts().cookies_wrong, 0u);
  EXPECT_GE(counts().puzzles_solved, 1u);
  EXPECT_EQ(counts().puzzles_wrong, 0u);
}

// --- a cookie that AUTH does not cover ---

// A forged cookie makes the initiator send its request again, with it, while the answer to the first one is on its way:
// the sides have different requests in mind, and it does not matter.
TEST_F(IkePuzzle, BothSidesMayHaveAnotherCookieInMind) {
  start({});
  drops = [&](int from, Row& octets) {
    if (from != 0 || !is_init(octets) || !is_request(octets)) return false;
    if (asked.size() > 1) return true;  // the second one never arrives
    ikewire::IkeHeader header = ikewire::read_ike_header(octets).header;
    header.direction = ikewire::IkeDirection::kResponse;
    header.sender = ikewire::IkeRole::kResponder;
    world.at(world.now(), [this, header] {
      give(world, 0, clear_message(header, {raw_notify(NotifyType::kCookie, Row(20, std::byte{1}))}));
    });
    return false;
  };
  ASSERT_TRUE(world.run_until([&] { return world.settled(); }, 5s)) << world.story();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_NE(asked[0], asked[1]);
}

// Where the other side does not know that, AUTH covers the request as it was sent.
TEST_F(IkePuzzle, BothSidesHaveToSaySo) {
  for (const bool known : {true, false}) {
    IkeWorld one(31);
    one.node(1).engine->admit_by(puzzles(8));
    const WorldTunnel two;
    std::string seen;
    one.tap = [&](int from, Row& octets) {
      if (!is_init(octets) || from != 1) return false;
      const auto payloads = payloads_of(octets);
      if (find_notify(payloads, NotifyType::kCookieApart) != nullptr) seen = "answered";
      return false;
    };
    one.start(two.policy(0), two.policy(1));
    one.node(1).engine->admit_by(puzzles(8));
    if (!known) {  // the request says something else under this number
      one.tap = [&](int from, Row& octets) {
        if (!is_init(octets) || from != 0) return false;
        auto payloads = payloads_of(octets);
        for (RawPayload& payload : payloads) {
          if (find_notify({payload}, NotifyType::kCookieApart) != nullptr) payload.body[6] ^= std::byte{1};
        }
        octets = clear_message(ikewire::read_ike_header(octets).header, payloads);
        return false;
      };
    }
    one.run_for(3s);
    EXPECT_EQ(one.settled(), known) << one.story();
    EXPECT_EQ(seen, known ? "answered" : "");
  }
}

}  // namespace
}  // namespace levelgate::testing::ike_puzzles_test
