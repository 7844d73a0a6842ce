// SPDX-License-Identifier: Apache-2.0
//
// Owner and mode are asked of the descriptor that is read from, so that no file can be exchanged in between.
#include "config/bounded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace levelgate::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

mode_t forbidden(Readers readers) {
  switch (readers) {
    case Readers::kAnybody:
      return 0;
    case Readers::kOwner:
      return 077;
    case Readers::kService:
      return 007;
  }
  return 077;
}

}  // namespace

std::expected<SecretBytes, BadFile> read_bounded_file(const std::string& path, const FileRules& rules) {
  const std::string name = std::string(rules.noun) + " " + path;
  const auto unreadable = [&](const std::string& why) {
    return std::unexpected(BadFile{rules.unreadable, name + why, ""});
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (file.number() < 0) return unreadable(std::string(": ") + std::strerror(errno));
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) return unreadable(": not a plain file");
  if ((status.st_mode & forbidden(rules.readers)) != 0) {
    return std::unexpected(BadFile{21, name + " can be read by others", "chmod 600 " + path});
  }
  const auto octets = static_cast<std::size_t>(status.st_size);
  if (octets > rules.most_octets) {
    return unreadable(" is larger than " + std::to_string(rules.most_octets) + " octets");
  }
  SecretBytes text(octets);
  for (std::size_t at = 0; at < octets;) {
    const ssize_t got = ::read(file.number(), text.writable().data() + at, octets - at);
    if (got < 0) return unreadable(std::string(": ") + std::strerror(errno));
    if (got == 0) return unreadable(" became shorter while it was read");
    at += static_cast<std::size_t>(got);
  }
  return text;
}

}  // namespace levelgate::config
