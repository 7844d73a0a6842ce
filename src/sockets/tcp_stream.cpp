// SPDX-License-Identifier: Apache-2.0
//
// recvmsg and sendmsg on a socket that never blocks.
#include "sockets/tcp_stream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace levelgate::sockets {
namespace {

using stream::StreamEnd;

// A stranger's share of a turn: it has one message to send, which fits several times.
constexpr std::size_t kStrangersTurn = 4 * 1024;

}  // namespace

TcpStream::TcpStream(TcpSocket socket, const StreamLink& link, Side side, Instant now,
                     const stream::StreamPatience& patience)
    : socket_(std::move(socket)),
      link_(link),
      reader_(side == Side::kAccepted ? stream::FrameReader::Begin::kPrefixFirst : stream::FrameReader::Begin::kFrames),
      guard_(side, now, patience),
      prefix_(side == Side::kConnected ? ConstBytes(stream::kPrefix) : ConstBytes{}),
      connecting_(side == Side::kConnected) {}

TcpStream::Reading TcpStream::read(Instant now, Bytes room, const std::function<bool(const stream::Frame&)>& call) {
  if (end_ || paused_) return Reading::kPaused;
  if (!left_.empty()) {
    const std::vector<std::byte> before = std::exchange(left_, std::vector<std::byte>());
    if (!feed(now, before, call)) return Reading::kPaused;
    if (end_) return Reading::kEmpty;
  }
  if (!guard_.proven()) room = room.first(std::min(room.size(), kStrangersTurn));
  const ssize_t read = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
  if (read < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) end_with(StreamEnd::kReset);
    return Reading::kEmpty;
  }
  // What has come of a message whose end is missing is discarded with the reader [9329-6.1-i].
  if (read == 0) {
    end_with(StreamEnd::kPeerClosed);
    return Reading::kEmpty;
  }
  const auto octets = static_cast<std::size_t>(read);
  if (!feed(now, room.first(octets), call)) return Reading::kPaused;
  return octets == room.size() ? Reading::kMore : Reading::kEmpty;
}

// False: the owner wants no more for now, and what is left of the piece is kept.
bool TcpStream::feed(Instant now, ConstBytes piece, const std::function<bool(const stream::Frame&)>& call) {
  bool completed = false;
  bool wanted = true;
  while (wanted && !end_) {
    const auto frame = reader_.next(piece);
    if (!frame) break;
    completed = true;
    wanted = call(*frame);
  }
  if (end_) return true;
  if (reader_.prefix_read()) guard_.prefix_read();
  guard_.reading(now, reader_.under_way(), completed);
  if (const auto end = reader_.end()) {
    end_with(*end);
    return true;
  }
  if (wanted) return true;
  left_.assign(piece.begin(), piece.end());
  paused_ = true;
  return false;
}

void TcpStream::connected() {
  connecting_ = false;
  guard_.connected();
  link_.local = local_end(socket_);
}

// The prefix by itself: there are peers who take the rest of its segment for more of it [9329-6.1-a, 9329-6.1-j].
bool TcpStream::write(Instant now) {
  if (end_ || connecting_) return false;
  bool moved = false;
  if (!prefix_.empty()) {
    const std::size_t written = write_once({{prefix_}});
    prefix_ = prefix_.subspan(written);
    moved = written > 0;
  }
  while (prefix_.empty() && !end_ && !queue_.empty()) {
    const std::size_t written = write_once(queue_.front());
    if (written == 0) break;
    queue_.written(written);
    moved = true;
  }
  if (end_) return false;
  const bool waits = !prefix_.empty() || !queue_.empty();
  guard_.writing(now, waits, moved);
  return waits;
}

std::size_t TcpStream::write_once(std::span<const ConstBytes> parts) {
  std::array<iovec, 2> pieces{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pieces[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = parts.size();
  const ssize_t written = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) end_with(StreamEnd::kReset);
  return 0;
}

void TcpStream::prove() {
  if (guard_.proven() || end_) return;
  guard_.prove();
  widen_window(socket_);
}

void TcpStream::end_with(StreamEnd end) {
  if (end_) return;
  end_ = end;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace levelgate::sockets
