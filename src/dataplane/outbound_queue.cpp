// SPDX-License-Identifier: Apache-2.0
//
// From the operator's words to the law: what a standing queue is at this rate, and when it is answered.
#include "dataplane/outbound_queue.h"

#include <algorithm>

namespace levelgate::dataplane {
namespace {

constexpr std::uint32_t kClassPackets = 4096;  // 20 ms of small packets at 100 Mbit/s
// CoDel's interval is to be a round trip of the traffic (RFC 8289 §4.3).
constexpr Nanos kRoundTrip = std::chrono::milliseconds(100);

// A quarter of the longest wait is a standing queue, from half of it on who can hear it is told with each packet: a
// sender that listens backs off before anything is dropped. Below two slots no wait can be told from none.
queueing::ClassSettings settings_of(const model::QosClass& one, Nanos max_delay, Nanos interval,
                                    std::uint32_t data_room) {
  queueing::ClassSettings settings{one.share, {}};
  settings.queue.capacity = kClassPackets;
  settings.queue.fair = one.fair;
  settings.queue.ecn = one.ecn;
  settings.queue.service_octets = std::max(data_room, 1500U);
  if (interval == Nanos(0)) return settings;
  settings.queue.wait.max_wait = max_delay;
  settings.queue.wait.mark_from = std::max(max_delay / 2, 2 * interval);
  // A FIFO is what it says: its packets leave in time, or are refused.
  if (one.fair) settings.queue.wait.codel = {std::max(max_delay / 4, 2 * interval), std::max(kRoundTrip, 16 * interval)};
  return settings;
}

// Zero where there is no schedule, and so no bound on the wait.
Nanos interval_of(const OutboundSetting& setting) {
  if (setting.tfs.mode != model::TfsMode::kFixed) return Nanos(0);
  return Nanos(static_cast<std::int64_t>(std::uint64_t{setting.tfs.slot_octets()} * 8'000'000'000 /
                                         setting.tfs.rate_bits_per_second));
}

std::vector<queueing::ClassSettings> all_settings(const OutboundSetting& setting, std::uint32_t data_room) {
  std::vector<queueing::ClassSettings> all;
  for (const model::QosClass& one : setting.qos.classes) {
    const Nanos max_delay = one.max_queue_delay.value_or(setting.tfs.max_queue_delay);
    all.push_back(settings_of(one, max_delay, interval_of(setting), data_room));
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
