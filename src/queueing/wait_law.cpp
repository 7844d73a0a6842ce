// SPDX-License-Identifier: Apache-2.0
#include "queueing/wait_law.h"

#include "wire/ip_marks.h"

namespace levelgate::queueing {

Fate WaitLaw::judge(Codel& codel, WaitingPacket& head, Instant now, Nanos wait, bool standing) {
  if (wait > bounds_.max_wait) return Fate::kLate;
  if (head.judged) return Fate::kSend;
  head.judged = true;
  const bool acts = codel.acts(bounds_.codel, now, wait, standing);
  if (!acts && wait <= bounds_.mark_from) return Fate::kSend;  // [9347-2.2.5.2-a]
  const wire::Ecn ecn = ecn_ ? wire::ecn_of(head.packet.data) : wire::Ecn::kNotEct;
  if (ecn == wire::Ecn::kNotEct) return acts ? Fate::kDrop : Fate::kSend;
  if (ecn == wire::Ecn::kCe) return Fate::kSend;
  (void)wire::mark_congestion(head.packet.data);
  return Fate::kMarked;
}

}  // namespace levelgate::queueing
