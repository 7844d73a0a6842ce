// SPDX-License-Identifier: Apache-2.0
//
// The whole command as a function: what it printed and its exit code; and a daemon that answers for the gateway of the
// operator's contract on a socket of its own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>
#include <vector>

#include "api/endpoints.h"
#include "cli/verbs.h"
#include "management/metrics.h"
#include "management/yang.h"
#include "unit/config/key_folder.h"
#include "unit/control/gateway_configs.h"

namespace levelgate::tests {

struct Outcome {
  int exit = -1;
  std::string out;
  std::string err;
};

inline Outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "levelgate");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit = cli::run_command(static_cast<int>(argv.size()), argv.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

// Its counters stand still; a reload has the outcome that it was given.
class ContractGateway : public api::Gateway {
 public:
  ContractGateway() {
    control::Surroundings seen = seen_around();
    seen.neighbours = {{"wan", ip("198.51.100.254"), mac("02:00:00:00:00:fe")}};
    plan_ = *control::make_plan(config_, seen, 1);
    stats_.tunnels.push_back({"berlin", {}});
    trends_.observe(stats_, at_second(1));
    stats_.drops[static_cast<std::size_t>(model::Drop::kTfsQueueDelay)] = 118;
    stats_.tunnels[0].counters.rx_pkts = 1;
    trends_.observe(stats_, at_second(2));
  }
  Result<control::Answer> show(control::Topic topic, const std::string& name) override {
    return control::answer(topic, name, view());
  }
  control::Value yang() override {
    const control::View now = view();
    return management::yang_instance(config_, &now);
  }
  std::string metrics() override { return management::metrics_text(view(), {"0", "DPDK 0", "aead", false}); }
  api::Reloaded reload() override { return reloaded; }
  Result<void> command(api::Command, const std::string& tunnel) override {
    return tunnel == "berlin" ? Result<void>{}
                              : failure(Fault::kNotFound, "no tunnel \"" + tunnel + "\" is kept by IKE");
  }
  Result<control::Answer> explain(const std::string& tunnel) override {
    control::Answer answer;
    if (tunnel != "berlin") return failure(Fault::kNotFound, "no tunnel \"" + tunnel + "\" is kept by IKE");
    answer.lines = {"berlin: up; nothing has failed"};
    return answer;
  }
  control::Answer happenings(std::uint64_t) override { return {}; }

  api::Reloaded reloaded{true, {true, {"nothing changed"}}};

 private:
  [[nodiscard]] control::View view() const { return {config_, plan_, stats_, ports_, trends_, at_second(6)}; }

  model::Config config_ = paris();
  model::ForwardingPlan plan_;
  model::Stats stats_;
  std::map<std::string, control::PortState> ports_;
  control::Trends trends_;
};

class RunningDaemon {
 public:
  explicit RunningDaemon(const std::string& socket)
      : server_(api::HttpServer::open(context_, socket, "", {},
                                      [this](const api::Request& request) { return api::respond(gateway, request); })),
        thread_([this] { context_.run(); }) {
    EXPECT_TRUE(server_) << server_.error().what;
  }
  ~RunningDaemon() {
    context_.stop();
    thread_.join();
  }
  RunningDaemon(const RunningDaemon&) = delete;
  RunningDaemon& operator=(const RunningDaemon&) = delete;

  ContractGateway gateway;  // change it between two commands only

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(context_);
  Result<std::unique_ptr<api::HttpServer>> server_;
  std::thread thread_;
};

}  // namespace levelgate::tests
