// SPDX-License-Identifier: Apache-2.0
//
// One datagram for each message.
#include "app/supervisor.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace levelgate::app {

Supervisor::Supervisor() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path != nullptr) path_ = path;
}

void Supervisor::ready(std::string_view status) const { send(fmt::format("READY=1\nSTATUS={}", status)); }

void Supervisor::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
}

void Supervisor::stopping() const { send("STOPPING=1"); }
void Supervisor::status(std::string_view text) const { send(fmt::format("STATUS={}", text)); }
void Supervisor::alive() const { send("WATCHDOG=1"); }

void Supervisor::send(const std::string& message) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool possible =
      !path_.empty() && path_.size() < sizeof address.sun_path && (path_[0] == '/' || path_[0] == '@');
  if (!possible) return;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (path_[0] == '@') address.sun_path[0] = '\0';  // an abstract name
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto octets = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  // The address of a UNIX socket is passed as that of any socket.
  const auto* where = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  (void)sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL, where, octets);
  close(descriptor);
}

}  // namespace levelgate::app
