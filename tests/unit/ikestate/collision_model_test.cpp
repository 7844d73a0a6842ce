// SPDX-License-Identifier: Apache-2.0
//
// Two sides that rekey one Child SA at the same time and do what the resolver says, in every order in which their
// messages can arrive (RFC 7296 §2.8.1, §2.25.1; RFC 9370 §2.2.4). However it goes, one new SA is left, and both have
// it.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>
#include <vector>

#include "ikestate/collision.h"

namespace levelgate::ikestate::collision_model_test {
namespace {

// Child SAs by who asked for them: the old one, A's, B's.
enum class Sa : std::uint8_t { kOld, kOfA, kOfB };
enum class Kind : std::uint8_t {
  kRekey,
  kRekeyMade,
  kRekeyFollowups,
  kRefused,
  kNotFound,
  kFollowup,
  kFollowupMade,
  kDelete,
  kDeleted
};
struct Message {
  std::size_t to;
  Kind kind;
  Sa sa;  // of kDelete and kDeleted
};

struct Side {
  bool wants_followups = false;
  OwnActivity activity = OwnActivity::kIdle;
  OwnRekey own = OwnRekey::kAwaiting;
  PeerRekey peer = PeerRekey::kNone;
  std::set<Sa> sas = {Sa::kOld};
};

using Ranks = std::array<int, 4>;  // Ni and Nr of A's exchange, Ni and Nr of B's

class World {
 public:
  World(const Ranks& ranks, bool a_followups, bool b_followups) : ranks_(ranks) {
    sides_[0].wants_followups = a_followups;
    sides_[1].wants_followups = b_followups;
  }

  // Every order of deliveries from here; counts the ends that were reached.
  int explore() const {
    int ends = 0;
    for (std::size_t side = 0; side < 2; ++side) {
      if (started_[side]) continue;
      World next = *this;
      next.start(side);
      ends += next.explore();
    }
    for (std::size_t at = 0; at < path_.size(); ++at) {
      World next = *this;
      next.path_.erase(next.path_.begin() + static_cast<std::ptrdiff_t>(at));
      next.receive(path_[at]);
      ends += next.explore();
    }
    if (ends != 0) return ends;
    expect_settled();
    return 1;
  }

 private:
  static Sa own_sa(std::size_t side) { return side == 0 ? Sa::kOfA : Sa::kOfB; }

  void start(std::size_t side) {
    started_[side] = true;
    if (!sides_[side].sas.contains(Sa::kOld)) return;  // replaced before this side came to it
    if (sides_[side].activity != OwnActivity::kIdle || sides_[side].peer != PeerRekey::kNone) return;
    sides_[side].activity = OwnActivity::kRekeyingChild;
    send(1 - side, Kind::kRekey);
  }
  void send(std::size_t to, Kind kind, Sa sa = Sa::kOld) { path_.push_back({to, kind, sa}); }

  void receive(const Message& message) {
    const std::size_t me = message.to;
    Side& side = sides_[me];
    switch (message.kind) {
      case Kind::kRekey:
        return receive_rekey(me);
      case Kind::kRekeyMade:
        side.own = OwnRekey::kMade;
        side.sas.insert(own_sa(me));
        return settle_own(me);
      case Kind::kRekeyFollowups:
        side.own = OwnRekey::kFollowups;
        return settle_own(me);
      case Kind::kRefused:
        side.own = OwnRekey::kRefused;
        return settle_own(me);
      case Kind::kNotFound:
        side.own = OwnRekey::kNotFound;
        return settle_own(me);
      case Kind::kFollowup:
        side.peer = PeerRekey::kMade;
        side.sas.insert(own_sa(1 - me));
        return send(1 - me, Kind::kFollowupMade);
      case Kind::kFollowupMade:
        side.sas.insert(own_sa(me));
        return close(me, Sa::kOld);
      case Kind::kDelete:
        return receive_delete(me, message.sa);
      case Kind::kDeleted:
        side.sas.erase(message.sa);
        side.activity = OwnActivity::kIdle;
        return;
    }
  }

  void receive_rekey(std::size_t me) {
    Side& side = sides_[me];
    const bool known = side.sas.contains(Sa::kOld);
    const Target target = known ? Target::kSame : Target::kUnknown;
    const Reply reply = reply_to(side.activity, PeerRequest::kRekeyChild, target);
    if (reply == Reply::kTemporaryFailure) return send(1 - me, Kind::kRefused);
    if (reply == Reply::kChildNotFound) return send(1 - me, Kind::kNotFound);
    if (sides_[1 - me].wants_followups) {
      side.peer = PeerRekey::kFollowups;
      return send(1 - me, Kind::kRekeyFollowups);
    }
    side.peer = PeerRekey::kMade;
    side.sas.insert(own_sa(1 - me));
    send(1 - me, Kind::kRekeyMade);
  }

  void receive_delete(std::size_t me, Sa sa) {
    Side& side = sides_[me];
    const bool mine = sa == Sa::kOld && side.activity != OwnActivity::kIdle;
    const Target target = !side.sas.contains(sa) ? Target::kUnknown : mine ? Target::kSame : Target::kOther;
    const Reply reply = reply_to(side.activity, PeerRequest::kDeleteChild, target);
    if (reply == Reply::kServeAndForgetOwn) side.activity = OwnActivity::kIdle;
    side.sas.erase(sa);
    send(1 - me, Kind::kDeleted, sa);
  }

  void settle_own(std::size_t me) {
    Side& side = sides_[me];
    const auto octets = [&](std::size_t at) { return std::array<std::byte, 16>{std::byte(ranks_[at])}; };
    const auto own_i = octets(2 * me), own_r = octets(2 * me + 1);
    const auto peer_i = octets(2 - 2 * me), peer_r = octets(3 - 2 * me);
    switch (settle(side.own, {own_i, own_r}, side.peer, {peer_i, peer_r})) {
      case Settlement::kDeleteOld:
        return close(me, Sa::kOld);
      case Settlement::kDeleteOwnNew:
        return close(me, own_sa(me));
      case Settlement::kContinueOwn:
        side.activity = OwnActivity::kFollowingUpChild;
        return send(1 - me, Kind::kFollowup);
      case Settlement::kAbandonOwn:
      case Settlement::kYieldToPeer:
        side.activity = OwnActivity::kIdle;
        return;
      case Settlement::kWait:
      case Settlement::kRetryLater:
      case Settlement::kCreateAnew:
      case Settlement::kNoncesRepeated:
        ADD_FAILURE() << "nobody but the other side's rekey is in the way";
        return;
    }
  }

  void close(std::size_t me, Sa sa) {
    sides_[me].activity = OwnActivity::kClosingChild;
    send(1 - me, Kind::kDelete, sa);
  }

  void expect_settled() const {
    EXPECT_EQ(sides_[0].sas, sides_[1].sas);
    EXPECT_EQ(sides_[0].sas.size(), 1u);
    EXPECT_FALSE(sides_[0].sas.contains(Sa::kOld));
  }

  Ranks ranks_;
  std::array<Side, 2> sides_;
  std::array<bool, 2> started_{};
  std::vector<Message> path_;
};

// [9370-2.2.4-i]
TEST(CollisionModel, EveryOrderOfMessagesLeavesOneNewSaOnBothSides) {
  for (const Ranks& ranks : {Ranks{1, 2, 3, 4}, Ranks{3, 1, 2, 4}, Ranks{3, 4, 1, 2}, Ranks{2, 4, 3, 1}}) {
    for (const bool a_followups : {false, true}) {
      for (const bool b_followups : {false, true}) {
        EXPECT_GT(World(ranks, a_followups, b_followups).explore(), 10);
      }
    }
  }
}

}  // namespace
}  // namespace levelgate::ikestate::collision_model_test
