// SPDX-License-Identifier: Apache-2.0
//
// The data plane's edges on capture files: what was captured comes in, what leaves is written with the virtual moment
// of departure. Processing takes no time here: a frame that is offered is received by the next turn, a frame that is
// transmitted has left. Frames for the kernel twin end here, since a replay has no kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cli/capture_reader.h"
#include "cli/capture_writer.h"
#include "dataplane/packet_io.h"

namespace levelgate::cli {

// Thread: one, as worker and driver in turn.
class CaptureIo final : public dataplane::PacketIo {
 public:
  // Memory is reserved at birth and touched when used. `frame_octets`: the longest frame, headroom not counted.
  CaptureIo(std::size_t ports, std::size_t buffers, std::size_t frame_octets);

  // The writer is borrowed; without one the port's frames are counted and forgotten.
  void set_output(PortId port, CaptureWriter* writer) { ports_[port.value].output = writer; }
  void set_now(std::int64_t now_ns) { now_ns_ = now_ns; }
  // The next receive() on that port yields this frame; raw IP gets an Ethernet header. At most kOffers between turns.
  void offer(PortId port, const CaptureFrame& frame);
  static constexpr std::size_t kOffers = 32;

  // False after an offered frame was lost for want of buffers: the replay is not what the daemon would do.
  [[nodiscard]] bool complete() const { return lost_offers_ == 0; }
  [[nodiscard]] std::size_t buffers_in_use() const { return buffers_ - free_.size(); }

  [[nodiscard]] std::size_t receive(PortId port, std::span<Packet> into) noexcept override;
  [[nodiscard]] std::size_t transmit(PortId port, std::span<Packet> frames) noexcept override;
  [[nodiscard]] std::size_t punt(PortId port, std::span<Packet> frames) noexcept override;
  [[nodiscard]] bool acquire(std::span<Packet> into) noexcept override;
  void release(std::span<const Packet> packets) noexcept override;

 private:
  struct Port {
    CaptureWriter* output = nullptr;
    std::vector<Packet> offered;  // capacity kOffers
  };
  [[nodiscard]] Packet fresh(std::byte* buffer) const;

  std::size_t buffers_;
  std::size_t buffer_octets_;
  std::unique_ptr<std::byte[]> memory_;
  std::vector<std::byte*> free_;  // used from the end, so that few buffers are in rotation
  std::vector<Port> ports_;
  std::int64_t now_ns_ = 0;
  std::uint64_t lost_offers_ = 0;
};

}  // namespace levelgate::cli
