// SPDX-License-Identifier: Apache-2.0
//
// What the kernel does for the gateway: it carries the addresses on the twins, resolves neighbours, and tells of
// routes. Every call ends at once; a failure says what the kernel said. Changes nothing but the interfaces named.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/result.h>

#include <memory>
#include <string>
#include <vector>

namespace levelgate::kernel {

struct Neighbour {
  std::string interface;
  IpAddress address;
  MacAddress mac;
  bool usable = false;  // the kernel trusts it at the moment
};

struct Route {
  std::string interface;
  IpPrefix prefix;
  IpAddress next_hop;
  bool connected = false;  // no next hop
  std::uint32_t metric = 0;
};

// Routes that we give the kernel rank behind any that the host has: ours are for twins, and must not cut a host off
// that has a default route of its own.
inline constexpr std::uint32_t kOwnMetric = 32'768;

// Thread: control.
class Network {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Network>> open();
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Down and up again if it is up already; so its link-local address is usable at once, too.
  [[nodiscard]] Result<void> set_link_up(const std::string& interface);
  [[nodiscard]] Result<void> set_mtu(const std::string& interface, std::uint32_t mtu);
  // Usable at once: no duplicate address detection. An address that is there already is no fault.
  [[nodiscard]] Result<void> add_address(const std::string& interface, const IpPrefix& address);
  [[nodiscard]] Result<void> remove_address(const std::string& interface, const IpPrefix& address);
  // With kOwnMetric; replaces the one that we gave before for the same prefix.
  [[nodiscard]] Result<void> add_route(const std::string& interface, const IpPrefix& prefix, const IpAddress& next_hop);
  [[nodiscard]] Result<void> remove_route(const std::string& interface, const IpPrefix& prefix,
                                          const IpAddress& next_hop);

  // Of the interfaces named: unicast, main table; routes without link-local destinations. When the kernel does not
  // answer, the list of the last time.
  [[nodiscard]] std::vector<Neighbour> neighbours(const std::vector<std::string>& interfaces);
  [[nodiscard]] std::vector<Route> routes(const std::vector<std::string>& interfaces);
  // Asks the kernel to resolve a next hop, or to confirm one that is in use.
  void want_neighbour(const std::string& interface, const IpAddress& address);
  // Asks the kernel to confirm all that it has not heard of for a while. The data plane's packets do not pass the
  // kernel, so without this it would never notice that a neighbour went away. Call it now and then.
  void confirm_stale(const std::vector<std::string>& interfaces);

  // Readable when neighbours or routes may have changed; then call drain(), which says whether they did.
  [[nodiscard]] int change_descriptor() const;
  bool drain();

 private:
  struct Parts;
  explicit Network(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace levelgate::kernel
