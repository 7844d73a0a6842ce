// SPDX-License-Identifier: Apache-2.0
//
// The data plane and what it stands on, built from a configuration in a visible order and taken down in the reverse
// one. Decides nothing: plans come from the controller.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/model/config.h>
#include <levelgate/model/event.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/admin.h"
#include "control/reconcile.h"

namespace levelgate::app {

// Thread: control; its workers run on threads of their own.
class Gateway {
 public:
  using Say = std::function<void(std::string_view component, std::string_view line)>;
  // Ports, twins and buffers; no worker runs yet. Errors name the key to change.
  [[nodiscard]] static Result<std::unique_ptr<Gateway>> build(const model::Config& config, Say say);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  [[nodiscard]] std::uint32_t worker_count() const;
  [[nodiscard]] std::string cipher_name() const;
  [[nodiscard]] std::map<std::string, control::Surroundings::Port> devices() const;
  [[nodiscard]] std::map<std::string, control::PortState> port_states() const;
  [[nodiscard]] std::string twin_of(const std::string& port) const;

  [[nodiscard]] Result<void> apply(const model::ForwardingPlan& plan);
  void start_workers();
  void reclaim();
  [[nodiscard]] model::Stats stats() const;
  // What the workers reported since the last call; bounded.
  [[nodiscard]] std::vector<model::Event> events();

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::app
