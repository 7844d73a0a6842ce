// SPDX-License-Identifier: Apache-2.0
//
// The event loop on Asio. Each watcher re-arms itself after its call; all end with the loop.
#include "sockets/event_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <utility>

namespace levelgate::sockets {
namespace {

using boost::system::error_code;
namespace asio = boost::asio;

struct SignalWatch {
  SignalWatch(asio::io_context& context, std::function<void(int)> called) : signals(context), call(std::move(called)) {}
  asio::signal_set signals;
  std::function<void(int)> call;

  void arm() {
    signals.async_wait([this](error_code error, int signal) {
      if (error) return;
      call(signal);
      arm();
    });
  }
};

struct TimerWatch {
  asio::steady_timer timer;
  std::chrono::steady_clock::duration interval;
  std::function<void()> call;

  void arm() {
    auto next = timer.expiry() + interval;
    const auto now = std::chrono::steady_clock::now();
    if (next <= now) next += (now - next) / interval * interval + interval;
    timer.expires_at(next);
    timer.async_wait([this](error_code error) {
      if (error) return;
      call();
      arm();
    });
  }
};

struct DescriptorWatch {
  DescriptorWatch(asio::io_context& context, std::function<void()> called)
      : descriptor(context), call(std::move(called)) {}
  // The descriptor is borrowed: it must not be closed here.
  ~DescriptorWatch() {
    if (descriptor.is_open()) (void)descriptor.release();
  }
  asio::posix::stream_descriptor descriptor;
  std::function<void()> call;

  void arm() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code error) {
      if (error) return;
      call();
      arm();
    });
  }
};

}  // namespace

struct EventLoop::Parts {
  asio::io_context context{1};
  std::list<SignalWatch> signals;
  std::list<TimerWatch> timers;
  std::list<DescriptorWatch> descriptors;
};

EventLoop::EventLoop() : parts_(std::make_unique<Parts>()) {}
EventLoop::~EventLoop() = default;

Result<void> EventLoop::on_signals(std::span<const int> signals, std::function<void(int)> call) {
  auto& watch = parts_->signals.emplace_back(parts_->context, std::move(call));
  for (const int signal : signals) {
    error_code error;
    watch.signals.add(signal, error);
    if (error) return failure(Fault::kInternal, "cannot watch for signal " + std::to_string(signal));
  }
  watch.arm();
  return {};
}

void EventLoop::every(Nanos interval, std::function<void()> call) {
  auto& watch = parts_->timers.emplace_back(asio::steady_timer(parts_->context, std::chrono::steady_clock::now()),
                                            std::chrono::duration_cast<std::chrono::steady_clock::duration>(interval),
                                            std::move(call));
  watch.arm();
}

Result<void> EventLoop::when_readable(int descriptor, std::function<void()> call) {
  auto& watch = parts_->descriptors.emplace_back(parts_->context, std::move(call));
  error_code error;
  watch.descriptor.assign(descriptor, error);
  if (error) return failure(Fault::kInternal, "cannot wait for a descriptor: " + error.message());
  watch.arm();
  return {};
}

void EventLoop::run() {
  parts_->context.restart();
  const auto work = asio::make_work_guard(parts_->context);
  parts_->context.run();
}

void EventLoop::stop() { parts_->context.stop(); }

Instant EventLoop::now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return Instant(std::chrono::duration_cast<Nanos>(since_boot));
}

asio::io_context& EventLoop::context() { return parts_->context; }

}  // namespace levelgate::sockets
