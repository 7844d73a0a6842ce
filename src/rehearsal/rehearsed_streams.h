// SPDX-License-Identifier: Apache-2.0
//
// TCP connections between the two gateways: modelled ends (room tcpmodel), frames and limits as the daemon has them
// (room stream). What a socket would do with octets is done here, in virtual time.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ikestate/effects.h"
#include "rehearsal/rehearsing_gateway.h"
#include "tcpmodel/segment.h"

namespace levelgate::rehearsal {

class Streams {
 public:
  struct Calls {
    // A packet of so many octets leaves a gateway; `arrives` is called if and when it does.
    std::function<void(Side, std::uint32_t octets, std::function<void()> arrives)> pass;
    std::function<StreamId(Side)> next_id;
    std::function<void(Side, const ikestate::Path&)> up;
    std::function<void(Side, const ikestate::Path&, ConstBytes)> message;
    // Not for one that close() ended.
    std::function<void(Side, StreamId)> ended;
  };
  // `now` outlives it.
  Streams(const Instant& now, Calls calls);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  void connect(Side side, const ikestate::Path& path);
  // Nothing happens where there is no such stream any more.
  void send(Side side, StreamId stream, ConstBytes message);
  void prove(Side side, StreamId stream);
  void close(Side side, StreamId stream);

  [[nodiscard]] Instant deadline() const;
  void on_time();
  // Of messages that are not whole, in the reader and behind gaps.
  [[nodiscard]] std::size_t held_octets(Side side) const;

 private:
  struct Connection;
  using ConnectionPtr = std::shared_ptr<Connection>;
  [[nodiscard]] ConnectionPtr find(Side side, StreamId stream) const;
  void arrive(const ConnectionPtr& on, Side to, const tcpmodel::Segment& segment);
  void follow(const ConnectionPtr& on, Side side);
  void make(const ConnectionPtr& on, Side side);
  void read(const ConnectionPtr& on, Side side, ConstBytes octets);
  void end(const ConnectionPtr& on, Side side);

  const Instant& now_;
  Calls calls_;
  std::vector<ConnectionPtr> connections_;
  std::uint16_t last_port_ = 40'000;
};

}  // namespace levelgate::rehearsal
