// SPDX-License-Identifier: Apache-2.0
//
// The control thread: inputs go to the controller, its effects go out. Nothing here decides.
#include "app/daemon.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "api/endpoints.h"
#include "app/gateway.h"
#include "app/log.h"
#include "config/load.h"
#include "control/controller.h"
#include "dpdk/eal.h"
#include "kernel/network.h"
#include "sockets/event_loop.h"

namespace levelgate::app {
namespace {

constexpr Nanos kHousekeeping = std::chrono::milliseconds(10);
constexpr Nanos kTick = std::chrono::seconds(1);

DaemonExit exit_for(Fault fault) {
  switch (fault) {
    case Fault::kBadInput:
      return DaemonExit::kBadConfig;
    case Fault::kDeviceMissing:
    case Fault::kNoMemory:
    case Fault::kAddressInUse:
    case Fault::kNotFound:
      return DaemonExit::kDevice;
    case Fault::kNotPermitted:
      return DaemonExit::kPermission;
    case Fault::kUnreachable:
    case Fault::kIo:
    case Fault::kInternal:
      return DaemonExit::kInternal;
  }
  return DaemonExit::kInternal;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

class Daemon final : public api::Gateway {
 public:
  Daemon(std::string path, Log& log) : path_(std::move(path)), log_(log) {}

  Result<void> start(const model::Config& config) {
    auto gateway = app::Gateway::build(config, [this](std::string_view component, std::string_view line) {
      log_.write({Level::kDebug, component, line});
    });
    if (!gateway) return std::unexpected(gateway.error());
    gateway_ = std::move(*gateway);
    auto network = kernel::Network::open();
    if (!network) return std::unexpected(network.error());
    network_ = std::move(*network);
    for (const model::PortConfig& port : config.ports) {
      if (auto up = network_->set_link_up(port.twin); !up) return std::unexpected(up.error());
    }
    controller_ = std::make_unique<control::Controller>(gateway_->worker_count());
    surroundings_.ports = gateway_->devices();
    carry_out(controller_->surroundings(surroundings_, loop_.now()));
    carry_out(controller_->reload(config, loop_.now()));
    if (boot_fault_) return std::unexpected(*boot_fault_);
    gateway_->start_workers();
    auto server = api::HttpServer::open(loop_.context(), config.management.api_socket, config.management.api_group,
                                        api::HttpLimits{},
                                        [this](const api::Request& request) { return api::respond(*this, request); });
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    return listen();
  }

  void run() {
    log_.write({Level::kInfo, "app",
                "up: " + dpdk::Eal::version() + ", ciphers by " + gateway_->cipher_name() + ", " +
                    std::to_string(gateway_->worker_count()) + " worker(s)"});
    look_around();
    loop_.run();
    log_.write({Level::kInfo, "app", "stopping"});
  }

  ~Daemon() override {
    server_.reset();
    network_.reset();
    gateway_.reset();
  }

 private:
  Result<void> listen() {
    constexpr std::array<int, 3> kSignals{SIGTERM, SIGINT, SIGHUP};
    auto signals = loop_.on_signals(kSignals, [this](int number) {
      if (number == SIGHUP) {
        (void)reload();
      } else {
        loop_.stop();
      }
    });
    if (!signals) return signals;
    auto readable =
        loop_.when_readable(network_->change_descriptor(), [this] { changed_ = network_->drain() || changed_; });
    if (!readable) return readable;
    loop_.every(kHousekeeping, [this] { keep_house(); });
    loop_.every(kTick, [this] { carry_out(controller_->tick(gateway_->stats(), loop_.now())); });
    return {};
  }

  void keep_house() {
    for (const model::Event& event : gateway_->events()) carry_out(controller_->event(event, loop_.now()));
    gateway_->reclaim();
    if (changed_) look_around();
  }

  // Neighbours and routes of the twins, as the kernel has them now.
  void look_around() {
    changed_ = false;
    std::vector<std::string> twins;
    std::map<std::string, std::string> port_of;
    for (const model::PortConfig& port : controller_->config().ports) {
      twins.push_back(port.twin);
      port_of[port.twin] = port.name;
    }
    surroundings_.neighbours.clear();
    surroundings_.routes.clear();
    for (const kernel::Neighbour& n : network_->neighbours(twins)) {
      if (n.usable) surroundings_.neighbours.push_back({port_of[n.interface], n.address, n.mac});
    }
    for (const kernel::Route& r : network_->routes(twins)) {
      control::LearntRoute learnt;
      learnt.prefix = r.prefix;
      learnt.port = port_of[r.interface];
      learnt.next_hop = r.next_hop;
      learnt.connected = r.connected;
      learnt.metric = r.metric;
      surroundings_.routes.push_back(learnt);
    }
    carry_out(controller_->surroundings(surroundings_, loop_.now()));
  }

  // What whoever asked is told.
  api::Reloaded reload() override {
    config::Loaded loaded = config::load_file(path_);
    outcome_ = {};
    const bool readable = loaded.config.has_value();
    if (readable) {
      carry_out(controller_->reload(std::move(*loaded.config), loop_.now()));
    } else {
      carry_out(controller_->reload_refused(lines_of(config::render(loaded))));
    }
    return {readable, outcome_};
  }

  Result<control::Answer> show(control::Topic topic, const std::string& name) override {
    const model::Stats stats = gateway_->stats();
    const auto ports = gateway_->port_states();
    return control::answer(
        topic, name, {controller_->config(), controller_->plan(), stats, ports, controller_->trends(), loop_.now()});
  }

  // Applying a plan gives rise to further effects; they come behind those that wait.
  void carry_out(control::Effects effects) {
    for (std::size_t i = 0; i < effects.size(); ++i) {
      if (const auto* const apply = std::get_if<control::ApplyPlan>(&effects[i])) {
        const Result<void> result = gateway_->apply(apply->plan);
        if (!result) boot_fault_ = result.error();
        for (control::Effect& more : controller_->applied(result, loop_.now())) effects.push_back(std::move(more));
        continue;
      }
      std::visit([this](const auto& effect) { do_one(effect); }, effects[i]);
    }
  }

  void do_one(const control::ApplyPlan&) {}
  void do_one(const control::SetTwin& effect) {
    const std::string twin = gateway_->twin_of(effect.port);
    std::vector<IpPrefix>& carried = carried_[effect.port];
    for (const IpPrefix& prefix : carried) {
      const bool stays = std::find(effect.addresses.begin(), effect.addresses.end(), prefix) != effect.addresses.end();
      if (!stays) complain(network_->remove_address(twin, prefix));
    }
    for (const IpPrefix& prefix : effect.addresses) {
      const bool there = std::find(carried.begin(), carried.end(), prefix) != carried.end();
      if (!there) complain(network_->add_address(twin, prefix));
    }
    carried = effect.addresses;
    for (const IpAddress& gateway : effect.gateways) {
      complain(network_->add_route(twin, IpPrefix{gateway, 0}.network(), gateway));
    }
  }
  void do_one(const control::ResolveNeighbour& effect) {
    network_->want_neighbour(gateway_->twin_of(effect.port), effect.address);
  }
  void do_one(const control::SetLog& effect) { log_.set(effect.level, effect.format); }
  void do_one(const control::Notice& effect) {
    log_.write({effect.level, effect.component, effect.message, effect.tunnel, effect.event, effect.fields});
  }
  void do_one(const control::ReloadOutcome& effect) { outcome_ = effect; }

  void complain(const Result<void>& result) {
    if (!result) log_.write({Level::kError, "kernel", result.error().what});
  }

  std::string path_;
  Log& log_;
  sockets::EventLoop loop_;
  std::unique_ptr<app::Gateway> gateway_;
  std::unique_ptr<kernel::Network> network_;
  std::unique_ptr<control::Controller> controller_;
  std::unique_ptr<api::HttpServer> server_;
  control::Surroundings surroundings_;
  std::map<std::string, std::vector<IpPrefix>> carried_;  // by port: addresses on its twin
  control::ReloadOutcome outcome_;
  std::optional<Error> boot_fault_;
  bool changed_ = false;
};

}  // namespace

DaemonExit run_daemon(const std::string& config_path) {
  (void)::prctl(PR_SET_DUMPABLE, 0);  // a core would hold keys
  config::Loaded loaded = config::load_file(config_path);
  std::fputs(config::render(loaded).c_str(), stderr);
  if (!loaded.config) return DaemonExit::kBadConfig;
  Log log(loaded.config->management.log_level, loaded.config->management.log_format);
  Daemon daemon(config_path, log);
  if (auto started = daemon.start(*loaded.config); !started) {
    log.write({Level::kError, "app", started.error().what});
    return exit_for(started.error().fault);
  }
  daemon.run();
  return DaemonExit::kStopped;
}

}  // namespace levelgate::app
