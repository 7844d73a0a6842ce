// SPDX-License-Identifier: Apache-2.0
//
// Renders log lines, and hands them to spdlog for output.
#include "app/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <chrono>
#include <ctime>

namespace levelgate::app {
namespace {

struct LevelWords {
  const char* text;
  const char* json;
};

const LevelWords& words_of(Level level) {
  static constexpr std::array<LevelWords, 4> words{
      {{"DEBUG", "debug"}, {"INFO", "info"}, {"WARN", "warn"}, {"ERROR", "error"}}};
  return words[static_cast<std::size_t>(level)];
}

std::string timestamp(std::int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, unix_ms % 1000);
}

// One event, one line: what would break the line is shown, not done.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += c == '\n' ? "\\n" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

// Whole numbers are numbers in JSON too.
std::string json_value(const std::string& text) {
  constexpr std::size_t kExact = 15;  // digits that every JSON reader keeps
  const bool number = !text.empty() && text.size() <= kExact && (text.size() == 1 || text[0] != '0') &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  return number ? text : json_text(text);
}

std::string body(const LogLine& line) {
  std::string out(line.component);
  if (!line.tunnel.empty()) out += fmt::format(" {}", one_line(line.tunnel));
  if (!line.event.empty()) out += fmt::format(" {}", line.event);
  out += fmt::format(" {}", one_line(line.message));
  for (const auto& [key, value] : line.fields) out += fmt::format(" {}={}", key, one_line(value));
  return out;
}

std::string json(const LogLine& line, std::int64_t unix_ms) {
  std::string out = fmt::format(R"({{"ts":"{}","level":"{}","component":{})", timestamp(unix_ms),
                                words_of(line.level).json, json_text(line.component));
  if (!line.event.empty()) out += fmt::format(R"(,"event":{})", json_text(line.event));
  if (!line.tunnel.empty()) out += fmt::format(R"(,"tunnel":{})", json_text(line.tunnel));
  for (const auto& [key, value] : line.fields) out += fmt::format(",{}:{}", json_text(key), json_value(value));
  return out + fmt::format(R"(,"msg":{}}})", json_text(line.message));
}

}  // namespace

std::string render(const LogLine& line, std::int64_t unix_ms, LogFormat form) {
  switch (form) {
    case LogFormat::kText:
      return fmt::format("{} {} {}", timestamp(unix_ms), words_of(line.level).text, body(line));
    case LogFormat::kJson:
      return json(line, unix_ms);
  }
  return {};
}

struct Log::Parts {
  spdlog::logger logger{"levelgated", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  Level least;
  LogFormat form;
};

Log::Log(Level least, LogFormat form) : parts_(new Parts{.least = least, .form = form}) {
  parts_->logger.set_pattern("%v");
  parts_->logger.set_level(spdlog::level::trace);  // the choice is made in write()
  parts_->logger.flush_on(spdlog::level::trace);
}
Log::~Log() = default;

void Log::write(const LogLine& line) {
  if (line.level < parts_->least) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  parts_->logger.log(spdlog::level::info, "{}", render(line, unix_ms, parts_->form));
}

void Log::set(Level least, LogFormat form) {
  parts_->least = least;
  parts_->form = form;
}

}  // namespace levelgate::app
