// SPDX-License-Identifier: Apache-2.0
//
// How long a stream may take for what (reliability: slow streams): its prefix, its first frame, each later frame, and
// to take what we write. A stream that nobody has authenticated lives by short limits, and for a bounded time whatever
// comes on it. Knows moments, never a clock or a socket.
#pragma once

#include <levelgate/base/time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stream/stream_end.h"

namespace levelgate::stream {

using namespace std::chrono_literals;

// Each is a choice; a peer's segment that was lost twice still comes in time.
struct StreamPatience {
  Nanos connect = 10s;         // until ours is made
  Nanos prefix = 2s;           // from the connection on
  Nanos first_frame = 10s;     // from the connection on, whatever its length
  Nanos between_frames = 10s;  // while unproven: a cookie or another key share comes at once [9329-6.3-b]
  Nanos unproven = 60s;        // from the connection on: longer than a handshake may take
  Nanos frame = 30s;           // for any frame of a proven stream, and beside it
  std::size_t least_octets_per_second = 1'024;  // what its length adds
  Nanos write = 30s;                            // without one octet taken; 10 s while unproven
};

// Thread: the owner's.
class StreamGuard {
 public:
  enum class Side : std::uint8_t {
    kAccepted,   // a stranger's, until something on it is authentic
    kConnected,  // ours: whom we called we know; it begins when we call
  };
  StreamGuard(Side side, Instant opened, const StreamPatience& patience = {})
      : patience_(patience),
        opened_(opened),
        last_frame_(opened),
        proven_(side == Side::kConnected),
        prefix_(side == Side::kConnected),
        connecting_(side == Side::kConnected) {}

  void connected() { connecting_ = false; }
  void prefix_read() { prefix_ = true; }
  // What the reader says after each piece: octets of the frame under way (0: none), and whether a frame was completed.
  void reading(Instant now, std::size_t under_way, bool completed);
  // After each attempt to write: whether something waits, and whether something was taken.
  void writing(Instant now, bool waits, bool moved);
  // Something that came on it was authentic.
  void prove() { proven_ = true; }
  [[nodiscard]] bool proven() const { return proven_; }

  // When ended() is to be asked next; kNever: no limit runs.
  [[nodiscard]] Instant deadline() const { return next().first; }
  [[nodiscard]] std::optional<StreamEnd> ended(Instant now) const;

 private:
  [[nodiscard]] std::pair<Instant, StreamEnd> next() const;
  [[nodiscard]] Nanos time_for(std::size_t octets) const;

  StreamPatience patience_;
  Instant opened_;
  Instant last_frame_;            // or the connection
  Instant frame_begun_ = kNever;  // of the one under way
  std::size_t frame_octets_ = 0;
  Instant waits_since_ = kNever;  // what we write, since the last octet was taken
  bool proven_;
  bool prefix_;
  bool connecting_;
  bool framed_ = false;  // at least one came
};

}  // namespace levelgate::stream
