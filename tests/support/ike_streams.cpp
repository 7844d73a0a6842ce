// SPDX-License-Identifier: Apache-2.0
//
// Connections as events of the world.
#include "support/ike_streams.h"

#include <algorithm>

#include "support/ike_world.h"

namespace levelgate::testing {
namespace {

using namespace std::chrono_literals;
using stream::FrameReader;

}  // namespace

void WorldStreams::connect(int from, const ikestate::Path& path) {
  ++called;
  const auto on = std::make_shared<Connection>();
  on->caller = from;
  on->paths[static_cast<std::size_t>(from)] = path;
  on->open[static_cast<std::size_t>(from)] = true;
  if (!resets_after.empty()) {
    on->reset_after = resets_after.front();
    resets_after.pop_front();
  }
  for (const int side : {0, 1}) {
    on->readers.emplace_back(side == from ? FrameReader::Begin::kFrames : FrameReader::Begin::kPrefixFirst);
  }
  all_.push_back(on);
  world_.at(world_.now() + 4ms, [this, on, from] {
    const auto own = static_cast<std::size_t>(from), other = 1 - own;
    if (!on->open[own]) return;
    if (blocked) return end(on, from);
    ++made;
    on->made = true;
    ikestate::Path& mine = on->paths[own];
    mine.local.port = static_cast<std::uint16_t>(40'000 + made);
    on->paths[other] = {mine.remote, mine.local, world_.node(1 - from).engine->next_stream()};
    on->open[other] = true;
    put(on, from, stream::kPrefix);
    put(on, from, std::exchange(on->waiting, {}));
    IkeNode& node = world_.node(from);
    node.carry_out(node.engine->stream_up(world_.moment(), mine));
  });
}

bool WorldStreams::send(int from, const ikestate::Path& path, ConstBytes content, stream::FrameKind kind) {
  const ConnectionPtr on = find(from, path.stream);
  const auto head = stream::FrameHead::of(kind, content);
  EXPECT_TRUE(head) << "a message that no frame holds";
  if (!on || !head) return false;
  ++frames;
  std::vector<std::byte> framed(head->octets().begin(), head->octets().end());
  framed.insert(framed.end(), content.begin(), content.end());
  if (on->made) {
    put(on, from, framed);
  } else {
    on->waiting.insert(on->waiting.end(), framed.begin(), framed.end());
  }
  return true;
}

void WorldStreams::put(const ConnectionPtr& on, int from, ConstBytes content) {
  const auto own = static_cast<std::size_t>(from), other = 1 - own;
  bool resets = false;  // behind the last of what is left of it
  if (from == on->caller && on->reset_after != 0) {
    const std::size_t left = on->reset_after - on->sent[own];
    if (left == 0) return;  // it is under way: what is behind it never arrives
    resets = content.size() >= left;
    content = content.first(std::min(left, content.size()));
    if (resets) ++resets_;
  }
  while (!content.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + dice_() % most_segment, content.size());
    std::vector<std::byte> segment(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
    content = content.subspan(size);
    octets += size;
    on->sent[own] += size;
    on->last[other] = std::max({on->last[other], world_.now() + 2ms, stalled_until});
    const bool last = resets && content.empty();
    world_.at(on->last[other], [this, on, from, last, segment = std::move(segment)] {
      arrive(on, 1 - from, segment);
      if (!last) return;
      end(on, 1 - from);
      end(on, from);
    });
  }
}

void WorldStreams::arrive(const ConnectionPtr& on, int to, const std::vector<std::byte>& segment) {
  const auto side = static_cast<std::size_t>(to);
  ConstBytes piece = segment;
  while (on->open[side]) {
    const auto frame = on->readers[side].next(piece);
    if (!frame) break;
    const std::vector<std::byte> message(frame->octets.begin(), frame->octets.end());
    IkeNode& node = world_.node(to);
    if (frame->kind == stream::FrameKind::kEsp) {
      node.take_esp(on->paths[side].stream, message);
    } else {
      node.carry_out(node.engine->datagram(world_.moment(), on->paths[side], message));
    }
  }
  if (on->open[side] && on->readers[side].end()) end(on, to);
}

void WorldStreams::end(const ConnectionPtr& on, int side) {
  const auto own = static_cast<std::size_t>(side);
  if (!std::exchange(on->open[own], false)) return;
  IkeNode& node = world_.node(side);
  node.carry_out(node.engine->stream_ended(world_.moment(), on->paths[own].stream));
}

void WorldStreams::close(int from, StreamId stream) {
  const ConnectionPtr on = find(from, stream);
  if (!on) return;
  on->open[static_cast<std::size_t>(from)] = false;
  const auto other = static_cast<std::size_t>(1 - from);
  world_.at(std::max(on->last[other], world_.now() + 2ms), [this, on, from] { end(on, 1 - from); });
}

void WorldStreams::reset_all() {
  for (const ConnectionPtr& on : std::vector<ConnectionPtr>(all_)) {
    end(on, 1 - on->caller);
    end(on, on->caller);
  }
}

void WorldStreams::break_for(int side) {
  for (const ConnectionPtr& on : std::vector<ConnectionPtr>(all_)) end(on, side);
}

void WorldStreams::half_close(int side) { break_for(1 - side); }

bool WorldStreams::harm(std::size_t within) {
  switch (dice_() % 8) {
    case 0:
      reset_all();
      return true;
    case 1:
      break_for(static_cast<int>(dice_() % 2));
      return true;
    case 2:
      stalled_until = world_.now() + Nanos(static_cast<std::int64_t>(dice_() % 20'000'000'000));
      return true;
    case 3:
      resets_after.assign(1, 1 + dice_() % within);
      reset_all();
      return true;
    case 4:
      blocked = dice_() % 2 == 0;
      return true;
    case 5:
      most_segment = 1 + dice_() % 3'000;
      return true;
    default:
      return false;
  }
}

std::size_t WorldStreams::open(int side) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [&](const auto& on) { return on->open[static_cast<std::size_t>(side)]; }));
}

std::uint64_t WorldStreams::sent_by_last_caller() const {
  return all_.empty() ? 0 : all_.back()->sent[static_cast<std::size_t>(all_.back()->caller)];
}

WorldStreams::ConnectionPtr WorldStreams::find(int side, StreamId stream) const {
  const auto own = static_cast<std::size_t>(side);
  const auto found =
      std::ranges::find_if(all_, [&](const auto& on) { return on->open[own] && on->paths[own].stream == stream; });
  return found == all_.end() ? nullptr : *found;
}

}  // namespace levelgate::testing
