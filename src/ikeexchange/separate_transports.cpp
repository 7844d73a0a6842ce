// SPDX-License-Identifier: Apache-2.0
//
// Which transport IKE_SA_INIT agrees on. ESP stays direct or in UDP where it may: that costs less [9329-2-b, 9329-9-a].
#include "ikeexchange/separate_transports.h"

namespace levelgate::ikeexchange {

using ikewire::IkeRole;
using ikewire::NotifyType;

namespace {

using ikestate::Connect;
using ikestate::SaState;

bool offers_separate(const SaState& sa) {
  const negotiation::Opening opening = sa.attempt.opening;
  return opening == negotiation::Opening::kUdpApart || opening == negotiation::Opening::kTcpApart;
}

}  // namespace

void write_separate_transports(ikemessage::PayloadWriter& out, const SaState& sa) {
  const bool wanted = sa.role == IkeRole::kInitiator ? offers_separate(sa) : sa.peer.separate_transports;
  if (wanted) out.add_notify(NotifyType::kSeparateTransports);
}

// Whatever data it has. Who began over UDP begins on port 4500, which ESP is to share if there is a NAT.
void read_separate_transports(SaState& sa, const ikemessage::Contents& contents) {
  const bool wanted = sa.role == IkeRole::kInitiator ? offers_separate(sa) : sa.policy->transports.apart;
  sa.peer.separate_transports = wanted && contents.has(NotifyType::kSeparateTransports);
}

void call_peer(Means& means, SaState& sa) {
  if (!sa.path.over_tcp()) sa.datagram_path = sa.path;
  sa.path = {
      {sa.path.local.address, 0}, {sa.path.remote.address, sa.policy->ike.tcp_port}, means.registry.next_stream()};
  sa.stream.up = false;
  sa.stream.call_at = kNever;
  means.effects.push_back(Connect{sa.path});
}

}  // namespace levelgate::ikeexchange
