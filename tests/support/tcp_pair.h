// SPDX-License-Identifier: Apache-2.0
//
// Two ends of a modelled TCP connection, a path each way and a clock that jumps; counts and checks what passes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "pathmodel/in_transit.h"
#include "pathmodel/path.h"
#include "tcpmodel/connection_end.h"

namespace levelgate::testing {

class TcpPair {
 public:
  using End = tcpmodel::ConnectionEnd;
  static constexpr std::size_t kCaller = 0, kCalled = 1;
  static constexpr Instant kBegin = at_ns(1'000'000'000);

  TcpPair(const pathmodel::PathSettings& path, std::uint64_t seed, const tcpmodel::EndSettings& settings = {})
      : sides_{Side{End(End::Role::kCaller, settings), pathmodel::Path(path, seed * 2, kBegin)},
               Side{End(End::Role::kCalled, settings), pathmodel::Path(path, seed * 2 + 1, kBegin)}} {}

  struct Seen {  // of what an end put on its path
    std::uint64_t packets = 0, octets = 0, carrying = 0, repeats = 0, syns = 0;
    tcpmodel::Offset sent_to = 0;      // of the stream
    bool beyond_limit = false;         // more than the other end said that it takes
    std::uint64_t most_under_way = 0;  // octets of the stream that were sent and not acknowledged in order
    std::vector<Instant> moments;
  };
  // Called for what leaves; true: it is lost, whatever the path says.
  std::function<bool(std::size_t, const tcpmodel::Segment&)> drops = [](auto, const auto&) { return false; };
  // Called for what comes.
  std::function<void(std::size_t, const tcpmodel::Segment&)> arrives = [](auto, const auto&) {};

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] Nanos since() const { return now_ - kBegin; }
  [[nodiscard]] End& end(std::size_t side) { return sides_[side].end; }
  [[nodiscard]] const Seen& seen(std::size_t side) const { return sides_[side].seen; }
  [[nodiscard]] const pathmodel::Path& path(std::size_t side) const { return sides_[side].path; }
  [[nodiscard]] const std::vector<std::byte>& received(std::size_t side) const { return sides_[side].received; }

  void call() {
    end(kCaller).call(now_);
    flush(kCaller);
  }
  void write(std::size_t side, ConstBytes octets) {
    end(side).write(now_, octets);
    flush(side);
  }
  void finish(std::size_t side) {
    end(side).finish(now_);
    flush(side);
  }
  // Until something holds; false: nothing more happens, or not by then.
  bool run_until(const std::function<bool()>& holds, Nanos within) {
    const Instant until = now_ + within;
    while (!holds()) {
      Instant next = kNever;
      for (const Side& side : sides_) next = std::min({next, side.end.deadline(), side.towards.next()});
      if (next > until || next == kNever) {
        now_ = next > until ? until : now_;
        return false;
      }
      now_ = std::max(now_, next);
      for (const std::size_t side : {kCaller, kCalled}) {
        while (const auto segment = sides_[side].towards.take(now_)) {
          arrives(side, *segment);
          end(side).take(now_, *segment);
          flush(side);
        }
        if (end(side).deadline() <= now_) end(side).on_time(now_);
        flush(side);
      }
    }
    return true;
  }
  void run_for(Nanos span) {
    (void)run_until([] { return false; }, span);
  }

 private:
  struct Side {
    End end;
    pathmodel::Path path;  // away from it
    pathmodel::InTransit<tcpmodel::Segment> towards{};
    std::vector<std::byte> received{};
    tcpmodel::Offset acknowledged = 0, limit = 0;  // as the other end said it last
    Seen seen{};
  };

  void flush(std::size_t from) {
    Side& own = sides_[from];
    Side& other = sides_[1 - from];
    for (tcpmodel::Segment& segment : own.end.sent()) {
      note(own, segment);
      other.acknowledged = std::max(other.acknowledged, segment.next);
      other.limit = std::max(other.limit, segment.limit);
      const auto outcome = own.path.offer(now_, segment.path_octets());
      if (drops(from, segment)) continue;
      for (const Instant arrival : outcome.arrivals()) other.towards.add(arrival, segment);
    }
    const std::vector<std::byte> octets = own.end.received();
    own.received.insert(own.received.end(), octets.begin(), octets.end());
  }
  void note(Side& own, const tcpmodel::Segment& segment) {
    Seen& seen = own.seen;
    ++seen.packets;
    seen.octets += segment.path_octets();
    seen.moments.push_back(now_);
    if (segment.kind == tcpmodel::SegmentKind::kSyn || segment.kind == tcpmodel::SegmentKind::kSynAck) ++seen.syns;
    if (!segment.carries()) return;
    ++seen.carrying;
    if (segment.end() <= seen.sent_to) ++seen.repeats;
    seen.sent_to = std::max(seen.sent_to, segment.end());
    seen.beyond_limit = seen.beyond_limit || segment.at + segment.octets.size() > own.limit;
    seen.most_under_way = std::max(seen.most_under_way, seen.sent_to - own.acknowledged);
  }

  Instant now_ = kBegin;
  std::array<Side, 2> sides_;
};

}  // namespace levelgate::testing
