// SPDX-License-Identifier: Apache-2.0
//
// The control thread's loop: signals, timers and readable descriptors become calls, one after the other. It reads the
// clock for the control tower. Never blocks in a call of its own, never starts a thread.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>

#include <functional>
#include <memory>
#include <span>

namespace boost::asio {
class io_context;
}

namespace levelgate::sockets {

// Thread: control.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Replaces the process's own treatment of these signals.
  [[nodiscard]] Result<void> on_signals(std::span<const int> signals, std::function<void(int)> call);
  // First after one interval, then at multiples of it; missed ones are not caught up.
  void every(Nanos interval, std::function<void()> call);
  // The descriptor stays its owner's, who must keep it open as long as the loop lives.
  [[nodiscard]] Result<void> when_readable(int descriptor, std::function<void()> call);

  void run();                                        // until stop()
  void stop();                                       // from within a call
  [[nodiscard]] static Instant now();                // CLOCK_MONOTONIC
  [[nodiscard]] boost::asio::io_context& context();  // for the room that serves the API

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::sockets
