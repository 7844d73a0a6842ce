// SPDX-License-Identifier: Apache-2.0
//
// What AGGFRAG costs per inner packet: packing and unpacking a payload of 1,446 octets (an outer packet of 1,500), the
// reorder window and the pacer. Inner packets lie in 2 KiB buffers, 256 of them (hot) or 16,384 (cold).
#include <benchmark/benchmark.h>
#include <levelgate/base/packet.h>

#include <array>
#include <cstring>
#include <vector>

#include "aggfrag/pacer.h"
#include "aggfrag/receiver.h"
#include "aggfrag/reorder_window.h"
#include "aggfrag/sender.h"
#include "queueing/class_queue.h"
#include "queueing/drain.h"
#include "queueing/flow_hash.h"
#include "wire/ip_header.h"

namespace levelgate::bench {
namespace {

constexpr std::size_t kPayloadOctets = 1446;
constexpr std::size_t kBufferOctets = 2048;
constexpr std::size_t kHot = 256;
constexpr std::size_t kCold = 16'384;
constexpr std::size_t kPayloads = 64;  // outer buffers in rotation

// Inner packets of one size, in buffers of their own.
class Pool {
 public:
  Pool(std::size_t buffers, std::uint32_t octets, std::uint32_t flows)
      : storage_(buffers * kBufferOctets), mask_(buffers - 1), octets_(octets) {
    for (std::size_t i = 0; i < buffers; ++i) {
      wire::write_ip(buffer(i), IpAddress::v4(1 + static_cast<std::uint32_t>(i % flows)), IpAddress::v4(2), 17, octets);
    }
  }
  Packet next() {
    Packet packet;
    packet.data = buffer(at_);
    packet.length = octets_;
    at_ = (at_ + 1) & mask_;
    return packet;
  }

 private:
  std::byte* buffer(std::size_t i) { return storage_.data() + i * kBufferOctets + 128; }

  std::vector<std::byte> storage_;
  std::size_t mask_;
  std::uint32_t octets_;
  std::size_t at_ = 0;
};

using Payload = std::array<std::byte, kPayloadOctets>;

double per_inner(const benchmark::State& state, std::uint64_t inner) {
  return static_cast<double>(inner) / static_cast<double>(state.iterations());
}

void report(benchmark::State& state, std::uint64_t inner) {
  state.SetItemsProcessed(static_cast<std::int64_t>(inner));
  state.counters["inner/payload"] = per_inner(state, inner);
  state.counters["inner_time"] =
      benchmark::Counter(static_cast<double>(inner), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// A tunnel's queue with one class, as it is by default, and how much has left it.
struct Waiting {
  explicit Waiting(bool fair) : queue(settings(fair)) {}
  static std::vector<queueing::ClassSettings> settings(bool fair) {
    std::vector<queueing::ClassSettings> classes(1);
    classes[0].queue.fair = fair;
    classes[0].queue.wait.max_wait = std::chrono::seconds(1);
    classes[0].queue.wait.codel.target = std::chrono::milliseconds(5);
    return classes;
  }
  bool push(const Packet& packet) {
    return queue.push(store, 0, hash(packet.bytes()), packet, at_ns(0), SIZE_MAX) == queueing::Joined::kTaken;
  }
  void sent(const Packet&) { ++gone; }
  void lost(const Packet&, queueing::Loss, std::size_t) {}
  aggfrag::Filled fill(aggfrag::Sender& sender, Bytes payload) {
    queueing::Drain drain(queue, store, at_ns(0), *this);
    return sender.fill(drain, payload);
  }

  queueing::PacketStore store{4096};
  queueing::FlowHash hash{1};
  queueing::ClassQueue queue;
  std::uint64_t gone = 0;
};

// One payload; the consumed packets leave the queue and as many new ones enter it, as in a loaded worker. The queue's
// work is in it: hash, flow, links, law.
void sender_fill(benchmark::State& state) {
  Pool pool(static_cast<std::size_t>(state.range(1)), static_cast<std::uint32_t>(state.range(0)),
            static_cast<std::uint32_t>(state.range(2)));
  std::vector<Payload> payloads(kPayloads);
  Waiting waiting(true);
  aggfrag::Sender sender(aggfrag::Fragmentation::kAllowed);
  for (int i = 0; i < 128; ++i) (void)waiting.push(pool.next());
  std::size_t at = 0;
  std::uint64_t inner = 0;
  for (auto _ : state) {
    const aggfrag::Filled filled = waiting.fill(sender, payloads[at++ % kPayloads]);
    benchmark::DoNotOptimize(payloads[0]);
    for (std::uint32_t i = 0; i < filled.consumed; ++i) (void)waiting.push(pool.next());
    inner += filled.consumed;
  }
  report(state, inner);
}

// The queue alone: one packet in and one out, while 128 wait.
void class_queue_pass(benchmark::State& state) {
  Pool pool(kHot, 64, static_cast<std::uint32_t>(state.range(0)));
  Waiting waiting(true);
  for (int i = 0; i < 128; ++i) (void)waiting.push(pool.next());
  queueing::Drain drain(waiting.queue, waiting.store, at_ns(0), waiting);
  for (auto _ : state) {
    benchmark::DoNotOptimize(waiting.push(pool.next()));
    benchmark::DoNotOptimize(drain.front());
    drain.pop();
  }
}

// Writes inner packets one behind the other into 256 buffers.
struct RingSink {
  explicit RingSink(std::size_t buffers) : storage(buffers * kBufferOctets), mask(buffers - 1) {}
  Bytes begin(std::uint32_t octets) { return {storage.data() + (begun++ & mask) * kBufferOctets, octets}; }
  void deliver() { ++delivered; }
  void abandon() {}
  void incomplete() {}
  std::vector<std::byte> storage;
  std::size_t mask;
  std::uint64_t begun = 0;
  std::uint64_t delivered = 0;
};

void receiver_accept(benchmark::State& state) {
  Pool pool(kHot, static_cast<std::uint32_t>(state.range(0)), 1);
  std::vector<Payload> payloads(kPayloads);
  Waiting waiting(false);
  aggfrag::Sender sender(aggfrag::Fragmentation::kAllowed);
  for (Payload& payload : payloads) {
    while (waiting.queue.size() < 128) (void)waiting.push(pool.next());
    (void)waiting.fill(sender, payload);
  }
  aggfrag::Receiver receiver(9216);
  RingSink sink(static_cast<std::size_t>(state.range(1)));
  std::uint64_t number = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(receiver.accept(EspSeq{number}, payloads[number % kPayloads], sink));
    ++number;
  }
  report(state, sink.delivered);
}

void inner_sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int octets : {40, 64, 128, 256, 576, 1000, 1400, 1500}) benchmark->Args({octets, kHot});
  for (const int octets : {64, 576, 1500}) benchmark->Args({octets, kCold});
  benchmark->ArgNames({"octets", "buffers"});
}
void inner_sizes_and_flows(benchmark::internal::Benchmark* benchmark) {
  for (const int octets : {40, 64, 128, 256, 576, 1000, 1400, 1500}) benchmark->Args({octets, kHot, 1});
  for (const int octets : {64, 576, 1500}) benchmark->Args({octets, kCold, 1});
  for (const int octets : {64, 1500}) benchmark->Args({octets, kHot, 64});
  benchmark->ArgNames({"octets", "buffers", "flows"});
}
BENCHMARK(sender_fill)->Apply(inner_sizes_and_flows);
BENCHMARK(receiver_accept)->Apply(inner_sizes);
BENCHMARK(class_queue_pass)->ArgName("flows")->Arg(1)->Arg(16)->Arg(64);

// All padding: what a slot costs when nobody talks.
void sender_all_pad(benchmark::State& state) {
  Waiting waiting(true);
  aggfrag::Sender sender(aggfrag::Fragmentation::kAllowed);
  std::vector<Payload> payloads(kPayloads);
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(waiting.fill(sender, payloads[at++ % kPayloads]));
}
BENCHMARK(sender_all_pad);

void window_in_order(benchmark::State& state) {
  aggfrag::ReorderWindow<std::uint32_t> window(32, EspSeq{1});
  std::uint64_t number = 1;
  for (auto _ : state) benchmark::DoNotOptimize(window.pass(EspSeq{number++}));
}
BENCHMARK(window_in_order);

// Every pair of packets arrives the wrong way round.
void window_swapped(benchmark::State& state) {
  aggfrag::ReorderWindow<std::uint32_t> window(static_cast<std::uint32_t>(state.range(0)), EspSeq{1});
  std::uint64_t number = 1;
  std::uint32_t out = 0;
  std::uint64_t first = 0;
  std::uint64_t lost = 0;
  for (auto _ : state) {
    const std::uint64_t arrived = (number & 1) != 0 ? number + 1 : number - 1;
    ++number;
    if (window.pass(EspSeq{arrived})) continue;
    benchmark::DoNotOptimize(window.insert(EspSeq{arrived}, std::uint32_t{1}, at_ns(0), Nanos(1000)));
    while (window.next(at_ns(0), &out, &first, &lost) != aggfrag::Next::kWait) benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(window_swapped)->Arg(3)->Arg(32)->Arg(1000);

void pacer_take(benchmark::State& state) {
  aggfrag::Pacer pacer(at_ns(0), 1500, 9'999'999'999, 8);
  for (auto _ : state) benchmark::DoNotOptimize(pacer.take(pacer.next_due()));
}
BENCHMARK(pacer_take);

void pacer_due_ahead(benchmark::State& state) {
  aggfrag::Pacer pacer(at_ns(0), 1500, 9'999'999'999, 8);
  std::uint64_t ahead = 0;
  for (auto _ : state) benchmark::DoNotOptimize(pacer.due_ahead(ahead++ & 15));
}
BENCHMARK(pacer_due_ahead);

}  // namespace
}  // namespace levelgate::bench
