// SPDX-License-Identifier: Apache-2.0
//
// A folder with a configuration and key files, right ones and wrong ones, gone at the end of the test.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "unit/api/private_folder.h"

namespace levelgate::tests {

inline std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class KeyFolder : public PrivateFolder {
 public:
  static constexpr std::size_t kKeyOctets = 36;  // cipher key and salt of aes256gcm16

  KeyFolder() {
    for (const char name : {'a', 'b', 'c', 'd'}) write(std::string(1, name) + ".key", digits(kKeyOctets, name) + "\n");
    write("a-again.key", "61 6161\t" + digits(kKeyOctets - 3, 'a'));
    write("open.key", digits(kKeyOctets, 'e'), 0644);
    write("words.key", "secret");
    write("short.key", digits(20, 'f'));
    write("empty.key", "");
    std::filesystem::create_directory(*this / "folder.key");
  }

  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(*this / name, std::ios::binary) << text;
    ::chmod((*this / name).c_str(), mode);
  }

  // `octets` times the code of the letter.
  [[nodiscard]] static std::string digits(std::size_t octets, char letter) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < octets; ++i) text += {kDigits[letter / 16], kDigits[letter % 16]};
    return text;
  }
};

}  // namespace levelgate::tests
