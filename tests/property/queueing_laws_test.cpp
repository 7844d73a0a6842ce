// SPDX-License-Identifier: Apache-2.0
//
// What holds for a tunnel's queue under any load, together with the Sender that empties it: nothing is lost without a
// name, each flow keeps its order, what was begun is ended, nothing is padded away that would have fitted, and no more
// memory is held than packets wait.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "aggfrag/sender.h"
#include "queueing/class_queue.h"
#include "queueing/drain.h"
#include "queueing/flow_hash.h"
#include "support/inner_traffic.h"

namespace levelgate::queueing::queueing_laws_test {
namespace {

using aggfrag::Filled;
using aggfrag::Fragmentation;
using aggfrag::Sender;
using std::chrono::microseconds;
using testing::InnerTraffic;

struct Plan {
  std::vector<ClassSettings> classes;
  std::uint32_t flows = 1;
  std::uint32_t hashes = 0;  // 0: by FlowHash; else flows share so many, all in one set
  std::uint32_t longest = 1500;
  std::size_t room = 1342;
  Fragmentation fragmentation = Fragmentation::kAllowed;
  std::size_t store = 4096;
};

Plan draw(std::mt19937& random) {
  const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
  Plan plan;
  const std::uint32_t count = 1 + below(static_cast<std::uint32_t>(kMaxClasses));
  for (std::uint32_t i = 0; i < count; ++i) {
    ClassSettings one{1 + below(kWholeShare / count), {}};
    one.queue.capacity = 1 + below(300);
    one.queue.fair = below(4) != 0;
    one.queue.ecn = below(4) != 0;
    one.queue.service_octets = 1 + below(3000);
    if (below(3) != 0) {
      one.queue.wait.max_wait = microseconds(100 + below(20'000));
      one.queue.wait.mark_from = one.queue.wait.max_wait / 2;
      one.queue.wait.codel = {one.queue.wait.max_wait / 4, one.queue.wait.max_wait * (1 + below(5))};
    }
    plan.classes.push_back(one);
  }
  plan.flows = 1 + below(below(2) == 0 ? 4 : 400);
  plan.hashes = below(3) == 0 ? 1 + below(40) : 0;
  plan.longest = InnerTraffic::kLeast + below(below(2) == 0 ? 200 : 9000);
  plan.fragmentation = below(2) == 0 ? Fragmentation::kAllowed : Fragmentation::kForbidden;
  plan.room = plan.fragmentation == Fragmentation::kForbidden ? plan.longest + below(1500) : 1 + below(3000);
  plan.store = 1 + below(1000);
  return plan;
}

class World {
 public:
  World(const Plan& plan, std::uint64_t seed)
      : plan_(plan),
        store_(plan.store),
        queue_(plan.classes),
        sender_(plan.fragmentation),
        hash_(seed),
        payload_(plan.room + 4) {}

  void push(std::mt19937& random) {
    const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
    const std::size_t number = below(static_cast<std::uint32_t>(plan_.classes.size()));
    // A flow is of one class.
    const std::uint32_t flow =
        below(plan_.flows) * static_cast<std::uint32_t>(kMaxClasses) + static_cast<std::uint32_t>(number);
    const std::uint32_t octets = InnerTraffic::kLeast + below(plan_.longest - InnerTraffic::kLeast + 1);
    const Packet packet = traffic_.make(flow, octets, now, static_cast<wire::Ecn>(below(4)));
    const std::uint32_t hash = plan_.hashes == 0 ? hash_(packet.bytes()) : flow % plan_.hashes * 16;
    const std::uint64_t bearable = below(3) == 0 ? below(100'000) : SIZE_MAX;
    ++made_;
    if (queue_.push(store_, number, hash, packet, now, bearable) != Joined::kTaken) {
      ++refused_;
      traffic_.give_back(packet);
    }
    check();
  }
  void fill() {
    const std::uint32_t half_sent = sender_.head_offset();
    const Packet* const begun = half_sent != 0 ? front() : nullptr;
    const std::byte* const begun_data = begun != nullptr ? begun->data : nullptr;
    first_sent_ = nullptr;
    Drain<World> drain(queue_, store_, now, *this);
    const Filled filled = sender_.fill(drain, payload_);
    ASSERT_EQ(filled.data_octets + filled.pad_octets, plan_.room);
    ASSERT_EQ(filled.consumed, sent_in_fill_);
    sent_in_fill_ = 0;
    if (begun_data != nullptr) {
      ASSERT_EQ(filled.consumed != 0 ? first_sent_ : front()->data, begun_data);
    }
    check();
    check_nothing_fits(filled.pad_octets);
  }
  void restart() { sender_.restart_packet(); }
  void finish() {
    while (!queue_.empty()) {
      traffic_.give_back(queue_.discard(store_));
      ++discarded_;
    }
    check();
    ASSERT_EQ(traffic_.out(), 0u);
    ASSERT_EQ(store_.size(), 0u);
    ASSERT_EQ(made_, sent_ + refused_ + lost_ + discarded_);
  }

  void sent(const Packet& packet) {
    const InnerTraffic::Label label = InnerTraffic::label_of(packet);
    const auto last = last_sent_.find(label.flow);
    const bool in_order = last == last_sent_.end() || last->second < label.number;
    EXPECT_TRUE(in_order) << "flow " << label.flow;
    last_sent_[label.flow] = label.number;
    EXPECT_TRUE(wire::checksum_holds({packet.data, 20}));
    if (first_sent_ == nullptr) first_sent_ = packet.data;
    ++sent_;
    ++sent_in_fill_;
    traffic_.give_back(packet);
  }
  void lost(const Packet& packet, Loss loss, std::size_t number) {
    const FairQueueSettings& settings = plan_.classes[number].queue;
    EXPECT_EQ(InnerTraffic::label_of(packet).flow % kMaxClasses, number);
    const Nanos wait = now - InnerTraffic::label_of(packet).born;
    EXPECT_TRUE(loss == Loss::kLate ? wait > settings.wait.max_wait : wait >= settings.wait.codel.target);
    ++lost_;
    traffic_.give_back(packet);
  }

  Instant now = at_ns(1'000'000'000);
  [[nodiscard]] std::uint64_t sent_packets() const { return sent_; }
  [[nodiscard]] std::uint64_t lost_packets() const { return lost_; }

 private:
  const Packet* front() {
    Drain<World> drain(queue_, store_, now, *this);
    return drain.front();
  }
  void check() {
    std::uint64_t octets = 0, packets = 0, sent = 0, lost = 0;
    for (std::size_t i = 0; i < queue_.classes(); ++i) {
      const FairQueue& one = queue_.in_class(i);
      ASSERT_LE(one.packets(), plan_.classes[i].queue.capacity);
      octets += one.octets();
      packets += one.packets();
      sent += one.counts().sent_pkts;
      lost += one.counts().aqm_pkts + one.counts().late_pkts;
    }
    ASSERT_EQ(queue_.size(), packets + (queue_.begun() ? 1 : 0));
    ASSERT_GE(queue_.octets(), octets);
    ASSERT_TRUE(queue_.begun() || queue_.octets() == octets);
    ASSERT_EQ(store_.size(), packets);
    ASSERT_EQ(sent, sent_);
    ASSERT_EQ(lost, lost_);
    ASSERT_EQ(made_, sent_ + refused_ + lost_ + discarded_ + queue_.size());
    ASSERT_EQ(traffic_.out(), queue_.size());
  }
  // Padding stands where nothing that waits would have fitted, whole or as a first fragment.
  void check_nothing_fits(std::uint32_t pad) {
    if (pad == 0 || queue_.empty()) return;
    ASSERT_EQ(sender_.head_offset(), 0u);
    if (plan_.fragmentation == Fragmentation::kAllowed) {
      const Packet* const next = front();
      ASSERT_TRUE(pad < aggfrag::kMinFragment || next == nullptr);
    } else {
      Drain<World> drain(queue_, store_, now, *this);
      ASSERT_EQ(drain.fitting(pad), nullptr);
    }
    check();
  }

  Plan plan_;
  InnerTraffic traffic_;
  PacketStore store_;
  ClassQueue queue_;
  Sender sender_;
  FlowHash hash_;
  std::vector<std::byte> payload_;
  std::map<std::uint32_t, std::uint64_t> last_sent_;
  const std::byte* first_sent_ = nullptr;
  std::uint64_t made_ = 0, refused_ = 0, sent_ = 0, lost_ = 0, discarded_ = 0, sent_in_fill_ = 0;
};

TEST(QueueingLaws, HoldUnderAnyLoad) {
  std::uint64_t sent = 0, lost = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    const Plan plan = draw(random);
    World world(plan, seed);
    const unsigned pushes = 1 + static_cast<unsigned>(random() % 15);
    for (int step = 0; step < 1'500; ++step) {
      const unsigned what = static_cast<unsigned>(random() % 16);
      if (what < pushes) {
        world.push(random);
      } else {
        world.fill();
      }
      if (random() % 50 == 0) world.restart();
      if (random() % 4 == 0) world.now += microseconds(random() % 1'000);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << " step " << step;
    }
    sent += world.sent_packets();
    lost += world.lost_packets();
    world.finish();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
  EXPECT_GT(sent, 50'000u);
  EXPECT_GT(lost, 5'000u);
}

}  // namespace
}  // namespace levelgate::queueing::queueing_laws_test
