// SPDX-License-Identifier: Apache-2.0
//
// What the file says about IKE: certificates, defaults, and a tunnel's own part. Files are read here and looked at
// where their meaning is judged.
#include "config/identity_text.h"
#include "config/read_values.h"
#include "config/secret_source.h"

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestPrivateKey = 64u << 10;
constexpr std::size_t kLongestCertificates = 1u << 20;
constexpr std::size_t kLongestList = 16u << 20;  // of revoked certificates, of an authority with many
constexpr int kBadCertificateFile = 48;

// What proposals are where the operator wants no post-quantum methods and writes none.
constexpr const char* kClassicalIke = "aes256gcm16-prfsha384-x25519";
constexpr const char* kClassicalEsp = "aes256gcm16-x25519";

class FileReader {
 public:
  FileReader(Draft& draft, Complaints& complaints) : draft_(draft), complaints_(complaints) {}

  void read_authority(const Node::Entry& entry) {
    model::CertificateAuthority authority;
    authority.name = entry.key;
    const Node* const file = needed(entry.value, "file", entry.mark, "certificates.authorities." + entry.key);
    authority.pem = text_in(file, "certificate file", kLongestCertificates);
    authority.crl = text_in(entry.value.find("crl"), "revocation list", kLongestList);
    authority.revocation = choice_of(entry.value.find("revocation"), authority.revocation,
                                     {{"none", model::Revocation::kNone},
                                      {"soft", model::Revocation::kSoft},
                                      {"strict", model::Revocation::kStrict}});
    draft_.authorities.push_back({entry.mark, &entry.value});
    draft_.config.ike.authorities.push_back(std::move(authority));
  }

  void read_identity(const Node::Entry& entry) {
    const std::string path = "certificates.identities." + entry.key;
    model::CertificateIdentity identity;
    identity.name = entry.key;
    identity.chain = text_in(needed(entry.value, "chain", entry.mark, path), "certificate file", kLongestCertificates);
    const Node* const key = needed(entry.value, "key", entry.mark, path);
    if (key != nullptr && !complaints_.faulty(key)) read_private_key(*key, path, identity.key);
    draft_.identities.push_back({{entry.mark, &entry.value}, std::nullopt});
    draft_.config.ike.identities.push_back(std::move(identity));
  }

 private:
  const Node* needed(const Node& node, const char* key, const Mark& mark, const std::string& path) {
    const Node* const found = node.find(key);
    if (found == nullptr && !complaints_.faulty(&node)) complaints_.error(8, mark, path + " has no " + key);
    return found;
  }

  std::string text_in(const Node* file, std::string_view noun, std::size_t most) {
    if (file == nullptr || complaints_.faulty(file)) return {};
    const auto text = read_bounded_file(
        draft_.path_of(file->text),
        {.noun = noun, .readers = Readers::kAnybody, .most_octets = most, .unreadable = kBadCertificateFile});
    if (text) return std::string(chars_of(text->bytes()));
    complaints_.error(text.error().id, *file, text.error().message, text.error().hint);
    return {};
  }

  void read_private_key(const Node& key, const std::string& path, model::KeySource& source) {
    const Node* const file = key.find("file");
    const Node* const uri = key.find("uri");
    if ((file == nullptr) == (uri == nullptr)) {
      return complaints_.error(17, key,
                               path + ".key has " + (file == nullptr ? "neither file nor uri" : "file and uri"),
                               "exactly one of them says where the private key is");
    }
    if (uri != nullptr) source.uri = uri->text;
    if (file == nullptr || complaints_.faulty(file)) return;
    auto text = read_bounded_file(
        draft_.path_of(file->text),
        {.noun = "private key", .most_octets = kLongestPrivateKey, .unreadable = kBadCertificateFile});
    if (!text) return complaints_.error(text.error().id, *file, text.error().message, text.error().hint);
    source.pem.octets = std::make_shared<const SecretBytes>(std::move(*text));
  }

  Draft& draft_;
  Complaints& complaints_;
};

void read_settings(const Node& node, model::IkeSettings& settings) {
  if (node.find("proposals") != nullptr) settings.proposals = texts_of(node.find("proposals"));
  settings.post_quantum = choice_of(node.find("post-quantum"), settings.post_quantum,
                                    {{"required", model::PostQuantum::kRequired},
                                     {"preferred", model::PostQuantum::kPreferred},
                                     {"off", model::PostQuantum::kOff}});
  settings.rekey = duration_of(node.find("rekey"), settings.rekey);
  settings.dpd_delay = duration_of(find_below(node, {"dpd", "delay"}), settings.dpd_delay);
  settings.dpd_timeout = duration_of(find_below(node, {"dpd", "timeout"}), settings.dpd_timeout);
  settings.fragmentation = boolean_of(node.find("fragmentation"), settings.fragmentation);
  settings.childless = boolean_of(node.find("childless"), settings.childless);
  settings.transport = choice_of(node.find("transport"), settings.transport,
                                 {{"udp", model::Transport::kUdp},
                                  {"separate", model::Transport::kSeparate},
                                  {"tcp", model::Transport::kTcp},
                                  {"fallback", model::Transport::kFallback},
                                  {"auto", model::Transport::kAuto}});
  settings.tcp_port = static_cast<std::uint16_t>(integer_of(node.find("tcp-port"), settings.tcp_port));
}

class TunnelIkeReader {
 public:
  TunnelIkeReader(const Node::Entry& tunnel, Draft& draft, Complaints& complaints)
      : path_("tunnels." + tunnel.key + "."), node_(tunnel.value), draft_(draft), complaints_(complaints) {}

  model::TunnelIke read() {
    read_keys();
    ike_.ppk = read_ppk(node_, path_, ike_.psk, draft_, complaints_);
    read_id({"local", "id"}, ike_.local_id);
    read_id({"remote", "id"}, ike_.remote_id);
    ike_.identity = text_of(find_below(node_, {"local", "identity"}));
    ike_.authorities = texts_of(find_below(node_, {"remote", "authorities"}));
    ike_.ike = draft_.ike_defaults;
    const Node* const own = node_.find("ike");
    if (own != nullptr) read_settings(*own, ike_.ike);
    const bool given = draft_.ike_proposals_given || (own != nullptr && own->find("proposals") != nullptr);
    if (!given && ike_.ike.post_quantum == model::PostQuantum::kOff) ike_.ike.proposals = {kClassicalIke};
    read_large_keys();
    read_esp();
    ike_.start = choice_of(node_.find("start"), ike_.start,
                           {{"always", model::StartMode::kAlways},
                            {"on-traffic", model::StartMode::kOnTraffic},
                            {"respond", model::StartMode::kRespond}});
    ike_.inner_fragments = boolean_of(find_below(node_, {"tfs", "receive", "fragments"}), ike_.inner_fragments);
    ike_.aggfrag_required = boolean_of(find_below(node_, {"tfs", "peer-required"}), ike_.aggfrag_required);
    return std::move(ike_);
  }

 private:
  void read_large_keys() {
    const Node* const node = node_.find("large-keys");
    if (node == nullptr || complaints_.faulty(node)) return;
    model::LargeKeys large;
    if (const Node* const method = node->find("method")) large.method = method->text;
    if (const Node* const pace = node->find("pace")) {
      large.pace_bits_per_second = syntax::parse_rate(pace->text).value_or(large.pace_bits_per_second);
    }
    large.when =
        choice_of(node->find("when"), large.when,
                  {{"after-auth", model::LargeKeyTime::kAfterAuth}, {"before-auth", model::LargeKeyTime::kBeforeAuth}});
    large.traffic = choice_of(node->find("traffic"), large.traffic,
                              {{"flows", model::LargeKeyTraffic::kFlows}, {"waits", model::LargeKeyTraffic::kWaits}});
    if (!ike_.ike.fragmentation) {
      complaints_.error(17, *node, path_ + "large-keys and ike.fragmentation: false exclude each other",
                        "a large key travels in fragments: say fragmentation: true, or remove large-keys");
    }
    if (ike_.ike.post_quantum == model::PostQuantum::kOff) {
      complaints_.error(17, *node, path_ + "large-keys and post-quantum: off exclude each other",
                        "say post-quantum: preferred, or remove large-keys");
    }
    ike_.large_keys = std::move(large);
  }

  void read_keys() {
    const auto [auth, identity] = ike_keys_of(node_);
    if (auth == nullptr || complaints_.faulty(auth)) return;
    const Node* const psk = auth->find("psk");
    if (psk == nullptr) {
      return complaints_.error(8, auth->mark, path_ + "auth has no psk", "auth: { psk: { file: PATH } }");
    }
    if (identity != nullptr) {
      complaints_.error(17, *auth, path_ + "auth and local.identity exclude each other",
                        "keep the preshared key or the certificate");
    }
    if (complaints_.faulty(psk)) return;
    auto key = read_secret(*psk, path_ + "auth.psk", "preshared key", kPskStrength, draft_, complaints_);
    if (key) ike_.psk = std::move(*key);
  }

  void read_id(std::initializer_list<std::string_view> keys, model::Identity& id) {
    const Node* const node = find_below(node_, keys);
    if (node == nullptr || complaints_.faulty(node)) return;
    const bool ours = *keys.begin() == "local";
    if (node->text == "subject") {
      const bool certified = ike_keys_of(node_).identity != nullptr;
      if (!ours) complaints_.error(43, *node, "subject is a word for our own id", "write what the peer calls itself");
      if (ours && !certified) complaints_.error(43, *node, "subject needs a certificate", "add local.identity");
      id = {model::IdentityKind::kDistinguishedName, ""};
      return;
    }
    if (auto parsed = parse_identity(node->text)) {
      id = std::move(*parsed);
      return;
    }
    complaints_.error(43, *node, "\"" + node->text + "\" is no id",
                      "an address, gate.example, admin@example, CN=gate, or keyid:TEXT");
  }

  void read_esp() {
    const Node* const esp = node_.find("esp");
    const Node* const proposals = esp != nullptr ? esp->find("proposals") : nullptr;
    if (proposals != nullptr) ike_.esp.proposals = texts_of(proposals);
    const bool off = ike_.ike.post_quantum == model::PostQuantum::kOff;
    if (proposals == nullptr && off) ike_.esp.proposals = {kClassicalEsp};
    if (esp == nullptr) return;
    ike_.esp.esn = boolean_of(esp->find("esn"), ike_.esp.esn);
    ike_.esp.rekey_time = duration_of(find_below(*esp, {"rekey", "time"}), ike_.esp.rekey_time);
    ike_.esp.rekey_margin = duration_of(find_below(*esp, {"rekey", "margin"}), ike_.esp.rekey_margin);
    if (const Node* const octets = find_below(*esp, {"rekey", "bytes"})) {
      ike_.esp.rekey_octets = syntax::parse_octets(octets->text).value_or(0);
    }
    ike_.encapsulation = choice_of(esp->find("encapsulation"), ike_.encapsulation,
                                   {{"auto", model::EncapsulationChoice::kAuto},
                                    {"none", model::EncapsulationChoice::kNone},
                                    {"udp", model::EncapsulationChoice::kUdp}});
    ike_.esp_in_tcp = text_of(esp->find("encapsulation")) == "tcp";
  }

  std::string path_;
  const Node& node_;
  Draft& draft_;
  Complaints& complaints_;
  model::TunnelIke ike_;
};

}  // namespace

void read_certificates(const Node& node, Draft& draft, Complaints& complaints) {
  FileReader reader(draft, complaints);
  each_named(node.find("authorities"), [&](const Node::Entry& entry) { reader.read_authority(entry); });
  each_named(node.find("identities"), [&](const Node::Entry& entry) { reader.read_identity(entry); });
}

namespace {

void read_admission(const Node& defaults, model::AdmissionConfig& admission) {
  const auto read = [&](const char* key, auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(integer_of(defaults.find(key), value));
  };
  read("puzzle-threshold", admission.puzzle_threshold);
  read("puzzle-difficulty", admission.puzzle_difficulty);
  read("puzzle-auth-difficulty", admission.puzzle_auth_difficulty);
  read("puzzle-most-difficulty", admission.puzzle_most_difficulty);
  read("half-open-per-address", admission.half_open_per_address);
  read("half-open-per-network", admission.half_open_per_network);
}

}  // namespace

void read_ike(const Node& node, Draft& draft) {
  draft.config.ike.listen = texts_of(node.find("listen"));
  draft.config.ike.tcp_port = static_cast<std::uint16_t>(integer_of(node.find("tcp-port"), draft.config.ike.tcp_port));
  const Node* const defaults = node.find("defaults");
  if (defaults == nullptr) return;
  read_settings(*defaults, draft.ike_defaults);
  draft.ike_proposals_given = defaults->find("proposals") != nullptr;
  draft.config.ike.cookie_threshold =
      static_cast<std::uint32_t>(integer_of(defaults->find("cookie-threshold"), draft.config.ike.cookie_threshold));
  read_admission(*defaults, draft.config.ike.admission);
}

model::TunnelIke read_tunnel_ike(const Node::Entry& tunnel, Draft& draft, Complaints& complaints) {
  return TunnelIkeReader(tunnel, draft, complaints).read();
}

}  // namespace levelgate::config
