// SPDX-License-Identifier: Apache-2.0
//
// Helper threads for slow crypto: key exchange and signatures that would hold up the control thread. A job owns its
// inputs and gives back what shall be done with its outcome; that is done on the loop. Nothing else is shared.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "sockets/event_loop.h"

namespace levelgate::sockets {

// Thread: control. The loop outlives it.
class Jobs {
 public:
  using Done = std::move_only_function<void()>;  // on the loop; empty: nothing to do
  using Work = std::move_only_function<Done()>;  // on a helper thread; must not throw

  // `threads` at least 1. `waiting`: jobs that may wait for a thread; those that run do not count.
  Jobs(EventLoop& loop, std::size_t threads, std::size_t waiting);
  // Waits for what runs; drops what waits, and what is done but has not reached the loop.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // False: too many wait; then nothing was done with it.
  [[nodiscard]] bool run(Work work);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::sockets
