// SPDX-License-Identifier: Apache-2.0
//
// dataplane::PacketIo in memory: frames go in by give(), come out by taken(). Counts its buffers, so that a test can
// ask whether every one came back.
#pragma once

#include <levelgate/base/time.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "dataplane/packet_io.h"

namespace levelgate::testing {

using Frame = std::vector<std::byte>;

struct Sent {
  Instant when;
  Frame frame;
};

class MemoryIo final : public dataplane::PacketIo {
 public:
  explicit MemoryIo(std::size_t buffers = 4096, std::size_t buffer_octets = 12288)
      : storage_(std::make_unique<std::byte[]>(buffers * buffer_octets)),
        buffer_octets_(buffer_octets),
        buffers_(buffers) {
    for (std::size_t i = 0; i < buffers; ++i) free_.push_back(storage_.get() + i * buffer_octets);
  }

  Instant now{};
  std::map<std::uint16_t, std::vector<Sent>> sent;
  std::size_t transmit_limit = SIZE_MAX;  // frames that one call takes

  void give(PortId port, const Frame& frame) { waiting_[port.value].push_back(frame); }
  [[nodiscard]] std::size_t waiting() const {
    std::size_t count = 0;
    for (const auto& [port, frames] : waiting_) count += frames.size();
    return count;
  }
  [[nodiscard]] std::size_t buffers_out() const { return buffers_ - free_.size(); }
  [[nodiscard]] std::size_t punted() const { return punted_; }

  std::size_t receive(PortId port, std::span<Packet> into) noexcept override {
    std::deque<Frame>& frames = waiting_[port.value];
    std::size_t count = 0;
    while (count < into.size() && !frames.empty() && acquire(into.subspan(count, 1))) {
      Packet& packet = into[count++];
      std::memcpy(packet.data, frames.front().data(), frames.front().size());
      packet.set_length(static_cast<std::uint32_t>(frames.front().size()));
      frames.pop_front();
    }
    return count;
  }
  std::size_t transmit(PortId port, std::span<Packet> frames) noexcept override {
    const std::size_t count = std::min(frames.size(), transmit_limit);
    for (Packet& packet : frames.first(count)) {
      sent[port.value].push_back({now, Frame(packet.data, packet.data + packet.length)});
      release({&packet, 1});
    }
    return count;
  }
  std::size_t punt(PortId, std::span<Packet> frames) noexcept override {
    punted_ += frames.size();
    release(frames);
    return frames.size();
  }
  bool acquire(std::span<Packet> into) noexcept override {
    if (free_.size() < into.size()) return false;
    for (Packet& packet : into) {
      std::byte* const buffer = free_.back();
      free_.pop_back();
      packet =
          Packet{buffer + kHeadroom, 0, kHeadroom, 0, static_cast<std::uint32_t>(buffer_octets_ - kHeadroom), buffer};
    }
    return true;
  }
  void release(std::span<const Packet> packets) noexcept override {
    for (const Packet& packet : packets) free_.push_back(static_cast<std::byte*>(packet.handle));
  }

 private:
  std::unique_ptr<std::byte[]> storage_;
  std::size_t buffer_octets_;
  std::size_t buffers_;
  std::vector<std::byte*> free_;
  std::map<std::uint16_t, std::deque<Frame>> waiting_;
  std::size_t punted_ = 0;
};

}  // namespace levelgate::testing
