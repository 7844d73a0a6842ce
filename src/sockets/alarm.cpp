// SPDX-License-Identifier: Apache-2.0
//
// One wait of Asio's timer at a time, in memory of its own. A later moment lets the wait run out and waits on; an
// earlier one cuts it short.
#include "sockets/alarm.h"

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <new>
#include <utility>

namespace levelgate::sockets {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;

// Room for the one wait.
struct Slot {
  alignas(std::max_align_t) std::array<std::byte, 256> room;
  bool taken = false;
};

// Asio asks it for the memory of a wait. What does not fit comes from the heap: that would only be slower.
template <typename T>
struct SlotAllocator {
  using value_type = T;
  Slot* slot;

  explicit SlotAllocator(Slot* of) : slot(of) {}
  template <typename U>
  explicit(false) SlotAllocator(const SlotAllocator<U>& other) : slot(other.slot) {}
  T* allocate(std::size_t count) {
    if (slot->taken || count * sizeof(T) > slot->room.size()) return static_cast<T*>(::operator new(count * sizeof(T)));
    slot->taken = true;
    return static_cast<T*>(static_cast<void*>(slot->room.data()));
  }
  void deallocate(T* memory, std::size_t) {
    if (static_cast<void*>(memory) == static_cast<void*>(slot->room.data())) {
      slot->taken = false;
    } else {
      ::operator delete(memory);
    }
  }
  template <typename U>
  bool operator==(const SlotAllocator<U>& other) const {
    return slot == other.slot;
  }
};

}  // namespace

struct Alarm::State {
  State(asio::io_context& context, std::function<void()> called)
      : timer(context.get_executor()), call(std::move(called)) {}

  Slot slot;
  Timer timer;
  std::function<void()> call;
  Instant wanted = kNever;
  Instant waited_for = kNever;
  bool waiting = false;
  bool ended = false;

  struct Wake {
    std::shared_ptr<State> state;
    using allocator_type = SlotAllocator<std::byte>;
    [[nodiscard]] allocator_type get_allocator() const { return allocator_type(&state->slot); }
    void operator()(boost::system::error_code) const { woken(state); }
  };

  static void wait(const std::shared_ptr<State>& state) {
    state->waiting = true;
    state->waited_for = state->wanted;
    state->timer.expires_at(
        Clock::time_point(std::chrono::duration_cast<Clock::duration>(state->wanted.time_since_epoch())));
    state->timer.async_wait(Wake{state});
  }
  static void woken(const std::shared_ptr<State>& state) {
    state->waiting = false;
    if (state->ended || state->wanted == kNever) return;
    if (state->wanted > EventLoop::now()) return wait(state);
    state->wanted = kNever;
    state->call();
  }
};

Alarm::Alarm(EventLoop& loop, std::function<void()> call)
    : state_(std::make_shared<State>(loop.context(), std::move(call))) {}

Alarm::~Alarm() {
  state_->ended = true;
  state_->timer.cancel();
}

void Alarm::arm(Instant when) {
  state_->wanted = when;
  if (when == kNever) return;
  if (!state_->waiting) return State::wait(state_);
  if (when < state_->waited_for) state_->timer.cancel();
}

}  // namespace levelgate::sockets
