// SPDX-License-Identifier: Apache-2.0
//
// The loop: one thread, four descriptors.
#include "support/link_emulator/emulator.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "support/link_emulator/report.h"

namespace levelgate::testing {
namespace {

constexpr int kBurst = 64;  // frames that are read from one interface before the other one's turn
constexpr std::size_t kLongestFrame = 65'550;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

Instant monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return at_ns(now.tv_sec * kNsPerSecond + now.tv_nsec);
}

std::unexpected<Error> failed(const char* what) {
  return failure(Fault::kIo, std::string(what) + ": " + std::strerror(errno));
}

class Loop {
 public:
  Loop(Tap left, Tap right, const EmulatorSettings& settings, Instant start)
      : left_(std::move(left)),
        right_(std::move(right)),
        start_(start),
        to_right_(settings.to_right, seed_to_right(settings.seed), start, settings.most_octets,
                  settings.spares_neighbours),
        to_left_(settings.to_left, seed_to_left(settings.seed), start, settings.most_octets,
                 settings.spares_neighbours),
        frame_(kLongestFrame) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    for (const int fd : {epoll_, timer_, signals_}) {
      if (fd >= 0) close(fd);
    }
  }

  Result<void> open() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&wanted, signal);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (signals_ < 0 || timer_ < 0 || epoll_ < 0) return failed("the event loop");
    for (const int fd : {signals_, timer_, left_.fd(), right_.fd()}) {
      epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return failed("the event loop");
    }
    return {};
  }

  Result<void> run() {
    std::array<epoll_event, 4> events{};
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count < 0 && errno != EINTR) return failed("waiting for frames");
      ++wakes_;
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if ((events[static_cast<std::size_t>(i)].events & (EPOLLERR | EPOLLHUP)) != 0) return gone(fd == left_.fd());
        if (fd == left_.fd()) read(left_, to_right_);
        if (fd == right_.fd()) read(right_, to_left_);
        if (fd == signals_ && ends()) return {};
      }
      const Instant now = monotonic();
      to_right_.deliver(now, [this](std::span<const std::byte> frame) { return right_.write(frame); });
      to_left_.deliver(now, [this](std::span<const std::byte> frame) { return left_.write(frame); });
      wake_at(std::min(to_right_.next(), to_left_.next()));
    }
  }

 private:
  void read(const Tap& from, Direction& direction) {
    for (int i = 0; i < kBurst; ++i) {
      const auto octets = from.read(frame_);
      if (!octets) return;
      direction.take(monotonic(), {frame_.data(), *octets});
    }
  }
  void wake_at(Instant moment) {
    if (moment == armed_) return;
    itimerspec spec{};  // zero: never
    if (moment != kNever) {
      spec.it_value.tv_sec = to_ns(moment) / kNsPerSecond;
      spec.it_value.tv_nsec = to_ns(moment) % kNsPerSecond;
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);  // forgets an expiration that nobody read
    armed_ = moment;
  }
  Result<void> gone(bool left) const {
    print();
    return failure(Fault::kDeviceMissing, std::string(left ? "--left" : "--right") +
                                              ": the interface is gone: keep its namespace until this has ended");
  }
  bool ends() {
    bool end = false;
    signalfd_siginfo signal{};
    while (::read(signals_, &signal, sizeof signal) == sizeof signal) {
      print();
      end |= signal.ssi_signo != SIGUSR1;
    }
    return end;
  }
  void print() const {
    const double seconds = static_cast<double>((monotonic() - start_).count()) / kNsPerSecond;
    fmt::print("{{\"seconds\": {:.3f}, \"wakes\": {}, \"to-right\": {}, \"to-left\": {}}}\n", seconds, wakes_,
               direction_json(to_right_, left_.kernel_drops()), direction_json(to_left_, right_.kernel_drops()));
    std::fflush(stdout);
  }

  Tap left_, right_;
  Instant start_;
  Direction to_right_, to_left_;
  std::vector<std::byte> frame_;
  Instant armed_ = kNever;
  std::uint64_t wakes_ = 0;
  int epoll_ = -1, timer_ = -1, signals_ = -1;
};

}  // namespace

Result<void> emulate(const EmulatorSettings& settings) {
  auto left = Tap::open(settings.left, settings.mtu);
  if (!left) return failure(left.error().fault, "--left: " + left.error().what);
  auto right = Tap::open(settings.right, settings.mtu);
  if (!right) return failure(right.error().fault, "--right: " + right.error().what);
  Loop loop(std::move(*left), std::move(*right), settings, monotonic());
  if (auto opened = loop.open(); !opened) return opened;
  fmt::print("ready\n");
  std::fflush(stdout);
  return loop.run();
}

}  // namespace levelgate::testing
