// SPDX-License-Identifier: Apache-2.0
//
// IKE_SA_INIT of strangers: cheap refusals first, then the cookie, then the choice, and only then an SA
// (RFC 7296 §2.6, §2.7, §1.2).
#include <algorithm>
#include <array>

#include "crypto/ike_hash.h"
#include "ike/engine.h"
#include "ikeexchange/large_key_offer.h"
#include "ikeexchange/ppk_init.h"
#include "ikestate/wording.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/negotiate.h"

namespace levelgate::ike {

using ikewire::NotifyType;

namespace {

using ikeexchange::init_answer_octets;
using ikeexchange::init_proposals;
using ikeexchange::InitChoice;
using ikeexchange::large_key_announcement;
using ikeexchange::LargeKeyAnnouncement;
using ikeexchange::Means;
using ikeexchange::read_ppk_offers;
using ikestate::kNatPort;
using ikestate::kNoProposal;
using ikestate::kPeerUnknown;
using ikestate::kPpkMissing;
using ikestate::kSeparateRefused;
using ikestate::offer_text;
using ikestate::other;
using ikestate::Path;
using ikestate::PolicyPtr;
using ikestate::Report;
using ikestate::SaState;
using ikestate::Send;
using ikestate::Severity;

Result<ikemessage::MessageDigest> digest_of(ConstBytes message) {
  const auto hash = crypto::ike_hash(crypto::IkeHash::kSha256, {message});
  if (!hash) return std::unexpected(hash.error());
  ikemessage::MessageDigest digest{};
  std::ranges::copy(*hash, digest.begin());
  return digest;
}

// Who begins over TCP wants ESP there as well, or says that it goes apart; who did not ask for that may be answered by
// either.
bool takes_tcp(const ikemessage::Contents& contents, const PolicyPtr& policy) {
  return policy->transports.esp_in_tcp || (policy->transports.apart && contents.has(NotifyType::kSeparateTransports));
}

// What was chosen with the first message binds whoever the peer turns out to be.
void keep_those_that_go_along(std::vector<PolicyPtr>& candidates, const Path& path, bool apart) {
  std::erase_if(candidates, [&](const PolicyPtr& policy) {
    return apart ? !policy->transports.apart : path.over_tcp() && !policy->transports.esp_in_tcp;
  });
}

std::string unwelcome_text(const Endpoint& peer, const ikemessage::Contents& contents) {
  return peer.text() + " begins over TCP" +
         (contents.has(NotifyType::kSeparateTransports)
              ? ", and the tunnel has transport: udp"
              : " and wants ESP there as well: the tunnel has transport: udp, or keeps ESP apart");
}

}  // namespace

std::vector<PolicyPtr> Engine::candidates(const Path& path) const {
  const auto found = by_addresses_.find({path.local.address, path.remote.address});
  return found == by_addresses_.end() ? std::vector<PolicyPtr>() : found->second;
}

// The digest is left out where it does not matter: most strangers have sent nothing before.
std::optional<std::uint64_t> Engine::sa_served(const InitRequest& request) const {
  const std::pair peer(request.path.remote, request.header.initiator_spi.value);
  const auto near = inits_.lower_bound({peer.first, peer.second, {}});
  if (near == inits_.end() || std::pair(near->first.source, near->first.initiator_spi) != peer) return std::nullopt;
  const auto digest = digest_of(request.octets);
  const auto found = digest ? inits_.find({peer.first, peer.second, *digest}) : inits_.end();
  return found == inits_.end() ? std::nullopt : std::optional(found->second);
}

void Engine::init_request(Means& means, InitRequest request) {
  using ikewire::Exchange;
  const auto& [path, octets, header, none] = request;
  const bool wanted = header.exchange == Exchange::kIkeSaInit && header.message_id.value == 0 &&
                      header.direction == ikewire::IkeDirection::kRequest && header.initiator_spi.value != 0;
  const auto chain = read_chain(header.first_payload, octets.subspan(ikewire::kIkeHeaderOctets), {});
  if (!wanted || !chain) {
    ++counts_.malformed;
    if (wanted && !chain && chain.error().fault == ikewire::IkeFault::kUnknownCritical) {  // [7296-2.5-i]
      const std::array type{std::byte(chain.error().payload)};
      answer_stranger(means, request, NotifyType::kUnsupportedCriticalPayload, type);
    }
    return;
  }
  if (const auto served = sa_served(request)) {  // answered with the same octets, or still being worked on
    sas_.at(*served).sa->datagram(means, path, octets, header);
    touched_.insert(*served);
    return;
  }
  const auto own = sas_.find(header.initiator_spi.value);
  if (own != sas_.end() && own->second.sa->state().role == ikewire::IkeRole::kInitiator) {
    ++counts_.malformed;  // our own request, reflected: whoever has the right keys would answer as ourselves
    return;
  }
  if (of_stream_.contains(path.stream)) {  // one SA for each connection [9329-6.1-k]
    ++counts_.malformed;
    return;
  }
  auto contents = ikemessage::read_contents(header.exchange, header.direction, *chain);
  if (!contents || !contents->proposals || !contents->nonce || !contents->key_exchange) {
    ++counts_.malformed;
    return;
  }
  request.contents = std::move(*contents);
  std::vector<PolicyPtr> possible = candidates(path);
  if (possible.empty()) {
    report_stranger(
        means, Severity::kWarn, kPeerUnknown, {},
        path.remote.text() + " asks for an SA with " + path.local.text() + "; no tunnel has these addresses");
    return answer_stranger(means, request, NotifyType::kNoProposalChosen);
  }
  if (path.over_tcp()) {
    const std::string first = possible.front()->name;
    std::erase_if(possible, [&](const PolicyPtr& policy) { return !takes_tcp(request.contents, policy); });
    if (possible.empty()) {
      report_stranger(means, Severity::kWarn, kSeparateRefused, first, unwelcome_text(path.remote, request.contents));
      return answer_stranger(means, request, NotifyType::kNoProposalChosen);
    }
  }
  if (const auto showing = admitted(means, request, possible)) serve_init(means, request, possible, *showing);
}

std::optional<InitChoice> Engine::choose_for(Means& means, const InitRequest& request,
                                             const std::vector<PolicyPtr>& candidates) {
  const bool intermediate = request.contents.has(NotifyType::kIntermediateExchangeSupported);
  const auto additional =
      intermediate ? negotiation::AdditionalExchanges::kAvailable : negotiation::AdditionalExchanges::kUnavailable;
  const ppk::Offers ppks = read_ppk_offers(request.contents);
  const auto admits = [&](const PolicyPtr& policy) { return ppk::admits(policy->ppk, ppks); };
  if (std::ranges::none_of(candidates, admits)) {
    report_stranger(means, Severity::kError, kPpkMissing, candidates.front()->name,
                    request.path.remote.text() + " offers no PPK in a form that is wanted here, and one is required");
    answer_stranger(means, request, NotifyType::kNoProposalChosen);
    return std::nullopt;
  }
  std::string why;
  const LargeKeyAnnouncement announced = large_key_announcement(request.contents);
  for (const PolicyPtr& policy : candidates) {
    if (!admits(policy)) continue;
    const auto configured = init_proposals(*policy, announced.takes(*policy));
    auto choice = negotiation::choose(configured, *request.contents.proposals, policy->ike_terms(additional));
    if (choice) return InitChoice{policy, choice->suite, choice->answer, {}};
    if (why.empty()) why = choice.error().text();
  }
  const PolicyPtr& first = candidates.front();
  report_stranger(means, Severity::kError, kNoProposal, first->name,
                  "no IKE proposal in common with " + request.path.remote.text() + ": " + why + "; the peer offers " +
                      offer_text(*request.contents.proposals) + ", we have " + offer_text(first->ike_proposals));
  answer_stranger(means, request, NotifyType::kNoProposalChosen);
  return std::nullopt;
}

void Engine::serve_init(Means& means, const InitRequest& request, std::vector<PolicyPtr> candidates,
                        const Showing& showing) {
  auto choice = choose_for(means, request, candidates);
  if (!choice) return;
  const bool apart = choice->policy->transports.apart && request.contents.has(NotifyType::kSeparateTransports);
  keep_those_that_go_along(candidates, request.path, apart);
  const auto ciphers = ikemessage::ike_ciphers_of(choice->suite);
  if (!ciphers || !ikemessage::nonce_fits(request.contents.nonce->size(), ciphers->shape.prf)) {
    return answer_stranger(means, request, NotifyType::kInvalidSyntax);
  }
  if (request.contents.key_exchange->method != choice->suite.key_exchange) {
    ikewire::WireBuffer value(8);
    write_wanted_method(value, choice->suite.key_exchange);
    return answer_stranger(means, request, NotifyType::kInvalidKePayload, value.octets());
  }
  if (!make_large_room(means, request, *choice, showing)) return;
  const auto own = draw_ike_spi();
  const auto digest = digest_of(request.octets);
  if (!own || !digest) return;
  const auto fresh = [&] {
    SaState state;
    state.role = ikewire::IkeRole::kResponder;
    state.spis = {request.header.initiator_spi, *own};
    state.path = request.path;
    if (state.path.over_tcp()) {
      // Where ESP in UDP would go: nothing of it has been seen.
      state.datagram_path = {{state.path.local.address, kNatPort}, {state.path.remote.address, kNatPort}};
      state.stream.up = true;
    }
    state.policy = choice->policy;
    state.candidates = candidates;
    if (showing.mark && settings_.auth_difficulty != 0) {  // [8019-7.2.1-a]
      state.auth_puzzle = ikewire::Puzzle{choice->suite.prf, settings_.auth_difficulty};
    }
    return state;
  };
  if (showing.shown == admission::Shown::kNothing) {
    SaState draft = fresh();
    if (init_answer_octets(draft, *choice, request.contents) > request.octets.size()) return ask_cookie(means, request);
  }
  auto half_open = half_open_of(request, means.moment.now);
  if (!half_open) return;
  if (showing.mark) spent_puzzles_.spend(means.moment.now, *showing.mark);
  Entry& entry = sas_[own->value];
  entry.sa = std::make_unique<IkeSa>(fresh());
  if (loaded_) entry.sa->hurry();
  entry.init = InitKey{request.path.remote, request.header.initiator_spi.value, *digest};
  tiers_.opened(half_open->source);
  entry.half_open = std::move(half_open);
  inits_[*entry.init] = own->value;
  // The contents are read anew from the octets that the SA keeps.
  ikemessage::Message message{
      request.header, {request.octets.begin(), request.octets.end()}, {}, request.header.first_payload, {}};
  const auto chain = read_chain(message.first, ConstBytes(message.datagram).subspan(ikewire::kIkeHeaderOctets), {});
  auto contents = chain ? ikemessage::read_contents(message.header.exchange, message.header.direction, *chain)
                        : ikewire::ike_fault(ikewire::IkeFault::kTruncated, 0);
  if (!contents) return;
  message.contents = std::move(*contents);
  entry.sa->serve_init(means, std::move(*choice), std::move(message));
  touched_.insert(own->value);
}

// Never more octets than came: the reply is smaller than any request that gets here, but for a bare header. Limited in
// rate (RFC 7296 §2.4) [7296-2.4-e].
void Engine::answer_stranger(Means& means, const InitRequest& request, NotifyType type, ConstBytes value) {
  if (stranger_answers_.take(means.moment.now)) reply(means, request, {{.type = type, .value = value}});
}

void Engine::reply(Means& means, const InitRequest& request, std::initializer_list<ikewire::Notify> notifies) {
  ikewire::WireBuffer buffer(request.octets.size());
  ikewire::IkeHeader header = request.header;
  header.direction = ikewire::IkeDirection::kResponse;
  header.sender = other(request.header.sender);
  write_ike_header(buffer, header);
  ikewire::ChainWriter chain(buffer);
  for (const ikewire::Notify& notify : notifies) chain.add(ikewire::PayloadType::kNotify, notify);
  finish_ike_message(buffer, 0, chain.first());
  if (buffer.ok()) means.effects.push_back(Send{request.path, buffer.take()});
}

void Engine::report_stranger(Means& means, Severity severity, std::string_view id, std::string tunnel,
                             std::string text) {
  if (!stranger_reports_.take(means.moment.now)) {
    ++counts_.lines_withheld;
    return;
  }
  means.effects.push_back(Report{severity, id, std::move(tunnel), std::move(text)});
}

}  // namespace levelgate::ike
