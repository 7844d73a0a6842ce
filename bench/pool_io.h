// SPDX-License-Identifier: Apache-2.0
//
// dataplane::PacketIo for measurements: a small pool of buffers used last in, first out, a generator on the protected
// port and a sink or recorder on the outer one. As with a NIC, the generator's octets are written before they are
// taken: only the headers, which forwarding changes, are renewed for each packet.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/packet_io.h"

namespace levelgate::bench {

using Frame = std::vector<std::byte>;

class PoolIo final : public dataplane::PacketIo {
 public:
  explicit PoolIo(std::size_t buffers) : storage_(std::make_unique<std::byte[]>(buffers * kBuffer)) {
    free_.reserve(buffers);
    for (std::size_t i = 0; i < buffers; ++i) free_.push_back(storage_.get() + i * kBuffer);
  }

  // What the generator gives on `port`, in turn, as long as `offered` lasts.
  void generate(PortId port, std::vector<Frame> frames) {
    generator_port_ = port;
    templates_ = std::move(frames);
  }
  void offer(std::size_t packets) { offered_ = packets; }
  // Puts whole frames into buffers, to be received on `port` later.
  void preload(PortId port, std::span<const Frame> frames) {
    loaded_port_ = port;
    loaded_.clear();
    next_loaded_ = 0;
    for (const Frame& frame : frames) {
      Packet packet;
      if (!acquire({&packet, 1})) break;
      std::memcpy(packet.data, frame.data(), frame.size());
      packet.set_length(static_cast<std::uint32_t>(frame.size()));
      loaded_.push_back(packet);
    }
  }
  void record(std::vector<Frame>* into) { record_ = into; }

  std::uint64_t sent_packets = 0;
  std::uint64_t sent_octets = 0;
  [[nodiscard]] std::size_t buffers_left() const { return free_.size(); }

  std::size_t receive(PortId port, std::span<Packet> into) noexcept override {
    std::size_t count = 0;
    if (port == loaded_port_ && next_loaded_ < loaded_.size()) {
      count = std::min(into.size(), loaded_.size() - next_loaded_);
      std::copy_n(loaded_.begin() + static_cast<std::ptrdiff_t>(next_loaded_), count, into.begin());
      next_loaded_ += count;
      return count;
    }
    if (port != generator_port_ || templates_.empty()) return 0;
    count = std::min({into.size(), offered_, free_.size()});
    if (!acquire(into.first(count))) return 0;
    offered_ -= count;
    for (Packet& packet : into.first(count)) {
      const Frame& frame = templates_[next_template_];
      if (++next_template_ == templates_.size()) next_template_ = 0;
      std::memcpy(packet.data, frame.data(), kHeaders);
      packet.set_length(static_cast<std::uint32_t>(frame.size()));
    }
    return count;
  }
  std::size_t transmit(PortId, std::span<Packet> frames) noexcept override {
    for (const Packet& frame : frames) {
      sent_octets += frame.length;
      if (record_ != nullptr) record_->emplace_back(frame.data, frame.data + frame.length);
    }
    sent_packets += frames.size();
    release(frames);
    return frames.size();
  }
  std::size_t punt(PortId, std::span<Packet> frames) noexcept override {
    release(frames);
    return frames.size();
  }
  bool acquire(std::span<Packet> into) noexcept override {
    if (free_.size() < into.size()) return false;
    for (Packet& packet : into) {
      std::byte* const buffer = free_.back();
      free_.pop_back();
      packet = Packet{buffer + kHeadroom, 0, kHeadroom, 0, static_cast<std::uint32_t>(kBuffer - kHeadroom), buffer};
    }
    return true;
  }
  void release(std::span<const Packet> packets) noexcept override {
    for (const Packet& packet : packets) free_.push_back(static_cast<std::byte*>(packet.handle));
  }

 private:
  static constexpr std::size_t kBuffer = 2304;  // 2 KiB, headroom, and not a multiple of a page: no cache aliasing
  static constexpr std::size_t kHeaders = 64;

  std::unique_ptr<std::byte[]> storage_;
  std::vector<std::byte*> free_;
  PortId generator_port_{UINT16_MAX};
  std::vector<Frame> templates_;
  std::size_t next_template_ = 0;
  std::size_t offered_ = 0;
  PortId loaded_port_{UINT16_MAX};
  std::vector<Packet> loaded_;
  std::size_t next_loaded_ = 0;
  std::vector<Frame>* record_ = nullptr;
};

}  // namespace levelgate::bench
