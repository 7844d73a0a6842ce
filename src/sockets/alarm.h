// SPDX-License-Identifier: Apache-2.0
//
// A timer for one moment, set anew as often as its owner likes: the engine's next deadline. Only its first arm
// allocates, and at most one wait is under way whatever is asked.
#pragma once

#include <levelgate/base/time.h>

#include <functional>
#include <memory>

#include "sockets/event_loop.h"

namespace levelgate::sockets {

// Thread: control. May end in its own call; no call comes afterwards.
class Alarm {
 public:
  Alarm(EventLoop& loop, std::function<void()> call);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // One call at `when` (of EventLoop::now()) or soon after, always from the loop, also when `when` has passed. The last
  // arm counts; kNever disarms.
  void arm(Instant when);
  void disarm() { arm(kNever); }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace levelgate::sockets
