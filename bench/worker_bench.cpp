// SPDX-License-Identifier: Apache-2.0
//
// What the worker costs: the first look at a frame, and one whole turn that sends or receives. Items are inner packets.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/lab.h"
#include "dataplane/classify.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"

namespace levelgate::bench {
namespace {

// Clear text from the protected side, and ESP from the outer one.
void classify_frame(benchmark::State& state) {
  const bool outer = state.range(0) != 0;
  dataplane::Snapshot snapshot;
  dataplane::PortEntry port;
  port.side = outer ? model::PortSide::kOuter : model::PortSide::kProtected;
  snapshot.own_v4 = {0xc6336401, 0x0a010001};
  Frame frame(wire::kEthernetOctets + 1400);
  wire::write_ethernet(frame.data(), MacAddress{}, MacAddress{}, wire::kEtherTypeIpv4);
  wire::write_ip(frame.data() + wire::kEthernetOctets, IpAddress::v4(0x0a010009),
                 IpAddress::v4(outer ? 0xc6336401 : 0x0a020009), outer ? wire::kProtocolEsp : wire::kProtocolUdp, 1400);
  Packet packet;
  packet.data = frame.data();
  packet.length = static_cast<std::uint32_t>(frame.size());
  for (auto _ : state) {
    Packet view = packet;
    benchmark::DoNotOptimize(dataplane::classify(snapshot, port, dataplane::DestinationMac::kIgnored, view));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(classify_frame)->ArgName("outer")->Arg(0)->Arg(1);

Case case_of(const benchmark::State& state) {
  return {.name = "turn", .inner_octets = static_cast<std::uint32_t>(state.range(0))};
}

// 32 inner packets in, as many outer ones out as they fill.
void turn_outbound(benchmark::State& state) {
  Sending sending(case_of(state));
  for (auto _ : state) sending.turn();
  state.SetItemsProcessed(static_cast<std::int64_t>(sending.gateway.tunnel().inner_tx_pkts));
}
BENCHMARK(turn_outbound)->ArgName("inner")->Arg(64)->Arg(512)->Arg(1442);

// 32 outer packets in, made beforehand and not timed.
void turn_inbound(benchmark::State& state) {
  Sending sending(case_of(state));
  Gateway receiving(case_of(state), Site::kReceiver);
  receiving.turn();
  std::vector<Frame> frames;
  sending.gateway.io.record(&frames);
  for (auto _ : state) {
    state.PauseTiming();
    frames.clear();
    while (frames.size() < dataplane::kBurst) sending.turn();
    frames.resize(dataplane::kBurst);
    receiving.io.preload(kWan, frames);
    receiving.now += std::chrono::microseconds(dataplane::kBurst);
    state.ResumeTiming();
    receiving.turn();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(receiving.tunnel().inner_rx_pkts));
}
BENCHMARK(turn_inbound)->ArgName("inner")->Arg(64)->Arg(512)->Arg(1442);

}  // namespace
}  // namespace levelgate::bench
