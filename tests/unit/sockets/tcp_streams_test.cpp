// SPDX-License-Identifier: Apache-2.0
//
// Streams over the loopback interface: what they carry, and what ends them (RFC 9329 §3, §4, §6.1).
#include "sockets/tcp_streams.h"

#include <gtest/gtest.h>
#include <linux/tcp.h>

#include <memory>

#include "sockets/alarm.h"
#include "tcp_peer.h"

namespace levelgate::sockets::tcp_streams_test {
namespace {

using namespace std::chrono_literals;
using stream::FrameKind;
using stream::StreamEnd;
using stream::StreamPatience;

// Limits that a test need not wait for; none is shorter than another that is to come first.
StreamPatience hasty() {
  StreamPatience patience;
  patience.prefix = 50ms;
  patience.first_frame = 150ms;
  patience.between_frames = 100ms;
  patience.unproven = 400ms;
  patience.frame = 300ms;
  patience.least_octets_per_second = 1'000'000;
  patience.write = 100ms;
  return patience;
}

TEST(TcpStreams, MessagesComeAsTheyWereSentOverBothFamilies) {
  for (const char* const address : {"127.0.0.1", "::1"}) {
    EventLoop loop;
    Streams ours(loop), theirs(loop);
    ours.listen(address);
    const StreamId called = theirs.connect(ours.at);
    EXPECT_TRUE(theirs.all.send(called, FrameKind::kIke, octets({1, 2, 3}))) << "before it is made";
    ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 1; }));
    EXPECT_EQ(ours.got[0].octets, octets({1, 2, 3}));
    EXPECT_EQ(ours.got[0].kind, FrameKind::kIke);
    EXPECT_EQ(ours.got[0].link.local, ours.at);
    ASSERT_EQ(theirs.made.size(), 1u);
    EXPECT_EQ(theirs.made[0].remote, ours.at);
    EXPECT_EQ(theirs.made[0].local, ours.got[0].link.remote) << "its port is known once it is made";
    const Octets longest(stream::kIkeMost, std::byte{7});
    EXPECT_TRUE(ours.all.send(ours.got[0].link.id, FrameKind::kIke, longest));
    EXPECT_TRUE(ours.all.send(ours.got[0].link.id, FrameKind::kEsp, octets({1, 0, 0, 0, 9})));
    ASSERT_TRUE(theirs.wait_until([&] { return theirs.got.size() == 2; }));
    EXPECT_EQ(theirs.got[0].octets, longest);
    EXPECT_EQ(theirs.got[1].kind, FrameKind::kEsp);
    EXPECT_EQ(theirs.got[1].octets, octets({1, 0, 0, 0, 9}));
    theirs.all.close(called);
    ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
    EXPECT_EQ(ours.ended[0].second, StreamEnd::kPeerClosed);
    EXPECT_TRUE(theirs.ended.empty()) << "who closes needs no news of it";
    EXPECT_EQ(ours.all.open() + theirs.all.open(), 0u);
    EXPECT_EQ(ours.all.counts().esp_sent, 1u);
    EXPECT_EQ(theirs.all.counts().ike_received, 1u);
    EXPECT_EQ(ours.all.counts().accepted, 1u);
    EXPECT_EQ(theirs.all.counts().connected, 1u);
  }
}

// [9329-6.1-a, 9329-6.1-j]
TEST(TcpStreams, ThePrefixIsASegmentOfItsOwnOnEachConnection) {
  EventLoop loop;
  Streams theirs(loop);
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in local{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
  ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
  ASSERT_EQ(::listen(listening, 4), 0);
  socklen_t size = sizeof local;
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&local), &size), 0);
  for (int connection = 0; connection < 2; ++connection) {
    const StreamId id = theirs.connect(loopback("127.0.0.1", ntohs(local.sin_port)));
    EXPECT_TRUE(theirs.all.send(id, FrameKind::kIke, octets({42})));
    const int peer = ::accept(listening, nullptr, nullptr);
    Octets seen;
    EXPECT_TRUE(theirs.wait_until([&] {
      Octets piece(100);
      const ssize_t read = ::recv(peer, piece.data(), piece.size(), MSG_DONTWAIT);
      if (read > 0) seen.insert(seen.end(), piece.begin(), piece.begin() + read);
      return seen.size() >= 13;
    }));
    EXPECT_EQ(seen, prefix() + ike_frame(octets({42})));
    tcp_info told{};
    socklen_t octets_told = sizeof told;
    ASSERT_EQ(::getsockopt(peer, IPPROTO_TCP, TCP_INFO, &told, &octets_told), 0);
    EXPECT_EQ(told.tcpi_data_segs_in, 2u);
    ::close(peer);
  }
  ::close(listening);
}

// One octet at a time, and many frames at once.
TEST(TcpStreams, FramesComeHoweverTheyAreCut) {
  EventLoop loop;
  Streams ours(loop);
  ours.listen();
  const BarePeer drips(ours.at), floods(ours.at);
  const Octets stream = prefix() + ike_frame(octets({1, 2})) + octets({0, 3, 0xff}) + ike_frame(octets({3}));
  std::size_t at = 0;
  loop.every(1ms, [&] {
    if (at < stream.size()) (void)drips.send({stream[at++]});
  });
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 2; }));
  EXPECT_EQ(ours.got[0].octets, octets({1, 2}));
  EXPECT_EQ(ours.got[1].octets, octets({3}));
  EXPECT_EQ(ours.all.counts().keepalives, 1u);
  Octets many = prefix();
  for (int i = 0; i < 2'000; ++i) many = std::move(many) + ike_frame(octets({i}));
  EXPECT_TRUE(floods.send(many));
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 2'002; }));
  for (int i = 0; i < 2'000; ++i) ASSERT_EQ(ours.got[static_cast<std::size_t>(i) + 2].octets, octets({i}));
}

struct Ending {
  const char* name;
  Octets sent;
  StreamEnd end;
};

// [9329-3.1-b, 9329-6.1-b, 9329-6.1-l, 9329-6.3-b]
TEST(TcpStreams, AStrangerThatStopsIsClosedWithTheReason) {
  const Ending endings[] = {
      {"nothing", {}, StreamEnd::kPrefixLate},
      {"half a prefix", octets({'I', 'K', 'E'}), StreamEnd::kPrefixLate},
      {"prefix", prefix(), StreamEnd::kFirstLate},
      {"half a frame", prefix() + octets({0, 200, 0, 0, 0, 0, 1}), StreamEnd::kFirstLate},
      {"one frame", prefix() + ike_frame(octets({1})), StreamEnd::kIdle},
      {"TLS", octets({0x16, 3, 1, 2, 0, 1, 0}), StreamEnd::kNoPrefix},
      {"a frame without prefix", ike_frame(octets({1})), StreamEnd::kNoPrefix},
      {"length 0", prefix() + octets({0, 0}), StreamEnd::kLength},
      {"runt", prefix() + octets({0, 4, 1, 2}), StreamEnd::kRunt},
  };
  for (const Ending& ending : endings) {
    EventLoop loop;
    Streams ours(loop, {}, hasty());
    ours.listen();
    const BarePeer peer(ours.at);
    ASSERT_TRUE(peer.made());
    (void)peer.send(ending.sent);
    ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; })) << ending.name;
    EXPECT_EQ(name_of(ours.ended[0].second), name_of(ending.end)) << ending.name;
    EXPECT_TRUE(ours.wait_until([&] { return !peer.receive(); })) << "the peer sees that it is over";
    EXPECT_EQ(ours.all.open(), 0u);
    EXPECT_EQ(ours.all.unproven(), 0u);
    EXPECT_EQ(ours.all.counts().ends[static_cast<std::size_t>(ending.end)], 1u);
  }
}

// An octet now and then gives no more time, neither for the prefix, nor for a frame, nor for whole frames of nothing.
TEST(TcpStreams, DrippingGivesNoMoreTime) {
  const std::pair<Octets, StreamEnd> begins[] = {
      {{}, StreamEnd::kPrefixLate},
      {prefix() + octets({0x10, 0, 0, 0, 0, 0}), StreamEnd::kFirstLate},
  };
  for (const auto& [begin, end] : begins) {
    EventLoop loop;
    Streams ours(loop, {}, hasty());
    ours.listen();
    const BarePeer peer(ours.at);
    (void)peer.send(begin);
    std::size_t at = 0;
    loop.every(20ms, [&] { (void)peer.send(begin.empty() ? Octets{stream::kPrefix[at++ % 6]} : octets({5})); });
    ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
    EXPECT_EQ(name_of(ours.ended[0].second), name_of(end));
  }
  EventLoop loop;
  Streams ours(loop, {}, hasty());
  ours.listen();
  const BarePeer peer(ours.at);
  EXPECT_TRUE(peer.send(prefix()));
  loop.every(5ms, [&] { (void)peer.send(ike_frame(octets({1}))); });
  ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
  EXPECT_TRUE(ours.ended[0].second == StreamEnd::kUnproven || ours.ended[0].second == StreamEnd::kIdle)
      << name_of(ours.ended[0].second) << ", where the machine itself paused";
}

TEST(TcpStreams, AProvenStreamMayBeIdleButItsFramesHaveARate) {
  EventLoop loop;
  Streams ours(loop, {}, hasty());
  ours.listen();
  const BarePeer peer(ours.at), stranger(ours.at);
  EXPECT_TRUE(peer.send(prefix() + ike_frame(octets({1}))));
  ours.on_frame = [&](const StreamLink& link, const stream::Frame&) {
    ours.all.prove(link.id);
    return true;
  };
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 1 && ours.ended.size() == 1; }));
  EXPECT_EQ(ours.ended[0].second, StreamEnd::kPrefixLate) << "the stranger, meanwhile";
  Instant later = EventLoop::now() + 500ms;
  ASSERT_TRUE(ours.wait_until([&] { return EventLoop::now() > later; }));
  EXPECT_EQ(ours.all.open(), 1u);
  EXPECT_TRUE(peer.send(octets({0x10, 0, 0, 0, 0, 0, 1})));
  ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 2; }));
  EXPECT_EQ(ours.ended[1].second, StreamEnd::kSlow);
}

// [9329-6.1-i]
TEST(TcpStreams, AHalfClosedOrBrokenStreamEndsAndHalfAMessageIsDiscarded) {
  for (const bool reset : {false, true}) {
    EventLoop loop;
    Streams ours(loop);
    ours.listen();
    BarePeer peer(ours.at);
    EXPECT_TRUE(peer.send(prefix() + ike_frame(octets({1})) + octets({0, 100, 0, 0, 0, 0, 2})));
    ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 1; }));
    reset ? peer.reset() : peer.half_close();
    ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
    EXPECT_EQ(ours.ended[0].second, reset ? StreamEnd::kReset : StreamEnd::kPeerClosed);
    EXPECT_EQ(ours.got.size(), 1u);
    EXPECT_FALSE(ours.all.send(ours.got[0].link.id, FrameKind::kIke, octets({1})));
  }
}

TEST(TcpStreams, WhereNobodyListensTheCallIsAnswered) {
  EventLoop loop;
  Streams ours(loop), theirs(loop);
  ours.listen();
  const Endpoint nobody = ours.at;
  ours.all.stop_listening(nobody);
  const StreamId id = theirs.connect(nobody);
  EXPECT_TRUE(theirs.all.send(id, FrameKind::kIke, octets({1})));
  ASSERT_TRUE(theirs.wait_until([&] { return theirs.ended.size() == 1; }));
  EXPECT_EQ(theirs.ended[0].second, StreamEnd::kUnreachable);
  EXPECT_TRUE(theirs.made.empty());
}

// A peer with a closed window: ESP is dropped first and counted, then the stream ends.
TEST(TcpStreams, WhoNeverReadsLosesEspThenTheStream) {
  EventLoop loop;
  Streams ours(loop);
  ours.listen();
  const BarePeer peer(ours.at, INADDR_LOOPBACK, 4'096);
  EXPECT_TRUE(peer.send(prefix() + ike_frame(octets({1}))));
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 1; }));
  const StreamId id = ours.got[0].link.id;
  ours.all.prove(id);
  const Octets packet(1'400, std::byte{9});
  int packets = 0;
  while (ours.all.counts().esp_dropped == 0 && packets < 20'000) {
    (void)ours.all.send(id, FrameKind::kEsp, packet);
    ++packets;
  }
  EXPECT_LT(packets, 20'000);
  EXPECT_EQ(ours.all.open(), 1u);
  const Octets message(60'000, std::byte{1});
  int messages = 0;
  while (ours.all.send(id, FrameKind::kIke, message) && messages < 1'000) ++messages;
  EXPECT_GE(messages, 40) << "a large key has room";
  EXPECT_LT(messages, 60);
  EXPECT_TRUE(ours.ended.empty()) << "not from within a call of its owner";
  ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
  EXPECT_EQ(ours.ended[0].second, StreamEnd::kOverflow);
}

TEST(TcpStreams, WhoNeverReadsIsGivenUp) {
  EventLoop loop;
  Streams ours(loop, {}, hasty());
  ours.listen();
  const BarePeer peer(ours.at, INADDR_LOOPBACK, 4'096);
  ours.on_frame = [&](const StreamLink& link, const stream::Frame&) {
    ours.all.prove(link.id);
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(ours.all.send(link.id, FrameKind::kIke, Octets(60'000)));
    return true;
  };
  EXPECT_TRUE(peer.send(prefix() + ike_frame(octets({1}))));
  ASSERT_TRUE(ours.wait_until([&] { return ours.ended.size() == 1; }));
  EXPECT_EQ(ours.ended[0].second, StreamEnd::kNotReading);
}

// Who is behind says so: nothing more is read, the peer's window closes, and no frame is lost.
TEST(TcpStreams, NothingIsReadWhileItsOwnerIsBehind) {
  EventLoop loop;
  Streams ours(loop);
  ours.listen();
  const BarePeer peer(ours.at);
  ours.on_frame = [&](const StreamLink& link, const stream::Frame&) {
    ours.all.prove(link.id);
    return ours.got.size() % 3 != 0;
  };
  Octets burst;
  for (int i = 0; i < 10; ++i) burst = std::move(burst) + ike_frame(octets({i}));
  EXPECT_TRUE(peer.send(prefix() + burst));
  for (const std::size_t seen : {3u, 6u, 9u}) {
    ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == seen; }));
    (void)peer.send(ike_frame(octets({99})));
    const Instant later = EventLoop::now() + 30ms;
    ASSERT_TRUE(ours.wait_until([&] { return EventLoop::now() > later; }));
    EXPECT_EQ(ours.got.size(), seen);
    ours.all.resume(ours.got[0].link.id);
  }
  ASSERT_TRUE(ours.wait_until([&] { return ours.got.size() == 12; }));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ours.got[static_cast<std::size_t>(i)].octets, octets({i}));
}

TEST(TcpStreams, AStreamMayBeClosedInItsOwnCallAndAllMayEndInIt) {
  EventLoop loop;
  auto ours = std::make_unique<Streams>(loop);
  ours->listen();
  const BarePeer peer(ours->at), other(ours->at);
  ours->on_frame = [&](const StreamLink& link, const stream::Frame&) {
    ours->all.close(link.id);
    return true;
  };
  EXPECT_TRUE(peer.send(prefix() + ike_frame(octets({1})) + ike_frame(octets({2}))));
  ASSERT_TRUE(ours->wait_until([&] { return ours->got.size() == 1 && ours->all.open() == 1; }));
  EXPECT_TRUE(ours->ended.empty());
  bool gone = false;
  std::unique_ptr<TcpStreams> all;
  all = std::make_unique<TcpStreams>(
      loop, TcpStreams::Calls{[id = 0]() mutable { return StreamId{static_cast<std::uint64_t>(++id)}; },
                              [](const StreamLink&) {},
                              [&](const StreamLink&, const stream::Frame&) {
                                all.reset();
                                gone = true;
                                return true;
                              },
                              [](const StreamLink&, StreamEnd) {}});
  const auto at = all->listen(loopback("127.0.0.1"));
  ASSERT_TRUE(at);
  const BarePeer last(*at);
  EXPECT_TRUE(last.send(prefix() + ike_frame(octets({1})) + ike_frame(octets({2}))));
  ASSERT_TRUE(ours->wait_until([&] { return gone && !last.receive(); }));
}

TEST(TcpStreams, ABusyPortIsAnErrorWithACure) {
  EventLoop loop;
  Streams first(loop), second(loop);
  first.listen();
  const auto again = second.all.listen(first.at);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::kAddressInUse);
  EXPECT_NE(again.error().what.find("ss -ltnp"), std::string::npos);
}

}  // namespace
}  // namespace levelgate::sockets::tcp_streams_test
