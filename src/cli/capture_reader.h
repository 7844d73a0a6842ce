// SPDX-License-Identifier: Apache-2.0
//
// Reads capture files: pcap with micro- or nanosecond stamps, and pcapng (draft-ietf-opsawg-pcapng), both in either
// byte order, link types Ethernet and raw IP. A hostile file is a value, never a crash: what cannot be read is an
// error, what stands before a cut is yielded together with the place of the cut. Never changes a frame.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::cli {

enum class LinkKind : std::uint8_t { kEthernet, kRawIp };

struct CaptureFrame {
  std::int64_t stamp_ns = 0;  // since the epoch of the file, 0 or later; cut to what 64 bits hold
  LinkKind link = LinkKind::kEthernet;
  ConstBytes octets;                  // points into the file's content
  std::uint32_t original_octets = 0;  // what the frame had on the wire
};

struct CaptureDamage {
  std::uint64_t offset = 0;  // first octet that could not be used
  std::string what;
};

struct Capture {
  std::vector<CaptureFrame> frames;  // in the order of the file
  std::optional<CaptureDamage> damage;
  std::uint64_t foreign_frames = 0;    // left out: of a link type that is neither Ethernet nor raw IP
  std::uint64_t shortened_frames = 0;  // captured with fewer octets than they had
};

// The content must outlive the capture. An error when it is no capture at all or of an unknown link type.
[[nodiscard]] Result<Capture> read_capture(ConstBytes content);

// The whole file; an error names the path.
[[nodiscard]] Result<std::vector<std::byte>> read_whole_file(const std::string& path);

}  // namespace levelgate::cli
