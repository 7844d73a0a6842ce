// SPDX-License-Identifier: Apache-2.0
//
// The loop. In adaptive mode it naps until shortly before the next deadline, never longer than a packet may wait, and
// spins the last stretch so that a slot is met as exactly as by polling. While it naps enough it runs with
// real-time priority if it may, since a slot cannot wait for another program's turn (docs/decisions/0006). No turn
// begins just before a slot (docs/decisions/0008).
#include "dpdk/worker_thread.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <stop_token>
#include <thread>

#include "dpdk/core_share.h"
#include "dpdk/stand_still.h"

namespace levelgate::dpdk {
namespace {

constexpr Nanos kLongestNap = std::chrono::microseconds(150);  // what an arriving packet may wait at most
constexpr Nanos kSpin = std::chrono::microseconds(30);         // wake-ups are rarely later than this
constexpr Nanos kShortestNap = std::chrono::microseconds(10);
constexpr unsigned kSpinTurns = 4;  // turns without work before the first nap

void pin(const std::optional<std::uint32_t>& core) {
  if (!core) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(*core, &set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void nap(Nanos time) {
  timespec wait{0, static_cast<long>(time.count())};
  (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
}

// Refused without CAP_SYS_NICE; the worker then shares the core like everybody else.
void follow(CoreShare::Change change) {
  if (change == CoreShare::Change::kNone) return;
  const bool urgent = change == CoreShare::Change::kToUrgent;
  sched_param priority{};
  priority.sched_priority = urgent ? ::sched_get_priority_min(SCHED_RR) : 0;
  (void)pthread_setschedparam(pthread_self(), urgent ? SCHED_RR : SCHED_OTHER, &priority);
}

}  // namespace

Instant clock_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return at_ns(static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
}

struct WorkerThread::Parts {
  dataplane::Worker& worker;
  PortIo& io;
  WorkerThreadSettings settings;
  std::jthread thread;

  void run(const std::stop_token& stop) {
    pin(settings.core);
    (void)::prctl(PR_SET_TIMERSLACK, 1UL);
    (void)pthread_setname_np(pthread_self(), "lg-worker");
    const bool registered = rte_thread_register() == 0;  // gives the pool's cache to this thread
    unsigned quiet = 0;
    CoreShare share(clock_now());
    StandStill still;
    while (!stop.stop_requested()) {
      const bool relayed = settings.relays_twins && io.relay_twins();
      Instant before = clock_now();
      for (const Instant begin = still.begin(before, worker.next_slot()); before < begin;) before = clock_now();
      worker.turn(before);
      const Instant after = clock_now();
      worker.turn_took(after - before);
      quiet = relayed || worker.busy() ? 0 : quiet + 1;
      if (settings.idle == Idle::kPoll) continue;
      follow(share.turned(after));
      if (quiet >= kSpinTurns) sleep_until_wanted(after, share);
    }
    if (registered) rte_thread_unregister();
  }

  void sleep_until_wanted(Instant now, CoreShare& share) {
    const Instant deadline = worker.next_deadline();
    const Nanos left = deadline == kNever ? kLongestNap : deadline - now - kSpin;
    const Nanos time = std::min(left, kLongestNap);
    if (time < kShortestNap) return;
    nap(time);
    share.napped(clock_now() - now);
  }
};

WorkerThread::WorkerThread(dataplane::Worker& worker, PortIo& io, const WorkerThreadSettings& settings)
    : parts_(new Parts{worker, io, settings, {}}) {
  parts_->thread = std::jthread([parts = parts_.get()](const std::stop_token& stop) { parts->run(stop); });
}

WorkerThread::~WorkerThread() = default;  // the thread is asked to stop, and joined

}  // namespace levelgate::dpdk
