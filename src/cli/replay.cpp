// SPDX-License-Identifier: Apache-2.0
//
// `levelgate replay`: reads a configuration and captures, runs the data plane on them in virtual time, writes what left
// and what was counted (interface section 3). Needs no root, no device and no daemon.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <list>
#include <memory>

#include "api/stats_json.h"
#include "cli/here_and_now.h"
#include "cli/replay_report.h"
#include "cli/replay_run.h"
#include "cli/verbs.h"
#include "config/load.h"
#include "control/reconcile.h"
#include "crypto/aead_burst.h"
#include "crypto/gcm_direct.h"
#include "syntax/quantities.h"

namespace levelgate::cli {
namespace {

struct ReplayOptions {
  std::string config;
  std::vector<std::string> inputs;   // PORT=FILE
  std::vector<std::string> outputs;  // PORT=FILE
  std::string until;
  bool json = false;
};

// What stops a replay: an exit code and one line.
struct Stop {
  Exit exit;
  std::string line;
};
template <typename T>
using OrStop = std::expected<T, Stop>;

std::unexpected<Stop> stop(Exit exit, std::string line) { return std::unexpected(Stop{exit, std::move(line)}); }

struct PortFile {
  PortId port;
  std::string path;
};

OrStop<PortFile> port_file(const std::string& text, const char* option, const model::ForwardingPlan& plan) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return stop(Exit::kUsage, fmt::format("{} takes PORT=FILE, not \"{}\"", option, text));
  }
  const std::string name = text.substr(0, equals);
  std::string names;
  for (std::size_t i = 0; i < plan.ports.size(); ++i) {
    if (plan.ports[i].name == name) return PortFile{PortId{static_cast<std::uint16_t>(i)}, text.substr(equals + 1)};
    names += (names.empty() ? "" : ", ") + plan.ports[i].name;
  }
  return stop(Exit::kUsage,
              fmt::format("{} {}: the configuration has no port \"{}\" (it has: {})", option, text, name, names));
}

OrStop<std::optional<Nanos>> until_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto parsed = syntax::parse_duration(text);
  if (!parsed)
    return stop(Exit::kUsage, fmt::format("--until {}: {} {}", text, parsed.error().message, parsed.error().hint));
  return *parsed;
}

OrStop<model::Config> config_of(const std::string& path) {
  config::Loaded loaded = config::load_file(path, here_and_now());
  if (loaded.config) return std::move(*loaded.config);
  std::string text = config::render(loaded);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return stop(Exit::kConfigInvalid, std::move(text));
}

// What a device would tell in the daemon: here each port has a MAC address of our making, and no mtu but the file's.
OrStop<model::ForwardingPlan> plan_of(const model::Config& config) {
  control::Surroundings surroundings;
  std::uint8_t number = 0;
  for (const auto& port : config.ports) {
    control::Surroundings::Port seen;
    seen.mac.octets = {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{++number}};
    surroundings.ports[port.name] = seen;
  }
  auto plan = control::make_plan(config, surroundings, 1);
  if (!plan) return stop(Exit::kConfigInvalid, plan.error().what);
  return std::move(*plan);
}

OrStop<std::unique_ptr<esp::Cipher>> cipher_of(model::CryptoChoice choice) {
  if (choice == model::CryptoChoice::kOpenssl) return crypto::make_openssl_cipher();
  auto direct = crypto::make_ipsec_mb_cipher();
  if (direct) return std::move(*direct);
  if (choice == model::CryptoChoice::kIpsecMb) return stop(Exit::kFailed, "dataplane.crypto: " + direct.error().what);
  return crypto::make_openssl_cipher();  // results are equal whatever computes them
}

// A capture and what it points into.
struct Input {
  PortFile from;
  std::vector<std::byte> content;
  Capture capture;
};

OrStop<std::list<Input>> read_inputs(const ReplayOptions& options, const model::ForwardingPlan& plan) {
  std::list<Input> inputs;
  for (const std::string& text : options.inputs) {
    auto from = port_file(text, "--in", plan);
    if (!from) return std::unexpected(from.error());
    auto content = read_whole_file(from->path);
    if (!content) return stop(Exit::kFailed, content.error().what);
    auto& input = inputs.emplace_back(Input{std::move(*from), std::move(*content), {}});
    auto capture = read_capture(input.content);
    if (!capture) return stop(Exit::kFailed, input.from.path + ": " + capture.error().what);
    input.capture = std::move(*capture);
  }
  return inputs;
}

struct Output {
  PortFile to;
  CaptureWriter writer;
};

OrStop<std::list<Output>> open_outputs(const ReplayOptions& options, const model::ForwardingPlan& plan) {
  std::list<Output> outputs;
  for (const std::string& text : options.outputs) {
    auto to = port_file(text, "--out", plan);
    if (!to) return std::unexpected(to.error());
    for (const Output& other : outputs) {
      if (other.to.port == to->port)
        return stop(Exit::kUsage, fmt::format("--out {}: the port has an output already", text));
    }
    auto writer = CaptureWriter::open(to->path);
    if (!writer) return stop(Exit::kFailed, writer.error().what);
    outputs.push_back({std::move(*to), std::move(*writer)});
  }
  return outputs;
}

OrStop<void> close_outputs(std::list<Output>& outputs) {
  for (Output& output : outputs) {
    if (auto closed = output.writer.close(); !closed) return stop(Exit::kFailed, closed.error().what);
  }
  return {};
}

// Cut files were played up to the cut; now they are named. Returns whether there was one.
bool name_damage(const std::list<Input>& inputs, bool quiet) {
  bool cut = false;
  for (const Input& input : inputs) {
    const Capture& capture = input.capture;
    if (capture.damage) {
      cut = true;
      fmt::print(stderr, "levelgate: {}: cut off at octet {}: {}; played the {} frames before it\n", input.from.path,
                 capture.damage->offset, capture.damage->what, capture.frames.size());
    }
    if (capture.shortened_frames != 0 && !quiet) {
      fmt::print(stderr, "levelgate: {}: note: {} frames were captured shorter than they were\n", input.from.path,
                 capture.shortened_frames);
    }
    if (capture.foreign_frames != 0 && !quiet) {
      fmt::print(stderr, "levelgate: {}: note: left out {} frames that are neither Ethernet nor raw IP\n",
                 input.from.path, capture.foreign_frames);
    }
  }
  return cut;
}

OrStop<ReplayEnd> play(const model::ForwardingPlan& plan, const std::list<Input>& inputs, std::list<Output>& outputs,
                       std::optional<Nanos> until, esp::Cipher& cipher) {
  std::vector<PortCapture> captures;
  for (const Input& input : inputs) captures.push_back({input.from.port, &input.capture});
  const std::vector<Arrival> arrivals = arrivals_of(captures);
  CaptureIo io(plan.ports.size(), replay_buffers(plan), replay_frame_octets(plan, arrivals));
  for (Output& output : outputs) io.set_output(output.to.port, &output.writer);
  auto end = run_replay(plan, arrivals, until, cipher, io);
  if (!end) return stop(Exit::kFailed, end.error().what);
  if (!io.complete()) return stop(Exit::kFailed, "out of packet buffers: too many packets are held at once");
  return std::move(*end);
}

OrStop<Exit> run_replay_verb(const ReplayOptions& options, const CommandLine& line) {
  const auto until = until_of(options.until);
  if (!until) return std::unexpected(until.error());
  const auto config = config_of(options.config);
  if (!config) return std::unexpected(config.error());
  const auto plan = plan_of(*config);
  if (!plan) return std::unexpected(plan.error());
  auto cipher = cipher_of(config->dataplane.crypto);
  if (!cipher) return std::unexpected(cipher.error());
  auto inputs = read_inputs(options, *plan);
  if (!inputs) return std::unexpected(inputs.error());
  auto outputs = open_outputs(options, *plan);
  if (!outputs) return std::unexpected(outputs.error());
  const auto end = play(*plan, *inputs, *outputs, *until, **cipher);
  if (!end) return std::unexpected(end.error());
  if (auto closed = close_outputs(*outputs); !closed) return std::unexpected(closed.error());
  if (options.json || line.output == OutputForm::kJson) {
    fmt::print("{}\n", boost::json::serialize(api::stats_json(end->stats)));
  } else if (!line.quiet) {
    fmt::print("{}", replay_text(*end));
  }
  std::fflush(stdout);
  return name_damage(*inputs, line.quiet) ? Exit::kFailed : Exit::kOk;
}

}  // namespace

void add_replay(CLI::App& app, CommandLine& line) {
  auto* verb = app.add_subcommand("replay", "run the data plane on capture files in virtual time");
  auto options = std::make_shared<ReplayOptions>();
  verb->add_option("--config", options->config, "the configuration")->required()->type_name("FILE");
  // One value for each --in, so that nothing behind it is taken for another.
  verb->add_option("--in", options->inputs, "frames that arrive on a port (pcap or pcapng)")
      ->type_name("PORT=FILE")
      ->allow_extra_args(false);
  verb->add_option("--out", options->outputs, "frames that leave by a port (pcap)")
      ->type_name("PORT=FILE")
      ->allow_extra_args(false);
  verb->add_option("--until", options->until, "end of the virtual time, exclusive (default: when all is out)")
      ->type_name("TIME");
  verb->add_flag("--json", options->json, "print the counters as one JSON object");
  verb->callback([options, &line] {
    const auto done = run_replay_verb(*options, line);
    line.exit = done ? *done : done.error().exit;
    if (!done)
      fmt::print(stderr, "{}{}\n", done.error().exit == Exit::kConfigInvalid ? "" : "levelgate: ", done.error().line);
  });
}

}  // namespace levelgate::cli
