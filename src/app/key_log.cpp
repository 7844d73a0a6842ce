// SPDX-License-Identifier: Apache-2.0
//
// Owner and mode are asked of the descriptors that are written to, so that nothing can be exchanged in between.
#include "app/key_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "keylog/wireshark_tables.h"

namespace levelgate::app {
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
  [[nodiscard]] int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

std::unexpected<Error> refused(const std::string& path, const std::string& why) {
  return failure(Fault::kNotPermitted, "management.keylog: " + path + " " + why);
}

std::unexpected<Error> refused(const std::string& path, int number) {
  return failure(Fault::kIo, "management.keylog: " + path + ": " + std::strerror(number));
}

// What everybody else may do with it, in words; empty: nothing.
std::string openness(const struct stat& status) {
  if (status.st_uid != ::geteuid()) return "belongs to somebody else";
  if ((status.st_mode & 077) != 0) return "is open to others: chmod go= it";
  return {};
}

Result<int> open_table(int directory, const std::string& path, std::string_view name) {
  const std::string file_name(name);
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(::openat(directory, file_name.c_str(), kFlags, 0600));
  if (file.number() < 0) return refused(path + "/" + file_name, errno);
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return refused(path + "/" + file_name, errno);
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1) return refused(path + "/" + file_name, "is no ordinary file");
  if (const std::string why = openness(status); !why.empty()) return refused(path + "/" + file_name, why);
  return file.release();
}

}  // namespace

Result<std::unique_ptr<KeyLog>> KeyLog::open(const model::KeyLogConfig& config) {
  if (::mkdir(config.directory.c_str(), 0700) != 0 && errno != EEXIST) return refused(config.directory, errno);
  const Descriptor directory(::open(config.directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory.number() < 0) return refused(config.directory, errno);
  struct stat status{};
  if (::fstat(directory.number(), &status) != 0) return refused(config.directory, errno);
  if (const std::string why = openness(status); !why.empty()) return refused(config.directory, why);
  const auto esp = open_table(directory.number(), config.directory, keylog::kEspTable);
  if (!esp) return std::unexpected(esp.error());
  Descriptor esp_file(*esp);
  const auto ike = open_table(directory.number(), config.directory, keylog::kIkeTable);
  if (!ike) return std::unexpected(ike.error());
  return std::unique_ptr<KeyLog>(new KeyLog(esp_file.release(), *ike, config.version));
}

KeyLog::~KeyLog() {
  ::close(esp_file_);
  ::close(ike_file_);
}

Result<void> KeyLog::append(int file, const std::string& line) {
  if (lines_++ >= kMostLines) return failure(Fault::kIo, "the key log has reached its bound; no more keys are written");
  const ssize_t written = ::write(file, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return {};
  return failure(Fault::kIo, std::string("the key log cannot be written any more: ") +
                                 (written < 0 ? std::strerror(errno) : "no room"));
}

Result<void> KeyLog::take_esp(const model::ForwardingPlan& plan, std::vector<Written>& written) {
  decltype(esp_) now;
  const auto take = [&](const keylog::EspEntry& entry) -> Result<void> {
    const std::pair<std::uint32_t, const void*> which{entry.sa.spi.value, entry.sa.key.get()};
    if (!now.insert(which).second || esp_.contains(which)) return {};
    if (const auto done = append(esp_file_, keylog::esp_line(version_, entry)); !done) return done;
    written.push_back(
        {std::string(entry.tunnel), "ESP from " + entry.source.text() + " to " + entry.destination.text()});
    return {};
  };
  for (const model::TunnelPlan& tunnel : plan.tunnels) {
    for (const model::EspSa& sa : tunnel.inbound) {
      if (const auto done = take({tunnel.name, tunnel.remote, tunnel.local, sa}); !done) return done;
    }
    if (!tunnel.outbound) continue;
    if (const auto done = take({tunnel.name, tunnel.local, tunnel.remote, *tunnel.outbound}); !done) return done;
  }
  esp_ = std::move(now);
  return {};
}

Result<void> KeyLog::take_ike(const ike::Engine& engine, std::vector<Written>& written) {
  decltype(ike_) now;
  Result<void> outcome;
  engine.each([&](const ike::IkeSa& one) {
    const ikestate::SaState& sa = one.state();
    if (ikestate::is_handshake(sa.phase) || !outcome) return;
    const std::pair which{sa.spis.initiator.value, sa.spis.responder.value};
    if (!now.insert(which).second || ike_.contains(which)) return;
    outcome = append(ike_file_, keylog::ike_line(sa));
    if (outcome) written.push_back({sa.tunnel(), "IKE"});
  });
  ike_ = std::move(now);
  return outcome;
}

Result<std::vector<KeyLog::Written>> KeyLog::take(const model::ForwardingPlan& plan, const ike::Engine& engine) {
  std::vector<Written> written;
  if (ended_) return written;
  Result<void> done = take_esp(plan, written);
  if (done) done = take_ike(engine, written);
  ended_ = !done;
  if (!done) return std::unexpected(done.error());
  return written;
}

}  // namespace levelgate::app
