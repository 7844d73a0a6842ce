// SPDX-License-Identifier: Apache-2.0
//
// Runs the `nft` program for the rule, and ioctls for the offloads.
#include "kernel/quiet_link.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>

extern char** environ;

namespace levelgate::kernel {
namespace {

// Letters, digits and underscores only: what nftables takes as a name.
std::string table_of(const std::string& interface) {
  std::string name = "levelgate_" + interface;
  for (char& c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) c = '_';
  }
  return name;
}

// Runs nft with these rules on its standard input; its exit status, or -1.
int run_nft(const std::string& rules) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string program = "nft";
  std::string option = "-f";
  std::string input = "-";
  std::array<char*, 4> argv{program.data(), option.data(), input.data(), nullptr};
  pid_t child = 0;
  const int fault = ::posix_spawnp(&child, "nft", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[0]);
  if (fault == 0) (void)!::write(pipe[1], rules.data(), rules.size());
  ::close(pipe[1]);
  int status = -1;
  if (fault != 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool carries_default_route(const std::string& interface) {
  std::ifstream routes("/proc/net/route");
  std::string line;
  while (std::getline(routes, line)) {
    std::istringstream fields(line);
    std::string name;
    std::string destination;
    fields >> name >> destination;
    if (name == interface && destination == "00000000") return true;
  }
  return false;
}

void set_offload(int socket, const std::string& interface, std::uint32_t command) {
  ethtool_value value{command, 0};
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  (void)::ioctl(socket, SIOCETHTOOL, &request);  // what the device lacks is off already
}

void turn_offloads_off(const std::string& interface) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  for (const std::uint32_t command : {ETHTOOL_SGRO, ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_STXCSUM}) {
    set_offload(socket, interface, command);
  }
  ::close(socket);
}

// The interface keeps no address of its own: no neighbour discovery, no router solicitation leaves by it.
void disable_ipv6(const std::string& interface) {
  std::ofstream("/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6") << "1";
}

}  // namespace

Result<std::unique_ptr<QuietLink>> QuietLink::make(const std::string& interface) {
  if (carries_default_route(interface)) {
    return failure(
        Fault::kNotPermitted,
        "interface \"" + interface + "\" carries the host's default route: a gateway needs an interface of its own");
  }
  turn_offloads_off(interface);
  disable_ipv6(interface);
  const std::string table = table_of(interface);
  const std::string rules = "add table netdev " + table + "\ndelete table netdev " + table + "\nadd table netdev " +
                            table + "\nadd chain netdev " + table + " ingress { type filter hook ingress device \"" +
                            interface + "\" priority 0; policy drop; }\n";
  if (run_nft(rules) != 0) {
    return failure(
        Fault::kDeviceMissing,
        "nft could not put its chain on \"" + interface +
            "\": is nftables installed, and CAP_NET_ADMIN held? Without it the kernel answers a second time");
  }
  return std::unique_ptr<QuietLink>(new QuietLink(interface));
}

QuietLink::~QuietLink() { (void)run_nft("delete table netdev " + table_of(interface_) + "\n"); }

}  // namespace levelgate::kernel
