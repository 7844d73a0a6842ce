// SPDX-License-Identifier: Apache-2.0
//
// Both sides begin something at the same moment, and every order of delivery is tried up to a depth, with at most one
// lost message; then the network is good. Always both sides end alike: one IKE SA with the Child SAs that were asked
// for, or nothing after a delete (RFC 7296 §2.8, §2.25, RFC 9370 §2.2.4). IKE_COLLISION_DEPTH=16 looks deeper.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>

#include "support/ike_world.h"

namespace levelgate::testing::ike_collisions_test {
namespace {

using namespace std::chrono_literals;

enum class Command { kRekeyChild, kRekeyIke, kNewChild, kDeleteIke };
constexpr Command kCommands[] = {Command::kRekeyChild, Command::kRekeyIke, Command::kNewChild, Command::kDeleteIke};

enum class Followups { kNone, kBoth, kChildOnly };

std::size_t depth() {
  const char* const text = std::getenv("IKE_COLLISION_DEPTH");
  return text == nullptr ? 10 : std::strtoul(text, nullptr, 10);
}

// One run: what happens at each point where there is a choice is taken from `choices`; beyond them the first.
class CollidingRun {
 public:
  CollidingRun(std::vector<std::size_t> choices, Followups followups) : choices_(std::move(choices)), world_(7) {
    WorldTunnel tunnel;
    for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
      const std::string more = "-ke1_ecp256";
      end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519" + (followups == Followups::kBoth ? more : "")};
      end->ike->esp.proposals = {"aes256gcm16-x25519" + (followups == Followups::kNone ? "" : more)};
      end->ike->ike.post_quantum = model::PostQuantum::kOff;
      end->ike->ike.dpd_delay = 250s;
    }
    world_.start(tunnel.policy(0), tunnel.policy(1));
    ready_ = world_.run_until([this] { return world_.settled(); }, 5s);
    world_.run_for(1s);
    world_.node(0).wants = false;
  }

  // Empty: both sides agree.
  std::string run(Command first, Command second) {
    if (!ready_) return "no SA to begin with";
    world_.tap = [this](int from, std::vector<std::byte>& octets) {
      world_.ladder.message(world_.now(), from, octets, "held");
      held_[static_cast<std::size_t>(from)].push_back(std::move(octets));
      return true;
    };
    begin(world_.node(0), first);
    begin(world_.node(1), second);
    for (std::size_t i = 0; i < depth(); ++i) {
      world_.run_for(3ms);                                                          // jobs
      if (lost_one_) (void)world_.run_until([this] { return is_held(); }, 1500ms);  // it is sent again
      if (!is_held()) break;
      choose();
    }
    world_.tap = nullptr;
    while (is_held()) deliver(held_[0].empty() ? 1 : 0);
    world_.run_for(240s);
    if (!world_.broken().empty()) return world_.broken();
    if (first == Command::kDeleteIke || second == Command::kDeleteIke) return what_is_left();
    const std::size_t more = (first == Command::kNewChild ? 1U : 0U) + (second == Command::kNewChild ? 1U : 0U);
    return world_.what_disagrees(1 + more);
  }

  [[nodiscard]] const std::vector<std::size_t>& options() const { return options_; }
  [[nodiscard]] std::string ladder() const { return world_.ladder.text(); }

 private:
  void begin(IkeNode& node, Command command) {
    const std::string& tunnel = node.policy->name;
    switch (command) {
      case Command::kRekeyChild:
        return node.carry_out(node.engine->rekey(world_.moment(), tunnel, ike::RekeyTarget::kChildren));
      case Command::kRekeyIke:
        return node.carry_out(node.engine->rekey(world_.moment(), tunnel, ike::RekeyTarget::kIke));
      case Command::kNewChild:
        return node.carry_out(node.engine->create_child(world_.moment(), tunnel));
      case Command::kDeleteIke:
        return node.carry_out(node.engine->terminate(world_.moment(), tunnel));
    }
  }

  [[nodiscard]] bool is_held() const { return !held_[0].empty() || !held_[1].empty(); }

  void choose() {
    struct Choice {
      int from;
      bool lost;
    };
    std::vector<Choice> possible;
    for (const bool lost : {false, true}) {
      if (lost && lost_one_) break;
      for (const int from : {0, 1}) {
        if (!held_[static_cast<std::size_t>(from)].empty()) possible.push_back({from, lost});
      }
    }
    const std::size_t in_order = possible.size();
    for (const int from : {0, 1}) {  // the second one overtakes
      if (held_[static_cast<std::size_t>(from)].size() > 1) possible.push_back({from, false});
    }
    const std::size_t at = options_.size();
    options_.push_back(possible.size());
    const std::size_t chosen = at < choices_.size() ? choices_[at] : 0;
    const auto [from, lost] = possible[chosen];
    auto& queue = held_[static_cast<std::size_t>(from)];
    if (chosen >= in_order) std::swap(queue[0], queue[1]);
    if (!lost) return deliver(from);
    lost_one_ = true;
    world_.ladder.note(world_.now(), from, "the oldest one is LOST");
    queue.pop_front();
  }

  void deliver(int from) {
    auto& queue = held_[static_cast<std::size_t>(from)];
    const std::vector<std::byte> octets = std::move(queue.front());
    queue.pop_front();
    world_.ladder.message(world_.now(), from, octets, "delivered");
    IkeNode& to = world_.node(1 - from);
    const ikestate::Path path{{to.policy->local, ikestate::kIkePort}, {to.policy->remote, ikestate::kIkePort}};
    to.carry_out(to.engine->datagram(world_.moment(), path, octets));
  }

  std::string what_is_left() {
    for (const int number : {0, 1}) {
      IkeNode& node = world_.node(number);
      if (node.engine->size() != 0 || !node.children.empty() || !node.up.empty()) {
        return "node " + std::to_string(number) + " keeps " + std::to_string(node.engine->size()) + " SAs and " +
               std::to_string(node.children.size()) + " Child SAs after a delete";
      }
      const ike::EngineHoldings held = node.engine->holdings();
      if (held.timers + held.child_spis + held.children + held.tunnel_entries + held.init_requests != 0) {
        return "an engine without SAs holds something";
      }
    }
    return {};
  }

  std::vector<std::size_t> choices_, options_;
  IkeWorld world_;
  std::deque<std::vector<std::byte>> held_[2];
  bool ready_ = false, lost_one_ = false;
};

// The next leaf of the tree of choices; false when all were seen.
bool advance(std::vector<std::size_t>& choices, const std::vector<std::size_t>& options) {
  choices.resize(options.size(), 0);
  while (!choices.empty()) {
    if (++choices.back() < options[choices.size() - 1]) return true;
    choices.pop_back();
  }
  return false;
}

class IkeCollisions : public ::testing::TestWithParam<Followups> {};

// [7296-2.3-c, 7296-2.8.2-a, 9370-2.2.4-i]
TEST_P(IkeCollisions, EveryOrderEndsAlikeAtBothSides) {
  int failed = 0, runs = 0;
  for (const Command first : kCommands) {
    for (const Command second : kCommands) {
      std::vector<std::size_t> choices;
      while (failed < 3) {
        CollidingRun run(choices, GetParam());
        const std::string fault = run.run(first, second);
        ++runs;
        if (!fault.empty()) {
          ++failed;
          ADD_FAILURE() << "commands " << int(first) << " and " << int(second) << ": " << fault << "\n" << run.ladder();
        }
        if (!advance(choices, run.options())) break;
      }
    }
  }
  EXPECT_GT(runs, 400);
  RecordProperty("runs", runs);
}

INSTANTIATE_TEST_SUITE_P(All, IkeCollisions,
                         ::testing::Values(Followups::kNone, Followups::kBoth, Followups::kChildOnly));

}  // namespace
}  // namespace levelgate::testing::ike_collisions_test
