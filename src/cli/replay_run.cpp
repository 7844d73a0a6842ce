// SPDX-License-Identifier: Apache-2.0
//
// The virtual clock. At each moment the worker first does what is due, until it has come to rest; only then do the
// frames of that moment enter, so a packet that arrives at a slot's very moment goes with the next one.
#include "cli/replay_run.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <utility>

#include "dataplane/prefix_table.h"
#include "dataplane/worker.h"
#include "publisher/publisher.h"

namespace levelgate::cli {
namespace {

constexpr MacAddress kUnknownNeighbour{
    {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}}};
constexpr std::size_t kEventRing = 256;
constexpr std::size_t kMostWaiting = 65'536;        // inner packets of all tunnels together
constexpr std::size_t kLongestFrame = 65'535 + 18;  // the largest IP packet, in a tagged frame
// More turns than that without the clock moving on are a fault of ours, not work.
constexpr std::uint64_t kTurnsAtOneMoment = 1'000'000;

class Replay {
 public:
  Replay(const model::ForwardingPlan& plan, const std::vector<Arrival>& arrivals, esp::Cipher& cipher, CaptureIo& io)
      : plan_(plan),
        arrivals_(arrivals),
        io_(io),
        worker_(WorkerId{0}, parts(cipher)),
        publisher_({snapshots_, routes_, {&cipher}, {&worker_.counters()}, &kUnknownNeighbour}) {}

  Result<ReplayEnd> run(std::optional<Nanos> until) {
    if (auto applied = publisher_.apply(plan_, at_ns(0)); !applied) return std::unexpected(applied.error());
    (void)at_rest();  // without input it is from the start
    while (!until || now_.time_since_epoch() < *until) {
      if (auto settled = settle(); !settled) return std::unexpected(settled.error());
      if (enter_next_group()) continue;
      if (!until && at_rest()) break;
      const Instant next = next_event();
      if (next == kNever) break;
      now_ = next;
      io_.set_now(to_ns(now_));
    }
    return ReplayEnd{publisher_.stats(), until.value_or(now_.time_since_epoch())};
  }

 private:
  dataplane::WorkerParts parts(esp::Cipher& cipher) {
    dataplane::WorkerParts parts{.io = io_,
                                 .routes = routes_,
                                 .cipher = cipher,
                                 .snapshots = snapshots_,
                                 .events = events_,
                                 .ports = {},
                                 .build_ahead = Nanos(0),  // at the slot itself, so all that came before goes with it
                                 .twin = dataplane::KernelTwin::kAbsent,
                                 .destination_mac = dataplane::DestinationMac::kIgnored,
                                 .unknown_neighbour_mac = &kUnknownNeighbour,
                                 .to = {},
                                 .from = {},
                                 .queue_budget = kMostWaiting,
                                 .held_payloads = replay_held_payloads(plan_)};
    for (std::size_t port = 0; port < plan_.ports.size(); ++port) {
      parts.ports.push_back(PortId{static_cast<std::uint16_t>(port)});
    }
    return parts;
  }

  Result<void> settle() {
    for (std::uint64_t turns = 0; turns < kTurnsAtOneMoment; ++turns) {
      worker_.turn(now_);
      forget_events();
      if (!worker_.busy() && worker_.next_deadline() > now_) return {};
    }
    return failure(Fault::kInternal, "the data plane does not come to rest at " + std::to_string(to_ns(now_)) + " ns");
  }

  // Neighbours are all known here, and the counters tell the rest.
  void forget_events() {
    std::array<model::Event, 32> events;
    while (events_.pop(events) == events.size()) {
    }
  }

  // Frames of this moment, of one port after the other in the order of arrival.
  bool enter_next_group() {
    const std::size_t begin = entered_;
    while (entered_ < arrivals_.size() && entered_ - begin < CaptureIo::kOffers && at(entered_) <= now_ &&
           arrivals_[entered_].port == arrivals_[begin].port) {
      io_.offer(arrivals_[entered_].port, arrivals_[entered_].frame);
      ++entered_;
    }
    return entered_ != begin;
  }

  [[nodiscard]] Instant at(std::size_t arrival) const { return Instant(arrivals_[arrival].at); }

  [[nodiscard]] Instant next_event() const {
    const Instant arrival = entered_ < arrivals_.size() ? at(entered_) : kNever;
    return std::min(arrival, worker_.next_deadline());
  }

  // True when nothing waits any more and each fixed tunnel has had one slot since.
  bool at_rest() {
    if (entered_ < arrivals_.size() || worker_.holds_packets()) {
      slots_at_rest_.clear();
      return false;
    }
    std::vector<std::uint64_t> slots;
    for (const auto& tunnel : publisher_.stats().tunnels) slots.push_back(tunnel.counters.slots);
    if (slots_at_rest_.empty()) slots_at_rest_ = slots;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (plan_.tunnels[i].tfs.mode == model::TfsMode::kFixed && slots[i] <= slots_at_rest_[i]) return false;
    }
    return true;
  }

  const model::ForwardingPlan& plan_;
  const std::vector<Arrival>& arrivals_;
  CaptureIo& io_;
  dataplane::PrefixTable routes_;
  handover::SnapshotCell<dataplane::Snapshot> snapshots_{1};
  dataplane::EventRing events_{kEventRing};
  dataplane::Worker worker_;
  publisher::Publisher publisher_;
  Instant now_{};
  std::size_t entered_ = 0;
  std::vector<std::uint64_t> slots_at_rest_;
};

}  // namespace

std::vector<Arrival> arrivals_of(const std::vector<PortCapture>& captures) {
  std::vector<Arrival> row;
  for (const PortCapture& input : captures) {
    for (const CaptureFrame& frame : input.capture->frames) row.push_back({Nanos(frame.stamp_ns), input.port, frame});
  }
  if (row.empty()) return row;
  // Those of one moment stay in their order.
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return row[a].at != row[b].at ? row[a].at < row[b].at : a < b; });
  std::vector<Arrival> sorted;
  sorted.reserve(row.size());
  for (const std::size_t index : order) sorted.push_back(std::move(row[index]));
  row = std::move(sorted);
  const Nanos first = row.front().at;
  for (Arrival& arrival : row) arrival.at -= first;
  return row;
}

Result<ReplayEnd> run_replay(const model::ForwardingPlan& plan, const std::vector<Arrival>& arrivals,
                             std::optional<Nanos> until, esp::Cipher& cipher, CaptureIo& io) {
  return Replay(plan, arrivals, cipher, io).run(until);
}

// So that each window can be full.
std::size_t replay_held_payloads(const model::ForwardingPlan& plan) {
  std::size_t places = 0;
  for (const auto& tunnel : plan.tunnels) {
    places += tunnel.inbound.size() * (std::size_t{tunnel.tfs.receive.reorder_window} + 1);
  }
  return places;
}

// What a tunnel may hold at once: its reorder window, its queue, and the packets of a burst on their way.
std::size_t replay_buffers(const model::ForwardingPlan& plan) {
  constexpr std::size_t kInFlight = 8'192;
  std::size_t buffers = kInFlight + (plan.tunnels.empty() ? 0 : kMostWaiting);
  for (const auto& tunnel : plan.tunnels) buffers += tunnel.tfs.receive.reorder_window;
  return buffers;
}

std::size_t replay_frame_octets(const model::ForwardingPlan& plan, const std::vector<Arrival>& arrivals) {
  std::size_t longest = plan.max_inner_octets;
  for (const auto& tunnel : plan.tunnels) {
    longest =
        std::max<std::size_t>(longest, tunnel.tfs.path_mtu ? tunnel.tfs.path_mtu->max_size : tunnel.tfs.packet_size);
  }
  for (const Arrival& arrival : arrivals) longest = std::max(longest, arrival.frame.octets.size());
  constexpr std::size_t kLinkAndTrailer = 64;  // an Ethernet header in front, an ICV behind
  return std::min(longest, kLongestFrame) + kLinkAndTrailer;
}

}  // namespace levelgate::cli
