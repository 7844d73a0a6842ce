// SPDX-License-Identifier: Apache-2.0
//
// What an interface below a packet socket must not do is switched off here and put back in the end.
#include "kernel/quiet_link.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "kernel/arrival_block.h"

namespace levelgate::kernel {
namespace {

bool carries_default_route_v4(const std::string& interface) {
  std::ifstream routes("/proc/net/route");
  for (std::string line; std::getline(routes, line);) {
    std::istringstream fields(line);
    std::string name, destination, gateway, flags, references, use, metric, mask;
    fields >> name >> destination >> gateway >> flags >> references >> use >> metric >> mask;
    if (name == interface && destination == "00000000" && mask == "00000000") return true;
  }
  return false;
}

bool carries_default_route_v6(const std::string& interface) {
  std::ifstream routes("/proc/net/ipv6_route");
  for (std::string line; std::getline(routes, line);) {
    std::istringstream fields(line);
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    if (words.size() != 10 || words[9] != interface) continue;
    const bool everything = words[0] == std::string(32, '0') && words[1] == "00";
    const bool has_gateway = words[4] != std::string(32, '0');
    if (everything && has_gateway) return true;
  }
  return false;
}

// The first address of its own but for link-local ones of IPv6, which the kernel makes by itself.
std::string own_address(const std::string& interface) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::string found;
  for (const ifaddrs* entry = list; entry != nullptr && found.empty(); entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || interface != entry->ifa_name) continue;
    const int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    std::array<char, NI_MAXHOST> text{};
    const socklen_t octets = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (::getnameinfo(entry->ifa_addr, octets, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (!std::string(text.data()).starts_with("fe80:")) found = text.data();
  }
  ::freeifaddrs(list);
  return found;
}

class ControlSocket {
 public:
  ControlSocket() : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~ControlSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // The value that an ethtool question is answered with, or that an order leaves; empty: the device lacks the feature.
  [[nodiscard]] std::optional<std::uint32_t> ethtool(const std::string& interface, std::uint32_t command,
                                                     std::uint32_t value) const {
    ethtool_value argument{command, value};
    ifreq request = request_for(interface);
    request.ifr_data = reinterpret_cast<char*>(&argument);
    if (::ioctl(descriptor_, SIOCETHTOOL, &request) != 0) return std::nullopt;
    return argument.data;
  }

  [[nodiscard]] int flags(const std::string& interface) const {
    ifreq request = request_for(interface);
    return ::ioctl(descriptor_, SIOCGIFFLAGS, &request) == 0 ? request.ifr_flags : 0;
  }

  void set_flag(const std::string& interface, int flag, bool on) const {
    ifreq request = request_for(interface);
    if (::ioctl(descriptor_, SIOCGIFFLAGS, &request) != 0) return;
    const int wanted = on ? request.ifr_flags | flag : request.ifr_flags & ~flag;
    if (wanted == request.ifr_flags) return;
    request.ifr_flags = static_cast<short>(wanted);
    (void)::ioctl(descriptor_, SIOCSIFFLAGS, &request);
  }

  [[nodiscard]] int mtu(const std::string& interface) const {
    ifreq request = request_for(interface);
    return ::ioctl(descriptor_, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : 0;
  }

  void set_mtu(const std::string& interface, int octets) const {
    ifreq request = request_for(interface);
    request.ifr_mtu = octets;
    (void)::ioctl(descriptor_, SIOCSIFMTU, &request);
  }

 private:
  static ifreq request_for(const std::string& interface) {
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    return request;
  }

  int descriptor_;
};

struct Feature {
  const char* name;
  std::uint32_t get_command;
  std::uint32_t set_command;
};

// Order matters: segmentation needs checksums, so they go last and come back first.
constexpr std::array kUnwanted = {
    Feature{"gro", ETHTOOL_GGRO, ETHTOOL_SGRO},
    Feature{"gso", ETHTOOL_GGSO, ETHTOOL_SGSO},
    Feature{"tso", ETHTOOL_GTSO, ETHTOOL_STSO},
    Feature{"tx checksums", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM},
};

std::string ipv6_switch(const std::string& interface) {
  return "/proc/sys/net/ipv6/conf/" + interface + "/disable_ipv6";
}

}  // namespace

Result<std::unique_ptr<QuietLink>> QuietLink::make(const std::string& interface, std::uint32_t mtu) {
  if (carries_default_route_v4(interface) || carries_default_route_v6(interface)) {
    return failure(
        Fault::kNotPermitted,
        "interface \"" + interface + "\" carries the host's default route: a port needs an interface of its own");
  }
  if (const std::string address = own_address(interface); !address.empty()) {
    return failure(Fault::kAddressInUse, "interface \"" + interface + "\" carries " + address +
                                             ": the port's twin carries addresses, so remove it there (ip address "
                                             "flush dev " +
                                             interface + ")");
  }
  std::unique_ptr<QuietLink> link(new QuietLink(interface));
  const ControlSocket socket;
  const int flags = socket.flags(interface);
  link->state_before_ = {(flags & IFF_UP) != 0, (flags & IFF_PROMISC) != 0, socket.mtu(interface)};
  if (auto blocked = block_arrivals(interface); !blocked) return std::unexpected(blocked.error());
  link->note("its arrivals are kept from the kernel");
  link->silence_ipv6();
  link->turn_offloads_off();
  socket.set_flag(interface, IFF_UP, true);
  if (mtu != 0) socket.set_mtu(interface, static_cast<int>(mtu));
  link->mtu_ = static_cast<std::uint32_t>(socket.mtu(interface));
  if (mtu != 0 && link->mtu_ != mtu) {
    return failure(Fault::kDeviceMissing, "interface \"" + interface + "\" refuses mtu " + std::to_string(mtu));
  }
  return link;
}

// No neighbour discovery, no router solicitation, no address of its own.
void QuietLink::silence_ipv6() {
  char state = '1';
  std::ifstream(ipv6_switch(interface_)) >> state;
  if (state != '0') return;
  std::ofstream(ipv6_switch(interface_)) << '1';
  ipv6_before_ = true;
  note("IPv6 off");
}

void QuietLink::turn_offloads_off() {
  const ControlSocket socket;
  for (const Feature& feature : kUnwanted) {
    const auto value = socket.ethtool(interface_, feature.get_command, 0);
    if (!value || *value == 0 || !socket.ethtool(interface_, feature.set_command, 0)) continue;
    before_.push_back({feature.set_command, *value});
    note(std::string(feature.name) + " off");
  }
}

QuietLink::~QuietLink() {
  const ControlSocket socket;
  for (auto offload = before_.rbegin(); offload != before_.rend(); ++offload) {
    (void)socket.ethtool(interface_, offload->set_command, offload->value);
  }
  if (state_before_.mtu != socket.mtu(interface_)) socket.set_mtu(interface_, state_before_.mtu);
  socket.set_flag(interface_, IFF_PROMISC, state_before_.promiscuous);
  socket.set_flag(interface_, IFF_UP, state_before_.up);
  if (ipv6_before_) std::ofstream(ipv6_switch(interface_)) << '0';
  // An interface that is gone took its chain along; a chain that cannot be lifted is replaced by the next start.
  (void)lift_block(interface_);
}

}  // namespace levelgate::kernel
