// SPDX-License-Identifier: Apache-2.0
//
// The table of keys, and the text held against it.
#include "pathmodel/path_spec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "syntax/nearest_word.h"
#include "syntax/quantities.h"

namespace levelgate::pathmodel {
namespace {

using syntax::NotAQuantity;
using syntax::Quantity;
using Read = std::expected<void, NotAQuantity>;

struct Key {
  std::string_view name;
  std::string_view form;
  std::string_view meaning;
  Read (*read)(std::string_view text, PathSettings& settings);
};

template <auto Member, auto Parse>
Read quantity(std::string_view text, PathSettings& settings) {
  const auto value = Parse(text);
  if (!value) return std::unexpected(value.error());
  using Field = std::remove_reference_t<decltype(settings.*Member)>;
  if constexpr (std::is_same_v<Field, std::uint32_t>) {
    if (*value > std::numeric_limits<std::uint32_t>::max()) return std::unexpected(NotAQuantity{"is too large", ""});
  }
  settings.*Member = static_cast<Field>(*value);
  return {};
}

Quantity<double> parse_share(std::string_view text) {
  const auto billionths = syntax::parse_billionths(text);
  if (!billionths) return std::unexpected(billionths.error());
  return static_cast<double>(*billionths) / 1e9;
}

Quantity<bool> parse_yes(std::string_view text) {
  if (text == "yes") return true;
  if (text == "no") return false;
  return std::unexpected(NotAQuantity{"must be yes or no", ""});
}

constexpr std::string_view kShare = "1.5%", kSpan = "20ms", kSize = "64KiB", kYes = "yes";
constexpr std::array<Key, 18> kKeys{{
    {"rate", "64 kbit/s", "of the line; without it nothing waits",
     quantity<&PathSettings::bits_per_second, syntax::parse_rate>},
    {"overhead", "38B", "beside each frame on the line (38B: Ethernet)",
     quantity<&PathSettings::overhead_octets, syntax::parse_octets>},
    {"frame", "96B", "most of a packet in one frame; without it each packet is one",
     quantity<&PathSettings::frame_octets, syntax::parse_octets>},
    {"queue", kSize, "before the line, with what is being sent; the rest is dropped",
     quantity<&PathSettings::queue_octets, syntax::parse_octets>},
    {"queue-wait", kSpan, "what would wait longer for the line is dropped",
     quantity<&PathSettings::queue_wait, syntax::parse_duration>},
    {"mtu", "1280B", "longer packets are dropped, and nobody is told",
     quantity<&PathSettings::mtu, syntax::parse_octets>},
    {"delay", kSpan, "one way, behind the line", quantity<&PathSettings::delay, syntax::parse_duration>},
    {"jitter", kSpan, "up to so much more, in order", quantity<&PathSettings::jitter, syntax::parse_duration>},
    {"jitter-reorders", kYes, "jitter may change the order", quantity<&PathSettings::jitter_reorders, parse_yes>},
    {"reordered", kShare, "arrives late by held-back and is overtaken",
     quantity<&PathSettings::reordered, parse_share>},
    {"held-back", kSpan, "see reordered", quantity<&PathSettings::held_back, syntax::parse_duration>},
    {"loss", kShare, "of each packet by itself", quantity<&PathSettings::loss, parse_share>},
    {"burst-loss", kShare, "lost in bursts", quantity<&PathSettings::burst_loss, parse_share>},
    {"burst-packets", "8", "mean length of a burst", quantity<&PathSettings::burst_packets, syntax::parse_integer>},
    {"duplicated", kShare, "arrives twice", quantity<&PathSettings::duplicated, parse_share>},
    {"corrupted", kShare, "arrives with one bit flipped", quantity<&PathSettings::corrupted, parse_share>},
    {"down", kYes, "nothing arrives", quantity<&PathSettings::down, parse_yes>},
    {"from", "5s", "when a later stage begins; first in it", nullptr},
}};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> parts(std::string_view text, char mark) {
  std::vector<std::string_view> found;
  for (;;) {
    const std::size_t at = text.find(mark);
    found.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return found;
    text.remove_prefix(at + 1);
  }
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::unexpected<Error> refused(std::string_view place, std::string_view what, std::string_view cure) {
  std::string text = quoted(place) + " " + std::string(what);
  if (!cure.empty()) text += ": " + std::string(cure);
  return failure(Fault::kBadInput, std::move(text));
}

std::string nearest(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Key& key : kKeys) known.push_back(key.name);
  std::string hint = syntax::nearest_hint(name, known);
  if (!hint.empty()) return hint;
  for (const std::string_view one : known) hint += hint.empty() ? std::string(one) : ", " + std::string(one);
  return "the keys are " + hint;
}

Result<void> read_item(std::string_view item, bool may_begin, PathStage& stage, std::vector<std::string_view>& seen) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos) return refused(item, "is no key=value", "parts are separated by commas");
  const std::string_view name = trimmed(item.substr(0, equals)), value = trimmed(item.substr(equals + 1));
  const auto* const key = std::ranges::find(kKeys, name, &Key::name);
  if (key == kKeys.end()) return refused(name, "is no key of a path", nearest(name));
  if (std::ranges::find(seen, name) != seen.end()) return refused(name, "stands twice in one stage", "leave one out");
  seen.push_back(key->name);
  Read read;
  if (key->read != nullptr) {
    read = key->read(value, stage.settings);
  } else if (!may_begin) {
    return refused(name, "is not at the beginning of a later stage", "write \"...; from=5s, ...\"");
  } else if (const auto moment = syntax::parse_duration(value); moment) {
    stage.from = *moment;
  } else {
    read = std::unexpected(moment.error());
  }
  if (!read) return refused(item, read.error().message, read.error().hint);
  return {};
}

}  // namespace

Result<PathStages> parse_path(std::string_view text) {
  PathStages stages;
  for (const std::string_view part : parts(text, ';')) {
    PathStage stage = stages.empty() ? PathStage{} : stages.back();
    std::vector<std::string_view> seen;
    if (part.empty() && !stages.empty()) return refused(text, "has an empty stage", "leave the semicolon out");
    for (const std::string_view item : parts(part, ',')) {
      if (part.empty()) break;
      if (auto read = read_item(item, !stages.empty() && seen.empty(), stage, seen); !read) {
        return std::unexpected(read.error());
      }
    }
    if (!stages.empty() && seen.front() != "from") {
      return refused(part, "does not say when it begins", "write \"...; from=5s, ...\"");
    }
    stages.push_back(stage);
  }
  if (auto checked = check(stages); !checked) return std::unexpected(checked.error());
  return stages;
}

std::string path_keys_text() {
  std::string text;
  for (const Key& key : kKeys) {
    const std::string left = std::string(key.name) + "=" + std::string(key.form);
    text += "  " + left + std::string(left.size() < 24 ? 24 - left.size() : 1, ' ') + std::string(key.meaning) + "\n";
  }
  return text;
}

}  // namespace levelgate::pathmodel
