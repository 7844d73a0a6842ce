// SPDX-License-Identifier: Apache-2.0
//
// Fragmentation of IKE messages (RFC 7383): cutting inner payloads into pieces, and putting pieces together again under
// bounds. Knows no keys: a piece that is added has been opened, since one that was not may be anybody's
// (RFC 7383 §2.6). Thread: control.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ikemessage/message_window.h"
#include "ikewire/ike_encrypted.h"
#include "negotiation/limits.h"

namespace levelgate::ikemessage {

// --- sending ---

// Octets of inner payloads that one fragment carries when the IKE message may have so many octets, header included;
// 0 when there is no room at all.
[[nodiscard]] std::size_t fragment_room(std::size_t message_octets, const ikewire::SealShape& shape);

// Views of `inner`, all of one size but the last, and none longer than `room`. A message that is cut once more, because
// its fragments were too long for the path, has to come out in more of them than `before`: the receiver tells the two
// sets apart by their totals alone (RFC 7383 §2.5.2). Empty when that cannot be, when it would take more fragments than
// a receiver can be asked to keep, or when there is no room.
// Large messages may have more fragments.
[[nodiscard]] std::vector<ConstBytes> split(ConstBytes inner, std::size_t room, std::size_t before = 0);

// --- receiving ---

struct ReassemblyBounds {
  std::uint16_t fragments = limits::kFragments;
  std::size_t octets = limits::kReassembledOctets;
};

struct Piece {
  MessageId id;
  ikewire::FragmentNumber fragment;
  ikewire::PayloadType first_inside = ikewire::PayloadType::kNone;  // counts in fragment 1 only (RFC 7383 §2.5)
  MessageDigest digest{};                                           // of the datagram
  ConstBytes inner;
};

enum class PieceVerdict : std::uint8_t {
  kWanted,
  kDuplicate,
  kWrongNumber,  // zero, or beyond its total
  kLowerTotal,   // the sender has cut smaller since: this one is late
  kTooMany,      // fragments
  kTooLong,      // octets: the whole message is dropped
};

struct Reassembled {
  MessageId id;
  ikewire::PayloadType first_inside = ikewire::PayloadType::kNone;
  MessageDigest digest{};  // of fragment 1: the one that is answered again
  std::vector<std::byte> inner;
};

// One message at a time in one direction of one SA.
class Reassembly {
 public:
  explicit Reassembly(const ReassemblyBounds& bounds = {}) : bounds_(bounds) {}
  // For what comes from now on; what is held stays within the bounds that it came under.
  void bound(const ReassemblyBounds& bounds) { bounds_ = bounds; }

  // Before a fragment is opened: whether it is worth that.
  [[nodiscard]] PieceVerdict verdict(MessageId id, ikewire::FragmentNumber fragment) const;
  // An authentic piece; kWanted means that it was kept. A higher total, or another message, starts anew.
  [[nodiscard]] PieceVerdict add(Instant now, const Piece& piece);
  // The message, once, when its last piece is there.
  [[nodiscard]] std::optional<Reassembled> take();
  // The message came whole, was given up, or its SA is gone.
  void drop();

  [[nodiscard]] bool empty() const { return parts_.empty(); }
  [[nodiscard]] MessageId id() const { return id_; }  // of the message that is not empty
  // Of each fragment, in order, whether it is there.
  [[nodiscard]] std::vector<bool> map() const;
  [[nodiscard]] std::size_t octets() const { return octets_; }  // held
  [[nodiscard]] Instant deadline() const { return empty() ? kNever : last_progress_ + limits::kReassemblyIdle; }
  void on_time(Instant now);

 private:
  struct Part {
    bool there = false;
    std::vector<std::byte> inner;
  };
  [[nodiscard]] bool is_current(MessageId id) const { return !empty() && id == id_; }

  ReassemblyBounds bounds_;
  MessageId id_;
  ikewire::PayloadType first_inside_ = ikewire::PayloadType::kNone;
  MessageDigest digest_{};
  std::vector<Part> parts_;
  std::size_t missing_ = 0;
  std::size_t octets_ = 0;
  Instant last_progress_;
};

}  // namespace levelgate::ikemessage
