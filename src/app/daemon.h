// SPDX-License-Identifier: Apache-2.0
//
// The roof: builds every part in a visible order, lets the controller decide, and carries out what it decides. Boot,
// reload and stop are the same way from one configuration to the next. Wires, and decides nothing.
#pragma once

#include <levelgate/base/result.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/endpoints.h"
#include "app/data_plane.h"
#include "app/devices.h"
#include "app/esp_in_tcp.h"
#include "app/exit_status.h"
#include "app/ike_service.h"
#include "app/key_log.h"
#include "app/log.h"
#include "app/supervisor.h"
#include "control/controller.h"
#include "crypto/random.h"
#include "kernel/network.h"
#include "sockets/event_loop.h"

namespace levelgate::app {

// Thread: control.
class Daemon final : private api::Gateway {
 public:
  Daemon(std::string config_path, model::Config config, Log& log);
  ~Daemon() override;

  // Until it is told to stop, or cannot start.
  [[nodiscard]] ExitStatus run();

 private:
  [[nodiscard]] Result<void> build();
  [[nodiscard]] Result<void> boot();
  [[nodiscard]] Result<void> serve();
  void stop();

  [[nodiscard]] Result<control::Answer> show(control::Topic topic, const std::string& name) override;
  [[nodiscard]] api::Reloaded reload() override;
  [[nodiscard]] Result<void> command(api::Command command, const std::string& tunnel) override;
  [[nodiscard]] Result<control::Answer> explain(const std::string& tunnel) override;
  [[nodiscard]] control::Answer happenings(std::uint64_t after) override;
  [[nodiscard]] control::Value yang() override;
  [[nodiscard]] std::string metrics() override;

  void on_signal(int signal);
  void on_kernel_change();
  void on_tick();
  void take_hints();
  void wake_ike();
  void farewell();
  [[nodiscard]] control::View view();

  void carry_out(const control::Effects& effects);
  void carry_out(const control::ApplyPlan& effect);
  void carry_out(const control::SetTwin& effect);
  void carry_out(const control::ResolveNeighbour& effect);
  void carry_out(const control::SetLog& effect);
  void carry_out(const control::Notice& effect);
  void carry_out(const control::ReloadOutcome& effect);
  void carry_out(const control::IkeWork& effect);

  [[nodiscard]] Result<void> open_key_log();
  void log_keys();
  [[nodiscard]] std::string status_text() const;  // for the service manager
  [[nodiscard]] control::Surroundings look_around();
  [[nodiscard]] std::vector<std::string> twins() const;
  [[nodiscard]] std::string twin_of(const std::string& port) const;
  void info(std::string_view component, std::string_view message,
            std::vector<std::pair<std::string_view, std::string>> fields = {});
  void complain(std::string_view component, const Result<void>& outcome);

  std::string path_;
  model::Config first_config_;
  Log& log_;
  Supervisor supervisor_;
  std::unique_ptr<crypto::Random> random_ = crypto::make_openssl_random();
  control::Controller controller_;
  control::ReloadOutcome last_outcome_;
  std::string dpdk_fault_;  // what DPDK called an error last
  model::Stats stats_;
  std::map<std::string, control::PortState> port_states_;   // as last looked at
  std::vector<std::uint64_t> turns_;                        // of each worker, at the last tick
  Instant confirmed_{};                                     // when the kernel was last asked to confirm neighbours
  std::map<std::string, std::vector<IpPrefix>> addresses_;  // on the twins, by port
  std::map<std::string, std::vector<IpAddress>> gateways_;  // of the twins, by port
  std::unique_ptr<KeyLog> key_log_;                         // null: off, as it is everywhere but in labs
  // In the order in which they are built; gone in the reverse one.
  sockets::EventLoop loop_;
  std::unique_ptr<Devices> devices_;
  std::unique_ptr<kernel::Network> network_;
  std::unique_ptr<DataPlane> data_plane_;
  std::unique_ptr<IkeService> ike_;
  std::unique_ptr<EspInTcp> esp_in_tcp_;
  std::unique_ptr<sockets::Alarm> farewell_;  // while peers are told that we go
  std::unique_ptr<api::HttpServer> api_;
};

}  // namespace levelgate::app
