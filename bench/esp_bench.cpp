// SPDX-License-Identifier: Apache-2.0
//
// What ESP costs per outer packet: a burst of 32 laid out, numbered and sealed, and a burst checked, opened and marked,
// for each cipher on the fastest back end that runs here and on OpenSSL.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "bench/lab.h"
#include "crypto/aead_burst.h"
#include "esp/opener.h"
#include "esp/sealer.h"
#include "wire/esp_header.h"

namespace levelgate::bench {
namespace {

constexpr std::uint32_t kPayloadOctets = 1446;  // an outer packet of 1,500
constexpr Spi kSpi{0x1001};
constexpr esp::Salt kSalt{};

enum BackEnd : std::int64_t { kFastest, kOpenssl };

class Burst {
 public:
  explicit Burst(const benchmark::State& state)
      : cipher_(state.range(0) == kOpenssl ? crypto::make_openssl_cipher() : make_cipher()),
        kind_(static_cast<EspCipher>(state.range(1))),
        sealer_(kSpi, esp::SequenceWidth::k64, EspSeq{1}, kSalt, key(esp::Purpose::kSeal)),
        opener_(kSpi, esp::SequenceWidth::k64, 4096, EspSeq{1}, kSalt, key(esp::Purpose::kOpen)),
        storage_(dataplane::kBurst * kStride) {}

  void seal() {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (sealer_.prepare(packet(i), kPayloadOctets, 144, jobs_[i]) != esp::Sealer::Prepared::kReady) std::abort();
    }
    cipher_->seal(jobs_);
  }
  void open() {
    const std::uint32_t octets = wire::esp_octets(kPayloadOctets);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (opener_.check({packet(i), octets}, jobs_[i], numbers_[i]) != esp::Opener::Checked::kReady) std::abort();
    }
    cipher_->open(jobs_);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      esp::Opener::Payload payload;
      if (opener_.finish(jobs_[i], numbers_[i], payload) != esp::Opener::Opened::kOk) std::abort();
      benchmark::DoNotOptimize(payload.bytes.data());
    }
  }

 private:
  static constexpr std::size_t kStride = 2304;

  std::byte* packet(std::size_t i) { return storage_.data() + i * kStride; }
  std::unique_ptr<esp::CipherKey> key(esp::Purpose purpose) {
    const std::vector<std::byte> octets(key_octets(kind_), std::byte{7});
    auto prepared = cipher_->prepare(kind_, octets, purpose);
    if (!prepared) std::abort();
    return std::move(*prepared);
  }

  std::unique_ptr<esp::Cipher> cipher_;
  EspCipher kind_;
  esp::Sealer sealer_;
  esp::Opener opener_;
  std::vector<std::byte> storage_;
  std::array<esp::CipherJob, dataplane::kBurst> jobs_;
  std::array<EspSeq, dataplane::kBurst> numbers_;
};

void count_packets(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(dataplane::kBurst));
}

void seal_burst(benchmark::State& state) {
  Burst burst(state);
  for (auto _ : state) burst.seal();
  count_packets(state);
}

// Sealing is needed for fresh numbers; it is not timed.
void open_burst(benchmark::State& state) {
  Burst burst(state);
  for (auto _ : state) {
    state.PauseTiming();
    burst.seal();
    state.ResumeTiming();
    burst.open();
  }
  count_packets(state);
}

void ciphers(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"openssl", "cipher"});
  for (const std::int64_t back_end : {kFastest, kOpenssl}) {
    for (const auto cipher : {EspCipher::kAes128Gcm16, EspCipher::kAes256Gcm16, EspCipher::kChaCha20Poly1305}) {
      bench->Args({back_end, static_cast<std::int64_t>(cipher)});
    }
  }
}

BENCHMARK(seal_burst)->Apply(ciphers);
BENCHMARK(open_burst)->Apply(ciphers);

}  // namespace
}  // namespace levelgate::bench
