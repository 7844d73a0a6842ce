// SPDX-License-Identifier: Apache-2.0
//
// The control thread's side of ESP in TCP (RFC 9329 §3.2): takes what workers have sent for tunnels whose packets
// travel in TCP to their connections, and gives workers what came out of connections. A slow path, bounded in octets
// and in work: what finds no room is dropped and counted, the newest first.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <cstddef>
#include <vector>

#include "dataplane/stream_edge.h"
#include "publisher/publisher.h"

namespace levelgate::publisher {

// The connections. Thread: control.
class EspStreams {
 public:
  virtual ~EspStreams() = default;
  // One ESP packet, from the SPI to the ICV; the octets are the caller's again afterwards. False: that connection is
  // gone or its line is full, and nothing was taken.
  [[nodiscard]] virtual bool send(StreamId stream, ConstBytes esp) = 0;
};

// Thread: control.
class StreamDesk {
 public:
  // `edges`: index WorkerId. All of it outlives the desk.
  StreamDesk(Publisher& publisher, std::vector<dataplane::StreamEdge*> edges)
      : publisher_(publisher), edges_(std::move(edges)) {}

  // Hands over what has come, at most kOnePump of each worker; to be called every kPumpInterval while a tunnel travels
  // in TCP, whether something was sent or not: nothing inside a tunnel moves it. A worker wakes nobody.
  void pump(EspStreams& streams);
  // An ESP packet out of a connection, from the SPI to the ICV.
  void received(StreamId stream, ConstBytes esp);

  static constexpr std::size_t kOnePump = 128;  // packets; more would keep IKE waiting
  static constexpr Nanos kPumpInterval = std::chrono::milliseconds(1);

 private:
  void deliver(const dataplane::StreamedBy& by, ConstBytes esp, EspStreams& streams);

  Publisher& publisher_;
  std::vector<dataplane::StreamEdge*> edges_;
};

}  // namespace levelgate::publisher
