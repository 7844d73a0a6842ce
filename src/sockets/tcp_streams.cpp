// SPDX-License-Identifier: Apache-2.0
//
// Waits of Asio around streams: readable, writable, a caller, and one alarm for the earliest deadline of all. What ends
// a stream is told behind whatever the loop does now, so that the owner is never called from within its own call.
#include "sockets/tcp_streams.h"

#include <boost/asio/post.hpp>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "sockets/alarm.h"
#include "sockets/tcp_stream.h"

namespace levelgate::sockets {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using stream::StreamEnd;

constexpr std::size_t kReadAtOnce = 64 * 1024;            // octets, of one stream: then others have their turn
constexpr int kAcceptAtOnce = 64;                         // likewise
constexpr Nanos kNoDescriptorPause = Nanos(100'000'000);  // nothing tells when one is free again

}  // namespace

struct TcpStreams::State : std::enable_shared_from_this<TcpStreams::State> {
  State(EventLoop& loop, Calls called, const StreamBounds& bounds, const stream::StreamPatience& with)
      : context(loop.context()),
        calls(std::move(called)),
        patience(with),
        places(bounds),
        room(std::make_unique<std::byte[]>(kReadAtOnce)),
        alarm(loop, [this] { on_time(); }),
        pause(loop, [this] { accept_again(); }) {}

  using StreamPtr = std::shared_ptr<TcpStream>;
  struct Listening {
    explicit Listening(TcpAcceptor made) : acceptor(std::move(made)) {}
    TcpAcceptor acceptor;
    bool paused = false;
  };

  asio::io_context& context;
  Calls calls;
  stream::StreamPatience patience;
  StreamPlaces places;
  std::unique_ptr<std::byte[]> room;  // one for all: what is read is handed on, or copied by the reader
  Alarm alarm;                        // of the first deadline
  Alarm pause;
  std::map<Endpoint, std::shared_ptr<Listening>> listening;
  std::unordered_map<StreamId, StreamPtr> streams;
  std::set<std::pair<Instant, StreamId>> deadlines;
  TcpCounts counts;
  bool over = false;

  // --- who calls ---
  void wait_for_callers(const std::shared_ptr<Listening>& at) {
    at->acceptor.async_wait(TcpAcceptor::wait_read, [self = shared_from_this(), at](error_code error) {
      if (!error && !self->over && at->acceptor.is_open()) self->accept(at);
    });
  }
  void accept(const std::shared_ptr<Listening>& at) {
    for (int i = 0; i < kAcceptAtOnce; ++i) {
      TcpSocket socket(context.get_executor());
      Endpoint remote;
      switch (accept_one(at->acceptor, socket, remote)) {
        case Accepted::kOne:
          enter(std::move(socket), remote);
          break;
        case Accepted::kNone:
          return wait_for_callers(at);
        case Accepted::kFailed:
          break;  // that caller is gone
        case Accepted::kNoDescriptor:
          ++counts.no_descriptor;
          if (crowd_out(places.fell())) break;
          at->paused = true;
          return pause.arm(EventLoop::now() + kNoDescriptorPause);
      }
    }
    wait_for_callers(at);
  }
  void accept_again() {
    for (const auto& [local, at] : listening) {
      if (std::exchange(at->paused, false)) wait_for_callers(at);
    }
  }
  void enter(TcpSocket socket, const Endpoint& remote) {
    const StreamId id = calls.next_id();
    const auto admission = places.enter(id, remote.address);
    (void)crowd_out(admission.falls);
    if (!admission.admitted) {
      ++counts.no_place;
      return;  // the socket closes
    }
    ++counts.accepted;
    const StreamLink link{id, local_end(socket), remote};
    const auto made =
        std::make_shared<TcpStream>(std::move(socket), link, TcpStream::Side::kAccepted, EventLoop::now(), patience);
    streams[id] = made;
    look_after(*made);
    wait_to_read(made);
  }
  bool crowd_out(std::optional<StreamId> id) {
    const auto found = id ? streams.find(*id) : streams.end();
    if (found == streams.end()) return false;
    const StreamPtr falls = found->second;
    falls->end_with(StreamEnd::kCrowded);
    settle(falls);
    return true;
  }

  // --- whom we call ---
  void connect(StreamId id, const IpAddress& local, const Endpoint& remote) {
    auto socket = calling_socket(context, local, remote);
    const bool begun = socket.has_value();
    const auto made = std::make_shared<TcpStream>(begun ? std::move(*socket) : TcpSocket(context.get_executor()),
                                                  StreamLink{id, {local, 0}, remote}, TcpStream::Side::kConnected,
                                                  EventLoop::now(), patience);
    places.enter_own(id, remote.address);
    streams[id] = made;
    if (!begun) made->end_with(StreamEnd::kUnreachable);
    settle(made);
    if (begun) wait_for_answer(made);
  }
  void wait_for_answer(const StreamPtr& made) {
    made->socket().async_wait(TcpSocket::wait_write, [self = shared_from_this(), made](error_code error) {
      if (error || self->over || made->end()) return;
      const CallAnswer answer = call_answered(made->socket());
      if (answer == CallAnswer::kNone) return self->wait_for_answer(made);
      if (answer == CallAnswer::kRefused) {
        made->end_with(StreamEnd::kUnreachable);
        return self->settle(made);
      }
      ++self->counts.connected;
      made->connected();
      self->write(made);
      if (!made->end()) self->wait_to_read(made);
      if (!made->end()) self->calls.connected(made->link());
    });
  }

  // --- octets ---
  void wait_to_read(const StreamPtr& on) {
    on->socket().async_wait(TcpSocket::wait_read, [self = shared_from_this(), on](error_code error) {
      if (!error) self->turn(on);
    });
  }
  void turn(const StreamPtr& on) {
    if (over || on->end()) return;
    const auto reading = on->read(EventLoop::now(), {room.get(), kReadAtOnce}, [&](const stream::Frame& frame) {
      const bool wanted = calls.received(on->link(), frame);
      return wanted && !over;
    });
    if (over) return;
    if (!on->end()) (void)crowd_out(places.holds(on->link().id, on->held()));
    settle(on);
    if (on->end() || reading == TcpStream::Reading::kPaused) return;
    wait_to_read(on);
  }
  void resume(const StreamPtr& on) {
    if (on->end() || !on->paused()) return;
    on->resume();
    asio::post(context, [self = shared_from_this(), on] { self->turn(on); });
  }
  void write(const StreamPtr& on) {
    if (on->write(EventLoop::now()) && !on->waits_to_write) {
      on->waits_to_write = true;
      on->socket().async_wait(TcpSocket::wait_write, [self = shared_from_this(), on](error_code error) {
        on->waits_to_write = false;
        if (!error && !self->over && !on->end()) self->write(on);
      });
    }
    settle(on);
  }

  // --- ends ---
  // After whatever a stream did: it is over, or its next deadline is known.
  void settle(const StreamPtr& on) {
    if (!on->end()) return look_after(*on);
    const StreamId id = on->link().id;
    const auto found = streams.find(id);
    if (found == streams.end() || found->second != on) return;
    bury(*on);
    streams.erase(found);
    if (*on->end() == StreamEnd::kOwner) return;
    asio::post(context, [self = shared_from_this(), on] {
      if (!self->over) self->calls.ended(on->link(), *on->end());
    });
  }
  void bury(const TcpStream& one) {
    const StreamId id = one.link().id;
    places.leave(id);
    deadlines.erase({one.filed, id});
    ++counts.ends[static_cast<std::size_t>(*one.end())];
    add(counts, one);
  }
  static void add(TcpCounts& to, const TcpStream& one) {
    to.ike_received += one.read_counts().ike;
    to.esp_received += one.read_counts().esp;
    to.keepalives += one.read_counts().keepalives;
    to.ike_sent += one.write_counts().ike;
    to.esp_sent += one.write_counts().esp;
    to.esp_dropped += one.write_counts().esp_dropped;
  }

  // --- time ---
  void look_after(TcpStream& one) {
    const Instant when = one.guard().deadline();
    if (one.filed == when) return;
    deadlines.erase({one.filed, one.link().id});
    one.filed = when;
    if (when != kNever) deadlines.emplace(when, one.link().id);
    alarm.arm(deadlines.empty() ? kNever : deadlines.begin()->first);
  }
  void on_time() {
    const Instant now = EventLoop::now();
    while (!over && !deadlines.empty() && deadlines.begin()->first <= now) {
      const StreamPtr due = streams.at(deadlines.begin()->second);
      if (const auto end = due->guard().ended(now)) due->end_with(*end);
      settle(due);
    }
    if (!over) alarm.arm(deadlines.empty() ? kNever : deadlines.begin()->first);
  }

  [[nodiscard]] StreamPtr find(StreamId id) const {
    const auto found = streams.find(id);
    return found == streams.end() ? nullptr : found->second;
  }
};

TcpStreams::TcpStreams(EventLoop& loop, Calls calls, const StreamBounds& bounds, const stream::StreamPatience& patience)
    : state_(std::make_shared<State>(loop, std::move(calls), bounds, patience)) {}

// Waits that are under way hold the state; with their sockets they end.
TcpStreams::~TcpStreams() {
  state_->over = true;
  state_->alarm.disarm();
  state_->pause.disarm();
  error_code ignored;
  for (const auto& [local, at] : state_->listening) at->acceptor.close(ignored);
  state_->listening.clear();
  for (const auto& [id, one] : state_->streams) one->end_with(StreamEnd::kOwner);
  state_->streams.clear();
}

Result<Endpoint> TcpStreams::listen(const Endpoint& local) {
  auto acceptor = listening_socket(state_->context, local);
  if (!acceptor) return std::unexpected(acceptor.error());
  const auto at = std::make_shared<State::Listening>(std::move(*acceptor));
  Endpoint bound = local;
  if (bound.port == 0) {
    error_code ignored;
    bound.port = at->acceptor.local_endpoint(ignored).port();
  }
  state_->listening[bound] = at;
  state_->wait_for_callers(at);
  return bound;
}

void TcpStreams::stop_listening(const Endpoint& local) {
  const auto found = state_->listening.find(local);
  if (found == state_->listening.end()) return;
  error_code ignored;
  found->second->acceptor.close(ignored);
  state_->listening.erase(found);
}

void TcpStreams::connect(StreamId id, const IpAddress& local, const Endpoint& remote) {
  state_->connect(id, local, remote);
}

bool TcpStreams::send(StreamId id, stream::FrameKind kind, std::vector<std::byte> octets) {
  const auto on = state_->find(id);
  if (!on || on->end()) return false;
  const bool taken = on->put(kind, std::move(octets));
  if (!taken && kind == stream::FrameKind::kIke) on->end_with(StreamEnd::kOverflow);
  if (taken && !on->waits_to_write) {
    state_->write(on);
  } else {
    state_->settle(on);
  }
  return taken;
}

void TcpStreams::prove(StreamId id) {
  const auto on = state_->find(id);
  if (!on) return;
  on->prove();
  state_->places.prove(id);
  state_->settle(on);
}

void TcpStreams::resume(StreamId id) {
  if (const auto on = state_->find(id)) state_->resume(on);
}

void TcpStreams::close(StreamId id) {
  const auto on = state_->find(id);
  if (!on) return;
  on->end_with(StreamEnd::kOwner);
  state_->settle(on);
}

std::size_t TcpStreams::open() const { return state_->streams.size(); }
std::size_t TcpStreams::unproven() const { return state_->places.unproven(); }

TcpCounts TcpStreams::counts() const {
  TcpCounts counts = state_->counts;
  for (const auto& [id, one] : state_->streams) State::add(counts, *one);
  return counts;
}

}  // namespace levelgate::sockets
