// SPDX-License-Identifier: Apache-2.0
//
// libnl-route-3 behind plain values. Changes are learnt by a hint and a fresh look, so a lost notification heals
// itself.
#include "kernel/network.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

namespace levelgate::kernel {
namespace {

template <auto kGiveBack>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kGiveBack(object);
  }
};
using Socket = std::unique_ptr<nl_sock, Deleter<&nl_socket_free>>;
using Address = std::unique_ptr<nl_addr, Deleter<&nl_addr_put>>;
using Cache = std::unique_ptr<nl_cache, Deleter<&nl_cache_free>>;
using Link = std::unique_ptr<rtnl_link, Deleter<&rtnl_link_put>>;
using LinkAddress = std::unique_ptr<rtnl_addr, Deleter<&rtnl_addr_put>>;
using LinkNeighbour = std::unique_ptr<rtnl_neigh, Deleter<&rtnl_neigh_put>>;
using LinkRoute = std::unique_ptr<rtnl_route, Deleter<&rtnl_route_put>>;

constexpr int kChangeBufferOctets = 1 << 20;  // a routing daemon that starts speaks fast

int index_of(const std::string& interface) { return static_cast<int>(::if_nametoindex(interface.c_str())); }

Address make_address(const IpAddress& address, int prefix_length) {
  const int family = address.family() == IpFamily::kV4 ? AF_INET : AF_INET6;
  const ConstBytes octets = address.bytes();
  Address made(nl_addr_build(family, octets.data(), octets.size()));
  if (made) nl_addr_set_prefixlen(made.get(), prefix_length);
  return made;
}

Address make_host_address(const IpAddress& address) {
  return make_address(address, static_cast<int>(address.bytes().size() * 8));
}

std::optional<IpAddress> read_address(nl_addr* address) {
  if (address == nullptr) return std::nullopt;
  const auto* const octets = static_cast<const std::byte*>(nl_addr_get_binary_addr(address));
  if (nl_addr_get_family(address) == AF_INET && nl_addr_get_len(address) == 4) return IpAddress::v4_from(octets);
  if (nl_addr_get_family(address) == AF_INET6 && nl_addr_get_len(address) == 16) return IpAddress::v6_from(octets);
  return std::nullopt;
}

std::unexpected<Error> said(const std::string& what, int fault) {
  const Fault kind = fault == -NLE_PERM ? Fault::kNotPermitted : Fault::kIo;
  return failure(kind, what + ": " + nl_geterror(fault));
}

std::map<int, std::string> indexes(const std::vector<std::string>& interfaces) {
  std::map<int, std::string> found;
  for (const std::string& name : interfaces) {
    if (const int index = index_of(name); index != 0) found[index] = name;
  }
  return found;
}

bool is_group_or_loopback(const IpAddress& address) {
  const unsigned first = std::to_integer<unsigned>(address.bytes()[0]);
  return address.family() == IpFamily::kV4 ? first >= 224 || first == 127 : first == 0xff;
}

bool is_link_local_v6(const IpAddress& address) {
  const ConstBytes octets = address.bytes();
  return address.family() == IpFamily::kV6 && std::to_integer<unsigned>(octets[0]) == 0xfe &&
         (std::to_integer<unsigned>(octets[1]) & 0xc0u) == 0x80;
}

std::optional<Neighbour> read_neighbour(rtnl_neigh* neighbour, const std::map<int, std::string>& wanted) {
  const auto name = wanted.find(rtnl_neigh_get_ifindex(neighbour));
  const auto address = read_address(rtnl_neigh_get_dst(neighbour));
  nl_addr* const mac = rtnl_neigh_get_lladdr(neighbour);
  if (name == wanted.end() || !address || mac == nullptr || nl_addr_get_len(mac) != 6) return std::nullopt;
  if (is_group_or_loopback(*address)) return std::nullopt;
  Neighbour entry{name->second, *address, {}, false};
  std::copy_n(static_cast<const std::byte*>(nl_addr_get_binary_addr(mac)), 6, entry.mac.octets.begin());
  constexpr int kUsable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
  entry.usable = (rtnl_neigh_get_state(neighbour) & kUsable) != 0;
  return entry;
}

// The first next hop that leaves by one of the interfaces; the data plane does not spread over several.
std::optional<Route> read_route(rtnl_route* route, const std::map<int, std::string>& wanted) {
  if (rtnl_route_get_table(route) != RT_TABLE_MAIN || rtnl_route_get_type(route) != RTN_UNICAST) return std::nullopt;
  nl_addr* const to = rtnl_route_get_dst(route);
  if (to == nullptr) return std::nullopt;
  const bool v6 = rtnl_route_get_family(route) == AF_INET6;
  const std::byte zeros[16]{};
  const IpAddress destination = read_address(to).value_or(v6 ? IpAddress::v6_from(zeros) : IpAddress::v4(0));
  if (is_group_or_loopback(destination) || is_link_local_v6(destination)) return std::nullopt;
  for (int i = 0; i < rtnl_route_get_nnexthops(route); ++i) {
    rtnl_nexthop* const hop = rtnl_route_nexthop_n(route, i);
    const auto name = wanted.find(rtnl_route_nh_get_ifindex(hop));
    if (name == wanted.end() || (rtnl_route_nh_get_flags(hop) & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0) continue;
    Route entry;
    entry.interface = name->second;
    entry.prefix = {destination, static_cast<std::uint8_t>(nl_addr_get_prefixlen(to))};
    entry.metric = rtnl_route_get_priority(route);
    const auto gateway = read_address(rtnl_route_nh_get_gateway(hop));
    entry.connected = !gateway.has_value();
    if (gateway) entry.next_hop = *gateway;
    return entry;
  }
  return std::nullopt;
}

LinkRoute make_route(const std::string& interface, const IpPrefix& prefix, const IpAddress& next_hop) {
  LinkRoute route(rtnl_route_alloc());
  rtnl_nexthop* const hop = rtnl_route_nh_alloc();
  const Address to = make_address(prefix.network().address, prefix.length);
  const Address via = make_host_address(next_hop);
  rtnl_route_set_family(route.get(), prefix.address.family() == IpFamily::kV4 ? AF_INET : AF_INET6);
  rtnl_route_set_dst(route.get(), to.get());
  rtnl_route_set_priority(route.get(), kOwnMetric);
  rtnl_route_nh_set_ifindex(hop, index_of(interface));
  rtnl_route_nh_set_gateway(hop, via.get());
  rtnl_route_add_nexthop(route.get(), hop);
  return route;
}

LinkAddress make_link_address(const std::string& interface, const IpPrefix& address) {
  LinkAddress made(rtnl_addr_alloc());
  const Address local = make_address(address.address, address.length);
  rtnl_addr_set_ifindex(made.get(), index_of(interface));
  rtnl_addr_set_local(made.get(), local.get());
  return made;
}

int count_message(nl_msg*, void* count) {
  ++*static_cast<unsigned*>(count);
  return NL_OK;
}

}  // namespace

struct Network::Parts {
  Socket requests;
  Socket changes;
  unsigned change_count = 0;
  std::vector<Neighbour> last_neighbours;
  std::vector<Route> last_routes;

  Result<void> change_link(const std::string& interface, const Link& change, const std::string& what) {
    const Link which(rtnl_link_alloc());
    rtnl_link_set_ifindex(which.get(), index_of(interface));
    const int fault = rtnl_link_change(requests.get(), which.get(), change.get(), 0);
    if (fault != 0) return said("interface " + interface + ": " + what, fault);
    return {};
  }
};

Network::Network(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Network::~Network() = default;

Result<std::unique_ptr<Network>> Network::open() {
  auto parts = std::make_unique<Parts>();
  parts->requests.reset(nl_socket_alloc());
  parts->changes.reset(nl_socket_alloc());
  if (!parts->requests || !parts->changes) return failure(Fault::kNoMemory, "no memory for netlink sockets");
  int fault = nl_connect(parts->requests.get(), NETLINK_ROUTE);
  if (fault == 0) {
    nl_socket_disable_seq_check(parts->changes.get());
    nl_socket_modify_cb(parts->changes.get(), NL_CB_VALID, NL_CB_CUSTOM, &count_message, &parts->change_count);
    fault = nl_connect(parts->changes.get(), NETLINK_ROUTE);
  }
  if (fault == 0) {
    fault = nl_socket_add_memberships(parts->changes.get(), RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0);
  }
  if (fault == 0) fault = nl_socket_set_nonblocking(parts->changes.get());
  if (fault != 0) return said("netlink", fault);
  (void)nl_socket_set_buffer_size(parts->changes.get(), kChangeBufferOctets, 0);
  return std::unique_ptr<Network>(new Network(std::move(parts)));
}

Result<void> Network::set_link_up(const std::string& interface) {
  // While duplicate address detection runs on the link-local address, no neighbour is asked for, and every IPv6 host
  // beyond is unknown. Whoever made the link may have brought it up with detection on: hence down first. Where IPv6 is
  // switched off there is no such file, and nothing to do.
  const Link down(rtnl_link_alloc());
  rtnl_link_unset_flags(down.get(), IFF_UP);
  if (auto taken = parts_->change_link(interface, down, "cannot be taken out of service"); !taken) return taken;
  std::ofstream("/proc/sys/net/ipv6/conf/" + interface + "/accept_dad") << '0';
  const Link up(rtnl_link_alloc());
  rtnl_link_set_flags(up.get(), IFF_UP);
  return parts_->change_link(interface, up, "cannot be brought into service");
}

Result<void> Network::set_mtu(const std::string& interface, std::uint32_t mtu) {
  const Link change(rtnl_link_alloc());
  rtnl_link_set_mtu(change.get(), mtu);
  return parts_->change_link(interface, change, "refuses mtu " + std::to_string(mtu));
}

Result<void> Network::add_address(const std::string& interface, const IpPrefix& address) {
  const LinkAddress made = make_link_address(interface, address);
  // Duplicate address detection would keep an IPv6 address unusable for the first seconds.
  if (address.address.family() == IpFamily::kV6) rtnl_addr_set_flags(made.get(), IFA_F_NODAD);
  const int fault = rtnl_addr_add(parts_->requests.get(), made.get(), NLM_F_REPLACE);
  if (fault != 0) return said("address " + address.text() + " on " + interface, fault);
  return {};
}

Result<void> Network::remove_address(const std::string& interface, const IpPrefix& address) {
  const LinkAddress made = make_link_address(interface, address);
  const int fault = rtnl_addr_delete(parts_->requests.get(), made.get(), 0);
  if (fault != 0) return said("address " + address.text() + " off " + interface, fault);
  return {};
}

Result<void> Network::add_route(const std::string& interface, const IpPrefix& prefix, const IpAddress& next_hop) {
  const LinkRoute route = make_route(interface, prefix, next_hop);
  const int fault = rtnl_route_add(parts_->requests.get(), route.get(), NLM_F_REPLACE);
  if (fault != 0) return said("route to " + prefix.text() + " by " + interface, fault);
  return {};
}

Result<void> Network::remove_route(const std::string& interface, const IpPrefix& prefix, const IpAddress& next_hop) {
  const LinkRoute route = make_route(interface, prefix, next_hop);
  const int fault = rtnl_route_delete(parts_->requests.get(), route.get(), 0);
  if (fault != 0) return said("route to " + prefix.text() + " off " + interface, fault);
  return {};
}

std::vector<Neighbour> Network::neighbours(const std::vector<std::string>& interfaces) {
  nl_cache* raw = nullptr;
  if (rtnl_neigh_alloc_cache(parts_->requests.get(), &raw) != 0) return parts_->last_neighbours;
  const Cache cache(raw);
  const std::map<int, std::string> wanted = indexes(interfaces);
  std::vector<Neighbour> list;
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    if (auto entry = read_neighbour(reinterpret_cast<rtnl_neigh*>(object), wanted)) list.push_back(std::move(*entry));
  }
  parts_->last_neighbours = list;
  return list;
}

std::vector<Route> Network::routes(const std::vector<std::string>& interfaces) {
  nl_cache* raw = nullptr;
  if (rtnl_route_alloc_cache(parts_->requests.get(), AF_UNSPEC, 0, &raw) != 0) return parts_->last_routes;
  const Cache cache(raw);
  const std::map<int, std::string> wanted = indexes(interfaces);
  std::vector<Route> list;
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    if (auto entry = read_route(reinterpret_cast<rtnl_route*>(object), wanted)) list.push_back(std::move(*entry));
  }
  parts_->last_routes = list;
  return list;
}

void Network::want_neighbour(const std::string& interface, const IpAddress& address) {
  const LinkNeighbour neighbour(rtnl_neigh_alloc());
  const Address to = make_host_address(address);
  rtnl_neigh_set_ifindex(neighbour.get(), index_of(interface));
  rtnl_neigh_set_dst(neighbour.get(), to.get());
  rtnl_neigh_set_flags(neighbour.get(), NTF_USE);
  rtnl_neigh_set_state(neighbour.get(), NUD_NONE);
  (void)rtnl_neigh_add(parts_->requests.get(), neighbour.get(), NLM_F_CREATE | NLM_F_REPLACE);
}

void Network::confirm_stale(const std::vector<std::string>& interfaces) {
  nl_cache* raw = nullptr;
  if (rtnl_neigh_alloc_cache(parts_->requests.get(), &raw) != 0) return;
  const Cache cache(raw);
  const std::map<int, std::string> wanted = indexes(interfaces);
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* const neighbour = reinterpret_cast<rtnl_neigh*>(object);
    if ((rtnl_neigh_get_state(neighbour) & NUD_STALE) == 0) continue;
    if (const auto entry = read_neighbour(neighbour, wanted)) want_neighbour(entry->interface, entry->address);
  }
}

int Network::change_descriptor() const { return nl_socket_get_fd(parts_->changes.get()); }

bool Network::drain() {
  const unsigned before = parts_->change_count;
  // An overrun means that something was missed: that is a change, too.
  for (int i = 0; i < 64; ++i) {
    const int fault = nl_recvmsgs_default(parts_->changes.get());
    if (fault == -NLE_AGAIN) break;
    if (fault < 0) return true;
  }
  return parts_->change_count != before;
}

}  // namespace levelgate::kernel
