// SPDX-License-Identifier: Apache-2.0
//
// The Prometheus text format, version 0.0.4: one metric after the other, each with its help, its type and its samples.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace levelgate::management {

struct Metric {
  std::string_view name;
  std::string_view type;    // counter, gauge or summary
  std::string_view labels;  // names with spaces between, in the order of a sample's values; may be empty
  std::string_view help;
};

class Exposition {
 public:
  void begin(const Metric& metric);
  // Of the metric that was begun last; as many values as it has labels.
  void sample(std::initializer_list<std::string_view> values, std::uint64_t value);
  void sample(std::initializer_list<std::string_view> values, double value);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void line(std::initializer_list<std::string_view> values, std::string_view number);

  const Metric* metric_ = nullptr;
  std::string text_;
};

}  // namespace levelgate::management
