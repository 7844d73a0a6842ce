// SPDX-License-Identifier: Apache-2.0
//
// levelgate-agentx: RFC 9349 for an SNMP master agent, read-only. Asks the gateway's API and knows no more of it.
#include <fmt/core.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <set>

#include "agentx/net_snmp.h"
#include "agentx/options.h"
#include "agentx/rows.h"
#include "agentx/snmp_tables.h"
#include "apiclient/http_client.h"

namespace {

using namespace levelgate;

constexpr unsigned kPatienceSeconds = 2;  // SNMP clients give up soon as well
constexpr int kMostLate = 3;              // answers in a row for which the last one stands in

volatile sig_atomic_t g_told_to_stop = 0;

void on_signal(int) { g_told_to_stop = 1; }

// Tells once what changed, since a fault may last for days.
class Source {
 public:
  explicit Source(std::string socket) : socket_(std::move(socket)) {}

  std::vector<agentx::Row> operator()() {
    const auto reply = apiclient::ask(socket_, apiclient::Method::kGet, "/v1/show/tfs", kPatienceSeconds);
    if (reply.reach == apiclient::Reach::kTimedOut && ++late_ <= kMostLate) return last_;
    if (reply.reach != apiclient::Reach::kAnswered) return failed(reply.problem);
    late_ = 0;
    if (reply.status != 200) return failed(fmt::format("the daemon answered {}", reply.status));
    auto rows = agentx::rows_of(reply.body, indices_);
    if (!rows) return failed(rows.error().what);
    if (!problem_.empty()) fmt::print(stderr, "levelgate-agentx: the daemon answers again\n");
    problem_.clear();
    for (const agentx::Row& row : *rows) {
      // The MIB has no names: here is which tunnel an index is.
      if (told_.insert(row.index).second) {
        fmt::print(stderr, "levelgate-agentx: index {} is tunnel {}\n", row.index, row.tunnel);
      }
    }
    last_ = std::move(*rows);
    return last_;
  }

 private:
  std::vector<agentx::Row> failed(const std::string& problem) {
    if (problem != problem_) fmt::print(stderr, "levelgate-agentx: {}\n", problem);
    problem_ = problem;
    last_.clear();
    return {};
  }

  std::string socket_;
  agentx::Indices indices_;
  std::vector<agentx::Row> last_;
  int late_ = 0;
  std::set<std::uint32_t> told_;
  std::string problem_;
};

int run(const agentx::Options& options) {
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int signal : {SIGTERM, SIGINT}) (void)sigaction(signal, &action, nullptr);

  snmp_enable_stderrlog();
  netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);  // a sub-agent
  if (!options.master.empty()) {
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, options.master.c_str());
  }
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
  netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
  netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, 15);  // to find the master again
  setenv("MIBS", "", 0);  // objects are served by number: no module is read
  if (init_agent("levelgate-agentx") != 0) {
    fmt::print(stderr, "levelgate-agentx: net-snmp could not be started\n");
    return 1;
  }
  if (!agentx::serve_tables(Source(options.socket), options.cache_seconds)) {
    fmt::print(stderr, "levelgate-agentx: the tables could not be registered\n");
    return 1;
  }
  init_snmp("levelgate-agentx");
  while (g_told_to_stop == 0) agent_check_and_process(1);
  snmp_shutdown("levelgate-agentx");
  shutdown_agent();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = agentx::read_options(argc, argv);
    if (options.text.empty()) return run(options);
    std::fputs(options.text.c_str(), options.exit == 0 ? stdout : stderr);
    return options.exit;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "levelgate-agentx: %s\n", error.what());
    return 1;
  }
}
