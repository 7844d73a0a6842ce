// SPDX-License-Identifier: Apache-2.0
//
// The classes of a tunnel's inner packets: what is of them, and how much is theirs.
#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "config/code_points.h"
#include "config/read_values.h"

namespace levelgate::config {
namespace {

constexpr std::uint64_t kAllPercent = 100;

struct Word {
  std::string_view word;
  std::uint8_t value;
};
constexpr auto kProtocols = std::to_array<Word>(
    {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"gre", 47}, {"esp", 50}, {"icmpv6", 58}, {"sctp", 132}});

std::optional<unsigned> number_below(std::string_view text, unsigned bound) {
  unsigned value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value >= bound) return std::nullopt;
  return value;
}

std::optional<unsigned> protocol_number(std::string_view text) {
  for (const Word& known : kProtocols) {
    if (known.word == text) return known.value;
  }
  const auto number = number_below(text, 256);
  return number == 0 ? std::nullopt : number;
}

struct Ports {
  std::uint16_t first = 0, last = 65535;
  [[nodiscard]] bool any() const { return first == 0 && last == 65535; }
};

class QosReader {
 public:
  QosReader(const Node& node, std::string path, Complaints& complaints)
      : node_(node), path_(std::move(path)), complaints_(complaints) {}

  model::QosSettings read() {
    model::QosSettings settings;
    const Node* const list = node_.find("classes");
    if (list == nullptr || list->kind != Node::Kind::kList || list->items.empty()) {
      read_manners(node_, settings.classes[0]);
      return settings;
    }
    settings.classes.clear();
    for (const Node& item : list->items) read_class(item, settings);
    const bool rest_named = std::ranges::any_of(settings.classes, &model::QosClass::takes_all);
    if (!rest_named) {
      model::QosClass rest;
      read_manners(node_, rest);
      rest.share = 0;
      settings.classes.push_back(std::move(rest));
    }
    if (settings.classes.size() > model::kMaxQosClasses) {
      complaints_.error(40, list->mark,
                        path_ + ".classes makes " + std::to_string(settings.classes.size()) + " classes",
                        "at most 8, with the one of all other packets");
      return {};
    }
    share_out(*list, settings);
    return settings;
  }

 private:
  void read_manners(const Node& node, model::QosClass& one) const {
    one.fair = boolean_of(node.find("fair"), one.fair);
    one.ecn = boolean_of(node.find("ecn"), one.ecn);
  }

  void read_class(const Node& item, model::QosSettings& settings) {
    model::QosClass one;
    read_manners(node_, one);
    read_manners(item, one);
    one.share = static_cast<std::uint32_t>(integer_of(item.find("share"), 0) * model::kWholeQosShare / kAllPercent);
    if (const Node* const delay = item.find("max-queue-delay")) one.max_queue_delay = duration_of(delay, Nanos(0));
    const Node* const name = item.find("name");
    if (name == nullptr) {
      complaints_.error(8, item.mark, path_ + ".classes: a class has no name", "add name: voice, for example");
    } else if (!names_.insert(name->text).second) {
      complaints_.error(39, *name, "two classes are named \"" + name->text + "\"", "give each a name of its own");
    }
    one.name = text_of(name);
    for_each_value(item.find("dscp"), [&](const Node& word) {
      const auto value = parse_dscp(word.text);
      if (value) {
        one.dscp |= std::uint64_t{1} << *value;
      } else {
        complaints_.error(11, word, "\"" + word.text + "\" is no DSCP", std::string(kDscpForms));
      }
    });
    one.selectors = selectors_of(item);
    const bool nothing_named = item.find("dscp") == nullptr && one.takes_all();
    if (nothing_named && std::ranges::any_of(settings.classes, &model::QosClass::takes_all)) {
      complaints_.error(17, item.mark, "a second class takes all that is left",
                        "name dscp, local, remote, protocol or ports in one of them");
    }
    settings.classes.push_back(std::move(one));
  }

  [[nodiscard]] Ports ports_of(const Node* node) {
    Ports ports;
    if (node == nullptr) return ports;
    const std::string_view text = node->text;
    const std::size_t dash = text.find('-');
    const auto first = number_below(text.substr(0, dash), 65536);
    const auto last = dash == std::string_view::npos ? first : number_below(text.substr(dash + 1), 65536);
    if (!first || !last || *first > *last) {
      complaints_.error(13, *node, "\"" + node->text + "\" is no range of ports", "as 5060 or 16384-32767");
      return ports;
    }
    return {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
  }

  // One side of the selectors: each network, or both families whole where only protocol or ports are named.
  static std::vector<model::TrafficSelector> side_of(const std::vector<IpPrefix>& networks, std::uint8_t protocol,
                                                     const Ports& ports) {
    std::vector<model::TrafficSelector> side;
    for (const IpPrefix& network : networks) side.push_back(model::TrafficSelector::from(network));
    if (side.empty() && (protocol != 0 || !ports.any())) {
      for (const char* const whole : {"0.0.0.0/0", "::/0"}) {
        side.push_back(model::TrafficSelector::from(IpPrefix::parse(whole).value()));
      }
    }
    for (model::TrafficSelector& selector : side) {
      selector.protocol = protocol;
      selector.port_first = ports.first;
      selector.port_last = ports.last;
    }
    return side;
  }

  model::SelectorPair selectors_of(const Node& item) {
    std::uint8_t protocol = 0;
    const Node* const named = item.find("protocol");
    if (named != nullptr) {
      const auto number = protocol_number(named->text);
      if (!number) {
        complaints_.error(11, *named, "\"" + named->text + "\" is no protocol",
                          "tcp, udp, sctp, icmp, icmpv6, gre, esp, or 1 to 255");
      }
      protocol = static_cast<std::uint8_t>(number.value_or(0));
    }
    const Ports local = ports_of(item.find("local-ports"));
    const Ports remote = ports_of(item.find("remote-ports"));
    for (const char* const key : {"local-ports", "remote-ports"}) {
      const Node* const node = item.find(key);
      if (node != nullptr && protocol != 6 && protocol != 17 && protocol != 132) {
        complaints_.error(17, *node, std::string(key) + " needs a protocol that has ports",
                          "protocol: udp, tcp or sctp");
      }
    }
    return {side_of(prefixes_of(item.find("local")), protocol, local),
            side_of(prefixes_of(item.find("remote")), remote.any() ? std::uint8_t{0} : protocol, remote)};
  }

  // Who has no share of his own shares the rest with the others who have none.
  void share_out(const Node& list, model::QosSettings& settings) {
    std::uint32_t given = 0;
    std::uint32_t without = 0;
    for (const model::QosClass& one : settings.classes) {
      given += one.share;
      without += one.share == 0 ? 1 : 0;
    }
    const auto least = static_cast<std::uint32_t>(without * model::kWholeQosShare / kAllPercent);
    if (given + least > model::kWholeQosShare) {
      complaints_.error(13, list.mark,
                        path_ + ".classes: shares add up to " +
                            std::to_string(given * kAllPercent / model::kWholeQosShare) + " percent",
                        "leave at least 1 for each class without a share; the class of all other packets is one");
      return;
    }
    for (model::QosClass& one : settings.classes) {
      if (one.share == 0) one.share = (model::kWholeQosShare - given) / without;
    }
  }

  const Node& node_;
  std::string path_;
  Complaints& complaints_;
  std::set<std::string> names_;
};

}  // namespace

model::QosSettings read_qos(const Node& node, const std::string& path, Complaints& complaints) {
  return QosReader(node, path, complaints).read();
}

}  // namespace levelgate::config
