// SPDX-License-Identifier: Apache-2.0
//
// A ledger of each inner packet between two gateways, both ways at once, over links that lose, repeat and reorder: what
// is missing touched a lost outer packet, what arrives is in order, and the counters of both ends add up.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "support/gateway.h"
#include "support/packets.h"
#include "support/peer.h"

namespace levelgate::testing::ledger_test {
namespace {

using model::Drop;

struct Fate {
  bool lost = false;
  bool all_pad = false;
};

// Where one offered packet went: the outer packets that carry a part of it.
struct Entry {
  Octets packet;
  std::set<std::uint64_t> outers;
};

// One direction: what was offered, what left, and what the link did to it.
struct Direction {
  Gateway& from;
  Gateway& to;
  Peer peer;  // reads along behind the sender, in front of the link
  std::string prefix_v4, prefix_v6, far_v4, far_v6;
  std::vector<Octets> offered{};
  std::vector<Entry> ledger{};
  std::map<std::uint64_t, Fate> outers{};
  std::multimap<std::int64_t, Frame> on_the_way{};
  std::uint64_t copies = 0;
  std::size_t need = 0;  // octets of the packet under way that have not left

  void read_along(const Peer::Opened& opened) {
    const Octets& payload = opened.payload;
    Fate& fate = outers[opened.number];
    fate.all_pad = payload[2] == std::byte{0} && payload[3] == std::byte{0} && payload[4] == std::byte{0};
    for (std::size_t at = 4; !fate.all_pad && at < payload.size();) {
      if (need == 0) {
        const wire::BlockType type = wire::block_type(payload[at]);
        if (type != wire::BlockType::kIpv4 && type != wire::BlockType::kIpv6) break;
        need = wire::block_octets(payload.data() + at, type);
        ledger.emplace_back();
      }
      const std::size_t here = std::min(need, payload.size() - at);
      ledger.back().packet = ledger.back().packet + part(payload, at, at + here);
      ledger.back().outers.insert(opened.number);
      at += here;
      need -= here;
    }
  }
};

struct Weather {
  double loss = 0, repeat = 0;
  std::int64_t jitter_ns = 0;
};

class Link {
 public:
  Link(unsigned seed, const model::TfsSettings& tfs, Weather weather)
      : random_(seed),
        weather_(weather),
        a_(512),
        b_(512),
        forth_{a_, b_, Peer(site_plan(Site::kA, tfs).tunnels[0]), "10.1.0.", "fd01::", "10.2.0.9", "fd02::9"},
        back_{b_, a_, Peer(site_plan(Site::kB, tfs).tunnels[0]), "10.2.0.", "fd02::", "10.1.0.9", "fd01::9"} {
    EXPECT_TRUE(a_.publisher.apply(site_plan(Site::kA, tfs), at_ns(0)));
    EXPECT_TRUE(b_.publisher.apply(site_plan(Site::kB, tfs), at_ns(3'333)));
    a_.turn(at_ns(-1));
    b_.turn(at_ns(-1));
  }

  void run(std::int64_t load_until, std::int64_t until, std::size_t longest) {
    for (std::int64_t now = 0; now < until; now += 40'000) {
      for (Direction* direction : {&forth_, &back_}) {
        direction->from.run_until(at_ns(now + 1));
        if (now < load_until && random_() % 8 == 0) offer(*direction, longest);
        send(*direction, now < load_until + 60'000'000);
        arrive(*direction, now);
      }
    }
  }
  Direction& forth() { return forth_; }
  Direction& back() { return back_; }

 private:
  void offer(Direction& d, std::size_t longest) {
    const bool v6 = random_() % 3 == 0;
    const std::size_t octets = 48 + random_() % (longest - 47);
    const auto mark = static_cast<unsigned>(d.offered.size());
    const Frame frame =
        v6 ? ip_frame(d.prefix_v6 + "7", d.far_v6, octets, mark) : ip_frame(d.prefix_v4 + "7", d.far_v4, octets, mark);
    d.offered.push_back(ip_of(after_hops(frame, 1)));
    d.from.io.give(kLan, frame);
    d.from.turn(d.from.clock);
  }
  // In the end the weather is fair, so that every gap is seen and nothing is held any more.
  void send(Direction& d, bool foul) {
    std::uniform_real_distribution<double> chance(0, 1);
    for (const Sent& sent : d.from.io.sent[kWan.value]) {
      const auto opened = d.peer.open(sent.frame);
      ASSERT_TRUE(opened);
      d.read_along(*opened);
      if (foul && chance(random_) < weather_.loss) {
        d.outers[opened->number].lost = true;
        continue;
      }
      const int copies = foul && chance(random_) < weather_.repeat ? 2 : 1;
      d.copies += static_cast<std::uint64_t>(copies) - 1;
      for (int i = 0; i < copies; ++i) {
        const auto spread = static_cast<std::uint64_t>(foul ? weather_.jitter_ns + 1 : 1);
        d.on_the_way.emplace(to_ns(sent.when) + 100'000 + static_cast<std::int64_t>(random_() % spread), sent.frame);
      }
    }
    d.from.io.sent[kWan.value].clear();
  }
  static void arrive(Direction& d, std::int64_t now) {
    d.to.run_until(at_ns(now + 1));
    while (!d.on_the_way.empty() && d.on_the_way.begin()->first <= now) {
      d.to.io.give(kWan, d.on_the_way.begin()->second);
      d.to.turn(d.to.clock);
      d.on_the_way.erase(d.on_the_way.begin());
    }
  }

  std::mt19937_64 random_;
  Weather weather_;
  Gateway a_, b_;
  Direction forth_, back_;
};

void check(Direction& d, const std::string& about) {
  SCOPED_TRACE(about);
  const model::TunnelStats tx = d.from.tunnel();
  const model::TunnelStats rx = d.to.tunnel();
  std::uint64_t lost = 0, all_pad = 0, begun = 0;
  for (const auto& [number, fate] : d.outers) {
    lost += fate.lost;
    all_pad += fate.all_pad;
  }
  // The sender: each slot that was sent is all padding or carries data, and each packet left once, in order.
  EXPECT_EQ(tx.tx_pkts, d.outers.size());
  EXPECT_EQ(tx.slots, tx.tx_pkts + tx.skipped_slots);
  EXPECT_EQ(tx.inner_tx_pkts, d.offered.size());
  ASSERT_EQ(d.ledger.size(), d.offered.size());
  std::vector<Octets> wanted;
  for (std::size_t i = 0; i < d.ledger.size(); ++i) {
    ASSERT_TRUE(d.ledger[i].packet == d.offered[i]) << i;
    bool whole = true;
    for (const std::uint64_t number : d.ledger[i].outers) whole = whole && !d.outers[number].lost;
    begun += !d.outers[*d.ledger[i].outers.begin()].lost;
    if (!whole) continue;
    wanted.push_back(ip_of(after_hops(Frame(wire::kEthernetOctets) + d.offered[i], 1)));
  }
  EXPECT_GE(tx.tx_all_pad_pkts, all_pad);
  EXPECT_LE(tx.tx_all_pad_pkts, all_pad + 1);  // one may be built and not sent yet
  // The receiver: exactly the packets that touch no lost outer one, in order; each begin is accounted for.
  std::vector<Octets> delivered;
  for (const Sent& sent : d.to.io.sent[kLan.value]) delivered.push_back(ip_of(sent.frame));
  EXPECT_EQ(delivered.size(), wanted.size());
  EXPECT_TRUE(delivered == wanted);
  EXPECT_EQ(rx.late_pkts, 0u);
  EXPECT_EQ(rx.rx_missed_pkts, lost);
  EXPECT_EQ(rx.inner_rx_pkts + rx.inner_rx_incomplete_pkts, begun);
  EXPECT_EQ(rx.inner_rx_incomplete_pkts, d.to.drops(Drop::kAggfragIncomplete));
  EXPECT_EQ(d.to.drops(Drop::kReplay), d.copies);
  EXPECT_EQ(rx.rx_drop_pkts, d.copies + d.to.drops(Drop::kAggfragOrphan));
  EXPECT_EQ(d.to.all_drops(), rx.rx_drop_pkts + rx.inner_rx_incomplete_pkts);
  EXPECT_FALSE(d.to.worker.holds_packets());
}

TEST(Ledger, WhatIsMissingTouchedALostOuterPacketAndNothingElseIs) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    model::TfsSettings tfs;
    tfs.mode = model::TfsMode::kFixed;
    tfs.packet_size = seed % 3 == 0 ? 300 : seed % 3 == 1 ? 700 : 1'400;
    tfs.rate_bits_per_second = tfs.packet_size * 8ULL * 5'000;  // a slot each 200 us
    tfs.fragment = seed % 4 != 0;
    tfs.max_queue_delay = std::chrono::seconds(10);
    tfs.receive.reorder_window = 1 + seed % 5;
    tfs.receive.lost_packet_timer = std::chrono::milliseconds(3);
    Weather weather;
    weather.loss = seed % 6 == 0 ? 0 : 0.01 * (seed % 7);
    weather.repeat = 0.05;
    weather.jitter_ns = static_cast<std::int64_t>(tfs.receive.reorder_window) * 199'000;  // never beyond the window
    Link link(seed, tfs, weather);
    const std::size_t longest = tfs.fragment ? 1'500 : tfs.packet_size - 80;
    link.run(120'000'000, 1'800'000'000, longest);
    ASSERT_GT(link.forth().offered.size(), 200u);
    ASSERT_NO_FATAL_FAILURE(check(link.forth(), "forth, seed " + std::to_string(seed)));
    ASSERT_NO_FATAL_FAILURE(check(link.back(), "back, seed " + std::to_string(seed)));
  }
}

}  // namespace
}  // namespace levelgate::testing::ledger_test
