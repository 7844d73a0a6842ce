// SPDX-License-Identifier: Apache-2.0
//
// Sorts authentic packets by what they carry; tells of the first one of an SA, and of a peer that has moved.
#include "dataplane/inbound.h"

#include "congestion/path_control.h"
#include "dataplane/stream_edge.h"
#include "wire/aggfrag_header.h"
#include "wire/ip_header.h"
#include "wire/outer_fields.h"
#include "wire/udp_header.h"

namespace levelgate::dataplane {
namespace {

constexpr std::uint8_t kNextHeaderNone = 59;                       // RFC 4303 §2.6: dummy packet
constexpr Nanos kTellMovedAgain = std::chrono::milliseconds(250);  // between two reports of a moved peer

bool carries_aggfrag(const model::TunnelPlan& plan, const model::EspSa& sa) {
  switch (sa.payload) {
    case model::SaPayload::kAsTunnelSays:
      return plan.tfs.mode != model::TfsMode::kPlain;
    case model::SaPayload::kAggfrag:
      return true;
    case model::SaPayload::kIp:
      return false;
  }
  return false;
}

// A stream that carries no AGGFRAG holds nothing.
model::TfsSettings stream_settings(const model::TunnelPlan& plan, bool aggfrag) {
  model::TfsSettings tfs = plan.tfs;
  if (!aggfrag) tfs.receive = {.reorder_window = 0};
  return tfs;
}

}  // namespace

InboundSa::InboundSa(const model::TunnelPlan& plan, const model::EspSa& sa, FirstNumber first,
                     std::uint32_t max_inner_octets, const InboundKept& kept)
    : kept_(kept),
      counters_(kept.tunnel),
      aggfrag_(carries_aggfrag(plan, sa)),
      first_(sa.first_sequence),
      stream_(stream_settings(plan, aggfrag_), sa.first_sequence, first, max_inner_octets, kept.tunnel) {}

void InboundSa::arrived(WorkerContext& context, const InboundEntry& entry, const Packet& esp, EspSeq number) noexcept {
  const bool streamed = is_streamed(esp);
  const std::uint64_t octets = std::uint64_t{esp.length} + (streamed ? kStreamLengthOctets : esp.reserved);
  counters_.rx_octets.add(octets);
  if (kept_.sa.packets.load() == 0) prove(context, entry);
  // Only the newest packet says where the peer is: an older one may come by the old way (RFC 7296 §2.23).
  if (number.value > kept_.sa.highest.load()) {
    if (streamed) {
      follow_stream(context, *entry.tunnel, stream_of(esp));
    } else if (entry.tunnel->udp) {
      follow_peer(context, *entry.tunnel, esp);
    }
  }
  // Segments are not packets, so what the path marked on them says nothing of this one (RFC 9329 §9.5).
  outer_ecn_ = streamed ? wire::Ecn::kNotEct : wire::ecn_of(esp.data - esp.reserved);
  kept_.sa.packets.add(1);
  kept_.sa.octets.add(octets);
  kept_.sa.highest.raise_to(number.value);
}

void InboundSa::prove(WorkerContext& context, const InboundEntry& entry) noexcept {
  context.report({model::EventKind::kInboundProven, PortId{}, entry.tunnel->id, kept_.opener.spi(), IpAddress{}, 0, 0});
  if (aggfrag_ && entry.older != nullptr) stream_.take_over_from(entry.older->sa->stream_);
}

// Arrivals and the peer's reports, before anything else may drop the packet (RFC 9347 §3). The numbers of an SA go on
// where the tunnel's count of packets stood when it was first heard; of an SA that was heard before, what came then is
// not missed.
void InboundSa::tell_path(WorkerContext& context, const TunnelEntry& tunnel, const Packet& payload,
                          std::uint8_t next_header, EspSeq number) noexcept {
  congestion::PathControl& path = *tunnel.congestion;
  if (!position_) {
    const bool heard_before = kept_.sa.packets.load() > 1;
    position_ = path.next_position() - (heard_before ? number : first_).value;
  }
  std::optional<wire::CongestionHeader> header;
  if (next_header == wire::kNextHeaderAggfrag) {
    const wire::AggfragView view = wire::read_aggfrag(payload.bytes());
    const bool reports = view.verdict == wire::AggfragVerdict::kOk && view.sub_type == 1;
    if (reports) header = wire::read_congestion(payload.bytes().data());
  }
  path.arrived(*position_ + number.value, context.now, outer_ecn_ == wire::Ecn::kCe, header ? &*header : nullptr);
}

bool InboundSa::may_tell_of_move(Instant now) noexcept {
  if (moved_told_ != kNever && now - moved_told_ < kTellMovedAgain) return false;
  moved_told_ = now;
  return true;
}

// The connection by which the last valid packet came is the one to answer by (RFC 9329 §6.1).
void InboundSa::follow_stream(WorkerContext& context, const TunnelEntry& tunnel, StreamId stream) noexcept {
  if (!tunnel.in_stream || stream == tunnel.stream || !may_tell_of_move(context.now)) return;
  context.report(
      {model::EventKind::kStreamMoved, PortId{}, tunnel.id, kept_.opener.spi(), IpAddress{}, stream.value, 0});
}

void InboundSa::follow_peer(WorkerContext& context, const TunnelEntry& tunnel, const Packet& esp) noexcept {
  const std::byte* const ip = esp.data - esp.reserved;
  if (!wire::carried_in_udp(ip)) return;
  const std::uint16_t port = wire::udp_source_port(esp.data - wire::kUdpOctets);
  const IpFamily family = (std::to_integer<unsigned>(ip[0]) >> 4) == 4 ? IpFamily::kV4 : IpFamily::kV6;
  const bool same = family == IpFamily::kV4 ? tunnel.remote.family() == family &&
                                                  wire::IpView::source_v4(ip) == tunnel.remote.v4_host_order()
                                            : wire::source_of(ip, family) == tunnel.remote;
  if (same && port == tunnel.udp_remote_port) return;
  if (!may_tell_of_move(context.now)) return;
  context.report(
      {model::EventKind::kPeerMoved, PortId{}, tunnel.id, kept_.opener.spi(), wire::source_of(ip, family), 0, port});
}

// One inner packet for each outer one: marks of the path go on with it, where it can tell of them (RFC 6040 §4.2).
void InboundSa::deliver_plain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry,
                              Packet packet) noexcept {
  if (outer_ecn_ != wire::Ecn::kNotEct && packet.length >= wire::kIpv4Octets) {
    const wire::Ecn before = wire::ecn_of(packet.data);
    const wire::EcnOfBoth ecn = wire::ecn_of_both(before, outer_ecn_);
    if (ecn.unexpected) counters_.ecn_unexpected_pkts.add(1);
    if (ecn.drop) {
      counters_.rx_drop_pkts.add(1);
      return context.drop(packet, model::Drop::kOuterCongestion);
    }
    if (ecn.inner != before) wire::set_ecn(packet.data, ecn.inner);
  }
  inner.add(context, packet, *entry.tunnel);
}

void InboundSa::accept(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry, const Packet& payload,
                       std::uint8_t next_header, EspSeq number) noexcept {
  counters_.rx_pkts.add(1);
  if (outer_ecn_ == wire::Ecn::kCe) counters_.ecn_ce_pkts.add(1);
  if (entry.tunnel->congestion != nullptr) tell_path(context, *entry.tunnel, payload, next_header, number);
  if (aggfrag_) {
    // Whoever sends AGGFRAG sends Not-ECT, and a mark says nothing of the packets inside (RFC 9347 §2.2.5.2, §3.1).
    if (outer_ecn_ != wire::Ecn::kNotEct && entry.tunnel->congestion == nullptr) counters_.ecn_unexpected_pkts.add(1);
    if (next_header == wire::kNextHeaderAggfrag) return stream_.accept(context, inner, entry, payload, number);
  } else if (next_header == wire::kProtocolIpv4 || next_header == wire::kProtocolIpv6) {
    return deliver_plain(context, inner, entry, payload);
  }
  const bool dummy = next_header == kNextHeaderNone;
  if (!dummy) counters_.rx_errored_pkts.add(1);
  counters_.rx_drop_pkts.add(1);
  context.count(dummy ? model::Drop::kDummy : model::Drop::kNextHeader);
  if (!aggfrag_) return context.recycle(payload);
  stream_.accept_place(context, inner, entry, payload, dummy ? PlaceKind::kDummy : PlaceKind::kForeign, number);
}

void InboundSa::expire(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  stream_.expire(context, inner, entry);
}

void InboundSa::surrender(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (entry.older != nullptr) entry.older->sa->surrender(context, inner, *entry.older);
  stream_.surrender(context, inner, entry);
}

void InboundSa::drain(WorkerContext& context, InnerBatch& inner, const InboundEntry& entry) noexcept {
  if (entry.tunnel != nullptr) surrender(context, inner, entry);
  stream_.drain(context);
  drained.set();
}

}  // namespace levelgate::dataplane
