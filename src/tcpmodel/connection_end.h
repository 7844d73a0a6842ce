// SPDX-License-Identifier: Apache-2.0
//
// One end of a TCP connection in virtual time (RFC 9293): its handshake, both halves, and its end. Takes segments and
// moments, and gives segments and octets: whoever owns two of them and a path each way has a connection. Every octet
// arrives once and in order, or the connection ends.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/time.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tcpmodel/receiving.h"
#include "tcpmodel/sending.h"

namespace levelgate::tcpmodel {

struct EndSettings {
  Offset window = 1'048'576;                  // octets that the other end may be ahead
  Nanos patience = std::chrono::seconds(20);  // without an acknowledgement, then it is over
};

class ConnectionEnd {
 public:
  enum class Role : std::uint8_t { kCaller, kCalled };
  explicit ConnectionEnd(Role role, const EndSettings& settings = {});

  // Of the caller, once.
  void call(Instant now);
  // Leaves as soon as it may; before the connection is made it waits.
  void write(Instant now, ConstBytes octets);
  // Nothing more is written; what was written still leaves.
  void finish(Instant now);
  void widen_window(Offset octets) { receiving_.widen(octets); }
  void take(Instant now, const Segment& segment);
  void on_time(Instant now);
  [[nodiscard]] Instant deadline() const;

  // What is to be put on the path, in this order, since the last call.
  [[nodiscard]] std::vector<Segment> sent() { return std::exchange(out_, {}); }
  // What came in order since the last call.
  [[nodiscard]] std::vector<std::byte> received() { return receiving_.received(); }

  [[nodiscard]] bool up() const { return state_ == State::kUp; }
  // Both ends said that it is over, or it broke.
  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }
  // The other end said that nothing more comes.
  [[nodiscard]] bool peer_finished() const { return receiving_.finished(); }
  [[nodiscard]] std::size_t held_octets() const { return receiving_.held_octets(); }

 private:
  enum class State : std::uint8_t { kNew, kOpening, kUp, kEnded };
  void send_opening(Instant now);
  void open(Instant now, const Segment& segment);
  void take_opening(Instant now, const Segment& segment);
  void settle(Instant now);
  void tell(Segment& segment);
  void end() { state_ = State::kEnded; }

  Role role_;
  Nanos patience_;
  State state_ = State::kNew;
  Instant opened_at_{}, opening_at_ = kNever;  // the first SYN or SYN-ACK, and the next
  unsigned openings_ = 0;
  bool owes_ack_ = false;
  Sending sending_;
  Receiving receiving_;
  std::vector<Segment> out_;
};

}  // namespace levelgate::tcpmodel
