// SPDX-License-Identifier: Apache-2.0
//
// What is measured: whole gateways in memory, the raw AEAD beside them, and the clockwork that steps them through
// virtual time as fast as the core can. Shared by bench-dataplane and the micro benchmarks.
#pragma once

#include <levelgate/model/plan.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/pool_io.h"
#include "dataplane/prefix_table.h"
#include "dataplane/worker.h"
#include "publisher/publisher.h"

namespace levelgate::bench {

inline constexpr PortId kWan{0};
inline constexpr PortId kLan{1};
inline constexpr std::size_t kBuffers = 2048;  // what a core's second level cache still serves

struct Case {
  std::string name;
  std::uint32_t inner_octets = 1442;
  std::uint32_t outer_octets = 1500;
  model::TfsMode mode = model::TfsMode::kFixed;
  EspCipher cipher = EspCipher::kAes128Gcm16;
  std::uint32_t flows = 64;  // destinations that the generator cycles through
  bool fair = true;          // false: the sender's queue is a FIFO
};

enum class Site { kSender, kReceiver };

[[nodiscard]] std::unique_ptr<esp::Cipher> make_cipher();
[[nodiscard]] model::ForwardingPlan plan_of(const Case& what, Site site);

// One gateway with one worker.
class Gateway {
 public:
  Gateway(const Case& what, Site site);

  void turn() { worker.turn(now); }
  [[nodiscard]] model::TunnelStats tunnel() const { return publisher.stats().tunnels[0].counters; }
  [[nodiscard]] std::uint64_t drops() const;

  Instant now = at_ns(-1'000'000);
  PoolIo io{kBuffers};
  std::unique_ptr<esp::Cipher> cipher;
  dataplane::PrefixTable routes;
  handover::SnapshotCell<dataplane::Snapshot> snapshots{1};
  dataplane::EventRing events{256};
  dataplane::Worker worker;
  publisher::Publisher publisher;
};

// Steps a sending gateway so that its slots consume what the generator offers, up to 32 inner packets in each turn.
class Sending {
 public:
  explicit Sending(const Case& what);
  // One turn; the queue stays short and nothing is refused.
  void turn();
  Gateway gateway;

 private:
  std::size_t offered_ = dataplane::kBurst;  // inner packets in each turn
  double ns_per_turn_;
  double virtual_ns_ = 0;
};

}  // namespace levelgate::bench
