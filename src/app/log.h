// SPDX-License-Identifier: Apache-2.0
//
// The daemon's log: one event per line, on standard error, as text, as JSON, or for the journal. Levels and components
// are words of the configuration. Never prints a key: nothing that holds one has a text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace levelgate::app {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogForm : std::uint8_t { kText, kJson, kJournal };

struct LogLine {
  Level level = Level::kInfo;
  std::string_view component;  // app, config, dpdk, kernel, tfs, api
  std::string_view message;
  std::string_view tunnel{};
  std::string_view event{};  // a stable id such as LG-APP-001
  std::vector<std::pair<std::string_view, std::string>> fields{};
};

// The line without its line end; the moment in milliseconds since 1970 (UTC).
[[nodiscard]] std::string render(const LogLine& line, std::int64_t unix_ms, LogForm form);

// Thread: any; lines of several threads do not mix.
class Log {
 public:
  Log(Level least, LogForm form);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(const LogLine& line);
  // Settings of a configuration that came later than the log.
  void set(Level least, LogForm form);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::app
