// SPDX-License-Identifier: Apache-2.0
//
// Proposals, names and times of IKE, and tunnels against certificates and against each other. What a default says wrong
// is told at the default, what a tunnel overrides at the tunnel.
#include <levelgate/base/ip_address.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "config/draft.h"
#include "config/identity_text.h"
#include "config/read_values.h"
#include "crypto/certificate_identity.h"
#include "negotiation/keywords.h"
#include "negotiation/suite.h"
#include "syntax/nearest_word.h"

namespace levelgate::config {
namespace {

using ikewire::ProtocolId;
using ikewire::TransformType;

// Whether a proposal offers a key exchange that withstands quantum computers; of one that cannot be read: nothing.
std::optional<bool> post_quantum(ProtocolId protocol, std::string_view text) {
  const auto proposal = negotiation::parse_proposal(protocol, text);
  if (!proposal) return std::nullopt;
  return std::ranges::any_of(proposal->transforms, negotiation::is_quantum_safe);
}

bool names_sequence_numbers(std::string_view text) {
  return ("-" + std::string(text) + "-").find("-esn-") != std::string::npos ||
         ("-" + std::string(text) + "-").find("-noesn-") != std::string::npos;
}

class IkeJudge {
 public:
  IkeJudge(const Node& root, Draft& draft, Complaints& complaints)
      : root_(root), draft_(draft), config_(draft.config), complaints_(complaints) {}

  void judge() {
    for_each_value(find_below(root_, {"ike", "listen"}), [&](const Node& item) {
      if (complaints_.faulty(&item) || interface_named(config_, item.text) != nullptr) return;
      complaints_.error(16, item, "no interface is named \"" + item.text + "\"",
                        syntax::nearest_name(item.text, config_.interfaces));
    });
    if (const Node* const defaults = find_below(root_, {"ike", "defaults"})) {
      judge_settings(*defaults, draft_.ike_defaults);
    }
    for (std::size_t i = 0; i < config_.tunnels.size(); ++i) {
      if (config_.tunnels[i].ike) judge_tunnel(config_.tunnels[i], draft_.tunnels[i]);
    }
  }

 private:
  [[nodiscard]] bool usable(const Node* node) const { return node != nullptr && !complaints_.faulty(node); }

  void judge_tunnel(model::TunnelConfig& tunnel, const TunnelPlace& place) {
    model::TunnelIke& ike = *tunnel.ike;
    const Node& node = *place.node;
    if (const Node* const own = node.find("ike")) judge_settings(*own, ike.ike);
    judge_esp(node, ike);
    judge_trust(tunnel.name, node, ike);
    const auto& listen = config_.ike.listen;
    if (!listen.empty() && !tunnel.interface.empty() && std::ranges::find(listen, tunnel.interface) == listen.end()) {
      complaints_.error(
          55, place.mark,
          "tunnel \"" + tunnel.name + "\" is on interface \"" + tunnel.interface + "\", where IKE does not listen",
          "add it to ike.listen, or leave that out");
    }
    if (tunnel.tfs.mode == model::TfsMode::kFixed && !ike.aggfrag_required) {
      complaints_.warning(111, find_below(node, {"tfs", "peer-required"})->mark,
                          "with peer-required: false a peer decides whether mode fixed holds",
                          "without AGGFRAG sizes and times of inner packets are seen");
    }
    if (!complete_ids(tunnel, place)) return;
    judge_local_id(tunnel, node);
    const auto [first, fresh] = peers_.try_emplace({tunnel.remote, ike.local_id, ike.remote_id}, tunnel.name);
    if (fresh) return;
    complaints_.error(53, place.mark, "tunnel \"" + first->second + "\" has the same peer and the same ids",
                      "give one of them another remote.id or local.id");
  }

  // --- proposals and times ---

  void judge_settings(const Node& node, const model::IkeSettings& settings) {
    const Node* const proposals = node.find("proposals");
    const Node* const policy = node.find("post-quantum");
    for_each_value(proposals, [&](const Node& item) { judge_proposal(item, ProtocolId::kIke); });
    if (!complaints_.faulty(proposals) && !complaints_.faulty(policy)) judge_policy(proposals, policy, settings);
    const Node* const delay = find_below(node, {"dpd", "delay"});
    const Node* const timeout = find_below(node, {"dpd", "timeout"});
    const bool given = delay != nullptr || timeout != nullptr;
    if (!given || complaints_.faulty(delay) || complaints_.faulty(timeout)) return;
    if (settings.dpd_timeout >= settings.dpd_delay) return;
    complaints_.error(52, timeout != nullptr ? *timeout : *delay, "dpd.timeout is shorter than dpd.delay",
                      "the peer is asked after delay and has timeout for its answer");
  }

  void judge_proposal(const Node& item, ProtocolId protocol) {
    if (complaints_.faulty(&item)) return;
    if (protocol == ProtocolId::kEsp && names_sequence_numbers(item.text)) {
      return complaints_.error(47, item, "proposal '" + item.text + "' names sequence numbers",
                               "remove the word; esp.esn says it");
    }
    const auto proposal = negotiation::parse_proposal(protocol, item.text);
    if (!proposal) return complaints_.error(44, item, proposal.error().what);
    if (protocol != ProtocolId::kEsp) return;
    const bool known = std::ranges::all_of(proposal->transforms, [](const ikewire::Transform& transform) {
      return transform.type != TransformType::kEncr || negotiation::is_aead(ikewire::Encryption{transform.id});
    });
    if (known) return;
    complaints_.error(44, item, "proposal '" + item.text + "': the data plane has AEAD ciphers only",
                      "aes256gcm16, aes128gcm16 or chacha20poly1305");
  }

  // What is said at one place: proposals, the policy, or both; what is not said there was judged elsewhere.
  void judge_policy(const Node* proposals, const Node* policy, const model::IkeSettings& settings) {
    if (proposals == nullptr && policy == nullptr) return;
    const Node& place = policy != nullptr ? *policy : *proposals;
    bool offered = false;
    for (const std::string& text : settings.proposals) {
      const auto safe = post_quantum(ProtocolId::kIke, text);
      if (!safe) return;
      offered = offered || *safe;
    }
    if (settings.post_quantum == model::PostQuantum::kRequired && !offered) {
      complaints_.error(45, place, "no proposal has a post-quantum key exchange, and it is required",
                        "add -ke1_mlkem768 to a proposal, or say post-quantum: preferred");
    }
    if (settings.post_quantum != model::PostQuantum::kOff || !offered) return;
    if (proposals == nullptr) return tell_unwanted(place, settings.proposals.front());
    for_each_value(proposals, [&](const Node& item) {
      if (post_quantum(ProtocolId::kIke, item.text).value_or(false)) tell_unwanted(item, item.text);
    });
  }

  void tell_unwanted(const Node& place, const std::string& proposal) {
    complaints_.error(46, place, "proposal '" + proposal + "' has a post-quantum key exchange, and post-quantum is off",
                      "remove it there, or say post-quantum: preferred");
  }

  void judge_esp(const Node& tunnel, const model::TunnelIke& ike) {
    const bool off = ike.ike.post_quantum == model::PostQuantum::kOff;
    for_each_value(find_below(tunnel, {"esp", "proposals"}), [&](const Node& item) {
      judge_proposal(item, ProtocolId::kEsp);
      if (off && post_quantum(ProtocolId::kEsp, item.text).value_or(false)) tell_unwanted(item, item.text);
    });
    const Node* const time = find_below(tunnel, {"esp", "rekey", "time"});
    const Node* const margin = find_below(tunnel, {"esp", "rekey", "margin"});
    const bool given = time != nullptr || margin != nullptr;
    if (!given || complaints_.faulty(time) || complaints_.faulty(margin)) return;
    if (ike.esp.rekey_margin < ike.esp.rekey_time) return;
    complaints_.error(51, margin != nullptr ? *margin : *time, "esp.rekey.margin is not shorter than esp.rekey.time",
                      margin != nullptr ? "" : "margin is 5min unless the file says something else");
  }

  // --- who, and by whose word ---

  void judge_trust(const std::string& name, const Node& tunnel, const model::TunnelIke& ike) {
    const auto [auth, identity] = ike_keys_of(tunnel);
    const Node* const authorities = find_below(tunnel, {"remote", "authorities"});
    if (identity == nullptr) {
      if (authorities == nullptr) return;
      return complaints_.warning(106, authorities->mark, "remote.authorities has no effect with a preshared key");
    }
    if (!complaints_.faulty(identity) && certificate_place(ike.identity) == nullptr) {
      complaints_.error(16, *identity, "no identity is named \"" + ike.identity + "\" in certificates.identities",
                        syntax::nearest_name(ike.identity, config_.ike.identities));
    }
    if (authorities == nullptr && auth == nullptr) {
      complaints_.error(8, identity->mark, "tunnels." + name + ".remote.authorities is missing",
                        "name the authorities that the peer's certificate may come from");
    }
    for_each_value(authorities, [&](const Node& item) {
      const auto& known = config_.ike.authorities;
      if (complaints_.faulty(&item) ||
          std::ranges::find(known, item.text, &model::CertificateAuthority::name) != known.end())
        return;
      complaints_.error(16, item, "no authority is named \"" + item.text + "\" in certificates.authorities",
                        syntax::nearest_name(item.text, known));
    });
  }

  [[nodiscard]] const IdentityPlace* certificate_place(const std::string& name) const {
    for (std::size_t i = 0; i < config_.ike.identities.size(); ++i) {
      if (config_.ike.identities[i].name == name) return &draft_.identities[i];
    }
    return nullptr;
  }

  // False: an end or an id is not known, and the fault is told.
  bool complete_ids(model::TunnelConfig& tunnel, const TunnelPlace& place) {
    const Node* const local = find_below(*place.node, {"local", "id"});
    const Node* const remote = find_below(*place.node, {"remote", "id"});
    if (complaints_.faulty(local) || complaints_.faulty(remote)) return false;
    if (!place.remote_good || tunnel.local == IpAddress{}) return false;
    if (local == nullptr) tunnel.ike->local_id = {model::IdentityKind::kAddress, tunnel.local.text()};
    if (remote == nullptr) tunnel.ike->remote_id = {model::IdentityKind::kAddress, tunnel.remote.text()};
    return true;
  }

  // With certificates an id must stand in one (RFC 4945 §3.1); no certificate has a key id.
  void judge_local_id(const model::TunnelConfig& tunnel, const Node& node) {
    const IdentityPlace* const ours = certificate_place(tunnel.ike->identity);
    if (ours == nullptr || ike_keys_of(node).auth != nullptr) return;
    const Node* const remote = find_below(node, {"remote", "id"});
    if (remote != nullptr && tunnel.ike->remote_id.kind == model::IdentityKind::kKeyId) {
      complaints_.error(50, *remote, "no certificate proves the id " + identity_text(tunnel.ike->remote_id),
                        "write a name that stands in the peer's certificate");
    }
    if (!ours->leaf) return;
    const Result<void> bound = bind(*ours->leaf, tunnel.ike->local_id);
    if (bound) return;
    const Node* const local = find_below(node, {"local", "id"});
    complaints_.error(50, local != nullptr ? *local : *ike_keys_of(node).identity, bound.error().what,
                      "local.id: subject, or one of these names");
  }

  static Result<void> bind(const crypto::Certificate& leaf, const model::Identity& id) {
    const ConstBytes text = as_bytes(id.text.data(), id.text.size());
    const auto refuse = [&] {
      return failure(Fault::kBadInput, "certificate \"" + leaf.subject() + "\" does not name " + identity_text(id));
    };
    switch (id.kind) {
      case model::IdentityKind::kAddress: {
        const auto address = IpAddress::parse(id.text).value_or(IpAddress{});
        const bool v4 = address.family() == IpFamily::kV4;
        return bind_identity(leaf, v4 ? crypto::IdentityKind::kIpv4 : crypto::IdentityKind::kIpv6, address.bytes());
      }
      case model::IdentityKind::kFqdn:
        return bind_identity(leaf, crypto::IdentityKind::kFqdn, text);
      case model::IdentityKind::kEmail:
        return bind_identity(leaf, crypto::IdentityKind::kRfc822, text);
      case model::IdentityKind::kDistinguishedName:
        if (id.text.empty() || id.text == leaf.subject()) return {};
        return refuse();
      case model::IdentityKind::kKeyId:
        return refuse();
    }
    return {};
  }

  const Node& root_;
  Draft& draft_;
  model::Config& config_;
  Complaints& complaints_;
  std::map<std::tuple<IpAddress, model::Identity, model::Identity>, std::string> peers_;
};

}  // namespace

void judge_ike(const Node& root, Draft& draft, Complaints& complaints) { IkeJudge(root, draft, complaints).judge(); }

}  // namespace levelgate::config
