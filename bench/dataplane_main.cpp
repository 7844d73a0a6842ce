// SPDX-License-Identifier: Apache-2.0
//
// bench-dataplane: a whole gateway's outbound and inbound path on ports in memory, on one core, beside the raw speed of
// the same AEAD in the same seconds. Prints packets per second, bits per second and the share of the raw AEAD. Medians
// of many short chunks, so that a chunk in which the machine did something else does not count.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

#include "bench/lab.h"

namespace levelgate::bench {
namespace {

// What this thread has computed, in nanoseconds: time that the machine gave to others does not count.
double cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double ns_since(double start) { return cpu_ns() - start; }

struct Sample {
  double ns = 0;
  double inner = 0;
  double outer = 0;
};

struct Summary {
  double median = 0;
  double best = 0;  // the best tenth
};

Summary summarise(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() - 1 - values.size() / 10]};
}

// The AEAD alone: bursts of 32 packets of 1,400 octets over 64 buffers, as the worker calls it.
class RawAead {
 public:
  explicit RawAead(EspCipher cipher) : cipher_(make_cipher()), storage_(kPackets * kStride) {
    const std::vector<std::byte> key(key_octets(cipher), std::byte{5});
    key_ = std::move(*cipher_->prepare(cipher, key, esp::Purpose::kSeal));
  }
  // Gigabits per second.
  double run() {
    constexpr std::size_t kRounds = 64;
    const auto start = cpu_ns();
    for (std::size_t round = 0; round < kRounds; ++round) burst((round & 1) * dataplane::kBurst);
    return static_cast<double>(kRounds * dataplane::kBurst * kOctets * 8) / ns_since(start);
  }
  [[nodiscard]] const char* name() const { return cipher_->name().data(); }

 private:
  void burst(std::size_t from) {
    std::array<esp::CipherJob, dataplane::kBurst> jobs;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      std::byte* const at = storage_.data() + (from + i) * kStride;
      jobs[i].key = key_.get();
      jobs[i].body = at;
      jobs[i].body_octets = kOctets;
      jobs[i].tag = at + kOctets;
      jobs[i].aad_octets = 8;
      store_be<std::uint64_t>(jobs[i].nonce.data() + 4, ++number_);
    }
    cipher_->seal(jobs);
  }

  static constexpr std::size_t kPackets = 64;
  static constexpr std::size_t kStride = 2304;
  static constexpr std::uint32_t kOctets = 1400;
  std::unique_ptr<esp::Cipher> cipher_;
  std::unique_ptr<esp::CipherKey> key_;
  std::vector<std::byte> storage_;
  std::uint64_t number_ = 0;
};

class Outbound {
 public:
  explicit Outbound(const Case& what) : sending_(what) {}
  Sample run() {
    const model::TunnelStats before = sending_.gateway.tunnel();
    const auto start = cpu_ns();
    for (std::size_t i = 0; i < kTurns; ++i) sending_.turn();
    const double ns = ns_since(start);
    const model::TunnelStats after = sending_.gateway.tunnel();
    return {ns, static_cast<double>(after.inner_tx_pkts - before.inner_tx_pkts),
            static_cast<double>(after.tx_pkts - before.tx_pkts)};
  }
  [[nodiscard]] std::uint64_t drops() const { return sending_.gateway.drops(); }

 private:
  static constexpr std::size_t kTurns = 64;
  Sending sending_;
};

// Fresh outer packets are made beforehand, untimed; their numbers rise for ever, so the replay window works.
class Inbound {
 public:
  explicit Inbound(const Case& what) : sending_(what), receiving_(what, Site::kReceiver) { receiving_.turn(); }
  Sample run() {
    frames_.clear();
    sending_.gateway.io.record(&frames_);
    while (frames_.size() < kOuter) sending_.turn();
    receiving_.io.preload(kWan, frames_);
    const std::size_t turns = (frames_.size() + dataplane::kBurst - 1) / dataplane::kBurst;
    const model::TunnelStats before = receiving_.tunnel();
    const auto start = cpu_ns();
    for (std::size_t i = 0; i < turns; ++i) {
      receiving_.now += std::chrono::microseconds(dataplane::kBurst);
      receiving_.turn();
    }
    const double ns = ns_since(start);
    const model::TunnelStats after = receiving_.tunnel();
    return {ns, static_cast<double>(after.inner_rx_pkts - before.inner_rx_pkts),
            static_cast<double>(after.rx_pkts - before.rx_pkts)};
  }
  [[nodiscard]] std::uint64_t drops() const { return receiving_.drops(); }

 private:
  static constexpr std::size_t kOuter = 512;
  Sending sending_;
  Gateway receiving_;
  std::vector<Frame> frames_;
};

enum class Output { kTable, kJson };

// `fifo`: the same work by a gateway whose queue is a FIFO, chunk by chunk beside it; empty: not asked.
void print(const Case& what, const char* direction, const std::vector<Sample>& samples, const std::vector<double>& raw,
           const std::vector<Sample>& fifo, std::uint64_t drops, Output output) {
  std::vector<double> inner;
  std::vector<double> gigabits;
  std::vector<double> ratio;
  std::vector<double> of_fifo{0};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    inner.push_back(samples[i].inner / samples[i].ns * 1e3);
    gigabits.push_back(samples[i].outer * what.outer_octets * 8 / samples[i].ns);
    ratio.push_back(gigabits.back() / raw[i] * 100);
    if (!fifo.empty()) of_fifo.push_back(inner.back() / (fifo[i].inner / fifo[i].ns * 1e3));
  }
  const Summary m = summarise(inner), g = summarise(gigabits), r = summarise(ratio), a = summarise(raw);
  const Summary f = summarise(of_fifo);
  if (output == Output::kJson) {
    std::printf(
        "{\"case\": \"%s\", \"direction\": \"%s\", \"inner-octets\": %u, \"outer-octets\": %u, "
        "\"inner-mpps\": %.3f, \"inner-mpps-best\": %.3f, \"outer-gbps\": %.3f, \"outer-gbps-best\": %.3f, "
        "\"raw-aead-gbps\": %.3f, \"share-of-raw-percent\": %.1f, \"of-fifo\": %.3f, \"drops\": %llu}\n",
        what.name.c_str(), direction, what.inner_octets, what.outer_octets, m.median, m.best, g.median, g.best,
        a.median, r.median, f.median, static_cast<unsigned long long>(drops));
    return;
  }
  std::printf("%-10s %-9s %6u %6u %9.2f (%6.2f) %9.2f (%6.2f) %9.2f %7.1f %% %7.3f %6llu\n", what.name.c_str(),
              direction, what.inner_octets, what.outer_octets, m.median, m.best, g.median, g.best, a.median, r.median,
              f.median, static_cast<unsigned long long>(drops));
}

Case fifo_of(Case what) {
  what.fair = false;
  return what;
}

template <typename Path>
void measure(const Case& what, const char* direction, double seconds, bool beside_fifo, Output output) {
  RawAead aead(what.cipher);
  Path path(what);
  std::optional<Outbound> other;
  if (beside_fifo && std::is_same_v<Path, Outbound>) {
    other.emplace(fifo_of(what));
    for (int warm = 0; warm < 20; ++warm) (void)other->run();
  }
  std::vector<Sample> samples;
  std::vector<Sample> fifo;
  std::vector<double> raw;
  const auto start = cpu_ns();
  for (int warm = 0; warm < 20; ++warm) (void)path.run();
  while (ns_since(start) < seconds * 1e9 || samples.size() < 20) {
    raw.push_back(aead.run());
    samples.push_back(path.run());
    if (other) fifo.push_back(other->run());
  }
  print(what, direction, samples, raw, fifo, path.drops(), output);
  std::fflush(stdout);
}

int run(double seconds, const char* only, const char* path, std::uint32_t flows, bool beside_fifo, Output output) {
  std::vector<Case> cases = {
      {.name = "small", .inner_octets = 64},  {.name = "128", .inner_octets = 128},
      {.name = "512", .inner_octets = 512},   {.name = "full", .inner_octets = 1442},
      {.name = "1500", .inner_octets = 1500}, {.name = "plain", .inner_octets = 1400, .mode = model::TfsMode::kPlain},
  };
  if (output == Output::kTable) {
    std::printf("one core, AES-128-GCM; raw AEAD: %s, 1400 octets, seal\n", RawAead(EspCipher::kAes128Gcm16).name());
    std::printf("%-10s %-9s %6s %6s %18s %18s %9s %9s %7s %6s\n", "case", "path", "inner", "outer", "M inner/s (best)",
                "Gbit/s out (best)", "raw", "share", "of FIFO", "drops");
  }
  for (Case& what : cases) {
    what.flows = flows;
    if (only != nullptr && what.name != only) continue;
    const auto wanted = [path](const char* name) { return path == nullptr || std::strcmp(path, name) == 0; };
    if (wanted("outbound")) measure<Outbound>(what, "outbound", seconds, beside_fifo, output);
    if (wanted("inbound")) measure<Inbound>(what, "inbound", seconds, beside_fifo, output);
  }
  return 0;
}

}  // namespace
}  // namespace levelgate::bench

int main(int argc, char** argv) {
  double seconds = 2;
  const char* only = nullptr;
  const char* path = nullptr;
  std::uint32_t flows = 64;
  bool beside_fifo = false;
  auto output = levelgate::bench::Output::kTable;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--json") == 0) {
      output = levelgate::bench::Output::kJson;
    } else if (std::strcmp(argv[i], "--seconds") == 0 && has_value) {
      seconds = std::atof(argv[++i]);
    } else if (std::strcmp(argv[i], "--case") == 0 && has_value) {
      only = argv[++i];
    } else if (std::strcmp(argv[i], "--path") == 0 && has_value) {
      path = argv[++i];
    } else if (std::strcmp(argv[i], "--beside-fifo") == 0) {
      beside_fifo = true;
    } else if (std::strcmp(argv[i], "--flows") == 0 && has_value) {
      flows = static_cast<std::uint32_t>(std::clamp(std::atoi(argv[++i]), 1, 250));
    } else {
      std::fprintf(stderr,
                   "usage: bench-dataplane [--seconds N] [--case small|128|512|full|1500|plain] [--path "
                   "outbound|inbound] [--flows 1..250] [--beside-fifo] [--json]\n");
      return 2;
    }
  }
  return levelgate::bench::run(seconds, only, path, flows, beside_fifo, output);
}
