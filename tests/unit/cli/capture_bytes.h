// SPDX-License-Identifier: Apache-2.0
//
// Builds capture files octet by octet for the tests, in either byte order. Independent of the reader and the writer of
// the house, so that both cannot share one mistake.
#pragma once

#include <levelgate/base/bytes.h>

#include <cstdint>
#include <string>
#include <vector>

namespace levelgate::tests {

enum class Order { kLittle, kBig };

class CaptureBytes {
 public:
  explicit CaptureBytes(Order order) : order_(order) {}

  CaptureBytes& u8(unsigned value) {
    octets_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  CaptureBytes& u16(std::uint64_t value) { return number(value, 2); }
  CaptureBytes& u32(std::uint64_t value) { return number(value, 4); }
  CaptureBytes& u64(std::uint64_t value) { return number(value, 8); }
  CaptureBytes& text(const std::string& value) {
    for (const char c : value) u8(static_cast<unsigned char>(c));
    return *this;
  }
  CaptureBytes& append(const CaptureBytes& other) {
    octets_.insert(octets_.end(), other.octets_.begin(), other.octets_.end());
    return *this;
  }

  CaptureBytes& pcap_header(std::uint32_t magic, std::uint32_t link) {
    return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(link);
  }
  CaptureBytes& record(std::uint32_t seconds, std::uint32_t fraction, const std::string& frame) {
    return u32(seconds).u32(fraction).u32(frame.size()).u32(frame.size()).text(frame);
  }

  CaptureBytes& block(std::uint32_t type, CaptureBytes body) {
    while (body.octets_.size() % 4 != 0) body.u8(0);
    const auto octets = body.octets_.size() + 12;
    return u32(type).u32(octets).append(body).u32(octets);
  }
  CaptureBytes& section() { return block(0x0A0D0D0A, CaptureBytes(order_).u32(0x1A2B3C4D).u16(1).u16(0).u64(~0ull)); }
  CaptureBytes& interface(std::uint16_t link, std::uint32_t snap = 0) {
    return block(1, CaptureBytes(order_).u16(link).u16(0).u32(snap));
  }
  CaptureBytes& interface_with_resolution(std::uint16_t link, unsigned resolution, std::int64_t offset_seconds = 0) {
    return block(1, CaptureBytes(order_)
                        .u16(link)
                        .u16(0)
                        .u32(0)
                        .u16(2)  // if_name, to be passed over
                        .u16(3)
                        .text("eth")
                        .u8(0)
                        .u16(9)
                        .u16(1)
                        .u8(resolution)
                        .u8(0)
                        .u16(0)
                        .u16(14)
                        .u16(8)
                        .u64(static_cast<std::uint64_t>(offset_seconds))
                        .u32(0));
  }
  CaptureBytes& enhanced(std::uint32_t interface, std::uint64_t ticks, const std::string& frame) {
    return block(6, CaptureBytes(order_)
                        .u32(interface)
                        .u32(ticks >> 32)
                        .u32(ticks & 0xFFFFFFFF)
                        .u32(frame.size())
                        .u32(frame.size())
                        .text(frame));
  }

  [[nodiscard]] const std::vector<std::byte>& octets() const { return octets_; }
  [[nodiscard]] ConstBytes first(std::size_t count) const { return ConstBytes(octets_).first(count); }

 private:
  CaptureBytes& number(std::uint64_t value, unsigned octets) {
    for (unsigned i = 0; i < octets; ++i) {
      const unsigned place = order_ == Order::kLittle ? i : octets - 1 - i;
      u8(static_cast<unsigned>(value >> (8 * place) & 0xFF));
    }
    return *this;
  }

  Order order_;
  std::vector<std::byte> octets_;
};

inline std::string as_text(ConstBytes octets) {
  std::string text;
  for (const std::byte b : octets) text.push_back(static_cast<char>(b));
  return text;
}

}  // namespace levelgate::tests
