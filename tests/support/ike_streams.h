// SPDX-License-Identifier: Apache-2.0
//
// TCP connections of the IKE world: octets in order, cut into segments by the seed, late, stalled, broken on one side
// or on both. Frames are made and read by the product's own room.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "ikestate/effects.h"
#include "stream/frame_reader.h"

namespace levelgate::testing {

class IkeWorld;

class WorldStreams {
 public:
  WorldStreams(IkeWorld& world, std::uint64_t seed) : world_(world), dice_(seed) {}

  void connect(int from, const ikestate::Path& path);
  // False: there is no such stream any more.
  bool send(int from, const ikestate::Path& path, ConstBytes octets, stream::FrameKind kind = stream::FrameKind::kIke);
  void close(int from, StreamId stream);

  // Every stream that is open now: both sides are told, or one; what is under way is lost.
  void reset_all();
  void break_for(int side);
  // One side says that it sends no more; it still reads.
  void half_close(int side);

  // One of all these and of those below, by the seed; false: none, for once. A reset comes within so many octets of the
  // caller.
  bool harm(std::size_t within);

  bool blocked = false;             // nobody answers
  std::size_t most_segment = 1448;  // octets
  // So many octets of the caller arrive, and a reset behind them: on the next stream, the one after it, and so on.
  std::deque<std::size_t> resets_after;
  Instant stalled_until{};
  // Of all streams so far.
  std::size_t made = 0, called = 0;
  std::uint64_t octets = 0, frames = 0;
  [[nodiscard]] std::size_t open(int side) const;
  [[nodiscard]] std::size_t resets() const { return resets_; }  // those of resets_after that came
  [[nodiscard]] std::uint64_t sent_by_last_caller() const;      // octets of its stream, those under way as well
  std::vector<StreamId> proven[2];

 private:
  struct Connection {
    int caller = 0;
    std::array<ikestate::Path, 2> paths;  // as each side sees it
    std::array<bool, 2> open{};
    std::array<Instant, 2> last{};  // when the last segment towards this side arrives
    std::vector<stream::FrameReader> readers;
    std::array<std::uint64_t, 2> sent{};
    std::vector<std::byte> waiting;  // of the caller, until it is made
    std::size_t reset_after = 0;     // 0: never
    bool made = false;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;
  [[nodiscard]] ConnectionPtr find(int side, StreamId stream) const;
  void put(const ConnectionPtr& on, int from, ConstBytes octets);
  void arrive(const ConnectionPtr& on, int to, const std::vector<std::byte>& octets);
  void end(const ConnectionPtr& on, int side);

  IkeWorld& world_;
  std::mt19937_64 dice_;
  std::vector<ConnectionPtr> all_;
  std::size_t resets_ = 0;
};

}  // namespace levelgate::testing
