// SPDX-License-Identifier: Apache-2.0
//
// The daemon's log: one event per line, on standard error, as text or as JSON (interface section 8). Never prints a
// key: nothing that holds one has a text.
#pragma once

#include <levelgate/model/config.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levelgate::app {

using Level = model::LogLevel;
using model::LogFormat;

struct LogLine {
  Level level = Level::kInfo;
  std::string_view component;  // app, config, dpdk, kernel, tfs, api
  std::string_view message;
  std::string_view tunnel{};
  std::string_view event{};  // a stable id such as LG-APP-001
  std::vector<std::pair<std::string_view, std::string>> fields{};
};

// The line without its line end; the moment in milliseconds since 1970 (UTC).
[[nodiscard]] std::string render(const LogLine& line, std::int64_t unix_ms, LogFormat form);

// Thread: any; lines of several threads do not mix.
class Log {
 public:
  Log(Level least, LogFormat form);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(const LogLine& line);
  // Settings of a configuration that came later than the log.
  void set(Level least, LogFormat form);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::app
