// SPDX-License-Identifier: Apache-2.0
//
// The wide tables of a router. Next hop 0 is "none", which is the tables' own default.
#include "dpdk/tables.h"

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_memory.h>

#include <array>
#include <cstring>

namespace levelgate::dpdk {
namespace {

constexpr int kMaxRoutes = 1 << 16;
constexpr std::uint32_t kTable8Groups = 1 << 10;  // prefixes longer than 24 bits share these

class FibTables final : public dataplane::RouteTable {
 public:
  FibTables(rte_fib* v4, rte_fib6* v6) : v4_(v4), v6_(v6) {}
  ~FibTables() override {
    rte_fib_free(v4_);
    rte_fib6_free(v6_);
  }
  FibTables(const FibTables&) = delete;
  FibTables& operator=(const FibTables&) = delete;

  bool insert(const IpPrefix& prefix, std::uint64_t next_hop) override {
    if (next_hop > dataplane::kMaxNextHop) return false;
    const IpPrefix network = prefix.network();
    if (network.address.family() == IpFamily::kV4) {
      return rte_fib_add(v4_, network.address.v4_host_order(), network.length, next_hop) == 0;
    }
    std::array<std::uint8_t, 16> octets = octets_of(network.address);
    return rte_fib6_add(v6_, octets.data(), network.length, next_hop) == 0;
  }

  void erase(const IpPrefix& prefix) override {
    const IpPrefix network = prefix.network();
    if (network.address.family() == IpFamily::kV4) {
      (void)rte_fib_delete(v4_, network.address.v4_host_order(), network.length);
    } else {
      std::array<std::uint8_t, 16> octets = octets_of(network.address);
      (void)rte_fib6_delete(v6_, octets.data(), network.length);
    }
  }

  void find_v4(std::span<const std::uint32_t> addresses, std::span<std::uint64_t> next_hops) const noexcept override {
    // The library takes a pointer to non-const and does not write through it.
    (void)rte_fib_lookup_bulk(v4_, const_cast<std::uint32_t*>(addresses.data()), next_hops.data(),
                              static_cast<int>(addresses.size()));
  }

  void find_v6(std::span<const std::array<std::uint8_t, 16>> addresses,
               std::span<std::uint64_t> next_hops) const noexcept override {
    static_assert(sizeof(std::array<std::uint8_t, 16>) == 16);
    std::uint8_t copy[64][16];
    const std::size_t count = std::min<std::size_t>(addresses.size(), 64);
    std::memcpy(copy, addresses.data(), count * 16);
    (void)rte_fib6_lookup_bulk(v6_, copy, next_hops.data(), static_cast<int>(count));
  }

 private:
  static std::array<std::uint8_t, 16> octets_of(const IpAddress& address) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), address.bytes().data(), address.bytes().size());
    return octets;
  }

  rte_fib* v4_;
  rte_fib6* v6_;
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
  v6.trie.num_tbl8 = kTable8Groups * 8;
  rte_fib6* const fib6 = fib4 != nullptr ? rte_fib6_create("levelgate6", SOCKET_ID_ANY, &v6) : nullptr;
  if (fib4 == nullptr || fib6 == nullptr) {
    if (fib4 != nullptr) rte_fib_free(fib4);
    return failure(Fault::kNoMemory, "no memory for the route tables (about 80 MiB): raise dataplane.memory");
  }
  return std::make_unique<FibTables>(fib4, fib6);
}

}  // namespace levelgate::dpdk
