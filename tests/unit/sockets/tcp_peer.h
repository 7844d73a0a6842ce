// SPDX-License-Identifier: Apache-2.0
//
// The other side of a stream as a bare socket, which does whatever a peer may do, and the streams of ours that keep
// what comes of it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "listener.h"
#include "sockets/tcp_streams.h"
#include "stream/frame.h"

namespace levelgate::sockets {

inline Octets in_frame(stream::FrameKind kind, const Octets& content) {
  Octets made;
  const auto head = stream::FrameHead::of(kind, content);
  EXPECT_TRUE(head);
  if (head) made.assign(head->octets().begin(), head->octets().end());
  made.insert(made.end(), content.begin(), content.end());
  return made;
}
inline Octets ike_frame(const Octets& content) { return in_frame(stream::FrameKind::kIke, content); }
inline Octets prefix() { return {stream::kPrefix.begin(), stream::kPrefix.end()}; }
inline Octets operator+(Octets first, const Octets& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

class BarePeer {
 public:
  BarePeer() = default;
  // Blocks until the kernel has made the connection, which needs no accept(). From a loopback address of choice.
  explicit BarePeer(const Endpoint& to, std::uint32_t from = INADDR_LOOPBACK, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in local{AF_INET, 0, {htonl(from)}, {}};
    sockaddr_in remote{AF_INET, htons(to.port), {htonl(to.address.v4_host_order())}, {}};
    made_ = socket_ >= 0 && ::bind(socket_, generic(local), sizeof local) == 0 &&
            ::connect(socket_, generic(remote), sizeof remote) == 0;
  }
  BarePeer(BarePeer&& other) noexcept : socket_(std::exchange(other.socket_, -1)), made_(other.made_) {}
  BarePeer& operator=(BarePeer&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(made_, other.made_);
    return *this;
  }
  ~BarePeer() { close(); }

  [[nodiscard]] bool made() const { return made_; }
  // False: the stream is broken.
  bool send(const Octets& octets) const {
    return ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(octets.size());
  }
  // What is there; nothing: the stream is over.
  [[nodiscard]] std::optional<Octets> receive() const {
    Octets octets(70'000);
    const ssize_t read = ::recv(socket_, octets.data(), octets.size(), MSG_DONTWAIT);
    if (read == 0 || (read < 0 && errno != EAGAIN)) return std::nullopt;
    octets.resize(read < 0 ? 0 : static_cast<std::size_t>(read));
    return octets;
  }
  void half_close() const { ::shutdown(socket_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  static const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }
  int socket_ = -1;
  bool made_ = false;
};

// Streams of ours that keep what they get, and a loop that runs until something holds.
struct Streams {
  struct Got {
    StreamLink link;
    stream::FrameKind kind;
    Octets octets;
  };
  EventLoop& loop;
  std::uint64_t last_id = 0;
  std::vector<Got> got{};
  std::vector<StreamLink> made{};
  std::vector<std::pair<StreamLink, stream::StreamEnd>> ended{};
  std::function<bool(const StreamLink&, const stream::Frame&)> on_frame{};  // whether more is wanted
  TcpStreams all;
  Endpoint at{};

  explicit Streams(EventLoop& on, const StreamBounds& bounds = {}, const stream::StreamPatience& patience = {})
      : loop(on), all(on, calls(), bounds, patience) {}

  void listen(const char* address = "127.0.0.1") {
    const auto bound = all.listen(loopback(address));
    ASSERT_TRUE(bound) << bound.error().what;
    at = *bound;
  }
  StreamId connect(const Endpoint& to) {
    const StreamId id{++last_id};
    all.connect(id, to.address, to);
    return id;
  }
  // Nobody's fault: each test has minutes for what takes milliseconds.
  template <typename Test>
  [[nodiscard]] bool wait_until(Test test) {
    for (int i = 0; i < 6'000 && !test(); ++i) {
      Alarm alarm(loop, [&] { loop.stop(); });
      alarm.arm(EventLoop::now() + std::chrono::milliseconds(10));
      loop.run();
    }
    return test();
  }

 private:
  TcpStreams::Calls calls() {
    return {[this] { return StreamId{++last_id}; }, [this](const StreamLink& link) { made.push_back(link); },
            [this](const StreamLink& link, const stream::Frame& frame) {
              got.push_back({link, frame.kind, Octets(frame.octets.begin(), frame.octets.end())});
              return !on_frame || on_frame(link, frame);
            },
            [this](const StreamLink& link, stream::StreamEnd end) { ended.emplace_back(link, end); }};
  }
};

}  // namespace levelgate::sockets
