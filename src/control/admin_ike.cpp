// SPDX-License-Identifier: Apache-2.0
//
// IKE SAs, Child SAs, certificates and algorithms in words and in values.
#include "control/admin_ike.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/admin_streams.h"
#include "control/figures.h"
#include "control/fragmentation.h"
#include "control/tunnels.h"
#include "ikemessage/ciphers_of_suite.h"
#include "ikestate/report_ids.h"
#include "ikestate/wording.h"

namespace levelgate::control {
namespace {

using ike::IkeSa;
using ikestate::SaState;

std::string hex(std::uint64_t value, int digits) { return fmt::format("{:0{}x}", value, digits); }

Value::List list_of(const std::vector<std::string>& words) {
  Value::List list;
  for (const std::string& word : words) list.push_back(Value{word});
  return list;
}

std::string_view state_word(const SaState& sa) {
  switch (sa.phase) {
    case ikestate::Phase::kNone:
    case ikestate::Phase::kInitSent:
    case ikestate::Phase::kIntermediateSent:
    case ikestate::Phase::kAuthSent:
    case ikestate::Phase::kIntermediateDue:
    case ikestate::Phase::kAuthDue:
      return "connecting";
    case ikestate::Phase::kEstablished:
      return "established";
    case ikestate::Phase::kRekeyed:
      return "rekeyed";
    case ikestate::Phase::kClosing:
      return "closing";
  }
  return "";
}

std::string_view child_word(ikestate::ChildStage stage) {
  switch (stage) {
    case ikestate::ChildStage::kActive:
      return "installed";
    case ikestate::ChildStage::kReplaced:
      return "rekeyed";
    case ikestate::ChildStage::kClosing:
      return "closing";
  }
  return "";
}

// Who announced that both IKE_SA_INIT messages are signed (draft-ietf-ipsecme-ikev2-downgrade-prevention-08).
std::string_view downgrade_word(authentication::TranscriptNotify notify) {
  switch (notify) {
    case authentication::TranscriptNotify::kNobody:
      return "nobody";
    case authentication::TranscriptNotify::kInitiatorOnly:
      return "initiator only";
    case authentication::TranscriptNotify::kResponderOnly:
      return "responder only";
    case authentication::TranscriptNotify::kBoth:
      return "both";
  }
  return "";
}

// Which PPK is in keys, and by which exchange it came there.
std::string_view ppk_word(ikestate::PpkWay way) {
  switch (way) {
    case ikestate::PpkWay::kAuth:
      return "IKE_AUTH";
    case ikestate::PpkWay::kIntermediate:
      return "IKE_INTERMEDIATE";
    case ikestate::PpkWay::kCreateChild:
      return "CREATE_CHILD_SA";
  }
  return "";
}

void add_ppk(Value::Map& map, const std::optional<ikestate::PpkUse>& use) {
  map.push_back({"ppk", Value{use ? use->ppk.id : ""}});
  map.push_back({"ppk-exchange", Value{use ? std::string(ppk_word(use->way)) : ""}});
}

// Nothing for a tunnel that has no PPK.
std::string ppk_text(const SaState& sa) {
  if (sa.ppk.used) return "   ppk: " + sa.ppk.used->ppk.id + " by " + std::string(ppk_word(sa.ppk.used->way));
  return sa.policy->ppk.keys.empty() ? "" : "   ppk: none";
}

std::uint64_t seconds_until(Instant when, Instant now) { return when == kNever ? 0 : whole_seconds(when - now); }

const model::SaStats* stats_of(const View& view, const std::string& tunnel, Spi inbound) {
  for (const model::NamedTunnelStats& named : view.stats.tunnels) {
    if (named.name != tunnel) continue;
    for (const model::SaStats& sa : named.inbound) {
      if (sa.spi == inbound) return &sa;
    }
  }
  return nullptr;
}

const model::SaStats* outbound_stats_of(const View& view, const std::string& tunnel, Spi outbound) {
  for (const model::NamedTunnelStats& named : view.stats.tunnels) {
    if (named.name == tunnel && named.outbound && named.outbound->spi == outbound) return &*named.outbound;
  }
  return nullptr;
}

Value::Map child_value(const ikestate::ChildSa& child, const std::string& tunnel, const View& view) {
  const auto life = view.tunnels->lives().find(tunnel);
  const bool held = life != view.tunnels->lives().end() && life->second.children.contains(child.id);
  const ikestate::ChildUp* const up = held ? &life->second.children.at(child.id).up : nullptr;
  const auto* const in = stats_of(view, tunnel, child.inbound);
  const auto* const out = outbound_stats_of(view, tunnel, child.outbound);
  const auto carrier = up != nullptr ? up->encapsulation : model::Encapsulation::kNone;
  Value::Map map{{"state", Value{std::string(child_word(child.stage))}},
                 {"sends", Value{held && life->second.sends_by == child.id}},
                 {"proven", Value{held && life->second.children.at(child.id).proven}},
                 {"spi-in", Value{hex(child.inbound.value, 8)}},
                 {"spi-out", Value{hex(child.outbound.value, 8)}},
                 {"cipher", Value{ikestate::cipher_word(child.suite)}},
                 {"key-exchanges", Value{list_of(ikestate::exchange_words(child.suite))}},
                 {"esn", Value{child.suite.sequence_numbers == ikewire::SequenceNumbers::kExtended}},
                 {"encapsulation", Value{std::string(name_of(carrier))}},
                 {"large-key", Value{child.large_key}},
                 {"aggfrag", Value{child.aggfrag}},
                 {"fragmentation", Value{fragmentation_text(tunnel, view)}},
                 {"local-selectors", Value{ikestate::selectors_text(child.selectors.local)}},
                 {"remote-selectors", Value{ikestate::selectors_text(child.selectors.remote)}},
                 {"octets-in", Value{in != nullptr ? in->octets : 0}},
                 {"packets-in", Value{in != nullptr ? in->packets : 0}},
                 {"octets-out", Value{out != nullptr ? out->octets : 0}},
                 {"packets-out", Value{out != nullptr ? out->packets : 0}},
                 {"rekey-in-seconds", Value{seconds_until(child.rekey_at, view.now)}}};
  add_ppk(map, child.ppk);
  return map;
}

const char* transport_word(const SaState& sa) {
  if (!sa.path.over_tcp()) return "udp";
  return sa.stream.up ? "tcp" : "tcp, not connected";
}

Value::Map sa_value(const SaState& sa, const View& view) {
  Value::List children;
  for (const auto& [id, child] : sa.children) children.push_back(Value{child_value(child, sa.tunnel(), view)});
  const auto& credentials = *sa.policy->credentials;
  const bool initiator = sa.role == ikewire::IkeRole::kInitiator;
  Value::Map map{
      {"state", Value{std::string(state_word(sa))}},
      {"role", Value{std::string(initiator ? "initiator" : "responder")}},
      {"spi-initiator", Value{hex(sa.spis.initiator.value, 16)}},
      {"spi-responder", Value{hex(sa.spis.responder.value, 16)}},
      {"local", Value{sa.path.local.text()}},
      {"remote", Value{sa.path.remote.text()}},
      {"transport", Value{std::string(transport_word(sa))}},
      {"nat", Value{std::string(sa.nat.own && sa.nat.peer ? "both sides"
                                : sa.nat.own              ? "before us"
                                : sa.nat.peer             ? "before the peer"
                                                          : "none")}},
      {"local-id", Value{authentication::text_of(credentials.own_id.type, credentials.own_id.value)}},
      {"remote-id", Value{sa.peer_id.value.empty() ? credentials.peer_name.text
                                                   : authentication::text_of(sa.peer_id.type, sa.peer_id.value)}},
      {"local-auth", Value{sa.proofs.own}},
      {"remote-auth", Value{sa.proofs.peer.method_text}},
      {"remote-subject", Value{sa.proofs.peer.subject}},
      {"remote-authority", Value{sa.proofs.peer.authority}}};
  // Before there are keys there is no suite.
  const bool agreed = sa.protection.has_value();
  map.push_back({"cipher", Value{agreed ? ikestate::cipher_word(sa.suite) : ""}});
  map.push_back({"prf", Value{agreed ? ikestate::prf_word(sa.suite) : ""}});
  map.push_back({"key-exchanges", Value{agreed ? list_of(ikestate::exchange_words(sa.suite)) : Value::List{}}});
  map.push_back({"suite", Value{agreed ? ikestate::suite_text(sa.suite) : ""}});
  map.push_back({"post-quantum", Value{sa.post_quantum}});
  map.push_back({"large-key", Value{sa.large_key}});
  add_ppk(map, sa.ppk.used);
  map.push_back({"downgrade-protection", Value{agreed ? std::string(downgrade_word(sa.transcript)) : ""}});
  map.push_back({"rekey-in-seconds", Value{seconds_until(sa.rekey_at, view.now)}});
  map.push_back({"children", Value{std::move(children)}});
  return map;
}

bool held_back(std::map<std::string, Life>::const_iterator life, const ikestate::ChildSa& child, const View& view) {
  return life != view.tunnels->lives().end() && life->second.awaits_large_key && !child.large_key;
}

void child_lines(const ikestate::ChildSa& child, const std::string& tunnel, const View& view,
                 std::vector<std::string>& lines) {
  const auto life = view.tunnels->lives().find(tunnel);
  const bool sends = life != view.tunnels->lives().end() && life->second.sends_by == child.id;
  lines.push_back("  child  ESP " + ikestate::suite_text(child.suite) +
                  (child.aggfrag ? "  AGGFRAG both ways" : "  no AGGFRAG") +
                  (child.aggfrag ? "  fragmentation: " + fragmentation_text(tunnel, view) : "") +
                  (child.ppk && child.ppk->way == ikestate::PpkWay::kCreateChild ? "  ppk: " + child.ppk->ppk.id : "") +
                  (child.stage != ikestate::ChildStage::kActive ? "  " + std::string(child_word(child.stage)) : "") +
                  (held_back(life, child, view) ? "  waits for its large key"
                   : sends                      ? ""
                                                : "  not sending"));
  lines.push_back("        in " + hex(child.inbound.value, 8) + "  out " + hex(child.outbound.value, 8) +
                  "  rekey in " + age(std::chrono::seconds(seconds_until(child.rekey_at, view.now))) + "   " +
                  ikestate::selectors_text(child.selectors.local) + " <-> " +
                  ikestate::selectors_text(child.selectors.remote));
}

void sa_lines(const SaState& sa, const View& view, std::vector<std::string>& lines) {
  const auto& credentials = *sa.policy->credentials;
  const bool up = sa.phase == ikestate::Phase::kEstablished || sa.phase == ikestate::Phase::kRekeyed;
  std::string state(state_word(sa));
  std::ranges::transform(state, state.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  lines.push_back(
      sa.tunnel() + "  " + state + "  " + (sa.role == ikewire::IkeRole::kInitiator ? "initiator" : "responder") + "  " +
      hex(sa.spis.initiator.value, 16) + " / " + hex(sa.spis.responder.value, 16) + "   " + sa.path.local.text() +
      " - " + sa.path.remote.text() + (sa.path.over_tcp() ? std::string(" ") + transport_word(sa) : "") +
      (sa.nat.any() ? " (NAT)" : " (no NAT)"));
  lines.push_back("  local  " + authentication::text_of(credentials.own_id.type, credentials.own_id.value) +
                  (sa.proofs.own.empty() ? "" : "    " + sa.proofs.own));
  lines.push_back("  remote " +
                  (sa.peer_id.value.empty() ? credentials.peer_name.text
                                            : authentication::text_of(sa.peer_id.type, sa.peer_id.value)) +
                  (sa.proofs.peer.method_text.empty() ? "" : "    " + sa.proofs.peer.method_text) +
                  (sa.proofs.peer.authority.empty() ? "" : ", issued by " + sa.proofs.peer.authority));
  if (sa.protection) {
    lines.push_back("  " + ikestate::suite_text(sa.suite) + "   post-quantum: " + (sa.post_quantum ? "yes" : "no") +
                    ppk_text(sa) + "   downgrade protection: " + std::string(downgrade_word(sa.transcript)) +
                    (up ? "   rekey in " + age(std::chrono::seconds(seconds_until(sa.rekey_at, view.now))) : ""));
  }
  for (const auto& [id, child] : sa.children) child_lines(child, sa.tunnel(), view, lines);
}

std::unexpected<Error> no_ike(const std::string& name) {
  return failure(Fault::kNotFound, "no tunnel \"" + name + "\" is kept by IKE");
}

bool is_kept(const std::string& name, const View& view) {
  return view.tunnels != nullptr && (name.empty() || view.tunnels->lives().contains(name));
}

const ikestate::ReportText* text_of_id(std::string_view id) {
  const auto found = std::ranges::find(ikestate::kReportTexts, id, &ikestate::ReportText::id);
  return found == ikestate::kReportTexts.end() ? nullptr : &*found;
}

Value::Map happening_value(const Happening& happening, Instant now) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - happening.at).count();
  return {{"number", Value{happening.number}},
          {"age-milliseconds", Value{static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0))}},
          {"tunnel", Value{happening.tunnel}},
          {"event", Value{std::string(happening.id)}},
          {"text", Value{happening.text}}};
}

// What unknown peers, and large keys on their way, cost: now, at most ever, at most at all.
Value::Map budget_values(const admission::Budget& budget) {
  Value::Map accounts;
  for (const admission::Cost cost : admission::kAllCosts) {
    const admission::Budget::Account& account = budget.account(cost);
    accounts.push_back({std::string(name_of(cost)), Value{Value::Map{{"held", Value{std::uint64_t{account.held}}},
                                                                     {"peak", Value{std::uint64_t{account.peak}}},
                                                                     {"most", Value{std::uint64_t{account.most}}},
                                                                     {"refused", Value{account.refused}}}}});
  }
  return accounts;
}

}  // namespace

Result<Answer> show_ike(const std::string& name, const View& view) {
  if (!is_kept(name, view)) return no_ike(name);
  Answer answer;
  Value::Map tunnels;
  for (const auto& [tunnel, life] : view.tunnels->lives()) {
    if (!name.empty() && tunnel != name) continue;
    Value::List sas;
    const std::size_t before = answer.lines.size();
    view.tunnels->engine().each([&](const IkeSa& sa) {
      if (sa.state().tunnel() != tunnel) return;
      sas.push_back(Value{sa_value(sa.state(), view)});
      sa_lines(sa.state(), view, answer.lines);
    });
    if (answer.lines.size() == before) answer.lines.push_back(tunnel + "  no IKE SA");
    if (const std::string why = why_not_up(tunnel, view); !why.empty())
      answer.lines.push_back("  " + tunnel + ": " + why);
    tunnels.push_back({tunnel, Value{Value::Map{{"ike-sas", Value{std::move(sas)}}}}});
  }
  const ike::EngineCounts& counts = view.tunnels->engine().counts();
  const model::LostArrivals& lost = view.lost;
  if (lost.strangers + lost.returned + lost.unread > 0) {
    answer.lines.push_back(fmt::format("dropped unserved: {} first messages, {} with a cookie, {} unread in the kernel",
                                       lost.strangers, lost.returned, lost.unread));
  }
  if (std::string line = stream_line(view.streams); !line.empty()) answer.lines.push_back(std::move(line));
  answer.value.is = Value::Map{{"tunnels", Value{std::move(tunnels)}},
                               {"half-open", Value{std::uint64_t{view.tunnels->engine().half_open()}}},
                               {"cookies-asked", Value{counts.cookies_asked}},
                               {"refused-load", Value{counts.refused_load}},
                               {"puzzles-asked", Value{counts.puzzles_asked}},
                               {"puzzles-solved", Value{counts.puzzles_solved}},
                               {"puzzles-wrong", Value{counts.puzzles_wrong}},
                               {"refused-budget", Value{counts.refused_budget}},
                               {"lines-withheld", Value{counts.lines_withheld}},
                               {"budget", Value{budget_values(view.tunnels->engine().budget())}},
                               {"strangers-dropped", Value{lost.strangers}},
                               {"returned-dropped", Value{lost.returned}},
                               {"unread-dropped", Value{lost.unread}},
                               {"tcp-connections", Value{stream_values(view.streams)}}};
  return answer;
}

Result<Answer> show_sa(const std::string& name, const View& view) {
  if (!is_kept(name, view)) return no_ike(name);
  Answer answer;
  answer.columns = {{"TUNNEL"},
                    {"STATE"},
                    {"SPI IN"},
                    {"SPI OUT"},
                    {"SUITE"},
                    {"AGGFRAG"},
                    {"IN", Align::kRight},
                    {"OUT", Align::kRight},
                    {"REKEY IN", Align::kRight}};
  Value::Map tunnels;
  view.tunnels->engine().each([&](const IkeSa& sa) {
    const std::string& tunnel = sa.state().tunnel();
    if (!name.empty() && tunnel != name) return;
    Value::List children;
    for (const auto& [id, child] : sa.state().children) {
      const auto* const in = stats_of(view, tunnel, child.inbound);
      const auto* const out = outbound_stats_of(view, tunnel, child.outbound);
      answer.rows.push_back({tunnel, std::string(child_word(child.stage)), hex(child.inbound.value, 8),
                             hex(child.outbound.value, 8), ikestate::suite_text(child.suite),
                             child.aggfrag ? "yes" : "no",
                             in != nullptr ? volume(static_cast<double>(in->octets)) : "-",
                             out != nullptr ? volume(static_cast<double>(out->octets)) : "-",
                             age(std::chrono::seconds(seconds_until(child.rekey_at, view.now)))});
      children.push_back(Value{child_value(child, tunnel, view)});
    }
    tunnels.push_back({tunnel, Value{std::move(children)}});
  });
  answer.value.is = Value::Map{{"tunnels", Value{std::move(tunnels)}}};
  return answer;
}

Result<Answer> show_certs(const std::string& name, const View& view) {
  if (!is_kept(name, view)) return no_ike(name);
  Answer answer;
  answer.columns = {{"TUNNEL"}, {"WHOSE"}, {"SUBJECT"}, {"ISSUER"}, {"EXPIRES", Align::kRight}};
  Value::List list;
  const auto add = [&](const std::string& tunnel, const std::string& whose, const std::string& subject,
                       const std::string& issuer, std::int64_t last_second) {
    const std::int64_t left = last_second - view.unix_seconds;
    answer.rows.push_back(
        {tunnel, whose, subject, issuer, left < 0 ? "expired" : "in " + age(std::chrono::seconds(left))});
    list.push_back(Value{Value::Map{{"tunnel", Value{tunnel}},
                                    {"whose", Value{whose}},
                                    {"subject", Value{subject}},
                                    {"issuer", Value{issuer}},
                                    {"expires-unix-seconds", Value{static_cast<std::uint64_t>(last_second)}}}});
  };
  for (const ikestate::PolicyPtr& policy : view.tunnels->policies()) {
    if (!name.empty() && policy->name != name) continue;
    for (const auto& certificate : policy->credentials->own.chain) {
      add(policy->name, "ours", certificate.subject(), certificate.issuer(), certificate.last_second());
    }
    for (const auto& authority : policy->credentials->peer.authorities) {
      for (const auto& anchor : authority->anchors) {
        add(policy->name, "authority " + authority->name, anchor.subject(), anchor.issuer(), anchor.last_second());
      }
    }
  }
  view.tunnels->engine().each([&](const IkeSa& sa) {
    const authentication::Verified& peer = sa.state().proofs.peer;
    if (peer.subject.empty() || (!name.empty() && sa.state().tunnel() != name)) return;
    add(sa.state().tunnel(), "the peer's", peer.subject, peer.issuer, peer.last_second);
  });
  answer.value.is = Value::Map{{"certificates", Value{std::move(list)}}};
  return answer;
}

Answer show_algorithms() {
  Answer answer;
  answer.columns = {{"KIND"}, {"WORDS IN PROPOSALS"}};
  Value::Map map;
  for (const auto& [kind, words] : ikemessage::computed_words()) {
    answer.rows.push_back({kind, fmt::format("{}", fmt::join(words, " "))});
    map.push_back({kind, Value{list_of(words)}});
  }
  answer.value.is = std::move(map);
  return answer;
}

std::string why_not_up(const std::string& name, const View& view) {
  if (view.tunnels == nullptr) return {};
  const auto found = view.tunnels->lives().find(name);
  if (found == view.tunnels->lives().end()) return {};
  const Life& life = found->second;
  const std::string run = ". Run: levelgate explain " + name;
  if (life.holds_back()) return "its keys have no large key yet, and large-keys.traffic is waits" + run;
  if (!life.children.empty()) return {};
  if (life.failure) {
    std::string text = life.failure->text + " (" + age(view.now - life.failure->at) + " ago)";
    if (life.try_at != kNever && life.try_at > view.now) text += ", next try in " + age(life.try_at - view.now);
    return text + run;
  }
  if (life.trying) return "a handshake is under way";
  if (!life.up.empty()) return "the IKE SA is up, but there is no Child SA";
  return life.wanted ? "waits for its next try" : "waits for the peer, or for: levelgate up " + name;
}

bool waits(const std::string& name, const View& view) {
  if (view.tunnels == nullptr) return false;
  const auto found = view.tunnels->lives().find(name);
  if (found == view.tunnels->lives().end()) return false;
  const Life& life = found->second;
  return !life.wanted && !life.trying && life.up.empty() && !life.failure;
}

Result<Answer> explain_tunnel(const std::string& name, const View& view) {
  if (view.tunnels == nullptr || !view.tunnels->lives().contains(name)) return no_ike(name);
  const Life& life = view.tunnels->lives().at(name);
  Answer answer;
  Value::Map map{{"tunnel", Value{name}}};
  if (!life.failure) {
    answer.lines.push_back(name +
                           (life.children.empty() ? ": not up; nothing has failed" : ": up; nothing has failed"));
  } else {
    const ikestate::ReportText* const text = text_of_id(life.failure->id);
    std::string head = name + ": failed";
    if (life.failed_attempts > 1) head += " " + std::to_string(life.failed_attempts) + " times";
    if (life.failing_since != kNever) head += ", first " + age(view.now - life.failing_since) + " ago";
    answer.lines.push_back(head + "   [" + std::string(life.failure->id) + "]");
    answer.lines.push_back(" what happened: " + life.failure->text);
    if (text != nullptr) {
      answer.lines.push_back(" likely cause:  " + std::string(text->cause));
      if (!text->cure.empty()) answer.lines.push_back(" likely fix:    " + std::string(text->cure));
      map.push_back({"cause", Value{std::string(text->cause)}});
      map.push_back({"cure", Value{std::string(text->cure)}});
    }
    map.push_back({"event", Value{std::string(life.failure->id)}});
    map.push_back({"text", Value{life.failure->text}});
  }
  constexpr std::size_t kMostLines = 24;
  std::vector<const Happening*> own;
  for (const Happening& happening : view.tunnels->happenings()) {
    if (happening.tunnel == name) own.push_back(&happening);
  }
  if (own.size() > kMostLines) own.erase(own.begin(), own.end() - kMostLines);
  Value::List ladder;
  if (!own.empty()) answer.lines.push_back(" lately:");
  for (const Happening* happening : own) {
    answer.lines.push_back(fmt::format("  {:>9.3f} s ago  {}{}{}",
                                       std::chrono::duration<double>(view.now - happening->at).count(), happening->id,
                                       happening->id.empty() ? "" : " ", happening->text));
    ladder.push_back(Value{happening_value(*happening, view.now)});
  }
  map.push_back({"happenings", Value{std::move(ladder)}});
  answer.value.is = std::move(map);
  return answer;
}

Answer happenings_after(std::uint64_t number, const View& view) {
  Answer answer;
  Value::List list;
  std::uint64_t last = number;
  if (view.tunnels != nullptr) {
    for (const Happening& happening : view.tunnels->happenings()) {
      if (happening.number <= number) continue;
      last = happening.number;
      list.push_back(Value{happening_value(happening, view.now)});
      answer.lines.push_back((happening.tunnel.empty() ? "-" : happening.tunnel) + "  " +
                             (happening.id.empty() ? "" : std::string(happening.id) + "  ") + happening.text);
    }
  }
  answer.value.is = Value::Map{{"last", Value{last}}, {"happenings", Value{std::move(list)}}};
  return answer;
}

}  // namespace levelgate::control
