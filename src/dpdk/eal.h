// SPDX-License-Identifier: Apache-2.0
//
// Start and stop of DPDK's environment layer. One in a process. What it prints is caught and given to the caller line
// by line.
#pragma once

#include <levelgate/base/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace levelgate::dpdk {

struct EalSettings {
  bool no_huge = false;  // dataplane.memory: none
  std::uint64_t memory_octets = 256ULL << 20;
  std::optional<std::uint32_t> main_core;
  bool pci = false;  // look for hardware: some port is a NIC, or crypto may be a device
};

// Thread: control.
class Eal {
 public:
  enum class Word : std::uint8_t { kUsual, kFault };
  using LogSink = std::function<void(Word word, std::string_view line)>;
  // Errors name the key to change: dataplane.memory, huge pages, rights.
  [[nodiscard]] static Result<std::unique_ptr<Eal>> start(const EalSettings& settings, LogSink sink);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  [[nodiscard]] static std::string version();  // "DPDK 22.11.11"

 private:
  struct LogStream;
  Eal(std::unique_ptr<LogStream> stream, std::string own_folder);
  std::unique_ptr<LogStream> stream_;
  std::string own_folder_;  // of EAL's files; empty when it is not ours alone
};

}  // namespace levelgate::dpdk
