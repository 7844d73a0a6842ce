// SPDX-License-Identifier: Apache-2.0
//
// Field by field. Tunnels hold settings with the file's defaults filled in, so a default that changes is told at each
// tunnel that it reaches.
#include "control/ike_changes.h"

#include <algorithm>

#include "control/change_text.h"
#include "control/figures.h"

namespace levelgate::control {
namespace {

std::string encapsulation_word(const model::TunnelIke& ike) { return ike.esp_in_tcp ? "tcp" : text(ike.encapsulation); }

std::string when(model::LargeKeyTime time) {
  return time == model::LargeKeyTime::kBeforeAuth ? "before-auth" : "after-auth";
}

std::string traffic(model::LargeKeyTraffic value) {
  return value == model::LargeKeyTraffic::kWaits ? "waits" : "flows";
}

std::string bits_per_second(const model::LargeKeys& large) {
  return std::to_string(large.pace_bits_per_second) + " bit/s";
}

class IkeComparison {
 public:
  explicit IkeComparison(std::string path) : path_(std::move(path)) {}

  template <typename T>
  void field(const std::string& key, Cost cost, const T& before, const T& after) {
    if (!(before == after)) changes_.push_back({path_ + key, cost, text(before), text(after)});
  }

  // What is held as text of a file, or is secret; the noun has its article: "a key".
  template <typename T>
  void content(const std::string& key, Cost cost, const T& before, const T& after, const std::string& noun) {
    if (before == after) return;
    const bool there = !(before == T{});
    const bool stays = !(after == T{});
    changes_.push_back({path_ + key, cost, there ? noun : "none",
                        !stays  ? "none"
                        : there ? "another " + noun.substr(2)
                                : noun});
  }

  template <typename T, typename Inside>
  void each(const std::string& key, const std::vector<T>& before, const std::vector<T>& after, Inside inside) {
    const auto named = [](const std::vector<T>& list, const std::string& name) {
      const auto found = std::ranges::find(list, name, &T::name);
      return found != list.end() ? &*found : nullptr;
    };
    for (const T& item : before) {
      if (named(after, item.name) == nullptr) changes_.push_back({path_ + key + item.name, Cost::kRekey, "there", ""});
    }
    for (const T& item : after) {
      const T* const old = named(before, item.name);
      if (old == nullptr) changes_.push_back({path_ + key + item.name, Cost::kRekey, "", "new"});
      if (old != nullptr) inside(key + item.name + ".", *old, item);
    }
  }

  void settings(const model::IkeSettings& a, const model::IkeSettings& b) {
    field("ike.proposals", Cost::kRekey, a.proposals, b.proposals);
    field("ike.post-quantum", Cost::kRekey, a.post_quantum, b.post_quantum);
    field("ike.rekey", Cost::kRekey, a.rekey, b.rekey);
    field("ike.dpd.delay", Cost::kLive, a.dpd_delay, b.dpd_delay);
    field("ike.dpd.timeout", Cost::kLive, a.dpd_timeout, b.dpd_timeout);
    field("ike.fragmentation", Cost::kRekey, a.fragmentation, b.fragmentation);
    field("ike.childless", Cost::kRekey, a.childless, b.childless);
    field("ike.transport", Cost::kTunnelRestart, a.transport, b.transport);
    field("ike.tcp-port", Cost::kTunnelRestart, std::uint32_t{a.tcp_port}, std::uint32_t{b.tcp_port});
  }

  void ppk(const model::PpkSettings& a, const model::PpkSettings& b) {
    const auto first = [](const model::PpkSettings& all) { return all.keys.empty() ? model::Ppk{} : all.keys.front(); };
    const auto others = [](const model::PpkSettings& all) {
      return std::vector(all.keys.begin() + (all.keys.empty() ? 0 : 1), all.keys.end());
    };
    field("ppk.id", Cost::kRekey, first(a).id, first(b).id);
    content("ppk.file", Cost::kRekey, first(a).key, first(b).key, "a key");
    content("ppk.others", Cost::kRekey, others(a), others(b), "a list");
    field("ppk.required", Cost::kTunnelRestart, a.required, b.required);
    field("ppk.exchange", Cost::kRekey, a.exchange, b.exchange);
  }

  // Announced in IKE_SA_INIT: another set, or none, needs another IKE SA.
  void large_keys(const std::optional<model::LargeKeys>& a, const std::optional<model::LargeKeys>& b) {
    if (!a || !b) return content("large-keys", Cost::kTunnelRestart, a, b, "a large key");
    field("large-keys.method", Cost::kTunnelRestart, a->method, b->method);
    field("large-keys.when", Cost::kTunnelRestart, when(a->when), when(b->when));
    field("large-keys.traffic", Cost::kLive, traffic(a->traffic), traffic(b->traffic));
    field("large-keys.pace", Cost::kLive, bits_per_second(*a), bits_per_second(*b));
  }

  void esp(const model::EspSettings& a, const model::EspSettings& b) {
    const auto limit = [](std::uint64_t octets) { return octets == 0 ? "no limit" : std::to_string(octets) + "B"; };
    field("esp.proposals", Cost::kRekey, a.proposals, b.proposals);
    field("esp.esn", Cost::kRekey, a.esn, b.esn);
    field("esp.rekey.time", Cost::kRekey, a.rekey_time, b.rekey_time);
    field("esp.rekey.bytes", Cost::kRekey, limit(a.rekey_octets), limit(b.rekey_octets));
    field("esp.rekey.margin", Cost::kRekey, a.rekey_margin, b.rekey_margin);
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  std::string path_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> ike_changes(const model::IkeConfig& before, const model::IkeConfig& after) {
  IkeComparison all("");
  using Authority = model::CertificateAuthority;
  all.each("certificates.authorities.", before.authorities, after.authorities,
           [&](const std::string& path, const Authority& a, const Authority& b) {
             all.content(path + "file", Cost::kRekey, a.pem, b.pem, "a certificate");
             all.content(path + "crl", Cost::kRekey, a.crl, b.crl, "a list");
             all.field(path + "revocation", Cost::kRekey, a.revocation, b.revocation);
           });
  using Ours = model::CertificateIdentity;
  all.each("certificates.identities.", before.identities, after.identities,
           [&](const std::string& path, const Ours& a, const Ours& b) {
             all.content(path + "chain", Cost::kRekey, a.chain, b.chain, "a certificate");
             all.content(path + "key.file", Cost::kRekey, a.key.pem, b.key.pem, "a key");
             all.field(path + "key.uri", Cost::kRekey, a.key.uri, b.key.uri);
           });
  all.field("ike.listen", Cost::kDaemonRestart, before.listen, after.listen);
  all.field("ike.tcp-port", Cost::kLive, std::uint32_t{before.tcp_port}, std::uint32_t{after.tcp_port});
  all.field("ike.defaults.cookie-threshold", Cost::kLive, before.cookie_threshold, after.cookie_threshold);
  const model::AdmissionConfig& old = before.admission;
  const model::AdmissionConfig& now = after.admission;
  const std::string defaults = "ike.defaults.";
  all.field(defaults + "puzzle-threshold", Cost::kLive, old.puzzle_threshold, now.puzzle_threshold);
  all.field(defaults + "puzzle-difficulty", Cost::kLive, old.puzzle_difficulty, now.puzzle_difficulty);
  all.field(defaults + "puzzle-auth-difficulty", Cost::kLive, old.puzzle_auth_difficulty, now.puzzle_auth_difficulty);
  all.field(defaults + "puzzle-most-difficulty", Cost::kLive, old.puzzle_most_difficulty, now.puzzle_most_difficulty);
  all.field(defaults + "half-open-per-address", Cost::kLive, old.half_open_per_address, now.half_open_per_address);
  all.field(defaults + "half-open-per-network", Cost::kLive, old.half_open_per_network, now.half_open_per_network);
  return all.take();
}

std::vector<Change> tunnel_ike_changes(const std::string& path, const model::TunnelIke& before,
                                       const model::TunnelIke& after) {
  IkeComparison all(path);
  all.field("local.id", Cost::kTunnelRestart, before.local_id, after.local_id);
  all.field("local.identity", Cost::kTunnelRestart, before.identity, after.identity);
  all.field("remote.id", Cost::kTunnelRestart, before.remote_id, after.remote_id);
  all.field("remote.authorities", Cost::kTunnelRestart, before.authorities, after.authorities);
  all.content("auth.psk", Cost::kTunnelRestart, before.psk, after.psk, "a key");
  all.ppk(before.ppk, after.ppk);
  all.settings(before.ike, after.ike);
  all.large_keys(before.large_keys, after.large_keys);
  all.field("start", Cost::kLive, before.start, after.start);
  all.esp(before.esp, after.esp);
  all.field("esp.encapsulation", Cost::kTunnelRestart, encapsulation_word(before), encapsulation_word(after));
  all.field("tfs.receive.fragments", Cost::kRekey, before.inner_fragments, after.inner_fragments);
  all.field("tfs.peer-required", Cost::kRekey, before.aggfrag_required, after.aggfrag_required);
  return all.take();
}

}  // namespace levelgate::control
