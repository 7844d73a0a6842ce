// SPDX-License-Identifier: Apache-2.0
//
// A frame that lies whole in a piece is handed out where it lies; one that does not is gathered as it arrives.
#include "stream/frame_reader.h"

#include <algorithm>

namespace levelgate::stream {
namespace {

constexpr std::byte kKeepalive{0xff};  // RFC 9329 §6.6

}  // namespace

std::optional<Frame> FrameReader::next(ConstBytes& piece) {
  if (handed_out_) {
    held_ = std::vector<std::byte>();  // many streams that once brought a long frame must not keep its room
    handed_out_ = false;
  }
  read_prefix(piece);
  while (!end_ && prefix_read()) {
    const ConstBytes whole = whole_frame(piece);
    if (whole.empty()) break;
    if (const auto frame = content_of(whole)) return frame;
  }
  if (end_) {
    held_ = std::vector<std::byte>();
    piece = {};
  }
  return std::nullopt;
}

std::size_t FrameReader::under_way() const {
  if (handed_out_ || held_.empty()) return 0;
  return held_.size() < kLengthOctets ? kLengthOctets : load_be<std::uint16_t>(held_.data());
}

// [9329-6.1-b, 9329-6.1-l]
void FrameReader::read_prefix(ConstBytes& piece) {
  while (!end_ && prefix_left_ > 0 && !piece.empty()) {
    if (piece.front() != kPrefix[kPrefix.size() - prefix_left_]) {
      end_ = StreamEnd::kNoPrefix;
      return;
    }
    --prefix_left_;
    piece = piece.subspan(1);
  }
}

// Empty: not all of it is there.
ConstBytes FrameReader::whole_frame(ConstBytes& piece) {
  if (!held_.empty()) return complete_held(piece);
  if (piece.size() >= kLengthOctets) {
    const auto length = length_of(piece);
    if (!length) return {};
    if (piece.size() >= *length) {
      const ConstBytes whole = piece.first(*length);
      piece = piece.subspan(*length);
      return whole;
    }
  }
  hold(piece, piece.size());
  return {};
}

ConstBytes FrameReader::complete_held(ConstBytes& piece) {
  if (held_.size() < kLengthOctets) hold(piece, kLengthOctets - held_.size());
  if (held_.size() < kLengthOctets) return {};
  const auto length = length_of(held_);
  if (!length) return {};
  hold(piece, *length - held_.size());
  if (held_.size() < *length) return {};
  handed_out_ = true;
  return held_;
}

// [9329-3.1-b, 9329-3.2-b]
std::optional<std::size_t> FrameReader::length_of(ConstBytes begin) {
  const std::size_t length = load_be<std::uint16_t>(begin.data());
  if (length >= kLengthOctets) return length;
  end_ = StreamEnd::kLength;
  return std::nullopt;
}

// Nothing: the frame says nothing, or ends the stream [9329-3-b, 9329-6.6-b].
std::optional<Frame> FrameReader::content_of(ConstBytes whole) {
  const ConstBytes content = whole.subspan(kLengthOctets);
  if (content.size() >= kMarkerOctets) {
    if (load_be<std::uint32_t>(content.data()) == 0) {
      ++counts_.ike;
      return Frame{FrameKind::kIke, content.subspan(kMarkerOctets)};
    }
    ++counts_.esp;
    return Frame{FrameKind::kEsp, content};
  }
  if (content.empty()) {
    ++counts_.empty;
  } else if (content.size() == 1 && content.front() == kKeepalive) {
    ++counts_.keepalives;
  } else {
    end_ = StreamEnd::kRunt;
    return std::nullopt;
  }
  if (handed_out_) held_ = std::vector<std::byte>();
  handed_out_ = false;
  return std::nullopt;
}

void FrameReader::hold(ConstBytes& piece, std::size_t octets) {
  const ConstBytes taken = piece.first(std::min(octets, piece.size()));
  held_.insert(held_.end(), taken.begin(), taken.end());
  piece = piece.subspan(taken.size());
}

}  // namespace levelgate::stream
