// SPDX-License-Identifier: Apache-2.0
//
// Writes a nanosecond pcap file of Ethernet frames (draft-ietf-opsawg-pcap), big-endian fields as its magic says. Valid
// from the moment of opening, also when no frame ever comes. A failed write is told by close(), once.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace levelgate::cli {

class CaptureWriter {
 public:
  [[nodiscard]] static Result<CaptureWriter> open(const std::string& path);

  void write(std::int64_t stamp_ns, ConstBytes frame);
  [[nodiscard]] Result<void> close();
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  CaptureWriter(std::string path, std::ofstream file) : path_(std::move(path)), file_(std::move(file)) {}
  void put(ConstBytes octets);

  std::string path_;
  std::ofstream file_;
  std::uint64_t frames_ = 0;
};

}  // namespace levelgate::cli
