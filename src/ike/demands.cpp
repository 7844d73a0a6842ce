// SPDX-License-Identifier: Apache-2.0
//
// What a stranger shows, what it is asked for, and what a half-open SA may cost (RFC 7296 §2.6, RFC 8019 §6, §7.1).
#include <algorithm>
#include <array>
#include <bit>

#include "ike/engine.h"
#include "ikemessage/ciphers_of_suite.h"
#include "ikewire/ike_notify_values.h"

namespace levelgate::ike {
namespace {

using admission::Cost;
using admission::Shown;
using admission::Standing;
using admission::Verdict;
using ikeexchange::Means;
using ikestate::Effect;
using ikestate::Effects;
using ikestate::kFlood;
using ikestate::PolicyPtr;
using ikestate::Report;
using ikestate::Severity;
using ikewire::NotifyType;

// The first of ours that the initiator offers as well, and that is computed here (RFC 8019 §7.1.1.2) [8019-7.1.1.2-a].
std::optional<ikewire::Prf> puzzle_prf(const std::vector<ikewire::Proposal>& offered,
                                       const std::vector<PolicyPtr>& candidates) {
  const auto each = [](const std::vector<ikewire::Proposal>& proposals, auto found) {
    return std::ranges::any_of(proposals, [&](const ikewire::Proposal& proposal) {
      return std::ranges::any_of(proposal.transforms, [&](const ikewire::Transform& transform) {
        return transform.type == ikewire::TransformType::kPrf && found(ikewire::Prf{transform.id});
      });
    });
  };
  std::optional<ikewire::Prf> chosen;
  for (const PolicyPtr& policy : candidates) {
    const auto shared = [&](ikewire::Prf own) {
      if (!ikemessage::prf_of(own) || !each(offered, [&](ikewire::Prf peer) { return peer == own; })) return false;
      chosen = own;
      return true;
    };
    if (each(policy->ike_proposals, shared)) break;
  }
  return chosen;
}

}  // namespace

void Engine::admit_by(const AdmissionSettings& settings) {
  settings_ = settings;
  tiers_.configure(settings.tiers);
}

// [8019-7.1.4-d, 8019-7.1.4-f]
Shown Engine::solution_of(const InitRequest& request, const ikewire::Puzzle& puzzle, ConstBytes cookie) {
  if (!request.contents.puzzle_solution) return Shown::kUnsolved;
  const auto prf = ikemessage::prf_of(puzzle.prf);
  const std::uint8_t difficulty = puzzle.difficulty == 0 ? limits::kLeastZeroBits : puzzle.difficulty;
  const auto check = prf ? admission::check_puzzle({*prf, difficulty, {cookie.begin(), cookie.end()}},
                                                   *request.contents.puzzle_solution)
                         : admission::PuzzleCheck{};
  if (check.verdict == admission::PuzzleVerdict::kSolved) return Shown::kSolved;
  ++counts_.puzzles_wrong;
  return Shown::kUnsolved;
}

// A wrong cookie counts as none, and a solution to no puzzle as nothing
// [7296-2.6-d, 8019-7.1.4-a, 8019-7.1.4-b, 8019-7.1.4-c].
Engine::Showing Engine::shown_by(const Means& means, const InitRequest& request) {
  const Shown without = request.path.over_tcp() ? Shown::kAddress : Shown::kNothing;
  const auto* const notify = request.contents.find(NotifyType::kCookie);
  if (notify == nullptr) return {without, {}, 0};
  const auto cookie = ikewire::read_cookie(notify->value);
  const auto facts = cookie ? cookies_.check(means.moment.now, cookie_basis(request), *cookie) : std::nullopt;
  if (!facts) {
    ++counts_.cookies_wrong;
    return {without, {}, 0};
  }
  if (!facts->set) return {Shown::kAddress, {}, 0};
  Showing showing{Shown::kAddress, {}, facts->set->number};
  if (spent_puzzles_.spent(means.moment.now, facts->mark)) {
    ++counts_.puzzles_wrong;
    return showing;
  }
  showing.shown = solution_of(request, facts->set->puzzle, *cookie);
  if (showing.shown != Shown::kSolved) return showing;
  ++counts_.puzzles_solved;
  showing.mark = facts->mark;
  return showing;
}

std::optional<Engine::Showing> Engine::admitted(Means& means, const InitRequest& request,
                                                const std::vector<PolicyPtr>& candidates) {
  const Instant now = means.moment.now;
  const Showing showing = shown_by(means, request);
  std::array<std::byte, 2> draw{std::byte{0xff}, std::byte{0xff}};
  if (showing.shown == Shown::kUnsolved) (void)random_.fill(draw);
  const Verdict verdict =
      tiers_.judge(now, request.path.remote.address, showing.shown, load_be<std::uint16_t>(draw.data()));
  hurry_half_open(now);
  switch (verdict) {
    case Verdict::kServe:
      return showing;
    case Verdict::kAskCookie:
      ask_cookie(means, request);
      break;
    case Verdict::kAskPuzzle:
      ask_puzzle(means, request, candidates, showing.puzzles);
      break;
    case Verdict::kDrop:
      ++counts_.refused_load;
      report_stranger(means, Severity::kWarn, kFlood, {},
                      "too many unfinished handshakes of " + request.path.remote.address.text());
      break;
  }
  return std::nullopt;
}

void Engine::ask_cookie(Means& means, const InitRequest& request) {
  const auto cookie = cookies_.make(means.moment.now, cookie_basis(request), random_);
  if (!cookie) return;
  ++counts_.cookies_asked;
  reply(means, request, {{.type = NotifyType::kCookie, .value = *cookie}});
}

// The more are half open the harder: a bit for each doubling. Who was free to choose and chose too little is told how
// much it has to be [8019-7.1.5-b].
std::uint8_t Engine::difficulty_now(std::uint8_t number) const {
  if (settings_.difficulty == 0) return number == 0 ? std::uint8_t{0} : limits::kSecondPuzzle;
  const std::size_t base = std::max<std::size_t>(settings_.tiers.puzzle_at, 1);
  return static_cast<std::uint8_t>(settings_.difficulty + std::bit_width(tiers_.half_open() / base | 1U) - 1);
}

// [8019-7.1.1-a]
void Engine::ask_puzzle(Means& means, const InitRequest& request, const std::vector<PolicyPtr>& candidates,
                        std::uint8_t number) {
  const auto prf = puzzle_prf(*request.contents.proposals, candidates);
  if (!prf) return answer_stranger(means, request, NotifyType::kNoProposalChosen);
  const auto next = static_cast<std::uint8_t>(std::min(number + 1, 255));
  const admission::PuzzleSet set{{*prf, difficulty_now(number)}, next};
  const auto cookie = cookies_.make(means.moment.now, cookie_basis(request), random_, set);
  if (!cookie) return;
  ikewire::WireBuffer puzzle(8);
  write_puzzle(puzzle, set.puzzle);
  ++counts_.puzzles_asked;
  reply(means, request,
        {{.type = NotifyType::kCookie, .value = *cookie}, {.type = NotifyType::kPuzzle, .value = puzzle.octets()}});
}

// Those that are half open by now, too, when the load begins (RFC 8019 §4.1).
void Engine::hurry_half_open(Instant now) {
  const bool loaded = tiers_.loaded(now);
  if (loaded && !loaded_) {
    for (auto& [spi, entry] : sas_) {
      if (!entry.half_open) continue;
      entry.sa->hurry();
      touched_.insert(spi);
    }
  }
  loaded_ = loaded;
}

// What the SA takes before it is known whose it is; nothing: there is no room.
std::optional<Engine::HalfOpen> Engine::half_open_of(const InitRequest& request, Instant now) {
  const IpAddress& source = request.path.remote.address;
  const Standing standing = tiers_.knows(now, source) ? Standing::kKnown : Standing::kStranger;
  // The request is kept as it came and as it is worked on, and the answer is not longer by much.
  const std::size_t octets = limits::kHalfOpenSaOctets + 3 * request.octets.size();
  auto sa = budget_.take(Cost::kSas, 1, standing);
  auto held = budget_.take(Cost::kOctets, octets, standing);
  auto fragments = budget_.take(Cost::kOctets, 0, standing);
  if (!sa || !held || !fragments || !budget_.has(Cost::kJobs, 1, standing)) {
    ++counts_.refused_budget;
    return std::nullopt;
  }
  return HalfOpen{source, standing, std::move(*sa), std::move(*held), std::move(*fragments)};
}

bool Engine::hold_fragments(std::uint64_t own_spi, std::size_t octets) {
  const auto found = sas_.find(own_spi);
  if (found == sas_.end() || !found->second.half_open) return true;
  HalfOpen& half_open = *found->second.half_open;
  const bool held = budget_.resize(half_open.fragments, octets, half_open.standing);
  counts_.refused_budget += held ? 0 : 1;
  return held;
}

bool Engine::may_work(std::uint64_t own_spi) const {
  const auto found = sas_.find(own_spi);
  if (found == sas_.end() || !found->second.half_open) return true;
  return budget_.has(Cost::kJobs, 1, found->second.half_open->standing);
}

std::optional<admission::Budget::Charge> Engine::hold_large_key(std::size_t octets) {
  return budget_.take(Cost::kLargeOctets, octets);
}

// Lines of the log, and of those who listen: nobody may fill them before it is known.
void Engine::withhold_reports(Means& means, const IkeSa& sa, std::size_t from) {
  if (sa.state().established_at != kNever) return;
  const auto withheld = [&](const Effect& effect) {
    const auto* const report = std::get_if<Report>(&effect);
    if (report == nullptr) return false;
    auto& bucket = report->severity == Severity::kDebug ? half_open_notes_ : half_open_reports_;
    if (bucket.take(means.moment.now)) return false;
    ++counts_.lines_withheld;
    return true;
  };
  Effects& effects = means.effects;
  effects.erase(std::remove_if(effects.begin() + static_cast<std::ptrdiff_t>(from), effects.end(), withheld),
                effects.end());
}

}  // namespace levelgate::ike
