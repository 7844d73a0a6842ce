// SPDX-License-Identifier: Apache-2.0
//
// `levelgate up`, `down`, `rekey`, `clear-breaker` and `monitor`: what an operator does to one tunnel, and what happens
// meanwhile (interface section 5).
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>

#include "api/query_text.h"
#include "cli/daemon_talk.h"
#include "cli/verbs.h"

namespace levelgate::cli {
namespace {

namespace json = boost::json;

constexpr timespec kPause{0, 200'000'000};  // between two looks at the daemon

struct TunnelOptions {
  std::string tunnel;
  double timeout = 30;
  bool no_wait = false;
  bool child = false;
  bool ike = false;
};

Exit exit_of_status(unsigned status) { return status == 404 ? Exit::kNoSuchObject : Exit::kFailed; }

Exit complain(const apiclient::Reply& reply) {
  const std::string why = text_of(reply.body, "error");
  fmt::print(stderr, "levelgate: {}\n", why.empty() ? fmt::format("the daemon answered {}", reply.status) : why);
  return exit_of_status(reply.status);
}

Exit post(CommandLine& line, const std::string& target) {
  const auto reply = ask_daemon(line, apiclient::Method::kPost, target);
  if (!reply) return line.exit;
  return reply->status == 200 ? Exit::kOk : complain(*reply);
}

const json::array* sas_of(const json::value& answer, const std::string& tunnel) {
  const auto* root = answer.if_object();
  const auto* tunnels = root != nullptr ? root->if_contains("tunnels") : nullptr;
  const auto* one = tunnels != nullptr && tunnels->is_object() ? tunnels->as_object().if_contains(tunnel) : nullptr;
  const auto* sas = one != nullptr && one->is_object() ? one->as_object().if_contains("ike-sas") : nullptr;
  return sas != nullptr ? sas->if_array() : nullptr;
}

// An IKE SA that is established and has a Child SA.
bool is_up(const std::string& body, const std::string& tunnel) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const json::array* const sas = error ? nullptr : sas_of(answer, tunnel);
  if (sas == nullptr) return false;
  for (const json::value& sa : *sas) {
    const auto* const object = sa.if_object();
    if (object == nullptr || !object->contains("state") || !object->contains("children")) continue;
    const auto* const state = object->at("state").if_string();
    const auto* const children = object->at("children").if_array();
    if (state != nullptr && *state == "established" && children != nullptr && !children->empty()) return true;
  }
  return false;
}

Exit wait_until_up(const TunnelOptions& options, CommandLine& line) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.timeout);
  const std::string target = "/v1/show/ike?name=" + api::percent_encoded(options.tunnel);
  while (std::chrono::steady_clock::now() < until) {
    const auto reply = ask_daemon(line, apiclient::Method::kGet, target);
    if (!reply) return line.exit;
    if (reply->status != 200) return complain(*reply);
    if (is_up(reply->body, options.tunnel)) {
      if (!line.quiet) fmt::print("{} is up\n", options.tunnel);
      return Exit::kOk;
    }
    nanosleep(&kPause, nullptr);
  }
  fmt::print(stderr, "levelgate: {} is not up after {:g} s. Run: levelgate explain {}\n", options.tunnel,
             options.timeout, options.tunnel);
  return Exit::kTimedOut;
}

Exit run_up(const TunnelOptions& options, CommandLine& line) {
  const Exit begun = post(line, "/v1/up?name=" + api::percent_encoded(options.tunnel));
  return begun != Exit::kOk || options.no_wait ? begun : wait_until_up(options, line);
}

Exit run_down(const TunnelOptions& options, CommandLine& line) {
  return post(line, "/v1/down?name=" + api::percent_encoded(options.tunnel) + (options.child ? "&what=children" : ""));
}

Exit run_rekey(const TunnelOptions& options, CommandLine& line) {
  return post(line,
              "/v1/rekey?name=" + api::percent_encoded(options.tunnel) + "&what=" + (options.ike ? "ike" : "children"));
}

std::uint64_t last_number(const std::string& body, std::uint64_t before) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const auto* const object = error ? nullptr : answer.if_object();
  const auto* const last = object != nullptr ? object->if_contains("last") : nullptr;
  if (last == nullptr) return before;
  return last->is_uint64() ? last->as_uint64() : static_cast<std::uint64_t>(last->is_int64() ? last->as_int64() : 0);
}

void print_happenings(const std::string& body, const std::string& tunnel, OutputForm form) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const auto* const object = error ? nullptr : answer.if_object();
  const auto* const list = object != nullptr ? object->if_contains("happenings") : nullptr;
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& one : list->as_array()) {
    const std::string whole = json::serialize(one);
    const std::string of = text_of(whole, "tunnel");
    if (!tunnel.empty() && of != tunnel) continue;
    const std::string event = text_of(whole, "event");
    if (form == OutputForm::kJson) {
      fmt::print("{}\n", whole);
    } else {
      fmt::print("{}  {}{}{}\n", of.empty() ? "-" : of, event, event.empty() ? "" : "  ", text_of(whole, "text"));
    }
  }
  std::fflush(stdout);
}

Exit run_monitor(const TunnelOptions& options, CommandLine& line) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.timeout);
  std::uint64_t seen = 0;
  for (bool first = true; options.timeout <= 0 || std::chrono::steady_clock::now() < until; first = false) {
    const auto reply = ask_daemon(line, apiclient::Method::kGet, "/v1/happenings?after=" + std::to_string(seen));
    if (!reply) return line.exit;
    if (reply->status != 200) return complain(*reply);
    seen = last_number(reply->body, seen);
    if (!first) print_happenings(reply->body, options.tunnel, line.output);
    nanosleep(&kPause, nullptr);
  }
  return Exit::kOk;
}

}  // namespace

void add_tunnel_commands(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<TunnelOptions>();
  auto* up = app.add_subcommand("up", "bring a tunnel up by IKE, and wait until it is");
  up->add_option("TUNNEL", options->tunnel, "its name in the configuration")->required();
  up->add_option("--timeout", options->timeout, "seconds to wait")->capture_default_str();
  up->add_flag("--no-wait", options->no_wait, "only begin");
  up->callback([options, &line] { line.exit = run_up(*options, line); });

  auto* down = app.add_subcommand("down", "close a tunnel's SAs; it stays down until up, or until the peer calls");
  down->add_option("TUNNEL", options->tunnel, "its name in the configuration")->required();
  down->add_flag("--child", options->child, "only its Child SAs");
  down->callback([options, &line] { line.exit = run_down(*options, line); });

  auto* rekey = app.add_subcommand("rekey", "begin a rekey now");
  rekey->add_option("TUNNEL", options->tunnel, "its name in the configuration")->required();
  auto* child = rekey->add_flag("--child", options->child, "its Child SAs (the default)");
  rekey->add_flag("--ike", options->ike, "its IKE SA")->excludes(child);
  rekey->callback([options, &line] { line.exit = run_rekey(*options, line); });

  auto* clear = app.add_subcommand("clear-breaker", "close a tunnel's circuit breaker: it sends as configured again");
  clear->add_option("TUNNEL", options->tunnel, "its name in the configuration")->required();
  clear->callback(
      [options, &line] { line.exit = post(line, "/v1/clear-breaker?name=" + api::percent_encoded(options->tunnel)); });

  auto watched = std::make_shared<TunnelOptions>();
  watched->timeout = 0;
  auto* monitor = app.add_subcommand("monitor", "print what happens to tunnels as it happens");
  monitor->add_option("TUNNEL", watched->tunnel, "only this one");
  monitor->add_option("--for", watched->timeout, "end after so many seconds; 0: never")->capture_default_str();
  monitor->callback([watched, &line] { line.exit = run_monitor(*watched, line); });
}

}  // namespace levelgate::cli
