// SPDX-License-Identifier: Apache-2.0
//
// How many streams there may be, in all and of one source: an IPv4 address, or the /64 of an IPv6 one. When there is no
// room, the oldest one that has proven nothing falls for the newcomer, of the same source where that one is full. Knows
// no socket.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/ip_address.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace levelgate::sockets {

// Each is a choice. An unproven stream costs one to two kilobytes beside what it has sent.
struct StreamBounds {
  std::size_t all = 20'000;               // peers, each with an old stream and a new one
  std::size_t of_source = 1'024;          // peers behind one NAT
  std::size_t unproven = 4'096;           // as many as half-open SAs
  std::size_t unproven_of_source = 64;    // who makes more connections at once is no gateway
  std::size_t unproven_octets = 8 << 20;  // of unfinished frames, in all
};

// Thread: control.
class StreamPlaces {
 public:
  explicit StreamPlaces(const StreamBounds& bounds = {}) : bounds_(bounds) {}

  struct Admission {
    bool admitted = false;
    std::optional<StreamId> falls;  // it is no longer counted: close it
  };
  // A newcomer, whose id is larger than all before it.
  [[nodiscard]] Admission enter(StreamId id, const IpAddress& from);
  // One of ours counts, and is never refused: we make one for each SA.
  void enter_own(StreamId id, const IpAddress& to);
  void prove(StreamId id);
  void leave(StreamId id);  // twice does no harm
  // The oldest one that has proven nothing, which is no longer counted then; nothing: there is none.
  [[nodiscard]] std::optional<StreamId> fell();
  // What the reader of an unproven stream holds now. Who falls, while there is too much of it.
  [[nodiscard]] std::optional<StreamId> holds(StreamId id, std::size_t octets);

  [[nodiscard]] std::size_t all() const { return places_.size(); }
  [[nodiscard]] std::size_t unproven() const { return unproven_.size(); }
  [[nodiscard]] std::size_t unproven_octets() const { return octets_; }

 private:
  struct Place {
    IpAddress source;
    bool proven = false;
    std::size_t octets = 0;
  };
  struct Source {
    std::size_t all = 0;
    std::set<StreamId> unproven;  // the oldest first
  };
  [[nodiscard]] std::optional<StreamId> first_of(const std::set<StreamId>& unproven);
  void no_longer_unproven(StreamId id, Place& place);

  StreamBounds bounds_;
  std::unordered_map<StreamId, Place> places_;
  std::map<IpAddress, Source> sources_;
  std::set<StreamId> unproven_;
  std::size_t octets_ = 0;
};

}  // namespace levelgate::sockets
