// SPDX-License-Identifier: Apache-2.0
//
// All that waits for one tunnel: up to eight classes in the order of service, each with a share. A class goes first
// while it is within its share of a round of 32 KiB; beyond it, the others of that round come first, so nobody starves.
// What leaves is decided when it leaves; a packet that was begun stays at the front and can no longer be dropped
// (RFC 9347 §2.2.3).
#pragma once

#include <levelgate/base/packet.h>
#include <levelgate/base/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "queueing/fair_queue.h"
#include "queueing/packet_store.h"

namespace levelgate::queueing {

inline constexpr std::size_t kMaxClasses = 8;
inline constexpr std::uint32_t kWholeShare = 1000;  // shares are in thousandths

struct ClassSettings {
  std::uint32_t share = kWholeShare;  // at least 1
  FairQueueSettings queue = {};
};

enum class Joined : std::uint8_t {
  kTaken,
  kLate,  // its first octet would leave too late
  kFull,
};

// Thread: worker.
class ClassQueue {
 public:
  // One to kMaxClasses, the first one first in service.
  explicit ClassQueue(std::span<const ClassSettings> classes);
  ClassQueue(ClassQueue&&) = default;
  ClassQueue& operator=(ClassQueue&&) = default;

  // Takes the packet, or says why not. `bearable`: octets that leave before it would be too late; SIZE_MAX: any wait is
  // borne. The classes' own bounds hold in front().
  [[nodiscard, gnu::always_inline]] Joined push(PacketStore& store, std::size_t number, std::uint32_t hash,
                                                const Packet& packet, Instant now, std::uint64_t bearable) {
    FairQueue& queue = classes_[number].queue;
    const std::size_t flow = queue.flow_of(hash);
    // What waits in all is more than what goes first, and known without asking for the flow.
    if (octets() >= bearable && octets_before(number, flow) >= bearable) return Joined::kLate;
    if (store.full() || !queue.has_room(flow)) return Joined::kFull;
    queue.push(store, flow, packet, now);
    return Joined::kTaken;
  }

  // The packet that is next now; null: none waits. What is given up on the way goes to `lose(packet, loss, class)`.
  template <typename Lose>
  [[nodiscard, gnu::always_inline]] const Packet* front(PacketStore& store, Instant now, Lose&& lose) {
    if (begun_) return &begun_packet_;
    do {
      chosen_ = several_ ? choose_of_many() : classes_.data();
      const auto given_up = [&](const Packet& packet, Loss loss) { lose(packet, loss, number_of(*chosen_)); };
      if (const Packet* const found = chosen_->queue.front(store, now, open_since_, given_up)) [[likely]]
        return found;
    } while (!empty());
    return nullptr;
  }
  // Another packet, of at most `octets`, where the front finds no room; null: none. Each flow keeps its order.
  template <typename Lose>
  [[nodiscard]] const Packet* fitting(PacketStore& store, std::uint32_t octets, Instant now, Lose&& lose) {
    if (begun_) return nullptr;
    for (Class& one : classes_) {
      chosen_ = &one;
      const auto given_up = [&](const Packet& packet, Loss loss) { lose(packet, loss, number_of(one)); };
      if (const Packet* const found = one.queue.fitting(store, octets, now, open_since_, given_up)) return found;
    }
    return nullptr;
  }
  // The front's first octets have left: it stays the front until pop().
  void begin(PacketStore& store) {
    if (begun_) return;
    begun_packet_ = take(store);
    begun_class_ = chosen_;
    begun_ = true;
  }
  // Takes away what front() or fitting() has named last, whole or after its last octet. To be read until the next
  // push() or begin().
  [[gnu::always_inline]] const Packet& pop(PacketStore& store) {
    const Packet& packet = begun_ ? begun_packet_ : take(store);
    (begun_ ? begun_class_ : chosen_)->queue.count_sent(packet.length);
    begun_ = false;
    return packet;
  }
  // Begins with a packet that was begun in another queue; only in an empty one.
  void adopt(const Packet& begun) {
    begun_packet_ = begun;
    begun_class_ = classes_.data();
    begun_ = true;
  }
  // Takes any packet away, the one that was begun first: for an owner that gives all of them up. Only when not empty;
  // as pop().
  const Packet& discard(PacketStore& store);
  // For what leaves from now on.
  void set_bounds(std::size_t number, const WaitBounds& bounds) { classes_[number].queue.set_bounds(bounds); }
  // The tunnel can send from now on: what waited for that has not waited in vain.
  void open(Instant now) { open_since_ = now; }

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const {
    std::size_t sum = begun_ ? 1 : 0;
    for (const Class& one : classes_) sum += one.queue.packets();
    return sum;
  }
  // Of all packets, in full.
  [[nodiscard]] std::uint64_t octets() const {
    std::uint64_t sum = begun_ ? begun_packet_.length : 0;
    for (const Class& one : classes_) sum += one.queue.octets();
    return sum;
  }
  [[nodiscard]] std::size_t classes() const { return classes_.size(); }
  [[nodiscard]] const FairQueue& in_class(std::size_t number) const { return classes_[number].queue; }
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] const Packet& begun_packet() const { return begun_packet_; }

 private:
  struct Class {
    explicit Class(const ClassSettings& settings)
        : queue(settings.queue),
          share(settings.share),
          quantum(static_cast<std::int64_t>(settings.share) * kRound / kWholeShare) {}
    FairQueue queue;
    std::uint32_t share;
    std::int64_t quantum;  // octets of one round
    std::int64_t credit = 0;
  };
  static constexpr std::int64_t kRound = 32'768;  // octets; short against a delay bound, long against a packet

  [[nodiscard]] std::uint64_t octets_before(std::size_t number, std::size_t flow) const {
    const std::uint64_t own = classes_[number].queue.octets_before(flow);
    return several_ ? own + octets_of_others(number, own) : own;
  }
  [[nodiscard]] std::uint64_t octets_of_others(std::size_t number, std::uint64_t own) const;
  [[nodiscard]] Class* choose_of_many();
  [[nodiscard]] std::size_t number_of(const Class& one) const {
    return static_cast<std::size_t>(&one - classes_.data());
  }
  [[gnu::always_inline]] const Packet& take(PacketStore& store) {
    const Packet& packet = chosen_->queue.take(store);
    chosen_->credit -= static_cast<std::int64_t>(packet.length);
    return packet;
  }

  std::vector<Class> classes_;
  bool several_ = false;  // classes
  Class* chosen_ = nullptr;
  Instant open_since_{};
  bool begun_ = false;
  Packet begun_packet_;
  Class* begun_class_ = nullptr;
};

}  // namespace levelgate::queueing
