// SPDX-License-Identifier: Apache-2.0
//
// A table for eyes: columns as wide as their widest cell, two spaces between, no trailing blanks. Counts code points,
// so that a name with an umlaut does not bend a column.
#pragma once

#include <string>
#include <vector>

namespace levelgate::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty, surplus ones are a mistake of the caller and left out.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace levelgate::cli
