// SPDX-License-Identifier: Apache-2.0
//
// Cutting and reassembly.
#include "ikemessage/fragments.h"

#include <algorithm>
#include <utility>

#include "ikewire/ike_header.h"

namespace levelgate::ikemessage {
namespace {

// The generic header of SKF, the fragment's number and the total (RFC 7383 §2.5).
constexpr std::size_t kSkfOctets = ikewire::kPayloadHeaderOctets + 4;
constexpr std::size_t kPadLengthOctets = 1;

}  // namespace

std::size_t fragment_room(std::size_t message_octets, const ikewire::SealShape& shape) {
  const std::size_t around = ikewire::kIkeHeaderOctets + kSkfOctets + shape.iv_octets + shape.icv_octets;
  if (message_octets <= around) return 0;
  const std::size_t text = (message_octets - around) / shape.block_octets * shape.block_octets;
  return text <= kPadLengthOctets ? 0 : text - kPadLengthOctets;
}

std::vector<ConstBytes> split(ConstBytes inner, std::size_t room, std::size_t before) {
  std::vector<ConstBytes> pieces;
  // The longest pieces of which more than `before` are needed.
  if (before != 0) room = std::min(room, inner.empty() ? 0 : (inner.size() - 1) / before);
  const std::size_t most = inner.size() > limits::kReassembledOctets ? limits::kLargeFragments : limits::kFragments;
  if (room == 0 || inner.size() > room * most) return pieces;
  do {
    const std::size_t octets = std::min(room, inner.size());
    pieces.push_back(inner.first(octets));
    inner = inner.subspan(octets);
  } while (!inner.empty());
  return pieces;
}

PieceVerdict Reassembly::verdict(MessageId id, ikewire::FragmentNumber fragment) const {
  const auto [number, total] = fragment;
  if (number == 0 || number > total) return PieceVerdict::kWrongNumber;
  if (total > bounds_.fragments) return PieceVerdict::kTooMany;
  if (!is_current(id) || total > parts_.size()) return PieceVerdict::kWanted;
  if (total < parts_.size()) return PieceVerdict::kLowerTotal;
  return parts_[number - 1].there ? PieceVerdict::kDuplicate : PieceVerdict::kWanted;
}

PieceVerdict Reassembly::add(Instant now, const Piece& piece) {
  const PieceVerdict seen = verdict(piece.id, piece.fragment);
  if (seen != PieceVerdict::kWanted) return seen;
  const auto [number, total] = piece.fragment;
  if (!is_current(piece.id) || total > parts_.size()) {
    drop();
    id_ = piece.id;
    parts_.resize(total);
    missing_ = total;
  }
  if (octets_ > bounds_.octets || piece.inner.size() > bounds_.octets - octets_) {
    drop();
    return PieceVerdict::kTooLong;
  }
  parts_[number - 1] = {true, {piece.inner.begin(), piece.inner.end()}};
  octets_ += piece.inner.size();
  --missing_;
  last_progress_ = now;
  if (number == 1) {
    first_inside_ = piece.first_inside;
    digest_ = piece.digest;
  }
  return PieceVerdict::kWanted;
}

std::optional<Reassembled> Reassembly::take() {
  if (empty() || missing_ != 0) return std::nullopt;
  Reassembled whole{id_, first_inside_, digest_, {}};
  whole.inner.reserve(octets_);
  for (Part& part : parts_) {
    whole.inner.insert(whole.inner.end(), part.inner.begin(), part.inner.end());
    part.inner = {};  // so that a large message is held once
  }
  drop();
  return whole;
}

std::vector<bool> Reassembly::map() const {
  std::vector<bool> there;
  for (const Part& part : parts_) there.push_back(part.there);
  return there;
}

void Reassembly::drop() {
  parts_.clear();
  parts_.shrink_to_fit();
  missing_ = 0;
  octets_ = 0;
}

void Reassembly::on_time(Instant now) {
  if (now >= deadline()) drop();
}

}  // namespace levelgate::ikemessage
