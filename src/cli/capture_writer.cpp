// SPDX-License-Identifier: Apache-2.0
//
// The two headers of the pcap format (draft-ietf-opsawg-pcap §4, §5) and the file behind them.
#include "cli/capture_writer.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "cli/pcap_format.h"

namespace levelgate::cli {
namespace {

constexpr std::uint32_t kSnapOctets = 262'144;
constexpr std::uint32_t kEthernetLink = 1;

}  // namespace

Result<CaptureWriter> CaptureWriter::open(const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) return failure(Fault::kIo, fmt::format("{}: {}", path, std::generic_category().message(errno)));
  CaptureWriter writer(path, std::move(file));
  std::array<std::byte, 24> octets{};
  ByteWriter header(octets);
  header.write<std::uint32_t>(kNanoMagic);
  header.write<std::uint16_t>(2);
  header.write<std::uint16_t>(4);
  header.write<std::uint64_t>(0);
  header.write<std::uint32_t>(kSnapOctets);
  header.write<std::uint32_t>(kEthernetLink);
  writer.put(octets);
  return writer;
}

void CaptureWriter::write(std::int64_t stamp_ns, ConstBytes frame) {
  std::array<std::byte, 16> octets{};
  ByteWriter header(octets);
  header.write(static_cast<std::uint32_t>(stamp_ns / kNsPerSecond));
  header.write(static_cast<std::uint32_t>(stamp_ns % kNsPerSecond));
  header.write(static_cast<std::uint32_t>(frame.size()));
  header.write(static_cast<std::uint32_t>(frame.size()));
  put(octets);
  put(frame);
  ++frames_;
}

Result<void> CaptureWriter::close() {
  file_.close();
  if (file_) return {};
  return failure(Fault::kIo, fmt::format("{}: writing failed: {}", path_, std::generic_category().message(errno)));
}

void CaptureWriter::put(ConstBytes octets) {
  // ofstream writes chars; a copy through its buffer iterator would cost a call per octet.
  file_.write(static_cast<const char*>(static_cast<const void*>(octets.data())),
              static_cast<std::streamsize>(octets.size()));
}

}  // namespace levelgate::cli
