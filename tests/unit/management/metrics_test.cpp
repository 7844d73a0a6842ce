// SPDX-License-Identifier: Apache-2.0
//
// The text format as scrapers read it: names, types and labels by its rules, every counter in it, and the same samples
// whatever happened.
#include "management/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "management/metric_list.h"
#include "unit/management/running_gateway.h"

namespace levelgate::management::metrics_test {
namespace {

const std::set<std::string, std::less<>> kLabels{
    "account", "tunnel", "port",           "worker",    "direction", "reason", "identity", "quantile", "version",
    "dpdk",    "crypto", "remote_address", "remote_id", "mode",      "esp",    "ike",      "class"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string text_of(const tests::RunningGateway& gateway) {
  return metrics_text(gateway.view(), {"0.1.0", "DPDK 22.11", "aesni_mb", true});
}

// The name with its labels, without the value.
std::set<std::string> series_of(const std::string& text) {
  std::set<std::string> series;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with('#')) continue;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
  }
  return series;
}

TEST(Metrics, NamesTypesAndLabelsKeepTheRules) {
  std::set<std::string_view> names;
  for (const Metric& metric : metrics::kAll) {
    const std::string name(metric.name);
    EXPECT_TRUE(names.insert(metric.name).second) << name << " is there twice";
    EXPECT_TRUE(std::regex_match(name, std::regex("levelgate(_[a-z0-9]+)+"))) << name;
    EXPECT_TRUE(metric.type == "counter" || metric.type == "gauge" || metric.type == "summary") << name;
    EXPECT_EQ(name.ends_with("_total"), metric.type == "counter") << name;
    for (const char* const unit : {"_ms", "_ns", "_us", "_octets", "_pkts", "_kilobytes", "_bits"}) {
      EXPECT_EQ((name + "_").find(std::string(unit) + "_"), std::string::npos)
          << name << ": base units are seconds and bytes";
    }
    EXPECT_FALSE(metric.help.empty()) << name;
    EXPECT_TRUE(metric.help.ends_with('.')) << name;
    EXPECT_EQ(metric.help.find_first_of("\n\\"), std::string_view::npos) << name;
    for (const std::string& label : words_of(metric.labels))
      EXPECT_TRUE(kLabels.contains(label)) << name << ": " << label;
  }
}

// Each metric once, its help and type before its samples, and every sample well formed.
TEST(Metrics, TheTextKeepsTheFormat) {
  const tests::RunningGateway gateway;
  const std::string text = text_of(gateway);
  const std::regex sample(
      R"re(([a-z0-9_]+)(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? ([0-9]+(\.[0-9]+)?(e[-+][0-9]+)?))re");
  std::size_t next = 0;
  std::string current;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# HELP ")) {
      ASSERT_LT(next, metrics::kAll.size()) << line;
      current = metrics::kAll[next].name;
      EXPECT_EQ(line, "# HELP " + current + " " + std::string(metrics::kAll[next].help));
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_EQ(line, "# TYPE " + current + " " + std::string(metrics::kAll[next].type));
      ++next;
    } else {
      std::smatch match;
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_EQ(match[1], current) << line;
      const auto labels = words_of(metrics::kAll[next - 1].labels);
      EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(match[2].str(), '=')), labels.size()) << line;
      std::size_t at = 0;
      for (const std::string& label : labels) {
        at = line.find(label + "=\"", at);
        EXPECT_NE(at, std::string::npos) << line << " lacks " << label;
      }
    }
  }
  EXPECT_EQ(next, metrics::kAll.size());
  EXPECT_TRUE(text.ends_with('\n'));
}

// The value in the unit that metrics have: seconds, bytes, ratios; all else as it was counted.
std::string shown_as(std::string_view name, std::uint64_t value) {
  const bool rate = name.ends_with("-bits-per-second");
  const std::size_t decimals = name.ends_with("-ns")                 ? 9
                               : name.ends_with("-us")               ? 6
                               : name.ends_with("-permille") || rate ? 3
                                                                     : 0;
  std::string shown = std::to_string(rate ? value * 1000 / 8 : value);
  if (decimals == 0) return shown;
  shown.insert(shown.size() - decimals, ".");
  while (shown.back() == '0') shown.pop_back();
  if (shown.back() == '.') shown.pop_back();
  return shown;
}

TEST(Metrics, EveryCounterIsThere) {
  tests::RunningGateway gateway;
  const std::string text = text_of(gateway);
  model::for_each_counter(gateway.counters(), [&](std::string_view group, std::string_view name, std::uint64_t value) {
    const std::string shown = " " + shown_as(name, value);
    EXPECT_NE(text.find(shown + "\n"), std::string::npos) << group << " " << name << shown;
  });
  for (const model::DropText& drop : model::kDropTexts) {
    EXPECT_NE(text.find("reason=\"" + std::string(drop.name) + "\"} "), std::string::npos) << drop.name;
  }
}

TEST(Metrics, ValuesUnderTheirLabels) {
  const tests::RunningGateway gateway;
  const std::string text = text_of(gateway);
  for (const char* const line :
       {"levelgate_build_info{version=\"0.1.0\",dpdk=\"DPDK 22.11\",crypto=\"aesni_mb\"} 1\n",
        "levelgate_tunnel_info{tunnel=\"berlin\",remote_address=\"203.0.113.1\",remote_id=\"\",mode=\"fixed\",esp="
        "\"aes256gcm16\","
        "ike=\"static\"} 1\n",
        "levelgate_tunnel_up{tunnel=\"berlin\"} 0\n",
        "levelgate_tunnel_established_timestamp_seconds{tunnel=\"berlin\"} "
        "1799999996\n",
        "levelgate_tunnel_wire_packets_total{tunnel=\"berlin\",direction=\"out\"} 1000000001\n",
        "levelgate_tunnel_wire_packets_total{tunnel=\"berlin\",direction=\"in\"} 1000000004\n",
        "levelgate_tfs_configured_rate_bytes_per_second{tunnel=\"berlin\"} 62500000\n",
        "levelgate_port_up{port=\"wan\"} 1\n", "levelgate_port_up{port=\"lan\"} 0\n",
        "levelgate_port_rx_packets_total{port=\"wan\"} 77\n", "levelgate_ike_half_open 0\n",
        "levelgate_ike_tcp_connections 3\n", "levelgate_ike_tcp_connections_unproven 1\n",
        "levelgate_ike_tcp_connections_refused_total 2\n",
        "levelgate_ike_tcp_connections_ended_total{reason=\"reset\"} 4\n", "levelgate_keylog_enabled 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, EachClassHasItsOwn) {
  tests::RunningGateway gateway;
  gateway.plan.tunnels[0].qos.classes.resize(2);
  gateway.plan.tunnels[0].qos.classes[0].name = "voice";
  model::ClassStats voice{.name = "voice"};
  std::uint64_t next = 501;
  model::for_each_class_counter(voice, [&](std::string_view, std::uint64_t& value) { value = next++; });
  gateway.stats.tunnels[0].classes = {voice};
  const std::string text = text_of(gateway);
  for (std::uint64_t value = 501; value < next; ++value) {
    EXPECT_NE(text.find("{tunnel=\"berlin\",class=\"voice\"} " + std::to_string(value) + "\n"), std::string::npos)
        << value;
  }
  EXPECT_NE(text.find("levelgate_class_sent_packets_total{tunnel=\"berlin\",class=\"default\"} 0\n"),
            std::string::npos);
}

TEST(Metrics, SeriesFollowTheConfigurationAlone) {
  tests::RunningGateway busy, idle;
  idle.stats.tunnels.clear();
  idle.trends = {};
  idle.ports.clear();
  busy.stats.drops.fill(9);
  EXPECT_EQ(series_of(text_of(busy)), series_of(text_of(idle)));
}

TEST(Metrics, NamesOfTunnelsMayHoldAnything) {
  Exposition out;
  out.begin(metrics::kTunnelUp);
  out.sample({"a\"b\\c\nd"}, std::uint64_t{1});
  EXPECT_TRUE(out.take().ends_with("levelgate_tunnel_up{tunnel=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

}  // namespace
}  // namespace levelgate::management::metrics_test
