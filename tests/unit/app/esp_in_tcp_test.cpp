// SPDX-License-Identifier: Apache-2.0
//
// Two data planes whose ESP goes through real TCP connections over the loopback interface (RFC 9329): what is offered
// arrives, whole and in order; the side that was called answers by the connection that brought authentic packets, and
// follows when it is made anew.
#include "app/esp_in_tcp.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/packets.h"
#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::app::esp_in_tcp_test {
namespace {

using namespace testing;
using std::chrono::milliseconds;

// One gateway: its data plane in virtual time, its connections in real time, and what control does with what it hears.
class Side {
 public:
  Side(sockets::EventLoop& loop, Site site)
      : plan(site_plan(site, settings())),
        tcp(loop,
            {[this] { return StreamId{++last_stream_}; }, [this](const sockets::StreamLink& link) { use(link.id); },
             [this](const sockets::StreamLink& link, const stream::Frame& frame) {
               if (frame.kind == stream::FrameKind::kEsp) esp->received(link.id, frame.octets);
               return true;
             },
             [this](const sockets::StreamLink& link, stream::StreamEnd) {
               ++ended;
               if (link.id == plan.tunnels[0].stream) use({});
             }}) {
    plan.tunnels[0].encapsulation = model::Encapsulation::kTcp;
    esp = std::make_unique<EspInTcp>(loop, *plane.desk, tcp);
    use({});
  }
  void use(StreamId stream) {
    plan.tunnels[0].stream = stream;
    EXPECT_TRUE(plane.apply(plan, plane.clock));
    esp->follow(plan);
  }
  void call(const Endpoint& to) { tcp.connect(StreamId{++last_stream_}, to.address, to); }
  void pass(Nanos time) {
    plane.run_until(plane.clock + time);
    for (const model::Event& event : plane.events()) {
      if (event.kind != model::EventKind::kStreamMoved) continue;
      ++moves;
      tcp.prove(StreamId{event.count});
      use(StreamId{event.count});
    }
  }
  static model::TfsSettings settings() {
    model::TfsSettings tfs;
    tfs.mode = model::TfsMode::kFixed;
    tfs.packet_size = 1'000;
    tfs.rate_bits_per_second = 1'000 * 8 * 1'000;  // a slot each millisecond of virtual time
    tfs.max_queue_delay = std::chrono::seconds(10);
    return tfs;
  }

  model::ForwardingPlan plan;
  Plane plane{{.stream_octets = 1'048'576}};
  sockets::TcpStreams tcp;
  std::unique_ptr<EspInTcp> esp;
  int moves = 0, ended = 0;

 private:
  std::uint64_t last_stream_ = 0;
};

struct EspInTcpTest : ::testing::Test {
  void SetUp() override {
    const auto bound = b.tcp.listen({address("127.0.0.1"), 0});
    ASSERT_TRUE(bound);
    at = *bound;
    loop.every(milliseconds(1), [this] {
      a.pass(milliseconds(1));
      b.pass(milliseconds(1));
      if (done() || ++turns > 20'000) loop.stop();
    });
  }
  [[nodiscard]] bool wait_until(std::function<bool()> condition) {
    done = std::move(condition);
    turns = 0;
    loop.run();
    return done();
  }
  void offer(Side& side, std::size_t count) {
    const bool forth = &side == &a;
    for (std::size_t i = 0; i < count; ++i) {
      const Frame frame = ip_frame(forth ? "10.1.0.9" : "10.2.0.9", forth ? "10.2.0.9" : "10.1.0.9", 60 + i * 37 % 900,
                                   static_cast<unsigned>(i));
      (forth ? offered_a : offered_b).push_back(ip_of(after_hops(frame, 2)));
      side.plane.io().give(kLan, frame);
    }
  }
  static std::vector<Octets> delivered(Side& side) {
    std::vector<Octets> packets;
    for (const Sent& sent : side.plane.sent(kLan)) packets.push_back(ip_of(sent.frame));
    return packets;
  }

  sockets::EventLoop loop;
  Side a{loop, Site::kA}, b{loop, Site::kB};
  Endpoint at;
  std::function<bool()> done;
  int turns = 0;
  std::vector<Octets> offered_a, offered_b;
};

TEST_F(EspInTcpTest, BothWaysThroughOneConnectionWholeAndInOrder) {
  offer(a, 200);
  offer(b, 200);
  a.call(at);
  ASSERT_TRUE(wait_until([&] { return delivered(a).size() >= 200 && delivered(b).size() >= 200; }));
  EXPECT_EQ(delivered(b), offered_a);
  EXPECT_EQ(delivered(a), offered_b);
  EXPECT_EQ(b.moves, 1) << "by whose authentic packets it learnt where to send";
  EXPECT_EQ(a.moves, 0);
  for (Side* const side : {&a, &b}) {
    const model::TunnelStats stats = side->plane.tunnel();
    EXPECT_EQ(stats.rx_missed_pkts, 0u);
    EXPECT_EQ(stats.tcp_refused_pkts, 0u);
    EXPECT_EQ(stats.tcp_taken_pkts, side->tcp.counts().esp_sent);
    EXPECT_TRUE(side->plane.sent(kWan).empty());
    EXPECT_EQ(side->plane.all_drops(), 0u);
  }
}

// RFC 9329 §6.1: the side that began makes it anew; the other one follows what is authentic.
TEST_F(EspInTcpTest, AConnectionThatIsMadeAnewCarriesOnUnderTheSameNumbers) {
  a.call(at);
  offer(a, 20);
  ASSERT_TRUE(wait_until([&] { return delivered(b).size() == 20 && b.moves == 1; }));
  const StreamId first = a.plan.tunnels[0].stream;
  a.tcp.close(first);
  ASSERT_TRUE(wait_until([&] { return b.ended == 1 && a.plane.tunnel().tcp_refused_pkts != 0; }));
  a.call(at);
  ASSERT_TRUE(wait_until([&] { return a.plan.tunnels[0].stream != first; }));
  const std::uint64_t refused = a.plane.tunnel().tcp_refused_pkts;
  offer(a, 20);
  offer(b, 20);  // waits until there is an authentic packet to follow
  ASSERT_TRUE(wait_until([&] { return delivered(b).size() == 40 && delivered(a).size() == 20; }));
  EXPECT_EQ(delivered(b), offered_a);
  EXPECT_EQ(delivered(a), offered_b);
  EXPECT_EQ(b.moves, 2);
  EXPECT_GE(a.plane.tunnel().tcp_refused_pkts, refused);
  EXPECT_EQ(a.plane.drops(model::Drop::kTcpRefused), a.plane.tunnel().tcp_refused_pkts);
  EXPECT_EQ(b.plane.drops(model::Drop::kReplay) + b.plane.drops(model::Drop::kAuthFailed), 0u);
}

// Both sides' lists of SAs may differ for a moment [9329-6.1-n].
TEST_F(EspInTcpTest, PacketsOfUnknownSasEndNothing) {
  a.call(at);
  offer(a, 20);
  ASSERT_TRUE(wait_until([&] { return delivered(b).size() == 20; }));
  std::vector<std::byte> unknown(80);
  store_be<std::uint32_t>(unknown.data(), 0x77777777);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(a.tcp.send(a.plan.tunnels[0].stream, stream::FrameKind::kEsp, unknown));
  }
  offer(a, 20);
  ASSERT_TRUE(wait_until([&] { return delivered(b).size() == 40; }));
  EXPECT_EQ(b.plane.drops(model::Drop::kUnknownSpi), 10u);
  EXPECT_EQ(b.ended, 0);
}

}  // namespace
}  // namespace levelgate::app::esp_in_tcp_test
