// SPDX-License-Identifier: Apache-2.0
//
// Reads at most a few hundred octets and wipes what it read.
#include "config/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestFile = 1024;

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

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

void wipe(void* at, std::size_t octets) {
  volatile unsigned char* p = static_cast<volatile unsigned char*>(at);
  for (std::size_t i = 0; i < octets; ++i) p[i] = 0;
}

}  // namespace

std::expected<std::shared_ptr<const Secret>, BadKeyFile> read_key_file(const std::string& path, EspCipher cipher) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // never waits at a pipe
  struct stat status{};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    const std::string why = file.number() < 0 ? std::strerror(errno) : "not a plain file";
    return std::unexpected(BadKeyFile{20, "key file " + path + ": " + why, ""});
  }
  if ((status.st_mode & 077) != 0) {
    return std::unexpected(BadKeyFile{21, "key file " + path + " can be read by others", "chmod 600 " + path});
  }
  std::array<char, kLongestFile + 1> text{};
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < text.size(); size += static_cast<std::size_t>(got)) {
    got = ::read(file.number(), text.data() + size, text.size() - size);
    if (got < 0) return std::unexpected(BadKeyFile{20, "key file " + path + ": " + std::strerror(errno), ""});
  }
  std::array<std::byte, kLongestFile> octets{};
  std::size_t digits = 0;
  bool hexadecimal = size <= kLongestFile;
  for (std::size_t i = 0; i < size && hexadecimal; ++i) {
    if (is_space(text[i])) continue;
    const int digit = digit_of(text[i]);
    hexadecimal = digit >= 0;
    if (hexadecimal) {
      octets[digits / 2] = static_cast<std::byte>((std::to_integer<int>(octets[digits / 2]) << 4) | digit);
      ++digits;
    }
  }
  wipe(text.data(), text.size());
  const std::size_t wanted = key_octets(cipher) + kSaltOctets;
  if (!hexadecimal) {
    wipe(octets.data(), octets.size());
    return std::unexpected(BadKeyFile{22, "key file " + path + " holds something else than hexadecimal digits", ""});
  }
  if (digits != wanted * 2) {
    wipe(octets.data(), octets.size());
    return std::unexpected(BadKeyFile{23, "key file " + path + " holds " + std::to_string(digits) + " digits",
                                      std::to_string(wanted * 2) + " wanted: key and salt"});
  }
  auto secret = std::make_shared<const Secret>(ConstBytes(octets.data(), wanted));
  wipe(octets.data(), octets.size());
  return secret;
}

}  // namespace levelgate::config
