// SPDX-License-Identifier: Apache-2.0
//
// The wide tables of a router. Next hop 0 is "none", which is the tables' own default.
#include "dpdk/tables.h"

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_memory.h>
#include <rte_version.h>

#include <array>
#include <cstring>

#include "dpdk/kept_routes.h"

namespace levelgate::dpdk {
namespace {

constexpr int kMaxRoutes = 1 << 16;
constexpr std::uint32_t kTable8Groups = 1 << 13;  // prefixes longer than 24 bits share these

#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
using LibraryV6 = rte_ipv6_addr;
#else
struct LibraryV6 {
  std::uint8_t octets[16];
};
#endif
static_assert(sizeof(LibraryV6) == 16 && alignof(LibraryV6) == 1);

bool set_v6(rte_fib6* table, const LibraryV6& address, std::uint8_t length, std::uint64_t next_hop) {
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
  return rte_fib6_add(table, &address, length, next_hop) == 0;
#else
  return rte_fib6_add(table, address.octets, length, next_hop) == 0;
#endif
}

class FibTables final : public dataplane::RouteTable {
 public:
  FibTables(rte_fib* v4, rte_fib6* v6)
      : v4_(v4),
        v6_(v6),
        routes_v4_([v4](const IpPrefix& network, std::uint64_t next_hop) {
          return rte_fib_add(v4, network.address.v4_host_order(), network.length, next_hop) == 0;
        }),
        routes_v6_([v6](const IpPrefix& network, std::uint64_t next_hop) {
          LibraryV6 address;
          std::memcpy(&address, network.address.bytes().data(), sizeof address);
          return set_v6(v6, address, network.length, next_hop);
        }) {}
  ~FibTables() override {
    rte_fib_free(v4_);
    rte_fib6_free(v6_);
  }
  FibTables(const FibTables&) = delete;
  FibTables& operator=(const FibTables&) = delete;

  bool insert(const IpPrefix& prefix, std::uint64_t next_hop) override {
    return next_hop <= dataplane::kMaxNextHop && routes_of(prefix).insert(prefix.network(), next_hop);
  }

  void erase(const IpPrefix& prefix) override { routes_of(prefix).erase(prefix.network()); }

  void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept override {
    // The library takes a pointer to non-const and does not write through it.
    (void)rte_fib_lookup_bulk(v4_, const_cast<std::uint32_t*>(addresses.data()), next_hops.data(),
                              static_cast<int>(addresses.size()));
  }

  void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
               std::span<std::uint64_t> next_hops) const noexcept override {
    LibraryV6 copy[64];
    const std::size_t count = std::min<std::size_t>(addresses.size(), 64);
    std::memcpy(copy, addresses.data(), count * sizeof copy[0]);
#if RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0)
    (void)rte_fib6_lookup_bulk(v6_, copy, next_hops.data(), static_cast<int>(count));
#else
    (void)rte_fib6_lookup_bulk(v6_, &copy[0].octets, next_hops.data(), static_cast<int>(count));
#endif
  }

 private:
  KeptRoutes& routes_of(const IpPrefix& prefix) {
    return prefix.address.family() == IpFamily::kV4 ? routes_v4_ : routes_v6_;
  }

  rte_fib* v4_;
  rte_fib6* v6_;
  KeptRoutes routes_v4_, routes_v6_;
};

}  // namespace

Result<std::unique_ptr<dataplane::RouteTable>> make_fib_tables() {
  rte_fib_conf v4{};
  v4.type = RTE_FIB_DIR24_8;
  v4.max_routes = kMaxRoutes;
  v4.default_nh = dataplane::kNoNextHop;
  v4.dir24_8.nh_sz = RTE_FIB_DIR24_8_2B;
  v4.dir24_8.num_tbl8 = kTable8Groups;
  rte_fib* const fib4 = rte_fib_create("levelgate4", SOCKET_ID_ANY, &v4);
  rte_fib6_conf v6{};
  v6.type = RTE_FIB6_TRIE;
  v6.max_routes = kMaxRoutes;
  v6.default_nh = dataplane::kNoNextHop;
  v6.trie.nh_sz = RTE_FIB6_TRIE_2B;
  v6.trie.num_tbl8 = kTable8Groups;
  rte_fib6* const fib6 = fib4 != nullptr ? rte_fib6_create("levelgate6", SOCKET_ID_ANY, &v6) : nullptr;
  if (fib4 == nullptr || fib6 == nullptr) {
    if (fib4 != nullptr) rte_fib_free(fib4);
    return failure(Fault::kNoMemory, "no memory for the route tables (about 135 MiB): raise dataplane.memory");
  }
  return std::make_unique<FibTables>(fib4, fib6);
}

}  // namespace levelgate::dpdk
