// SPDX-License-Identifier: Apache-2.0
//
// A DPDK port: a NIC or a virtual device, with one queue pair for each worker, and its kernel twin, a TAP device with
// the same MAC address that carries the port's addresses.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/result.h>
#include <levelgate/model/stats.h>

#include <cstdint>
#include <memory>
#include <string>

struct rte_mempool;

namespace levelgate::dpdk {

// All buffers of the gateway, handed out last in, first out: few buffers in rotation stay in the cache.
class BufferPool {
 public:
  // `frame_octets`: the largest frame. Errors name dataplane.memory.
  [[nodiscard]] static Result<std::unique_ptr<BufferPool>> make(const std::string& name, std::uint32_t buffers,
                                                                std::uint32_t frame_octets);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  [[nodiscard]] rte_mempool* pool() const { return pool_; }
  [[nodiscard]] std::uint32_t in_use() const;

 private:
  explicit BufferPool(rte_mempool* pool) : pool_(pool) {}
  rte_mempool* pool_;
};

struct PortSettings {
  std::string name;  // as in the configuration, for errors
  std::string pci;   // one of pci and vdev
  std::string vdev;
  std::uint32_t mtu = 0;  // 0: the device's own; an af_packet device takes the one of its interface
  std::string twin;       // name of the kernel interface; empty: no twin
  std::uint16_t workers = 1;
};

// The kernel interface below an af_packet, af_xdp or live pcap device; empty for others.
[[nodiscard]] std::string interface_below(const std::string& vdev);

// Made, started and stopped by control; its queues are used by workers in between.
class Port {
 public:
  // What can be told before anything is touched: the interface below is there, the twin's name is free.
  [[nodiscard]] static Result<void> check(const PortSettings& settings);
  [[nodiscard]] static Result<std::unique_ptr<Port>> open(const PortSettings& settings, BufferPool& pool);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] const std::string& name() const { return settings_.name; }
  [[nodiscard]] const std::string& twin_name() const { return settings_.twin; }
  [[nodiscard]] MacAddress mac() const { return mac_; }
  [[nodiscard]] std::uint32_t mtu() const { return mtu_; }
  // DPDK's TAP takes no longer frame: a twin that told a larger MTU would lose what its peers send.
  [[nodiscard]] std::uint32_t twin_mtu() const { return mtu_ < 1500 ? mtu_ : 1500; }
  [[nodiscard]] std::uint16_t device() const { return device_; }
  [[nodiscard]] bool has_twin() const { return twin_open_; }
  [[nodiscard]] std::uint16_t twin_device() const { return twin_; }
  [[nodiscard]] std::uint16_t queues() const { return settings_.workers; }  // of port and twin
  [[nodiscard]] bool link_is_up() const;
  [[nodiscard]] model::PortStats stats() const;

 private:
  explicit Port(PortSettings settings) : settings_(std::move(settings)) {}
  Result<void> probe();
  Result<void> probe_vdev();
  Result<void> make_own_pool();
  Result<void> start(std::uint16_t device, BufferPool& pool, std::uint32_t mtu);
  Result<void> set_up_queues(std::uint16_t device, BufferPool& pool);
  Result<void> open_twin(BufferPool& pool);

  PortSettings settings_;
  std::unique_ptr<BufferPool> own_pool_;  // af_xdp: what it receives into
  std::string instance_;                  // the device's name in EAL; empty: not probed
  std::string twin_instance_;
  std::uint16_t device_ = 0;
  std::uint16_t twin_ = 0;
  bool open_ = false;
  bool twin_open_ = false;
  MacAddress mac_;
  std::uint32_t mtu_ = 1500;
};

}  // namespace levelgate::dpdk
