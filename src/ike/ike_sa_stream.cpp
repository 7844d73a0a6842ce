// SPDX-License-Identifier: Apache-2.0
//
// An IKE SA over TCP: its streams come and go, and it outlives them (RFC 9329 §6.1, §6.2).
#include <algorithm>

#include "ike/ike_sa.h"
#include "ikeexchange/separate_transports.h"

namespace levelgate::ike {

using ikeexchange::call_peer;
using ikeexchange::Means;
using ikeexchange::Reason;
using ikestate::is_handshake;
using ikestate::kIkeClosed;
using ikestate::kPeerUnreachable;
using ikestate::kTcpBlocked;
using ikestate::Path;
using ikestate::Phase;
using ikestate::ProveStream;
using ikestate::StreamUse;
using ikestate::Want;
using namespace std::chrono_literals;

void IkeSa::stream_up(Means& means, const Path& path) {
  if (gone_ || path.stream != state_.path.stream) return;
  state_.path = path;
  state_.stream.up = true;
  if (state_.phase == Phase::kNone) begin(means);
}

// The SA stays: who made the connection makes another one, the other side waits for it [9329-6.1-f, 9329-10-c].
void IkeSa::stream_ended(Means& means) {
  if (gone_) return;
  StreamUse& stream = state_.stream;
  const bool was_up = std::exchange(stream.up, false);
  if (!state_.makes_connections()) return;
  if (state_.phase == Phase::kRekeyed) return close_now(means, {kIkeClosed, "the old IKE SA ends with its connection"});
  ++stream.failures;
  const bool nothing_came = is_handshake(state_.phase) && stream.proven == StreamId{};
  if (nothing_came && (!was_up || stream.failures > limits::kHandshakeCalls)) {
    stream.unusable = true;
    // What UDP proved is not lost: the next attempt goes without TCP.
    const bool agreed_over_udp = state_.attempt.opening == negotiation::Opening::kUdpApart;
    const std::string peer = state_.path.remote.text();
    return close_now(means, agreed_over_udp ? Reason{kTcpBlocked, "no TCP connection to " + peer +
                                                                      ", though the peer agreed to it over UDP; the "
                                                                      "next attempts go without TCP"}
                                            : Reason{kPeerUnreachable, "no TCP connection to " + peer});
  }
  if (stream.failures == 1) return call_again(means);
  const Nanos wait = std::min(Nanos(1s) * (1 << std::min(stream.failures - 2, 6U)), limits::kLongestRetry);
  stream.call_at = means.moment.now + wait;
}

// What was asked is asked again at once; if nothing was, the peer learns of the new connection by a question
// [9329-6.2-b].
void IkeSa::call_again(Means& means) {
  call_peer(means, state_);
  if (own_requests_.busy()) return repeat_outstanding(means);
  if (!is_handshake(state_.phase)) want(means, Want::kLiveness);
}

void IkeSa::repeat_outstanding(Means& means) {
  if (own_requests_.busy()) send_outstanding(means);
}

// Something authentic came on this path, and for the first time. True: the SA goes on by it from now on. Only a stream
// that is newer than the last one that proved itself takes an SA along; what came by UDP is answered there, and moves
// nothing [9329-6.1-g, 9329-6.1-q, 9329-6.1-r].
bool IkeSa::arrived_by(Means& means, const Path& path) {
  if (!path.over_tcp()) return false;
  StreamUse& stream = state_.stream;
  const bool may_move = state_.path.over_tcp() || state_.peer.separate_transports;
  if (!may_move || path.stream.value < std::max(state_.path.stream, stream.proven).value) return false;
  stream.failures = 0;
  if (stream.proven != path.stream) means.effects.push_back(ProveStream{path.stream});
  stream.proven = path.stream;
  stream.up = true;
  if (path.stream == state_.path.stream) {
    state_.path = path;
    return false;
  }
  if (!state_.path.over_tcp()) state_.datagram_path = state_.path;
  state_.path = path;
  return true;
}

// The ends of that stream are not known here: those of the last one stand for them until a message of IKE comes by it.
// One that has ended, or is yet being made, brought nothing just now [9329-6.1-q].
void IkeSa::esp_arrived(Means& means, StreamId stream) {
  heard(means.moment.now);
  if (!state_.esp_in_stream() || (stream == state_.path.stream && !state_.stream.up)) return;
  Path path = state_.path;
  path.stream = stream;
  if (arrived_by(means, path)) repeat_outstanding(means);
}

Nanos IkeSa::patience() const {
  return is_handshake(state_.phase) ? limits::kStreamHandshake : state_.policy->ike.dpd_timeout;
}

}  // namespace levelgate::ike
