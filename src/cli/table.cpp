// SPDX-License-Identifier: Apache-2.0
//
// Lays out a table.
#include "cli/table.h"

#include <algorithm>

namespace levelgate::cli {
namespace {

// Code points of UTF-8: every octet but the continuation octets.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const std::string& cell_of(const std::vector<std::string>& row, std::size_t column) {
  static const std::string empty;
  return column < row.size() ? row[column] : empty;
}

}  // namespace

std::string Table::text() const {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = width_of(titles[c]);
    for (const auto& row : rows_) widest = std::max(widest, width_of(cell_of(row, c)));
    widths.push_back(widest);
  }
  std::string out;
  const auto put_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string& cell = cell_of(row, c);
      const std::string blanks(widths[c] - width_of(cell), ' ');
      line += columns_[c].align == Align::kLeft ? cell + blanks : blanks + cell;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  put_row(titles);
  for (const auto& row : rows_) put_row(row);
  return out;
}

}  // namespace levelgate::cli
