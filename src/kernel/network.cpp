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
#include <map>
#include <optional>

namespace levelgate::kernel {
namespace {

struct SocketDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using Socket = std::unique_ptr<nl_sock, SocketDeleter>;
struct AddressDeleter {
  void operator()(nl_addr* address) const { nl_addr_put(address); }
};
using Address = std::unique_ptr<nl_addr, AddressDeleter>;
struct CacheDeleter {
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
};
using Cache = std::unique_ptr<nl_cache, CacheDeleter>;

Address make_address(const IpAddress& address, int prefix_length) {
  const int family = address.family() == IpFamily::kV4 ? AF_INET : AF_INET6;
  const ConstBytes octets = address.bytes();
  Address made(nl_addr_build(family, octets.data(), octets.size()));
  if (made) nl_addr_set_prefixlen(made.get(), prefix_length);
  return made;
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
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index != 0) found[static_cast<int>(index)] = name;
  }
  return found;
}

bool link_local_or_group(const IpAddress& address) {
  const ConstBytes octets = address.bytes();
  const unsigned first = std::to_integer<unsigned>(octets[0]);
  if (address.family() == IpFamily::kV4) return first >= 224 || first == 127;
  return first == 0xff || (first == 0xfe && (std::to_integer<unsigned>(octets[1]) & 0xc0u) == 0x80);
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
  return std::unique_ptr<Network>(new Network(std::move(parts)));
}

Result<void> Network::set_link_up(const std::string& interface) {
  rtnl_link* const change = rtnl_link_alloc();
  rtnl_link* const which = rtnl_link_alloc();
  rtnl_link_set_name(which, interface.c_str());
  rtnl_link_set_ifindex(which, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_link_set_flags(change, IFF_UP);
  const int fault = rtnl_link_change(parts_->requests.get(), which, change, 0);
  rtnl_link_put(change);
  rtnl_link_put(which);
  if (fault != 0) return said("interface " + interface + " cannot be brought up", fault);
  return {};
}

Result<void> Network::set_mtu(const std::string& interface, std::uint32_t mtu) {
  rtnl_link* const change = rtnl_link_alloc();
  rtnl_link* const which = rtnl_link_alloc();
  rtnl_link_set_ifindex(which, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_link_set_mtu(change, mtu);
  const int fault = rtnl_link_change(parts_->requests.get(), which, change, 0);
  rtnl_link_put(change);
  rtnl_link_put(which);
  if (fault != 0) return said("mtu of interface " + interface, fault);
  return {};
}

Result<void> Network::add_address(const std::string& interface, const IpPrefix& address) {
  rtnl_addr* const made = rtnl_addr_alloc();
  const Address local = make_address(address.address, address.length);
  rtnl_addr_set_ifindex(made, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_addr_set_local(made, local.get());
  // Duplicate address detection would keep an IPv6 address unusable for the first seconds.
  if (address.address.family() == IpFamily::kV6) rtnl_addr_set_flags(made, IFA_F_NODAD);
  const int fault = rtnl_addr_add(parts_->requests.get(), made, NLM_F_REPLACE);
  rtnl_addr_put(made);
  if (fault != 0) return said("address " + address.text() + " on " + interface, fault);
  return {};
}

Result<void> Network::remove_address(const std::string& interface, const IpPrefix& address) {
  rtnl_addr* const made = rtnl_addr_alloc();
  const Address local = make_address(address.address, address.length);
  rtnl_addr_set_ifindex(made, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_addr_set_local(made, local.get());
  const int fault = rtnl_addr_delete(parts_->requests.get(), made, 0);
  rtnl_addr_put(made);
  if (fault != 0) return said("address " + address.text() + " off " + interface, fault);
  return {};
}

Result<void> Network::add_route(const std::string& interface, const IpPrefix& prefix, const IpAddress& next_hop) {
  rtnl_route* const route = rtnl_route_alloc();
  rtnl_nexthop* const hop = rtnl_route_nh_alloc();
  const Address to = make_address(prefix.network().address, prefix.length);
  const Address via = make_address(next_hop, static_cast<int>(next_hop.bytes().size() * 8));
  rtnl_route_set_family(route, prefix.address.family() == IpFamily::kV4 ? AF_INET : AF_INET6);
  rtnl_route_set_dst(route, to.get());
  rtnl_route_nh_set_ifindex(hop, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_route_nh_set_gateway(hop, via.get());
  rtnl_route_add_nexthop(route, hop);
  const int fault = rtnl_route_add(parts_->requests.get(), route, NLM_F_REPLACE);
  rtnl_route_put(route);
  if (fault != 0) return said("route to " + prefix.text() + " by " + interface, fault);
  return {};
}

std::vector<Neighbour> Network::neighbours(const std::vector<std::string>& interfaces) {
  std::vector<Neighbour> list;
  nl_cache* raw = nullptr;
  if (rtnl_neigh_alloc_cache(parts_->requests.get(), &raw) != 0) return list;
  const Cache cache(raw);
  const std::map<int, std::string> wanted = indexes(interfaces);
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* const neighbour = reinterpret_cast<rtnl_neigh*>(object);
    const auto name = wanted.find(rtnl_neigh_get_ifindex(neighbour));
    const auto address = read_address(rtnl_neigh_get_dst(neighbour));
    nl_addr* const mac = rtnl_neigh_get_lladdr(neighbour);
    if (name == wanted.end() || !address || mac == nullptr || nl_addr_get_len(mac) != 6) continue;
    if (link_local_or_group(*address)) continue;
    Neighbour entry{name->second, *address, {}, false};
    std::copy_n(static_cast<const std::byte*>(nl_addr_get_binary_addr(mac)), 6, entry.mac.octets.begin());
    constexpr int kUsable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;
    entry.usable = (rtnl_neigh_get_state(neighbour) & kUsable) != 0;
    list.push_back(entry);
  }
  return list;
}

std::vector<Route> Network::routes(const std::vector<std::string>& interfaces) {
  std::vector<Route> list;
  nl_cache* raw = nullptr;
  if (rtnl_route_alloc_cache(parts_->requests.get(), AF_UNSPEC, 0, &raw) != 0) return list;
  const Cache cache(raw);
  const std::map<int, std::string> wanted = indexes(interfaces);
  for (nl_object* object = nl_cache_get_first(raw); object != nullptr; object = nl_cache_get_next(object)) {
    auto* const route = reinterpret_cast<rtnl_route*>(object);
    if (rtnl_route_get_table(route) != RT_TABLE_MAIN || rtnl_route_get_type(route) != RTN_UNICAST) continue;
    rtnl_nexthop* const hop = rtnl_route_nexthop_n(route, 0);
    nl_addr* const to = rtnl_route_get_dst(route);
    if (hop == nullptr || to == nullptr) continue;
    const auto name = wanted.find(rtnl_route_nh_get_ifindex(hop));
    if (name == wanted.end()) continue;
    Route entry;
    entry.interface = name->second;
    entry.metric = rtnl_route_get_priority(route);
    const auto gateway = read_address(rtnl_route_nh_get_gateway(hop));
    entry.connected = !gateway.has_value();
    if (gateway) entry.next_hop = *gateway;
    const bool v6 = rtnl_route_get_family(route) == AF_INET6;
    const auto destination = read_address(to);
    const std::byte zeros[16]{};
    const IpAddress any = v6 ? IpAddress::v6_from(zeros) : IpAddress::v4(0);
    entry.prefix = {destination.value_or(any), static_cast<std::uint8_t>(nl_addr_get_prefixlen(to))};
    if (destination && link_local_or_group(*destination)) continue;
    list.push_back(entry);
  }
  return list;
}

void Network::want_neighbour(const std::string& interface, const IpAddress& address) {
  rtnl_neigh* const neighbour = rtnl_neigh_alloc();
  const Address to = make_address(address, static_cast<int>(address.bytes().size() * 8));
  rtnl_neigh_set_ifindex(neighbour, static_cast<int>(::if_nametoindex(interface.c_str())));
  rtnl_neigh_set_dst(neighbour, to.get());
  rtnl_neigh_set_flags(neighbour, NTF_USE);
  rtnl_neigh_set_state(neighbour, NUD_NONE);
  (void)rtnl_neigh_add(parts_->requests.get(), neighbour, NLM_F_CREATE | NLM_F_REPLACE);
  rtnl_neigh_put(neighbour);
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
