// SPDX-License-Identifier: Apache-2.0
//
// From the operator's words to the law: what a standing queue is at the rate of now, and when it is answered.
#include "dataplane/outbound_queue.h"

#include <algorithm>

namespace levelgate::dataplane {
namespace {

constexpr std::uint32_t kClassPackets = 4096;  // 20 ms of small packets at 100 Mbit/s
// CoDel's interval is to be a round trip of the traffic (RFC 8289 §4.3).
constexpr Nanos kRoundTrip = std::chrono::milliseconds(100);

// A quarter of the longest wait is a standing queue, from half of it on who can hear it is told with each packet: a
// sender that listens backs off before anything is dropped. Below two slots no wait can be told from none.
queueing::WaitBounds bounds_of(bool fair, Nanos max_delay, Nanos slot) {
  queueing::WaitBounds bounds;
  bounds.max_wait = max_delay;
  bounds.mark_from = std::max(max_delay / 2, 2 * slot);
  // A FIFO is what it says: its packets leave in time, or are refused.
  if (fair) bounds.codel = {std::max(max_delay / 4, 2 * slot), std::max(kRoundTrip, 16 * slot)};
  return bounds;
}

std::vector<queueing::ClassSettings> all_settings(const OutboundSetting& setting, std::uint32_t data_room) {
  std::vector<queueing::ClassSettings> all;
  for (const model::QosClass& one : setting.qos.classes) {
    queueing::FairQueueSettings& queue = all.emplace_back(queueing::ClassSettings{one.share, {}}).queue;
    queue.capacity = kClassPackets;
    queue.fair = one.fair;
    queue.ecn = one.ecn;
    queue.service_octets = std::max(data_room, 1500U);
  }
  return all;
}

}  // namespace

OutboundQueue::OutboundQueue(const OutboundSetting& setting, std::uint32_t data_room)
    : match_(setting.qos),
      hash_(setting.flow_key),
      fair_(std::ranges::any_of(setting.qos.classes, &model::QosClass::fair)),
      queue_(all_settings(setting, data_room)) {
  for (std::size_t i = 0; i < setting.qos.classes.size(); ++i) {
    max_delay_[i] = setting.qos.classes[i].max_queue_delay.value_or(setting.tfs.max_queue_delay);
  }
}

void OutboundQueue::bound_waits(Nanos slot) noexcept {
  for (std::size_t i = 0; i < queue_.classes(); ++i) {
    queue_.set_bounds(i, bounds_of(queue_.in_class(i).fair(), max_delay_[i], slot));
  }
}

void OutboundQueue::publish(TunnelCounters& counters) noexcept {
  for (std::size_t i = 0; i < queue_.classes(); ++i) {
    const queueing::FairQueue& one = queue_.in_class(i);
    const queueing::FairQueueCounts& counts = one.counts();
    Told& told = told_[i];
    ClassCounters& cells = counters.classes[i];
    cells.sent_pkts.add(counts.sent_pkts - told.counts.sent_pkts);
    cells.sent_octets.add(counts.sent_octets - told.counts.sent_octets);
    cells.marked_pkts.add(counts.marked_pkts - told.counts.marked_pkts);
    cells.aqm_pkts.add(counts.aqm_pkts - told.counts.aqm_pkts);
    cells.refused_pkts.add(counts.late_pkts - told.counts.late_pkts + refused_[i] - told.refused);
    cells.queue_pkts.set(one.packets());
    cells.queue_octets.set(one.octets());
    told = {counts, refused_[i]};
  }
}

}  // namespace levelgate::dataplane
