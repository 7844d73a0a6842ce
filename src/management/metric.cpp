// SPDX-License-Identifier: Apache-2.0
//
// Label values may hold anything; backslash, quote and line feed are escaped.
#include "management/metric.h"

#include <fmt/format.h>

namespace levelgate::management {
namespace {

void append_escaped(std::string_view value, std::string& to) {
  for (const char letter : value) {
    if (letter == '\n') {
      to += "\\n";
      continue;
    }
    if (letter == '\\' || letter == '"') to += '\\';
    to += letter;
  }
}

}  // namespace

void Exposition::begin(const Metric& metric) {
  metric_ = &metric;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric.name, metric.help, metric.name, metric.type);
}

void Exposition::sample(std::initializer_list<std::string_view> values, std::uint64_t value) {
  line(values, std::to_string(value));
}

void Exposition::sample(std::initializer_list<std::string_view> values, double value) {
  line(values, fmt::format("{}", value));
}

void Exposition::line(std::initializer_list<std::string_view> values, std::string_view number) {
  text_ += metric_->name;
  std::string_view labels = metric_->labels;
  char before = '{';
  for (const std::string_view value : values) {
    const std::size_t end = labels.find(' ');
    text_ += before;
    text_ += labels.substr(0, end);
    text_ += "=\"";
    append_escaped(value, text_);
    text_ += '"';
    before = ',';
    labels.remove_prefix(end == std::string_view::npos ? labels.size() : end + 1);
  }
  if (values.size() != 0) text_ += '}';
  text_ += ' ';
  text_ += number;
  text_ += '\n';
}

}  // namespace levelgate::management
