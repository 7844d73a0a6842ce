// SPDX-License-Identifier: Apache-2.0
//
// The form of a frame (RFC 9329 §3): two octets of length, which count themselves, then an IKE message behind four zero
// octets, or an ESP packet, whose SPI is never zero.
#pragma once

#include <levelgate/base/bytes.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace levelgate::stream {

// "IKETCP", once, from the side that made the connection [9329-4-a].
inline constexpr std::array kPrefix{std::byte{0x49}, std::byte{0x4b}, std::byte{0x45},
                                    std::byte{0x54}, std::byte{0x43}, std::byte{0x50}};

enum class FrameKind : std::uint8_t { kIke, kEsp };

inline constexpr std::size_t kLengthOctets = 2;
inline constexpr std::size_t kMarkerOctets = 4;
inline constexpr std::size_t kFrameMost = 65'535;  // with its length
inline constexpr std::size_t kIkeMost = kFrameMost - kLengthOctets - kMarkerOctets;
inline constexpr std::size_t kEspMost = kFrameMost - kLengthOctets;

struct Frame {
  FrameKind kind = FrameKind::kIke;
  ConstBytes octets;  // without length and marker
};

// What stands in front of the octets of a frame [9329-3.1-a, 9329-3.2-a].
class FrameHead {
 public:
  [[nodiscard]] ConstBytes octets() const { return ConstBytes(octets_).first(size_); }

  // Nothing where no such frame exists: too long, or an ESP packet that would read as something else.
  [[nodiscard]] static std::optional<FrameHead> of(FrameKind kind, ConstBytes content) {
    const bool ike = kind == FrameKind::kIke;
    if (content.size() > (ike ? kIkeMost : kEspMost)) return std::nullopt;
    if (!ike && (content.size() < kMarkerOctets || load_be<std::uint32_t>(content.data()) == 0)) return std::nullopt;
    FrameHead head;
    head.size_ = ike ? kLengthOctets + kMarkerOctets : kLengthOctets;
    store_be<std::uint16_t>(head.octets_.data(), static_cast<std::uint16_t>(head.size_ + content.size()));
    return head;
  }

 private:
  std::array<std::byte, kLengthOctets + kMarkerOctets> octets_{};
  std::size_t size_ = 0;
};

}  // namespace levelgate::stream
