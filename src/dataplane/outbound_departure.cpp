// SPDX-License-Identifier: Apache-2.0
//
// How sealed packets leave: by the port that leads to the peer, or into the channel to the tunnel's TCP connection.
#include "dataplane/outbound.h"
#include "dataplane/stream_edge.h"

namespace levelgate::dataplane {

// Asked for the setting in force: what was built under it leaves as it was built, whatever the next one says. A tunnel
// that leaves its stream holds nothing back for it.
bool OutboundTunnel::way_open(const TunnelEntry& entry) const noexcept {
  if (!setting_.in_stream()) return entry.path.resolved;
  return entry.stream != StreamId{} || !entry.in_stream;
}

// A port keeps the order by taking the first ones; a stream that is full takes none of the rest (RFC 9329 has no way
// to tell of it, and what waits longer is worth less).
OutboundTunnel::Departed OutboundTunnel::depart(WorkerContext& context, const TunnelEntry& entry,
                                                std::span<Packet> frames) noexcept {
  if (!setting_.in_stream()) {
    const std::size_t sent = context.io.transmit(entry.path.port, frames);
    return {sent, sent};
  }
  const StreamedBy whose{entry.id, entry.serial};
  std::size_t sent = 0;
  if (context.streams != nullptr) {
    while (sent < frames.size() && context.streams->outbound.push(whose, esp_of(frames[sent]))) ++sent;
  }
  for (const Packet& frame : frames) context.recycle(frame);
  const std::size_t lost = frames.size() - sent;
  counters_.tx_drop_pkts.add(lost);
  context.count(model::Drop::kTcpOutboundFull, lost);
  return {sent, frames.size()};
}

// Where no schedule says when.
void OutboundTunnel::send_now(WorkerContext& context, SealBatch& batch, const TunnelEntry& entry,
                              std::span<Packet> sealed) noexcept {
  batch.flush(context);
  std::uint64_t octets = 0;
  for (Packet& frame : sealed) {
    frame_.complete(frame);
    octets += frame_.counted_octets(frame);
  }
  entry.sealed->octets.add(octets);
  entry.sealed->packets.add(sealed.size());
  std::size_t sent = sealed.size();
  if (setting_.in_stream()) {
    sent = depart(context, entry, sealed).sent;
    for (const Packet& frame : sealed.subspan(sent)) octets -= frame_.counted_octets(frame);
  } else {
    for (const Packet& frame : sealed) context.send(entry.path.port, frame);
  }
  counters_.tx_octets.add(octets);
  counters_.tx_pkts.add(sent);
  context.worked = true;
  publish_queue();
}

}  // namespace levelgate::dataplane
