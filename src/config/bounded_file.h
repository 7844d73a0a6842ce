// SPDX-License-Identifier: Apache-2.0
//
// Files that a configuration names: read whole, up to a bound, and only where nobody may read them who should not.
// Never waits, as at a pipe, and holds what it read as a secret, whether it is one or not.
#pragma once

#include <levelgate/base/secret_bytes.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace levelgate::config {

struct BadFile {
  int id = 0;  // LG-CFG-nnn
  std::string message;
  std::string hint;
};

enum class Readers : std::uint8_t {
  kAnybody,
  kOwner,    // nobody else, or the file is refused
  kService,  // not the world: the service manager names the service in an access list, which shows as the group's right
};

struct FileRules {
  std::string_view noun;  // for messages: "key file"
  Readers readers = Readers::kOwner;
  std::size_t most_octets = 0;
  int unreadable = 20;  // the finding when it cannot be read
};

[[nodiscard]] std::expected<SecretBytes, BadFile> read_bounded_file(const std::string& path, const FileRules& rules);

// The octets as text, for as long as they live.
[[nodiscard]] inline std::string_view chars_of(ConstBytes octets) {
  return {static_cast<const char*>(static_cast<const void*>(octets.data())), octets.size()};
}

}  // namespace levelgate::config
