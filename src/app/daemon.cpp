// SPDX-License-Identifier: Apache-2.0
//
// Building, serving and stopping. What each decision of the controller means for the world is in carry_out.cpp.
#include "app/daemon.h"

#include <fmt/format.h>
#include <signal.h>

#include <array>

#include "app/service_moment.h"
#include "config/load.h"
#include "control/admin_ike.h"
#include "control/notice_ids.h"
#include "management/metrics.h"
#include "management/yang.h"

namespace levelgate::app {
namespace {

constexpr Nanos kTick = std::chrono::seconds(1);             // counters, and what is due now and then
constexpr Nanos kConfirm = std::chrono::seconds(10);         // so that a neighbour that changed or went is noticed
constexpr Nanos kFarewell = std::chrono::milliseconds(150);  // for Deletes to leave
constexpr Nanos kHints = std::chrono::milliseconds(10);      // how long a wanted neighbour may wait to be asked for

}  // namespace

Daemon::Daemon(std::string config_path, model::Config config, Log& log)
    : path_(std::move(config_path)),
      first_config_(std::move(config)),
      log_(log),
      controller_(worker_count(first_config_.dataplane), *random_) {}

Daemon::~Daemon() = default;

ExitStatus Daemon::run() {
  // First of all, so that a signal that comes early waits for the loop and what was begun is put back.
  constexpr std::array signals{SIGHUP, SIGTERM, SIGINT};
  auto started = loop_.on_signals(signals, [this](int signal) { on_signal(signal); });
  if (started) started = build();
  if (started) started = boot();
  if (started) started = serve();
  if (!started) {
    log_.write({Level::kError, "app", started.error().what});
    stop();
    return exit_status_of(started.error().fault);
  }
  loop_.run();
  stop();
  info("app", "stopped");
  return ExitStatus::kStopAsked;
}

Result<void> Daemon::build() {
  info("app", "levelgated " LEVELGATE_VERSION " starts", {{"config", path_}, {"dpdk", dpdk::Eal::version()}});
  const auto dpdk_line = [this](dpdk::Eal::Word word, std::string_view line) {
    log_.write({Level::kDebug, "dpdk", line});
    if (word == dpdk::Eal::Word::kFault) dpdk_fault_ = line;
  };
  if (auto opened = open_key_log(); !opened) return opened;
  auto devices = Devices::open(first_config_, worker_count(first_config_.dataplane), dpdk_line);
  // DPDK tells of faults that are none as well, so its last one is only told beside one of ours.
  if (!devices && !dpdk_fault_.empty()) log_.write({Level::kWarn, "dpdk", dpdk_fault_});
  if (!devices) return std::unexpected(devices.error());
  devices_ = std::move(*devices);
  auto network = kernel::Network::open();
  if (!network) return std::unexpected(network.error());
  network_ = std::move(*network);
  auto data_plane = DataPlane::make(first_config_.dataplane, *devices_);
  if (!data_plane) return std::unexpected(data_plane.error());
  data_plane_ = std::move(*data_plane);
  for (dpdk::Port* port : devices_->ports()) {
    info("app", "port is open",
         {{"port", port->name()},
          {"mac", port->mac().text()},
          {"mtu", std::to_string(port->mtu())},
          {"twin", port->twin_name()}});
  }
  return {};
}

Result<void> Daemon::open_key_log() {
  const auto& wanted = first_config_.management.key_log;
  if (!wanted) return {};
  auto opened = KeyLog::open(*wanted);
  if (!opened) return std::unexpected(opened.error());
  key_log_ = std::move(*opened);
  log_.write({.level = Level::kWarn,
              .component = "keylog",
              .message = "THE KEY LOG IS ON, for labs only: whoever reads " + wanted->directory +
                         " can decrypt the traffic of every tunnel",
              .event = control::kKeyLogOn});
  return {};
}

Result<void> Daemon::boot() {
  for (dpdk::Port* port : devices_->ports()) {
    if (!port->has_twin()) continue;
    if (auto set = network_->set_mtu(port->twin_name(), port->twin_mtu()); !set) return set;
    if (auto set = network_->set_link_up(port->twin_name()); !set) return set;
  }
  ike_ = std::make_unique<IkeService>(
      loop_, IkeService::Calls{[this](const ikestate::Path& path, ConstBytes octets) {
                                 carry_out(controller_.datagram(moment_now(), path, octets));
                                 wake_ike();
                               },
                               [this](StreamId stream, ConstBytes esp) { esp_in_tcp_->received(stream, esp); },
                               [this](ConstBytes octets) { return controller_.tunnels().engine().caller(octets); },
                               [this](ikestate::JobId id, ikestate::JobValue value) {
                                 carry_out(controller_.job_done(moment_now(), id, std::move(value)));
                                 wake_ike();
                               },
                               [this] {
                                 carry_out(controller_.ike_time(moment_now()));
                                 wake_ike();
                               },
                               [this](const ikestate::Path& path, sockets::UdpPort::Absence absence) {
                                 const bool port = absence == sockets::UdpPort::Absence::kNoProgram;
                                 carry_out(controller_.nobody_at(moment_now(), path, port));
                               },
                               [this] { return controller_.next_stream(); },
                               [this](const ikestate::Path& path) {
                                 carry_out(controller_.stream_up(moment_now(), path));
                                 wake_ike();
                               },
                               [this](StreamId stream) {
                                 carry_out(controller_.stream_ended(moment_now(), stream));
                                 wake_ike();
                               }});
  esp_in_tcp_ = std::make_unique<EspInTcp>(loop_, data_plane_->stream_desk(), ike_->streams());
  if (auto listening = ike_->listen(first_config_); !listening) return listening;
  carry_out(controller_.surroundings(look_around(), dpdk::clock_now()));
  carry_out(controller_.reload(first_config_, moment_now()));
  if (!controller_.booted()) {
    return failure(Fault::kBadInput, fmt::format("{}: {}", path_, fmt::join(last_outcome_.lines, "; ")));
  }
  data_plane_->start();
  wake_ike();
  return {};
}

void Daemon::wake_ike() { ike_->wake_at(controller_.ike_deadline()); }

Result<void> Daemon::serve() {
  const auto& management = first_config_.management;
  auto api = api::HttpServer::open(loop_.context(), management.api_socket, management.api_group, {},
                                   [this](const api::Request& request) { return api::respond(*this, request); });
  if (!api) return std::unexpected(api.error());
  api_ = std::move(*api);
  if (auto set = loop_.when_readable(network_->change_descriptor(), [this] { on_kernel_change(); }); !set) return set;
  loop_.every(kTick, [this] { on_tick(); });
  loop_.every(kHints, [this] { take_hints(); });
  info("app", "ready",
       {{"ports", std::to_string(first_config_.ports.size())},
        {"tunnels", std::to_string(first_config_.tunnels.size())},
        {"crypto", std::string(data_plane_->cipher_name())},
        {"api", management.api_socket}});
  supervisor_.ready(status_text());
  return {};
}

void Daemon::stop() {
  supervisor_.stopping();
  api_.reset();
  esp_in_tcp_.reset();
  ike_.reset();
  data_plane_.reset();
  network_.reset();
  devices_.reset();
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    (void)reload();
    return;
  }
  info("app", "told to stop", {{"signal", signal == SIGTERM ? "TERM" : "INT"}});
  farewell();
}

// Peers learn that their SAs are gone, or they would send into nothing until they notice.
void Daemon::farewell() {
  if (controller_.tunnels().engine().size() == 0 || farewell_) return loop_.stop();
  carry_out(controller_.stop(moment_now()));
  farewell_ = std::make_unique<sockets::Alarm>(loop_, [this] { loop_.stop(); });
  farewell_->arm(sockets::EventLoop::now() + kFarewell);
}

void Daemon::on_kernel_change() {
  if (network_->drain()) carry_out(controller_.surroundings(look_around(), dpdk::clock_now()));
}

void Daemon::on_tick() {
  stats_ = data_plane_->stats();
  const Instant now = dpdk::clock_now();
  carry_out(controller_.tick(stats_, moment_now()));
  wake_ike();
  data_plane_->reclaim();
  if (now - confirmed_ >= kConfirm) {
    confirmed_ = now;
    network_->confirm_stale(twins());
  }
  // The watchdog is fed only while every worker moves.
  bool all_move = true;
  turns_.resize(stats_.workers.size());
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    all_move = all_move && stats_.workers[i].turns != turns_[i];
    turns_[i] = stats_.workers[i].turns;
  }
  if (all_move) supervisor_.alive();
}

void Daemon::take_hints() {
  for (const model::Event& event : data_plane_->take_events()) carry_out(controller_.event(event, moment_now()));
  data_plane_->reclaim();
}

control::View Daemon::view() {
  stats_ = data_plane_->stats();
  port_states_ = devices_->states(controller_.config());
  const ikestate::Moment moment = moment_now();
  return {.config = controller_.config(),
          .plan = controller_.plan(),
          .stats = stats_,
          .ports = port_states_,
          .trends = controller_.trends(),
          .now = moment.now,
          .tunnels = &controller_.tunnels(),
          .unix_seconds = moment.unix_seconds,
          .lost = ike_->lost(),
          .streams = ike_->stream_counts()};
}

Result<control::Answer> Daemon::show(control::Topic topic, const std::string& name) {
  return control::answer(topic, name, view());
}

Result<control::Answer> Daemon::explain(const std::string& tunnel) { return control::explain_tunnel(tunnel, view()); }

control::Answer Daemon::happenings(std::uint64_t after) { return control::happenings_after(after, view()); }

control::Value Daemon::yang() {
  const control::View now = view();
  return management::yang_instance(controller_.config(), &now);
}

std::string Daemon::metrics() {
  return management::metrics_text(
      view(), {LEVELGATE_VERSION, dpdk::Eal::version(), std::string(data_plane_->cipher_name()), key_log_ != nullptr});
}

Result<void> Daemon::command(api::Command command, const std::string& tunnel) {
  const ikestate::Moment moment = moment_now();
  Result<control::Effects> effects = failure(Fault::kInternal, "no such command");
  switch (command) {
    case api::Command::kUp:
      effects = controller_.bring_up(moment, tunnel);
      break;
    case api::Command::kDown:
      effects = controller_.take_down(moment, tunnel, control::Tunnels::Extent::kWhole);
      break;
    case api::Command::kDownChildren:
      effects = controller_.take_down(moment, tunnel, control::Tunnels::Extent::kChildren);
      break;
    case api::Command::kRekeyIke:
      effects = controller_.rekey(moment, tunnel, ike::RekeyTarget::kIke);
      break;
    case api::Command::kRekeyChildren:
      effects = controller_.rekey(moment, tunnel, ike::RekeyTarget::kChildren);
      break;
    case api::Command::kClearBreaker:
      effects = controller_.clear_breaker(tunnel);
      break;
  }
  if (!effects) return std::unexpected(effects.error());
  carry_out(*effects);
  wake_ike();
  return {};
}

std::string Daemon::status_text() const {
  const auto count = [](std::size_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  return count(controller_.config().ports.size(), "port") + ", " +
         count(controller_.config().tunnels.size(), "tunnel") + (key_log_ ? "; THE KEY LOG IS ON" : "");
}

api::Reloaded Daemon::reload() {
  supervisor_.reloading();
  config::Loaded loaded = config::load_file(path_, service_moment());
  const bool readable = loaded.config.has_value();
  if (readable) {
    const model::Config wanted = *loaded.config;
    if (const auto listening = ike_->listen(wanted); !listening) {
      carry_out(controller_.reload_refused({listening.error().what}));
    } else {
      carry_out(controller_.reload(std::move(*loaded.config), moment_now()));
      if (!last_outcome_.done) complain("ike", ike_->listen(controller_.config()));
      wake_ike();
    }
  } else {
    std::vector<std::string> lines;
    for (const auto& finding : loaded.findings) {
      if (finding.severity == syntax::Severity::kError) lines.push_back(config::render_line(loaded, finding));
    }
    carry_out(controller_.reload_refused(std::move(lines)));
  }
  supervisor_.ready(status_text() + (last_outcome_.done ? "" : "; the last reload was refused, see the log"));
  return {readable, last_outcome_};
}

}  // namespace levelgate::app
