// SPDX-License-Identifier: Apache-2.0
//
// Streams cut into pieces, and the frames that a reader finds in them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

#include "stream/frame_reader.h"

namespace levelgate::testing {

using StreamOctets = std::vector<std::byte>;

struct SeenFrame {
  stream::FrameKind kind = stream::FrameKind::kIke;
  StreamOctets octets;
  bool operator==(const SeenFrame&) const = default;
};

struct SeenStream {
  std::vector<SeenFrame> frames;
  std::optional<stream::StreamEnd> end;
  bool operator==(const SeenStream&) const = default;
};

inline void append_frame(StreamOctets& to, stream::FrameKind kind, ConstBytes content) {
  const auto head = stream::FrameHead::of(kind, content);
  if (!head) return;
  to.insert(to.end(), head->octets().begin(), head->octets().end());
  to.insert(to.end(), content.begin(), content.end());
}

inline void feed(stream::FrameReader& reader, ConstBytes piece, SeenStream& seen) {
  while (const auto frame = reader.next(piece)) {
    seen.frames.push_back({frame->kind, StreamOctets(frame->octets.begin(), frame->octets.end())});
  }
  seen.end = reader.end();
}

// `next_size` says how long each piece is; 0 counts as an empty piece, which a reader must bear.
template <typename NextSize>
SeenStream read_in_pieces(stream::FrameReader::Begin begin, ConstBytes octets, NextSize next_size) {
  stream::FrameReader reader(begin);
  SeenStream seen;
  while (!octets.empty()) {
    const std::size_t size = std::min<std::size_t>(next_size(), octets.size());
    // A copy of its own, so that a sanitizer sees whoever reads beyond the piece or keeps it.
    const StreamOctets piece(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
    feed(reader, piece, seen);
    octets = octets.subspan(size);
  }
  return seen;
}

}  // namespace levelgate::testing
