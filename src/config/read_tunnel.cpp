// SPDX-License-Identifier: Apache-2.0
//
// One tunnel: its ends, its static keys, ESP, selectors and traffic flow security.
#include <algorithm>

#include "config/key_file.h"
#include "config/mapping.h"
#include "config/path_mtu.h"
#include "config/read_values.h"

namespace levelgate::config {
namespace {

constexpr std::uint64_t kLeastSpi = 256;  // RFC 4303 §2.1 keeps what is below
constexpr std::uint64_t kLastNumber32 = 0xffffffffULL;
constexpr std::uint64_t kLastNumber64 = ~0ULL - 1;

class TunnelReader {
 public:
  TunnelReader(const Node::Entry& entry, Draft& draft, Complaints& complaints)
      : entry_(entry), node_(entry.value), draft_(draft), complaints_(complaints) {
    tunnel_.name = entry.key;
    place_.mark = entry.mark;
    place_.node = &entry.value;
  }

  void read() {
    tunnel_.description = text_of(node_.find("description"));
    read_ends();
    const Node* const esp = node_.find("esp");
    if (esp != nullptr) read_esp(*esp);
    if (const Node* const keys = node_.find("static")) read_static(*keys, esp);
    if (ike_keys_of(node_).any()) tunnel_.ike = read_tunnel_ike(entry_, draft_, complaints_);
    if (const Node* const selectors = node_.find("selectors")) {
      for (const IpPrefix& prefix : prefixes_of(selectors->find("local"))) {
        tunnel_.selectors.local.push_back(model::TrafficSelector::from(prefix));
      }
      for (const IpPrefix& prefix : prefixes_of(selectors->find("remote"))) {
        tunnel_.selectors.remote.push_back(model::TrafficSelector::from(prefix));
      }
    }
    if (const Node* const tfs = node_.find("tfs")) {
      read_tfs(*tfs, tunnel_.replay_window, tunnel_.tfs);
      read_path_mtu(*tfs, tunnel_, complaints_);
    }
    read_mapping(node_, tunnel_, complaints_);
    if (const Node* const qos = node_.find("qos")) tunnel_.qos = read_qos(*qos, path("qos"), complaints_);
    draft_.tunnels.push_back(place_);
    draft_.config.tunnels.push_back(std::move(tunnel_));
  }

 private:
  std::string path(const char* rest) const { return "tunnels." + entry_.key + "." + rest; }

  static std::optional<IpAddress> address_of(const Node* end) {
    if (end == nullptr) return std::nullopt;
    const Node* const node = end->kind == Node::Kind::kMap ? end->find("address") : end;
    return node != nullptr ? IpAddress::parse(node->text) : std::nullopt;
  }

  void read_ends() {
    const Node* const remote = node_.find("remote");
    if (remote == nullptr || (remote->kind == Node::Kind::kMap && remote->find("address") == nullptr)) {
      complaints_.error(8, remote != nullptr ? remote->mark : entry_.mark, path("remote") + " has no address",
                        "add remote: ADDRESS");
    }
    if (const auto address = address_of(remote)) {
      tunnel_.remote = *address;
      place_.remote_good = true;
    }
    const Node* const local = node_.find("local");
    if (const auto address = address_of(local)) {
      tunnel_.local = *address;
      place_.local_given = true;
    }
    if (local != nullptr && local->kind == Node::Kind::kMap) tunnel_.interface = text_of(local->find("interface"));
  }

  void read_esp(const Node& esp) {
    tunnel_.replay_window = static_cast<std::uint32_t>(integer_of(esp.find("replay-window"), tunnel_.replay_window));
    tunnel_.encapsulation = choice_of(esp.find("encapsulation"), tunnel_.encapsulation,
                                      {{"udp", model::Encapsulation::kUdp},
                                       {"tcp", model::Encapsulation::kTcp},
                                       {"none", model::Encapsulation::kNone},
                                       {"auto", model::Encapsulation::kNone}});
  }

  void read_static(const Node& keys, const Node* esp) {
    const Node* const ours = keys.find("esn");
    const Node* const general = esp != nullptr ? esp->find("esn") : nullptr;
    const bool esn = boolean_of(ours, boolean_of(general, true));
    if (ours != nullptr && general != nullptr && boolean_of(general, esn) != esn) {
      complaints_.error(17, *general, path("esp.esn") + " and static.esn contradict each other", "keep one of them");
    }
    tunnel_.outbound = read_sa(keys, "outbound", esn);
    tunnel_.inbound = read_sa(keys, "inbound", esn);
  }

  // [9347-3-a]
  std::optional<model::EspSa> read_sa(const Node& keys, const char* direction, bool esn) {
    const std::string where = path("static.") + direction;
    const Node* const node = keys.find(direction);
    if (node == nullptr || node->kind != Node::Kind::kMap) {
      if (!complaints_.faulty(node)) {
        complaints_.error(8, node != nullptr ? node->mark : keys.mark, where + " is missing",
                          "both directions need an SA");
      }
      return std::nullopt;
    }
    model::EspSa sa;
    sa.esn = esn;
    for (const char* const needed : {"spi", "cipher", "key"}) {
      if (node->find(needed) == nullptr) complaints_.error(8, node->mark, where + "." + needed + " is missing");
    }
    sa.cipher = choice_of(node->find("cipher"), sa.cipher,
                          {{"aes128gcm16", EspCipher::kAes128Gcm16},
                           {"aes256gcm16", EspCipher::kAes256Gcm16},
                           {"chacha20poly1305", EspCipher::kChaCha20Poly1305}});
    read_numbers(*node, where, sa);
    read_key(*node, where, sa);
    return sa;
  }

  void read_numbers(const Node& node, const std::string& where, model::EspSa& sa) {
    const Node* const spi = node.find("spi");
    if (spi != nullptr && !complaints_.faulty(spi)) {
      const std::uint64_t value = integer_of(spi, kLeastSpi);
      if (value < kLeastSpi) complaints_.error(26, *spi, where + ".spi " + spi->text + " is reserved", "256 at least");
      sa.spi = Spi{static_cast<std::uint32_t>(value)};
    }
    const Node* const first = node.find("first-sequence");
    if (first == nullptr || complaints_.faulty(first)) return;
    const std::uint64_t value = integer_of(first, 1);
    const std::uint64_t most = sa.esn ? kLastNumber64 : kLastNumber32;
    if (value < 1 || value > most) {
      complaints_.error(27, *first, where + ".first-sequence " + first->text + " is out of range",
                        sa.esn ? "1 to 2^64 - 2" : "1 to 2^32 - 1 without ESN");
    }
    sa.first_sequence = EspSeq{value};
  }

  void read_key(const Node& node, const std::string& where, model::EspSa& sa) {
    const Node* const key = node.find("key");
    if (key == nullptr || key->kind != Node::Kind::kMap) return;
    const Node* const file = key->find("file");
    if (file == nullptr) return complaints_.error(8, key->mark, where + ".key.file is missing", "key: { file: PATH }");
    const Node* const cipher = node.find("cipher");
    if (complaints_.faulty(file) || complaints_.faulty(cipher) || cipher == nullptr) return;
    auto secret = read_key_file(draft_.path_of(file->text), sa.cipher);
    if (!secret) return complaints_.error(secret.error().id, *file, secret.error().message, secret.error().hint);
    sa.key = std::move(*secret);
    draft_.keys.push_back({file->mark, sa.key});
  }

  static void read_tfs(const Node& node, std::uint32_t replay_window, model::TfsSettings& tfs) {
    tfs.mode = choice_of(node.find("mode"), tfs.mode,
                         {{"fixed", model::TfsMode::kFixed},
                          {"congestion-controlled", model::TfsMode::kFixed},
                          {"on-demand", model::TfsMode::kOnDemand},
                          {"plain", model::TfsMode::kPlain}});
    if (const Node* const rate = node.find("rate"))
      tfs.rate_bits_per_second = syntax::parse_rate(rate->text).value_or(0);
    tfs.rate_layer = choice_of(node.find("rate-layer"), tfs.rate_layer,
                               {{"l3", model::RateLayer::kL3}, {"l2", model::RateLayer::kL2}});
    if (const Node* const size = node.find("packet-size")) {  // [9347-2-a, 9347-4.2-a]
      tfs.packet_size = static_cast<std::uint32_t>(syntax::parse_octets(size->text).value_or(tfs.packet_size));
    }
    tfs.fragment = boolean_of(node.find("fragment"), tfs.fragment);
    tfs.max_queue_delay = duration_of(node.find("max-queue-delay"), tfs.max_queue_delay);
    tfs.init_delay = duration_of(node.find("init-delay"), tfs.init_delay);
    tfs.catch_up_slots = static_cast<std::uint32_t>(integer_of(node.find("catch-up"), tfs.catch_up_slots));
    read_congestion(node, tfs.congestion);
    if (const Node* const receive = node.find("receive")) read_receive(*receive, replay_window, tfs.receive);
  }

  // A window that adapts needs no more than the replay window lets through. [9347-2.2.3-b]
  static void read_receive(const Node& node, std::uint32_t replay_window, model::ReceiveSettings& receive) {
    const Node* const window = node.find("reorder-window");
    receive.adapt_window = window != nullptr && window->text == "auto";
    receive.reorder_window = receive.adapt_window
                                 ? std::min(model::kWidestAdaptedWindow, std::max(replay_window, 1U) - 1)
                                 : static_cast<std::uint32_t>(integer_of(window, receive.reorder_window));
    const Node* const timer = node.find("lost-timer");
    const auto wait = timer != nullptr ? syntax::parse_duration(timer->text) : syntax::parse_duration("");
    if (wait) receive.lost_packet_timer = *wait;  // else auto
    receive.send_immediately = boolean_of(node.find("send-immediately"), receive.send_immediately);
  }

  static void read_congestion(const Node& node, model::CongestionSettings& congestion) {
    congestion.controlled = text_of(node.find("mode")) == "congestion-controlled";
    if (const Node* const floor = node.find("min-rate")) {
      congestion.min_rate = syntax::parse_rate(floor->text).value_or(0);
    }
    congestion.counts_marks = boolean_of(node.find("ecn"), false);  // [9347-8-a]
    congestion.reports_wanted = boolean_of(node.find("congestion-reports"), false);
    const Node* const breaker = node.find("circuit-breaker");
    if (breaker == nullptr || breaker->kind != Node::Kind::kMap) return;
    model::BreakerSettings settings;
    if (const Node* const loss = breaker->find("loss")) {
      settings.loss_permille =
          static_cast<std::uint32_t>(syntax::parse_permille(loss->text).value_or(settings.loss_permille));
    }
    settings.persists = duration_of(breaker->find("for"), settings.persists);
    settings.action = choice_of(breaker->find("action"), settings.action,
                                {{"stop", model::BreakerAction::kStop}, {"floor", model::BreakerAction::kFloor}});
    const Node* const clear = breaker->find("clear-after");
    const auto span = clear != nullptr ? syntax::parse_duration(clear->text) : syntax::parse_duration("");
    if (span) settings.clears_after = *span;  // else never
    congestion.breaker = settings;
  }

  const Node::Entry& entry_;
  const Node& node_;
  Draft& draft_;
  Complaints& complaints_;
  model::TunnelConfig tunnel_;
  TunnelPlace place_;
};

}  // namespace

void read_tunnel(const Node::Entry& entry, Draft& draft, Complaints& complaints) {
  TunnelReader(entry, draft, complaints).read();
}

}  // namespace levelgate::config
