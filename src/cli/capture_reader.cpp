// SPDX-License-Identifier: Apache-2.0
//
// The classic pcap format and the choice between the two formats (draft-ietf-opsawg-pcap). A record that claims more
// than the file has ends the reading, and is named with its offset.
#include "cli/capture_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "cli/pcap_format.h"
#include "cli/pcapng_blocks.h"

namespace levelgate::cli {
namespace {

constexpr std::uint32_t kMicroMagic = 0xA1B2C3D4;
constexpr std::size_t kFileHeaderOctets = 24;
constexpr std::size_t kRecordHeaderOctets = 16;
// Link type in the low bits; the rest says whether frames carry a frame check sequence, which nobody here looks at.
constexpr std::uint32_t kLinkTypeMask = 0x03FFFFFF;

struct PcapForm {
  bool swapped = false;  // the file is little-endian
  std::int64_t unit_ns = 1000;
};

std::optional<PcapForm> form_of(std::uint32_t magic) {
  if (magic == kMicroMagic) return PcapForm{false, 1000};
  if (magic == kNanoMagic) return PcapForm{false, 1};
  if (std::byteswap(magic) == kMicroMagic) return PcapForm{true, 1000};
  if (std::byteswap(magic) == kNanoMagic) return PcapForm{true, 1};
  return std::nullopt;
}

struct PcapCursor {
  ByteReader reader;
  bool swapped;

  std::uint32_t u32() {
    const auto value = reader.read<std::uint32_t>();
    return swapped ? std::byteswap(value) : value;
  }
};

// False at the cut or at the end of the file.
bool read_record(PcapCursor& cursor, const PcapForm& form, LinkKind link, std::uint64_t offset, Capture& into) {
  const std::size_t left = cursor.reader.remaining();
  if (left == 0) return false;
  if (left < kRecordHeaderOctets) {
    into.damage = {offset,
                   fmt::format("the file ends inside a record's header ({} of {} octets)", left, kRecordHeaderOctets)};
    return false;
  }
  const std::int64_t seconds = cursor.u32();
  const std::int64_t fraction = cursor.u32();
  const std::uint32_t captured = cursor.u32();
  const std::uint32_t original = cursor.u32();
  if (captured > cursor.reader.remaining()) {
    into.damage = {offset,
                   fmt::format("the file ends inside a packet ({} of {} octets)", cursor.reader.remaining(), captured)};
    return false;
  }
  if (captured < original) ++into.shortened_frames;
  into.frames.push_back(
      {seconds * 1'000'000'000 + fraction * form.unit_ns, link, cursor.reader.read_bytes(captured), original});
  return true;
}

Result<Capture> read_pcap(ConstBytes content, const PcapForm& form) {
  PcapCursor cursor{ByteReader(content), form.swapped};
  cursor.reader.skip(kFileHeaderOctets - 4);
  const std::uint32_t link_type = cursor.u32() & kLinkTypeMask;
  const auto link = link_kind(link_type);
  if (!link) {
    return failure(Fault::kBadInput,
                   fmt::format("link type {} is neither Ethernet (1) nor raw IP (101, 228, 229)", link_type));
  }
  Capture capture;
  while (read_record(cursor, form, *link, content.size() - cursor.reader.remaining(), capture)) {
  }
  return capture;
}

}  // namespace

std::optional<LinkKind> link_kind(std::uint32_t link_type) {
  switch (link_type) {
    case 1:
      return LinkKind::kEthernet;
    case 12:   // what some systems write for raw IP
    case 14:   // and some others
    case 101:  // raw IP, version in the packet
    case 228:  // IPv4
    case 229:  // IPv6
      return LinkKind::kRawIp;
    default:
      return std::nullopt;
  }
}

Result<Capture> read_capture(ConstBytes content) {
  ByteReader reader(content);
  const auto magic = reader.read<std::uint32_t>();
  if (!reader.ok()) return failure(Fault::kBadInput, fmt::format("{} octets are no capture file", content.size()));
  if (magic == kPcapngSection) return read_pcapng(content);
  const auto form = form_of(magic);
  if (!form) return failure(Fault::kBadInput, fmt::format("no capture file: it begins with {:08x}", magic));
  if (content.size() < kFileHeaderOctets) {
    return failure(Fault::kBadInput,
                   fmt::format("the file ends inside its header ({} of {} octets)", content.size(), kFileHeaderOctets));
  }
  return read_pcap(content, *form);
}

Result<std::vector<std::byte>> read_whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(Fault::kIo, fmt::format("{}: {}", path, std::generic_category().message(errno)));
  std::vector<std::byte> content;
  std::vector<char> part(1 << 16);
  while (file.read(part.data(), static_cast<std::streamsize>(part.size())) || file.gcount() > 0) {
    const ConstBytes octets = as_bytes(part.data(), static_cast<std::size_t>(file.gcount()));
    content.insert(content.end(), octets.begin(), octets.end());
  }
  if (file.bad()) return failure(Fault::kIo, fmt::format("{}: {}", path, std::generic_category().message(errno)));
  return content;
}

}  // namespace levelgate::cli
