// SPDX-License-Identifier: Apache-2.0
//
// Tells the service manager how the daemon is (sd_notify(3)), when it asked for that by NOTIFY_SOCKET. Silent
// otherwise; a message that cannot be sent is lost without harm.
#pragma once

#include <string>
#include <string_view>

namespace levelgate::app {

// Thread: control.
class Supervisor {
 public:
  Supervisor();  // looks at the environment
  explicit Supervisor(std::string socket_path) : path_(std::move(socket_path)) {}

  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;
  void status(std::string_view text) const;
  void alive() const;  // feeds the watchdog

 private:
  void send(const std::string& message) const;
  std::string path_;
};

}  // namespace levelgate::app
