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

// Who is too short to name its SA goes to a worker as well, which counts it.
void StreamDesk::received(StreamId stream, ConstBytes esp) {
  const Spi spi{esp.size() < sizeof(Spi) ? 0U : load_be<std::uint32_t>(esp.data())};
  if (edges_[publisher_.owner_of(spi).value]->inbound.push(stream, esp)) return;
  publisher_.count(model::Drop::kTcpInboundFull);
}

}  // namespace levelgate::publisher
