// SPDX-License-Identifier: Apache-2.0
//
// Strangers' messages that wait to be served: those that return a cookie in one line, all others in another, each
// within bounds, and both taken from in turns. So a flood of first messages fills its own line alone. Knows no socket.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/endpoint.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace levelgate::sockets {

struct Datagram {
  Endpoint from;
  ConstBytes octets;
};

// First in, first out, in memory that is taken once. Thread: the owner's.
class WaitingLine {
 public:
  WaitingLine(std::size_t messages, std::size_t octets);

  // Copies it; false: there is no room, and nothing changed.
  [[nodiscard]] bool put(const Datagram& datagram);
  // The oldest one; its octets hold until the next put().
  [[nodiscard]] std::optional<Datagram> take();
  [[nodiscard]] std::size_t size() const { return waiting_; }

 private:
  struct Place {
    Endpoint from;
    std::size_t at = 0;
    std::size_t octets = 0;
  };
  // Where so many octets would lie in one piece.
  [[nodiscard]] std::optional<std::size_t> room_for(std::size_t octets) const;

  std::vector<Place> places_;  // a ring
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  std::size_t octets_most_;
  std::unique_ptr<std::byte[]>
      octets_;           // a ring in which no message is cut: pages are the system's until they are used
  std::size_t end_ = 0;  // behind the newest message
};

class Inbox {
 public:
  enum class Line : std::uint8_t { kReturned, kFirst };

  // A line that is longer only makes everybody in it wait longer, and behind some thousand first messages a peer has
  // sent its own again (limits::kUnknownFirstRetry); shorter than this, a pause of some milliseconds would lose
  // messages that could have been served. A stranger's message has some 250 octets; the line holds the largest datagram
  // as well.
  static constexpr std::size_t kMessages = 1024;
  static constexpr std::size_t kOctets = 512 * 1024;

  explicit Inbox(std::size_t messages = kMessages, std::size_t octets = kOctets)
      : returned_(messages, octets), first_(messages, octets) {}

  // False: that line is full.
  [[nodiscard]] bool put(Line line, const Datagram& datagram) { return of(line).put(datagram); }
  // From both lines in turns while both have something; the octets hold until the next put().
  [[nodiscard]] std::optional<Datagram> take();
  [[nodiscard]] bool empty() const { return returned_.size() + first_.size() == 0; }

 private:
  WaitingLine& of(Line line) { return line == Line::kReturned ? returned_ : first_; }

  WaitingLine returned_, first_;
  Line next_ = Line::kReturned;
};

}  // namespace levelgate::sockets
