// SPDX-License-Identifier: Apache-2.0
//
// Frames out of a stream that comes in pieces of any size (RFC 9329 §3, §4). Holds no more than the part of one frame
// that has arrived, whatever length was announced. Never looks into a message.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stream/frame.h"
#include "stream/stream_end.h"

namespace levelgate::stream {

struct FrameCounts {
  std::uint64_t ike = 0;
  std::uint64_t esp = 0;
  std::uint64_t keepalives = 0;  // dropped without a word (RFC 9329 §6.6)
  std::uint64_t empty = 0;       // likewise (RFC 9329 §3)
};

// Thread: the owner's.
class FrameReader {
 public:
  enum class Begin : std::uint8_t {
    kPrefixFirst,  // of a stream that the other side made
    kFrames,       // of one that we made: the prefix comes from us
  };
  explicit FrameReader(Begin begin) : prefix_left_(begin == Begin::kPrefixFirst ? kPrefix.size() : 0) {}

  // The next whole frame; takes from the front of `piece` what belongs to it. Nothing: the piece is used up, or the
  // stream is at its end. The frame's octets hold until the next call, and lie in the piece or in the reader.
  [[nodiscard]] std::optional<Frame> next(ConstBytes& piece);

  // Set once, for good: the stream must be closed, and nothing more is read.
  [[nodiscard]] std::optional<StreamEnd> end() const { return end_; }
  [[nodiscard]] bool prefix_read() const { return prefix_left_ == 0; }
  // Octets that the frame under way announces, with its length; 0: none is under way. 2 until its length is known.
  [[nodiscard]] std::size_t under_way() const;
  [[nodiscard]] std::size_t memory() const { return held_.capacity(); }  // octets
  [[nodiscard]] const FrameCounts& counts() const { return counts_; }

 private:
  void read_prefix(ConstBytes& piece);
  [[nodiscard]] ConstBytes whole_frame(ConstBytes& piece);
  [[nodiscard]] ConstBytes complete_held(ConstBytes& piece);
  [[nodiscard]] std::optional<std::size_t> length_of(ConstBytes begin);
  [[nodiscard]] std::optional<Frame> content_of(ConstBytes whole);
  void hold(ConstBytes& piece, std::size_t octets);

  std::size_t prefix_left_;
  std::vector<std::byte> held_;  // a frame's begin, its length included
  bool handed_out_ = false;      // what is held is a frame that the owner has seen
  std::optional<StreamEnd> end_;
  FrameCounts counts_;
};

}  // namespace levelgate::stream
