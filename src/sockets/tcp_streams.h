// SPDX-License-Identifier: Apache-2.0
//
// Streams of IKE over TCP (RFC 9329): those that peers make to the ports where we listen, and those that we make.
// Hands over frames, keeps limits of number, time and memory (decision 0026), and never looks into a message. A stream
// that ends is told of once, from the loop, with the reason.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/result.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sockets/event_loop.h"
#include "sockets/stream_link.h"
#include "sockets/stream_places.h"
#include "stream/frame.h"
#include "stream/stream_end.h"
#include "stream/stream_guard.h"

namespace levelgate::sockets {

struct TcpCounts {
  std::uint64_t accepted = 0;
  std::uint64_t connected = 0;
  std::uint64_t no_place = 0;       // closed at once: everybody else has proven something
  std::uint64_t no_descriptor = 0;  // the system has no more for us
  std::uint64_t ike_received = 0;
  std::uint64_t esp_received = 0;
  std::uint64_t keepalives = 0;
  std::uint64_t ike_sent = 0;                             // taken to be written
  std::uint64_t esp_sent = 0;                             // likewise, and not dropped since
  std::uint64_t esp_dropped = 0;                          // no room in the queue
  std::array<std::uint64_t, stream::kStreamEnds> ends{};  // by stream::StreamEnd
};

// Thread: control. May end in its own call; no call comes afterwards.
class TcpStreams {
 public:
  struct Calls {
    // For a stream that is accepted: larger than all before it, and never given twice.
    std::function<StreamId()> next_id;
    // One of ours is made, and messages may leave.
    std::function<void(const StreamLink&)> connected;
    // The octets hold until the call returns. False: no more of this stream until resume().
    std::function<bool(const StreamLink&, const stream::Frame&)> received;
    // Not for one that close() ended.
    std::function<void(const StreamLink&, stream::StreamEnd)> ended;
  };
  TcpStreams(EventLoop& loop, Calls calls, const StreamBounds& bounds = {},
             const stream::StreamPatience& patience = {});
  ~TcpStreams();
  TcpStreams(const TcpStreams&) = delete;
  TcpStreams& operator=(const TcpStreams&) = delete;

  // Where we listen, as bound (port 0: the kernel chooses one). Errors as of UdpPort::open.
  [[nodiscard]] Result<Endpoint> listen(const Endpoint& local);
  void stop_listening(const Endpoint& local);  // its streams stay
  // From any port. A call of connected() or ended() comes of it.
  void connect(StreamId id, const IpAddress& local, const Endpoint& remote);

  // False: it was not taken, because there is no such stream, or no room. Without room for IKE the stream ends.
  bool send(StreamId id, stream::FrameKind kind, std::vector<std::byte> octets);
  // Something that came on it was authentic.
  void prove(StreamId id);
  void resume(StreamId id);
  void close(StreamId id);

  [[nodiscard]] std::size_t open() const;  // those that are being made as well
  [[nodiscard]] std::size_t unproven() const;
  [[nodiscard]] TcpCounts counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace levelgate::sockets
