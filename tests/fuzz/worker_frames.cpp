// SPDX-License-Identifier: Apache-2.0
// links: publisher dataplane crypto
//
// Any frames on both ports of a gateway with one worker, authentic payloads of any content among them, in virtual time
// and while plans change: nothing is read beyond its end, every buffer comes back, and the counters account for every
// frame.
//
// The first octet chooses the gateway. Then records: a kind, its argument, and for frames and payloads a length of two
// octets and the content.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "support/peer.h"
#include "support/plane.h"

namespace levelgate::testing {
namespace {

using model::Drop;

constexpr std::size_t kLongest = 2'048;

class Input {
 public:
  explicit Input(ConstBytes octets) : octets_(octets) {}
  [[nodiscard]] bool empty() const { return octets_.empty(); }
  unsigned octet() {
    if (octets_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(octets_.front());
    octets_ = octets_.subspan(1);
    return value;
  }
  Octets content() {
    const std::size_t wanted = (octet() * 256 + octet()) % (kLongest + 1);
    const ConstBytes taken = octets_.first(std::min(wanted, octets_.size()));
    octets_ = octets_.subspan(taken.size());
    return Octets(taken.begin(), taken.end());
  }

 private:
  ConstBytes octets_;
};

model::ForwardingPlan plan_of(unsigned choice) {
  model::TfsSettings tfs;
  const model::TfsMode modes[] = {model::TfsMode::kFixed, model::TfsMode::kOnDemand, model::TfsMode::kPlain};
  tfs.mode = modes[(choice & 3) % 3];
  tfs.rate_bits_per_second = 1'400 * 8 * 100;
  tfs.fragment = (choice & 0x20) == 0;
  model::ForwardingPlan plan = site_plan(Site::kA, tfs);
  if ((choice & 4) != 0) {
    for (model::PortPlan& port : plan.ports) port.addresses.clear();  // then no error is ever answered
  }
  if ((choice & 0x40) != 0) plan.tunnels[0].encapsulation = model::Encapsulation::kUdp;
  plan.routes.push_back({prefix("192.0.2.0/24"), model::ToConnected{kWan}, 0, model::ClearText::kAllowed});
  plan.neighbours = {{kWan, address("198.51.100.2"), MacAddress{{std::byte{4}}}}};
  return plan;
}

class Run {
 public:
  explicit Run(unsigned choice)
      : plan_(plan_of(choice)),
        answers_((choice & 4) == 0),
        plane_({.buffers = 128,
                .buffer_octets = 10'240,
                .twin = (choice & 8) != 0 ? dataplane::KernelTwin::kPresent : dataplane::KernelTwin::kAbsent,
                .neighbours_known = (choice & 0x10) != 0}),
        peer_(plan_.tunnels[0]) {
    plane_.io().record = false;
    require(plane_.apply(plan_), "the plan");
  }

  void play(Input& input) {
    while (!input.empty()) {
      const unsigned kind = input.octet();
      const unsigned argument = input.octet();
      switch (kind % 4) {
        case 0:
          if (argument >= 0x80) {
            streamed(StreamId{argument}, input.content());
          } else {
            frame(argument % 2 == 0 ? kLan : kWan, input.content());
          }
          break;
        case 1:
          plane_.run_until(plane_.clock + Nanos(1 + argument * 200'000));
          break;
        case 2:
          frame(kWan, peer_.seal(input.content(),
                                 argument == 0 ? wire::kNextHeaderAggfrag : static_cast<std::uint8_t>(argument)));
          break;
        case 3:
          change(argument);
          break;
      }
    }
    plane_.run_until(plane_.clock + std::chrono::milliseconds(1'200));  // longer than anything is held
    account();
    require(plane_.bury(), "every buffer comes back");
  }

 private:
  void frame(PortId port, const Frame& octets) {
    Frame copy = octets;
    Packet packet{copy.data(), static_cast<std::uint32_t>(copy.size()), 0, 0, 0, nullptr};
    const dataplane::Snapshot& snapshot = *plane_.snapshots.load(0);
    const auto what = classify(snapshot, snapshot.ports[port.value], dataplane::DestinationMac::kIgnored, packet);
    refused_inside_ += what.kind == dataplane::Kind::kDrop &&
                       (what.reason == Drop::kInnerMalformed || what.reason == Drop::kInnerChecksum);
    ++frames_;
    plane_.io().give(port, octets);
    if (frames_ % 3 == 0) plane_.settle(plane_.clock);
  }
  // Out of a connection of ESP in TCP.
  void streamed(StreamId stream, const Octets& octets) {
    ++frames_;
    plane_.desk->received(stream, octets);
    if (frames_ % 3 == 0) plane_.settle(plane_.clock);
  }
  void change(unsigned argument) {
    plane_.settle(plane_.clock);
    plan_.tunnels[0].tfs.receive.reorder_window = argument % 8;
    plan_.tunnels[0].inbound[0].first_sequence = EspSeq{1};
    require(plane_.apply(plan_, plane_.clock + Nanos(1)), "a change");
    plane_.publisher->reclaim();
  }

  // Whatever goes in comes out under exactly one name.
  void account() {
    const model::TunnelStats tunnel = plane_.tunnel();
    std::uint64_t drops = plane_.all_drops();
    // These are of authentic packets and of what was in them, which are counted as received.
    for (const Drop reason :
         {Drop::kNextHeader, Drop::kDummy, Drop::kAggfragMalformed, Drop::kAggfragSubType, Drop::kAggfragBlock,
          Drop::kAggfragLate, Drop::kAggfragOrphan, Drop::kAggfragIncomplete, Drop::kTunnelClosing}) {
      drops -= plane_.drops(reason);
    }
    const std::uint64_t refused = plane_.drops(Drop::kInnerMalformed) + plane_.drops(Drop::kInnerChecksum);
    drops -= refused - refused_inside_;
    const std::uint64_t clear =
        plane_.io().sent_count[kLan.value] + plane_.io().sent_count[kWan.value] - tunnel.tx_pkts;
    const std::uint64_t in = frames_ + tunnel.inner_rx_pkts;
    const std::uint64_t out =
        plane_.io().punt_count + clear + tunnel.inner_tx_pkts + tunnel.queue_pkts + tunnel.rx_pkts + drops;
    const std::uint64_t errors = out - in;  // ICMP errors come from nowhere
    if (errors > (answers_ ? frames_ + tunnel.inner_rx_pkts : 0)) {
      std::fprintf(stderr, "in %zu, out %zu\n", static_cast<std::size_t>(in), static_cast<std::size_t>(out));
      require(false, "the account");
    }
    require(tunnel.slots >= tunnel.skipped_slots, "slots");
    require(plane_.drops(Drop::kNoBuffer) == 0, "enough buffers");
  }
  static void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }

  model::ForwardingPlan plan_;
  bool answers_;
  Plane plane_;
  Peer peer_;
  std::uint64_t frames_ = 0;
  std::uint64_t refused_inside_ = 0;
};

}  // namespace
}  // namespace levelgate::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  levelgate::testing::Input input(std::as_bytes(std::span(octets, size)));
  levelgate::testing::Run(input.octet()).play(input);
  return 0;
}
