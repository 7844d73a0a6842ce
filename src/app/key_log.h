// SPDX-License-Identifier: Apache-2.0
//
// Writes the keys of SAs for Wireshark into a directory that only the daemon's user can enter: a folder that Wireshark
// takes as its configuration. Labs only; exists only where the configuration asks for it. Bounded: what peers cause
// ends at kMostLines.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/model/config.h>
#include <levelgate/model/plan.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ike/engine.h"

namespace levelgate::app {

// Thread: control.
class KeyLog {
 public:
  static constexpr std::size_t kMostLines = 20'000;

  // Makes the directory and its two files if need be. An Error where somebody else could read or change them.
  [[nodiscard]] static Result<std::unique_ptr<KeyLog>> open(const model::KeyLogConfig& config);
  ~KeyLog();
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;

  // Appends the SAs that are new; tells whose keys were written, without the keys. An Error once, when no more is.
  struct Written {
    std::string tunnel, what;
  };
  [[nodiscard]] Result<std::vector<Written>> take(const model::ForwardingPlan& plan, const ike::Engine& engine);

 private:
  KeyLog(int esp_file, int ike_file, model::WiresharkVersion version)
      : esp_file_(esp_file), ike_file_(ike_file), version_(version) {}
  [[nodiscard]] Result<void> append(int file, const std::string& line);
  [[nodiscard]] Result<void> take_esp(const model::ForwardingPlan& plan, std::vector<Written>& written);
  [[nodiscard]] Result<void> take_ike(const ike::Engine& engine, std::vector<Written>& written);

  int esp_file_;
  int ike_file_;
  model::WiresharkVersion version_;
  std::size_t lines_ = 0;
  bool ended_ = false;
  std::set<std::pair<std::uint32_t, const void*>> esp_;  // that are written: SPI, and which key object
  std::set<std::pair<std::uint64_t, std::uint64_t>> ike_;
};

}  // namespace levelgate::app
