// SPDX-License-Identifier: Apache-2.0
//
// The line is a fluid one: what waits follows from the moment at which it will be free, and no list of packets is kept.
#include "pathmodel/path.h"

#include <algorithm>
#include <utility>

namespace levelgate::pathmodel {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr Nanos kMostSending = std::chrono::hours(1'000);  // of one packet: sums stay within the clock

std::uint64_t on_line(std::uint32_t octets, const PathSettings& settings) {
  const std::uint64_t frames =
      settings.frame_octets == 0
          ? 1
          : std::max<std::uint64_t>(1, (std::uint64_t{octets} + settings.frame_octets - 1) / settings.frame_octets);
  return octets + frames * settings.overhead_octets;
}

// Rounded up: a line is never faster than its rate.
Nanos time_for(std::uint64_t bits, std::uint64_t rate) {
  const Wide ns = (Wide{bits} * kNsPerSecond + rate - 1) / rate;
  return Nanos(static_cast<std::int64_t>(std::min<Wide>(ns, static_cast<Wide>(kMostSending.count()))));
}

std::uint64_t bits_in(Nanos span, std::uint64_t rate) {
  return static_cast<std::uint64_t>(Wide{static_cast<std::uint64_t>(span.count())} * rate / kNsPerSecond);
}

Nanos part_of(Nanos span, double share) {
  return Nanos(static_cast<std::int64_t>(share * static_cast<double>(span.count())));
}

}  // namespace

Path::Path(PathStages stages, std::uint64_t seed, Instant start)
    : stages_(std::move(stages)), start_(start), draws_(seed), now_(start), free_at_(start), last_arrival_(start) {}

Outcome Path::offer(Instant now, std::uint32_t octets) {
  pass(now);
  Outcome outcome;
  outcome.number = counts_.offered_pkts;
  const PathSettings& settings = stages_[stage_].settings;
  const bool burst = in_burst(outcome.number, settings);
  const std::uint64_t line_octets = on_line(octets, settings);
  outcome.drop = refusal(octets, line_octets);
  if (outcome.drop == Drop::kNone) {
    const Instant begin = std::max(free_at_, now_);
    counts_.longest_wait = std::max(counts_.longest_wait, begin - now_);
    outcome.leaves = sent_by(begin, line_octets);
    free_at_ = outcome.leaves;
    const PathSettings& beyond = stages_[stage_at(outcome.leaves)].settings;
    outcome.drop = fate(outcome, beyond, burst);
    if (outcome.drop == Drop::kNone) {
      deliver(outcome, beyond);
      if (draws_.happens(beyond.corrupted, outcome.number, Question::kCorrupted) && octets != 0) {
        outcome.flipped_bit = draws_.bits(outcome.number, Question::kWhichBit) % (std::uint64_t{octets} * 8);
        ++counts_.corrupted_pkts;
      }
    }
  }
  count(outcome.drop, octets);
  return outcome;
}

Instant Path::beside(Instant now) {
  pass(now);
  return now_ + stages_[stage_].settings.delay;
}

void Path::change(const PathSettings& settings, Instant now) {
  pass(now);
  stages_.resize(stage_ + 1);
  if (now_ - start_ > stages_.back().from) {
    stages_.push_back({now_ - start_, settings});
    ++stage_;
  } else {
    stages_.back().settings = settings;
  }
  if (stage_ != 0) {  // what is over is not remembered
    stages_.erase(stages_.begin(), stages_.end() - 1);
    stage_ = 0;
  }
}

void Path::pass(Instant now) {
  now_ = std::max(now_, now);
  stage_ = stage_at(now_);
}

std::size_t Path::stage_at(Instant moment) const {
  std::size_t stage = stage_;
  while (stage + 1 < stages_.size() && ends(stage) <= moment) ++stage;
  return stage;
}

Instant Path::ends(std::size_t stage) const {
  return stage + 1 < stages_.size() ? start_ + stages_[stage + 1].from : kNever;
}

// When the last octet has left, if the first one leaves at `begin`: at the rates of the stages in between.
Instant Path::sent_by(Instant begin, std::uint64_t octets) const {
  std::uint64_t bits = octets * 8;
  for (std::size_t stage = stage_at(begin);; ++stage) {
    const std::uint64_t rate = stages_[stage].settings.bits_per_second;
    if (rate == 0) return begin;
    const Nanos needed = time_for(bits, rate);
    const Instant end = ends(stage);
    if (needed <= end - begin) return begin + needed;
    bits -= bits_in(end - begin, rate);
    begin = end;
  }
}

// On the line and before it, with the rest of what is being sent.
std::uint64_t Path::waiting_octets() const {
  std::uint64_t bits = 0;
  Instant begin = now_;
  for (std::size_t stage = stage_; begin < free_at_; ++stage) {
    const Instant end = std::min(ends(stage), free_at_);
    bits += bits_in(end - begin, stages_[stage].settings.bits_per_second);
    begin = end;
  }
  return bits / 8;
}

Drop Path::refusal(std::uint32_t octets, std::uint64_t line_octets) const {
  const PathSettings& settings = stages_[stage_].settings;
  if (settings.mtu != 0 && octets > settings.mtu) return Drop::kTooLong;
  if (free_at_ <= now_) return Drop::kNone;  // an idle line takes anything
  if (free_at_ - now_ > settings.queue_wait) return Drop::kQueue;
  const std::uint64_t waiting = waiting_octets();
  const bool room = waiting <= settings.queue_octets && line_octets <= settings.queue_octets - waiting;
  return room ? Drop::kNone : Drop::kQueue;
}

// Gilbert's model: two states, in the bad one everything is lost. Every packet moves it, whatever becomes of the
// packet, so that the numbers in bursts are the seed's alone.
bool Path::in_burst(std::uint64_t number, const PathSettings& settings) {
  const double share = settings.burst_loss, ends_burst = 1 / settings.burst_packets;
  double bad = share;  // of the first packet: the share of the long run
  if (burst_) bad = *burst_ ? 1 - ends_burst : ends_burst * share / (1 - share);
  if (share <= 0) bad = 0;
  burst_ = draws_.happens(bad, number, Question::kBurst);
  return *burst_;
}

Drop Path::fate(const Outcome& outcome, const PathSettings& settings, bool burst) const {
  if (settings.down) return Drop::kDown;
  if (burst) return Drop::kBurstLoss;
  return draws_.happens(settings.loss, outcome.number, Question::kLost) ? Drop::kLoss : Drop::kNone;
}

void Path::deliver(Outcome& outcome, const PathSettings& settings) {
  const bool held = draws_.happens(settings.reordered, outcome.number, Question::kHeldBack);
  const bool twice = draws_.happens(settings.duplicated, outcome.number, Question::kDuplicated);
  const bool in_order = !held && !settings.jitter_reorders;
  for (const Question jitter : {Question::kJitter, Question::kCopyJitter}) {
    if (jitter == Question::kCopyJitter && !twice) break;
    Instant moment = outcome.leaves + settings.delay + part_of(settings.jitter, draws_.uniform(outcome.number, jitter));
    if (in_order) moment = last_arrival_ = std::max(moment, last_arrival_);
    outcome.moments[outcome.copies++] = held ? moment + settings.held_back : moment;
  }
  counts_.held_back_pkts += held ? 1 : 0;
  counts_.duplicated_pkts += twice ? 1 : 0;
}

void Path::count(Drop drop, std::uint32_t octets) {
  ++counts_.offered_pkts;
  counts_.offered_octets += octets;
  switch (drop) {
    case Drop::kNone:
      ++counts_.delivered_pkts;
      counts_.delivered_octets += octets;
      break;
    case Drop::kTooLong:
      ++counts_.too_long_pkts;
      break;
    case Drop::kQueue:
      ++counts_.queue_pkts;
      break;
    case Drop::kLoss:
      ++counts_.loss_pkts;
      break;
    case Drop::kBurstLoss:
      ++counts_.burst_loss_pkts;
      break;
    case Drop::kDown:
      ++counts_.down_pkts;
      break;
  }
}

}  // namespace levelgate::pathmodel
