// SPDX-License-Identifier: Apache-2.0
//
// From rings to connections and back.
#include "publisher/stream_desk.h"

namespace levelgate::publisher {

void StreamDesk::pump(EspStreams& streams) {
  for (dataplane::StreamEdge* const edge : edges_) {
    for (std::size_t i = 0; i < kOnePump; ++i) {
      const auto record = edge->outbound.front();
      if (!record) break;
      deliver(record->head, record->octets, streams);
      edge->outbound.pop();
    }
  }
}

void StreamDesk::deliver(const dataplane::StreamedBy& by, ConstBytes esp, EspStreams& streams) {
  const auto tunnel = publisher_.streaming(by);
  if (!tunnel) return publisher_.count(model::Drop::kTunnelClosing);
  if (tunnel->stream != StreamId{} && streams.send(tunnel->stream, esp)) return tunnel->counters->tcp_taken_pkts.add(1);
  tunnel->counters->tcp_refused_pkts.add(1);
  publisher_.count(model::Drop::kTcpRefused);
}

// What names no SA ends here: a stranger's connection takes no room in a ring from a peer's.
void StreamDesk::received(StreamId stream, ConstBytes esp) {
  if (esp.size() < sizeof(Spi)) return publisher_.count(model::Drop::kEspMalformed);
  const auto owner = publisher_.owner_of(Spi{load_be<std::uint32_t>(esp.data())});
  if (!owner) return publisher_.count(model::Drop::kUnknownSpi);
  if (edges_[owner->value]->inbound.push(stream, esp)) return;
  publisher_.count(model::Drop::kTcpInboundFull);
}

}  // namespace levelgate::publisher
