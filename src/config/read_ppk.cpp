// SPDX-License-Identifier: Apache-2.0
//
// The post-quantum preshared keys of a tunnel (RFC 8784 §5): ids that a peer can be configured with as well, and octets
// that are nothing else's secret.
#include <algorithm>

#include "config/read_values.h"
#include "config/secret_source.h"

namespace levelgate::config {
namespace {

constexpr std::size_t kLongestId = 128;

// Printable without space, so that it can be written into any peer's configuration and any log.
bool good_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
}

class PpkReader {
 public:
  PpkReader(const model::SharedKey& psk, const Draft& draft, Complaints& complaints)
      : psk_(psk), draft_(draft), complaints_(complaints) {}

  void read_one(const Node& node, const std::string& path) {
    const Node* const id = node.find("id");
    if (id == nullptr) return complaints_.error(8, node.mark, path + " has no id", "the name of the PPK at both sides");
    if (complaints_.faulty(id)) return;
    if (!good_id(id->text)) {
      return complaints_.error(18, *id, "\"" + id->text + "\" is no good id of a PPK",
                               "1 to 128 printable characters without space");
    }
    if (std::ranges::find(keys_, id->text, &model::Ppk::id) != keys_.end()) {
      return complaints_.error(39, *id, "a PPK of this tunnel has the id \"" + id->text + "\" already",
                               "a new PPK needs a new id");
    }
    const auto key = read_secret(node, path, "PPK", kPpkStrength, draft_, complaints_);
    if (key && psk_.octets && *key == psk_) {
      return complaints_.error(57, *id, "PPK \"" + id->text + "\" is the preshared key of this tunnel");
    }
    // A credential that only the service can read is there as well, without octets.
    keys_.push_back({id->text, key.value_or(model::SharedKey{})});
  }

  std::vector<model::Ppk> take() { return std::move(keys_); }

 private:
  const model::SharedKey& psk_;
  const Draft& draft_;
  Complaints& complaints_;
  std::vector<model::Ppk> keys_;
};

}  // namespace

model::PpkSettings read_ppk(const Node& tunnel, const std::string& path, const model::SharedKey& psk,
                            const Draft& draft, Complaints& complaints) {
  model::PpkSettings settings;
  const Node* const node = tunnel.find("ppk");
  if (node == nullptr || complaints.faulty(node)) return settings;
  PpkReader reader(psk, draft, complaints);
  reader.read_one(*node, path + "ppk");
  if (const Node* const others = node->find("others")) {
    for (const Node& other : others->items) {
      if (!complaints.faulty(&other)) reader.read_one(other, path + "ppk.others");
    }
  }
  settings.keys = reader.take();
  settings.required = boolean_of(node->find("required"), true);
  settings.exchange = choice_of(node->find("exchange"), settings.exchange,
                                {{"either", model::PpkExchange::kEither},
                                 {"auth", model::PpkExchange::kAuth},
                                 {"intermediate", model::PpkExchange::kIntermediate}});
  return settings;
}

}  // namespace levelgate::config
