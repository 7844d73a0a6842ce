// SPDX-License-Identifier: Apache-2.0
//
// One connection that carries IKE (RFC 9329): its socket, its reader, its guard and what waits to be written. Reads and
// writes when its owner says so; never waits. Only this room includes it.
#pragma once

#include <levelgate/base/time.h>

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sockets/stream_link.h"
#include "sockets/tcp_socket.h"
#include "stream/frame_reader.h"
#include "stream/stream_guard.h"
#include "stream/write_queue.h"

namespace levelgate::sockets {

// Thread: control.
class TcpStream {
 public:
  using Side = stream::StreamGuard::Side;
  TcpStream(TcpSocket socket, const StreamLink& link, Side side, Instant now, const stream::StreamPatience& patience);

  enum class Reading : std::uint8_t { kMore, kEmpty, kPaused };
  // What the kernel has, within a bound; `call` returns whether more is wanted now.
  [[nodiscard]] Reading read(Instant now, Bytes room, const std::function<bool(const stream::Frame&)>& call);
  // After a pause: the frames that were read before it are still to come.
  void resume() { paused_ = false; }

  // A call of ours was answered: the prefix may leave.
  void connected();
  [[nodiscard]] bool put(stream::FrameKind kind, std::vector<std::byte> octets) {
    return queue_.put(kind, std::move(octets));
  }
  // What the kernel takes; true: something is left that waits for it.
  [[nodiscard]] bool write(Instant now);
  void prove();

  [[nodiscard]] const std::optional<stream::StreamEnd>& end() const { return end_; }
  void end_with(stream::StreamEnd end);  // the first reason counts; the socket is closed
  [[nodiscard]] const stream::StreamGuard& guard() const { return guard_; }
  [[nodiscard]] const StreamLink& link() const { return link_; }
  [[nodiscard]] std::size_t held() const { return reader_.memory() + left_.capacity(); }  // octets read
  [[nodiscard]] bool connecting() const { return connecting_; }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] TcpSocket& socket() { return socket_; }
  [[nodiscard]] const stream::FrameCounts& read_counts() const { return reader_.counts(); }
  [[nodiscard]] const stream::WriteCounts& write_counts() const { return queue_.counts(); }

  // The owner's marks: the socket is asked for room; the deadline under which it is filed.
  bool waits_to_write = false;
  Instant filed = kNever;

 private:
  [[nodiscard]] bool feed(Instant now, ConstBytes piece, const std::function<bool(const stream::Frame&)>& call);
  [[nodiscard]] std::size_t write_once(std::span<const ConstBytes> parts);

  TcpSocket socket_;
  StreamLink link_;
  stream::FrameReader reader_;
  stream::StreamGuard guard_;
  stream::WriteQueue queue_;
  ConstBytes prefix_;            // what of it is still to be written
  std::vector<std::byte> left_;  // read, and not yet asked for
  bool connecting_;
  bool paused_ = false;
  std::optional<stream::StreamEnd> end_;
};

}  // namespace levelgate::sockets
