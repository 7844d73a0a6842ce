// SPDX-License-Identifier: Apache-2.0
//
// pcapng sections, interfaces and packet blocks (draft-ietf-opsawg-pcapng §4). A block that runs past the end of the
// file, or whose two lengths differ, ends the reading there.
#include "cli/pcapng_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "cli/pcap_format.h"

namespace levelgate::cli {
namespace {

constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kOldPacketBlock = 2;
constexpr std::uint32_t kSimplePacketBlock = 3;
constexpr std::uint32_t kEnhancedPacketBlock = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionResolution = 9;
constexpr std::uint16_t kOptionOffset = 14;
constexpr std::size_t kBlockFrameOctets = 12;  // type, length, length again

// Reads whole numbers in the section's byte order.
struct Cursor {
  ByteReader reader;
  bool swapped;

  template <typename T>
  T read() {
    const auto value = reader.read<T>();
    return swapped ? std::byteswap(value) : value;
  }
};

struct Interface {
  std::uint32_t link_type = 0;
  std::uint32_t snap_octets = 0;  // 0: no limit
  std::uint8_t resolution = 6;    // a power of ten, or of two with the highest bit set
  std::int64_t offset_seconds = 0;
};

struct PacketHead {
  std::uint32_t interface = 0;
  std::uint64_t ticks = 0;
  std::uint32_t captured = 0;
  std::uint32_t original = 0;
  bool stamped = true;
};

std::int64_t cut_to_range(__int128 ns) {
  constexpr __int128 most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp<__int128>(ns, 0, most));
}

std::int64_t stamp_of(std::uint64_t ticks, const Interface& interface) {
  const __int128 offset = static_cast<__int128>(interface.offset_seconds) * kNsPerSecond;
  const unsigned power = interface.resolution & 0x7Fu;
  if ((interface.resolution & 0x80u) != 0) {
    // 2^64 ticks times 10^9 need 94 bits; a finer unit than 2^-94 s leaves nothing.
    const __int128 scaled = static_cast<__int128>(ticks) * kNsPerSecond;
    return cut_to_range(offset + (power > 94 ? 0 : scaled >> power));
  }
  __int128 ns = static_cast<__int128>(ticks);
  for (unsigned p = power; p < 9; ++p) ns *= 10;
  for (unsigned p = 9; p < power && ns != 0; ++p) ns /= 10;
  return cut_to_range(offset + ns);
}

class PcapngReader {
 public:
  explicit PcapngReader(ConstBytes content) : content_(content) {}

  Result<Capture> read() {
    while (!capture_.damage && at_ < content_.size()) read_block();
    if (capture_.damage && capture_.damage->offset == 0) return failure(Fault::kBadInput, capture_.damage->what);
    if (capture_.frames.empty() && capture_.foreign_frames != 0) {
      return failure(Fault::kBadInput, fmt::format("link type {} is neither Ethernet (1) nor raw IP (101, 228, 229)",
                                                   foreign_link_type_));
    }
    stamp_leading_frames();
    return std::move(capture_);
  }

 private:
  void damaged(std::string what) { capture_.damage = CaptureDamage{at_, std::move(what)}; }

  void read_block() {
    const ConstBytes left = content_.subspan(at_);
    if (left.size() < kBlockFrameOctets) {
      return damaged(fmt::format("the file ends inside a block ({} octets are left)", left.size()));
    }
    if (ByteReader(left).read<std::uint32_t>() == kPcapngSection && !begin_section(left)) return;
    Cursor head{ByteReader(left), swapped_};
    const auto type = head.read<std::uint32_t>();
    const auto octets = head.read<std::uint32_t>();
    if (octets < kBlockFrameOctets || octets % 4 != 0) return damaged(fmt::format("a block of {} octets", octets));
    if (octets > left.size()) {
      return damaged(fmt::format("the file ends inside a block ({} of {} octets)", left.size(), octets));
    }
    Cursor tail{ByteReader(left.subspan(octets - 4, 4)), swapped_};
    if (tail.read<std::uint32_t>() != octets) return damaged("a block whose two lengths differ");
    if (!read_body(type, left.subspan(8, octets - kBlockFrameOctets))) return;
    at_ += octets;
  }

  bool begin_section(ConstBytes block) {
    ByteReader reader(block);
    reader.skip(8);
    const auto magic = reader.read<std::uint32_t>();
    if (magic != kByteOrderMagic && std::byteswap(magic) != kByteOrderMagic) {
      damaged("a section without the byte order magic");
      return false;
    }
    swapped_ = magic != kByteOrderMagic;
    interfaces_.clear();
    return true;
  }

  bool read_body(std::uint32_t type, ConstBytes body) {
    Cursor cursor{ByteReader(body), swapped_};
    switch (type) {
      case kInterfaceBlock:
        return read_interface(cursor);
      case kEnhancedPacketBlock:
        return read_packet(cursor, enhanced_head(cursor));
      case kOldPacketBlock:
        return read_packet(cursor, old_head(cursor));
      case kSimplePacketBlock:
        return read_packet(cursor, simple_head(cursor));
      default:
        return true;
    }
  }

  bool read_interface(Cursor& cursor) {
    Interface interface;
    interface.link_type = cursor.read<std::uint16_t>();
    cursor.reader.skip(2);
    interface.snap_octets = cursor.read<std::uint32_t>();
    if (!cursor.reader.ok()) {
      damaged("an interface block that is too short");
      return false;
    }
    while (cursor.reader.remaining() >= 4 && read_option(cursor, interface)) {
    }
    interfaces_.push_back(interface);
    return true;
  }

  static bool read_option(Cursor& cursor, Interface& interface) {
    const auto code = cursor.read<std::uint16_t>();
    const std::uint32_t octets = cursor.read<std::uint16_t>();
    Cursor value{ByteReader(cursor.reader.read_bytes(octets)), cursor.swapped};
    cursor.reader.skip((4 - octets % 4) % 4);
    if (code == kOptionResolution && octets == 1) interface.resolution = value.read<std::uint8_t>();
    if (code == kOptionOffset && octets == 8) {
      interface.offset_seconds = static_cast<std::int64_t>(value.read<std::uint64_t>());
    }
    return code != kOptionEnd && cursor.reader.ok();
  }

  static PacketHead enhanced_head(Cursor& cursor) {
    PacketHead head;
    head.interface = cursor.read<std::uint32_t>();
    read_stamp_and_sizes(cursor, head);
    return head;
  }

  static PacketHead old_head(Cursor& cursor) {
    PacketHead head;
    head.interface = cursor.read<std::uint16_t>();
    cursor.reader.skip(2);
    read_stamp_and_sizes(cursor, head);
    return head;
  }

  static void read_stamp_and_sizes(Cursor& cursor, PacketHead& head) {
    const std::uint64_t high = cursor.read<std::uint32_t>();
    head.ticks = high << 32 | cursor.read<std::uint32_t>();
    head.captured = cursor.read<std::uint32_t>();
    head.original = cursor.read<std::uint32_t>();
  }

  // Carries neither a stamp nor the number of captured octets.
  PacketHead simple_head(Cursor& cursor) const {
    PacketHead head;
    head.stamped = false;
    head.original = cursor.read<std::uint32_t>();
    const std::uint32_t snap = interfaces_.empty() ? 0 : interfaces_.front().snap_octets;
    head.captured = snap == 0 ? head.original : std::min(head.original, snap);
    return head;
  }

  bool read_packet(Cursor& cursor, const PacketHead& head) {
    if (!cursor.reader.ok() || head.captured > cursor.reader.remaining()) {
      damaged("a packet block that is shorter than its packet");
      return false;
    }
    if (head.interface >= interfaces_.size()) {
      damaged(fmt::format("a packet of interface {}, which the section does not have", head.interface));
      return false;
    }
    const Interface& interface = interfaces_[head.interface];
    const auto link = link_kind(interface.link_type);
    if (!link) {
      ++capture_.foreign_frames;
      foreign_link_type_ = interface.link_type;
      return true;
    }
    if (head.captured < head.original) ++capture_.shortened_frames;
    capture_.frames.push_back(
        {stamp_for(head, interface), *link, cursor.reader.read_bytes(head.captured), head.original});
    return true;
  }

  // A packet without a stamp gets that of the packet before it.
  std::int64_t stamp_for(const PacketHead& head, const Interface& interface) {
    if (!head.stamped) {
      if (!first_stamped_) ++leading_unstamped_;
      return capture_.frames.empty() ? 0 : capture_.frames.back().stamp_ns;
    }
    if (!first_stamped_) first_stamped_ = capture_.frames.size();
    return stamp_of(head.ticks, interface);
  }

  // And those before the first stamp get that one, or the clock would run from 1970.
  void stamp_leading_frames() {
    if (!first_stamped_) return;
    for (std::size_t i = 0; i < leading_unstamped_; ++i) {
      capture_.frames[i].stamp_ns = capture_.frames[*first_stamped_].stamp_ns;
    }
  }

  ConstBytes content_;
  std::size_t at_ = 0;
  bool swapped_ = false;  // the section is little-endian
  std::vector<Interface> interfaces_;
  std::uint32_t foreign_link_type_ = 0;
  std::optional<std::size_t> first_stamped_;
  std::size_t leading_unstamped_ = 0;
  Capture capture_;
};

}  // namespace

Result<Capture> read_pcapng(ConstBytes content) { return PcapngReader(content).read(); }

}  // namespace levelgate::cli
