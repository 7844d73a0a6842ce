// SPDX-License-Identifier: Apache-2.0
//
// Each end is followed after whatever happened to it: what it sends leaves, what came is read.
#include "rehearsal/rehearsed_streams.h"

#include <algorithm>
#include <array>
#include <utility>

#include "stream/frame.h"
#include "stream/frame_reader.h"
#include "stream/stream_guard.h"
#include "tcpmodel/connection_end.h"

namespace levelgate::rehearsal {
namespace {

using tcpmodel::ConnectionEnd;

// As the daemon's sockets have it: a stranger's window is narrow.
constexpr tcpmodel::Offset kNarrowWindow = 32 * 1024;
constexpr tcpmodel::Offset kWideWindow = 1024 * 1024;

}  // namespace

struct Streams::Connection {
  struct End {
    End(bool caller, Instant now)
        : tcp(caller ? ConnectionEnd::Role::kCaller : ConnectionEnd::Role::kCalled,
              {.window = caller ? kWideWindow : kNarrowWindow}),
          reader(caller ? stream::FrameReader::Begin::kFrames : stream::FrameReader::Begin::kPrefixFirst),
          guard(caller ? stream::StreamGuard::Side::kConnected : stream::StreamGuard::Side::kAccepted, now) {}
    ConnectionEnd tcp;
    stream::FrameReader reader;
    stream::StreamGuard guard;  // of an accepted one: from when it is accepted
    ikestate::Path path;
    bool open = false;  // its gateway has it, and was not told that it is over
    bool made = false;
  };
  Connection(Side side, Instant now) : caller(side), ends{End(side == Side{0}, now), End(side == Side{1}, now)} {}
  [[nodiscard]] End& end(Side side) { return ends[static_cast<std::size_t>(side)]; }

  Side caller;
  std::array<End, 2> ends;
  std::vector<std::byte> waiting;  // of the caller, until it is made
};

Streams::Streams(const Instant& now, Calls calls) : now_(now), calls_(std::move(calls)) {}
Streams::~Streams() = default;

void Streams::connect(Side side, const ikestate::Path& path) {
  const auto on = std::make_shared<Connection>(side, now_);
  connections_.push_back(on);
  on->end(side).path = path;
  on->end(side).open = true;
  on->end(side).tcp.call(now_);
  follow(on, side);
}

void Streams::send(Side side, StreamId stream, ConstBytes message) {
  const ConnectionPtr on = find(side, stream);
  const auto head = stream::FrameHead::of(stream::FrameKind::kIke, message);
  if (!on || !head) return;
  std::vector<std::byte> frame(head->octets().begin(), head->octets().end());
  frame.insert(frame.end(), message.begin(), message.end());
  if (!on->end(side).made) {
    on->waiting.insert(on->waiting.end(), frame.begin(), frame.end());
    return;
  }
  on->end(side).tcp.write(now_, frame);
  follow(on, side);
}

void Streams::prove(Side side, StreamId stream) {
  const ConnectionPtr on = find(side, stream);
  if (!on) return;
  on->end(side).guard.prove();
  on->end(side).tcp.widen_window(kWideWindow);
}

void Streams::close(Side side, StreamId stream) {
  const ConnectionPtr on = find(side, stream);
  if (!on) return;
  on->end(side).open = false;
  on->end(side).tcp.finish(now_);
  follow(on, side);
}

Instant Streams::deadline() const {
  Instant first = kNever;
  for (const ConnectionPtr& on : connections_) {
    for (const Connection::End& one : on->ends) {
      first = std::min(first, one.tcp.deadline());
      if (one.open) first = std::min(first, one.guard.deadline());
    }
  }
  return first;
}

void Streams::on_time() {
  for (const ConnectionPtr& on : std::vector<ConnectionPtr>(connections_)) {
    for (const Side side : {Side::kInitiator, Side::kResponder}) {
      Connection::End& own = on->end(side);
      if (own.tcp.deadline() <= now_) {
        own.tcp.on_time(now_);
        follow(on, side);
      }
      if (own.open && own.guard.ended(now_)) end(on, side);
    }
  }
}

std::size_t Streams::held_octets(Side side) const {
  std::size_t held = 0;
  for (const ConnectionPtr& on : connections_) {
    Connection::End& own = on->end(side);
    if (own.open) held += own.reader.memory() + own.tcp.held_octets();
  }
  return held;
}

Streams::ConnectionPtr Streams::find(Side side, StreamId stream) const {
  const auto found = std::ranges::find_if(connections_, [&](const ConnectionPtr& on) {
    const Connection::End& own = on->end(side);
    return own.open && own.path.stream == stream;
  });
  return found == connections_.end() ? nullptr : *found;
}

void Streams::arrive(const ConnectionPtr& on, Side to, const tcpmodel::Segment& segment) {
  on->end(to).tcp.take(now_, segment);
  follow(on, to);
}

void Streams::follow(const ConnectionPtr& on, Side side) {
  Connection::End& own = on->end(side);
  for (tcpmodel::Segment& segment : own.tcp.sent()) {
    const std::uint32_t octets = segment.path_octets();
    const auto kept = std::make_shared<const tcpmodel::Segment>(std::move(segment));
    calls_.pass(side, octets, [this, on, to = other(side), kept] { arrive(on, to, *kept); });
  }
  if (own.tcp.up() && !own.made) make(on, side);
  const std::vector<std::byte> octets = own.tcp.received();
  if (!octets.empty()) read(on, side, octets);
  if (own.tcp.ended() || own.tcp.peer_finished()) end(on, side);
}

void Streams::make(const ConnectionPtr& on, Side side) {
  Connection::End& own = on->end(side);
  own.made = true;
  if (side != on->caller) {
    const ikestate::Path& theirs = on->end(on->caller).path;
    own.path = {theirs.remote, theirs.local, calls_.next_id(side)};
    own.guard = stream::StreamGuard(stream::StreamGuard::Side::kAccepted, now_);
    own.open = true;
    return;
  }
  if (!own.open) return;
  own.guard.connected();
  own.path.local.port = ++last_port_;
  own.tcp.write(now_, stream::kPrefix);
  own.tcp.write(now_, std::exchange(on->waiting, {}));
  follow(on, side);
  calls_.up(side, own.path);
}

void Streams::read(const ConnectionPtr& on, Side side, ConstBytes octets) {
  Connection::End& own = on->end(side);
  bool completed = false;
  while (own.open) {
    const auto frame = own.reader.next(octets);
    if (!frame) break;
    completed = true;
    const std::vector<std::byte> message(frame->octets.begin(), frame->octets.end());
    if (frame->kind == stream::FrameKind::kIke) calls_.message(side, own.path, message);
  }
  if (own.reader.prefix_read()) own.guard.prefix_read();
  own.guard.reading(now_, own.reader.under_way(), completed);
  if (own.reader.end()) end(on, side);
}

// The socket is closed with it.
void Streams::end(const ConnectionPtr& on, Side side) {
  Connection::End& own = on->end(side);
  if (!std::exchange(own.open, false)) return;
  own.tcp.finish(now_);
  follow(on, side);
  calls_.ended(side, own.path.stream);
}

}  // namespace levelgate::rehearsal
