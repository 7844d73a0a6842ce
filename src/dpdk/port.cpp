// SPDX-License-Identifier: Apache-2.0
//
// Probing at run time, so that each fault names its port; no offload is asked for that a virtual device lacks.
#include "dpdk/port.h"

#include <net/if.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace levelgate::dpdk {
namespace {

constexpr std::uint16_t kRingDescriptors = 512;  // short rings: the working set decides the speed
constexpr std::uint32_t kUsualFrame = 1518;
constexpr std::uint32_t kVlanOctets = 4;
// A frame of AF_XDP lies in one page of the kernel's, together with what DPDK and the kernel put in front of it.
constexpr std::uint32_t kXdpFrameOctets = 3'456;
constexpr std::uint32_t kXdpBuffers = 4'096;  // of one queue: half for its fill ring, half in rotation

std::string driver_of(const std::string& vdev) { return vdev.substr(0, vdev.find(',')); }
std::string arguments_of(const std::string& vdev) {
  const std::size_t comma = vdev.find(',');
  return comma == std::string::npos ? "" : vdev.substr(comma + 1);
}

std::string argument(const std::string& arguments, const std::string& key) {
  const std::string wanted = key + "=";
  std::size_t at = arguments.starts_with(wanted) ? 0 : arguments.find("," + wanted);
  if (at == std::string::npos) return "";
  if (arguments[at] == ',') ++at;
  const std::size_t begin = at + wanted.size();
  return arguments.substr(begin, arguments.find(',', begin) - begin);
}

bool is_driver(const std::string& vdev, const char* driver) { return driver_of(vdev).starts_with(driver); }

// What a frame of a packet socket's ring holds besides the MTU: the kernel's headers, the link header, and one VLAN
// tag.
constexpr std::uint32_t kRingOverhead = 86;
// It must fit a packet buffer, and a whole number of frames a block of pages: four frames, nine pages.
constexpr std::uint32_t kLargestRingFrame = 9'216;

// The ring's own default holds an MTU of 1500 only.
std::string with_defaults(const PortSettings& settings, const std::string& arguments) {
  std::string all = arguments;
  const auto add = [&](const std::string& key, const std::string& value) {
    if (argument(all, key).empty()) all += (all.empty() ? "" : ",") + key + "=" + value;
  };
  if (is_driver(settings.vdev, "net_af_xdp") && settings.workers > 1) {
    add("queue_count", std::to_string(settings.workers));
  }
  if (!is_driver(settings.vdev, "net_af_packet")) return all;
  if (settings.mtu > 1900) {
    std::uint32_t frame = 4096;
    if (settings.mtu + kRingOverhead > frame) frame = 8192;
    if (settings.mtu + kRingOverhead > frame) frame = kLargestRingFrame;
    add("framesz", std::to_string(frame));
    add("blocksz", std::to_string(frame * 4));
    add("framecnt", "256");
  }
  if (settings.workers > 1) add("qpairs", std::to_string(settings.workers));
  return all;
}

}  // namespace

std::string interface_below(const std::string& vdev) {
  const std::string arguments = arguments_of(vdev);
  if (is_driver(vdev, "net_pcap")) {
    for (const char* const key : {"iface", "rx_iface", "rx_iface_in"}) {
      if (const std::string name = argument(arguments, key); !name.empty()) return name;
    }
    return "";
  }
  const bool packet_socket = is_driver(vdev, "net_af_packet") || is_driver(vdev, "net_af_xdp");
  return packet_socket ? argument(arguments, "iface") : "";
}

Result<std::unique_ptr<BufferPool>> BufferPool::make(const std::string& name, std::uint32_t buffers,
                                                     std::uint32_t frame_octets) {
  const std::uint32_t room = std::max(frame_octets + kVlanOctets, 2048u) + RTE_PKTMBUF_HEADROOM + 64;
  rte_mempool* const pool = rte_pktmbuf_pool_create_by_ops(name.c_str(), buffers, 256, 0,
                                                           static_cast<std::uint16_t>(room), SOCKET_ID_ANY, "stack");
  if (pool == nullptr) {
    return failure(Fault::kNoMemory, "no memory for " + std::to_string(buffers) + " packet buffers of " +
                                         std::to_string(room) +
                                         " octets: raise dataplane.memory, and reserve as many huge pages");
  }
  return std::unique_ptr<BufferPool>(new BufferPool(pool));
}

BufferPool::~BufferPool() { rte_mempool_free(pool_); }

std::uint32_t BufferPool::in_use() const { return rte_mempool_in_use_count(pool_); }

Result<std::unique_ptr<Port>> Port::open(const PortSettings& settings, BufferPool& pool) {
  auto port = std::unique_ptr<Port>(new Port(settings));
  if (auto probed = port->probe(); !probed) return std::unexpected(probed.error());
  if (auto made = port->make_own_pool(); !made) return std::unexpected(made.error());
  BufferPool& receives_into = port->own_pool_ ? *port->own_pool_ : pool;
  // DPDK takes a packet socket's frames for 1,518 octets at most; its interface has the MTU already.
  const std::uint32_t to_set = is_driver(settings.vdev, "net_af_packet") ? 0 : settings.mtu;
  if (auto started = port->start(port->device_, receives_into, to_set); !started)
    return std::unexpected(started.error());
  rte_ether_addr address{};
  rte_eth_macaddr_get(port->device_, &address);
  if (rte_is_zero_ether_addr(&address)) rte_eth_random_addr(address.addr_bytes);  // a ring has none, ARP needs one
  std::memcpy(port->mac_.octets.data(), address.addr_bytes, 6);
  std::uint16_t mtu = 0;
  if (rte_eth_dev_get_mtu(port->device_, &mtu) == 0 && mtu != 0) port->mtu_ = mtu;
  if (settings.mtu != 0) port->mtu_ = settings.mtu;
  if (!settings.twin.empty()) {
    if (auto twin = port->open_twin(pool); !twin) return std::unexpected(twin.error());
  }
  return port;
}

Result<void> Port::probe() {
  const std::string key = "ports." + settings_.name;
  if (!settings_.vdev.empty()) return probe_vdev();
  if (rte_eal_hotplug_add("pci", settings_.pci.c_str(), "") != 0) {
    return failure(Fault::kDeviceMissing, key + ".pci: no NIC at " + settings_.pci +
                                              " that DPDK can use: is it bound to vfio-pci (dpdk-devbind.py -s)?");
  }
  instance_ = settings_.pci;
  if (rte_eth_dev_get_port_by_name(instance_.c_str(), &device_) != 0) {
    return failure(Fault::kDeviceMissing, key + ".pci: " + settings_.pci + " has no DPDK driver");
  }
  open_ = true;
  return {};
}

Result<void> Port::check(const PortSettings& settings) {
  const std::string key = "ports." + settings.name;
  const std::string below = interface_below(settings.vdev);
  if (!below.empty() && ::if_nametoindex(below.c_str()) == 0) {
    return failure(Fault::kDeviceMissing, key + ".vdev: interface \"" + below + "\" does not exist");
  }
  if (settings.twin.size() >= IFNAMSIZ) return failure(Fault::kBadInput, key + ".twin is too long");
  if (!settings.twin.empty() && ::if_nametoindex(settings.twin.c_str()) != 0) {
    return failure(Fault::kAddressInUse, key + ".twin: interface \"" + settings.twin +
                                             "\" exists already: another levelgated, or choose another name");
  }
  return {};
}

Result<void> Port::probe_vdev() {
  const std::string key = "ports." + settings_.name + ".vdev: ";
  const std::string driver = driver_of(settings_.vdev);
  if (is_driver(driver, "net_af_packet") && settings_.mtu + kRingOverhead > kLargestRingFrame) {
    return failure(Fault::kBadInput,
                   "ports." + settings_.name + ".mtu: " + std::to_string(settings_.mtu) +
                       " is more than a packet socket takes: " + std::to_string(kLargestRingFrame - kRingOverhead));
  }
  // A name that ends in a digit or has a suffix is the operator's own; else the port's name makes it unique.
  instance_ = std::isdigit(static_cast<unsigned char>(driver.back())) ? driver : driver + "_" + settings_.name;
  // EAL would hand out the other port's device.
  if (std::uint16_t taken = 0; rte_eth_dev_get_port_by_name(instance_.c_str(), &taken) == 0) {
    const std::string name = std::exchange(instance_, "");
    return failure(Fault::kAddressInUse, key + name + " is another port's device already: give it another number");
  }
  const std::string arguments = with_defaults(settings_, arguments_of(settings_.vdev));
  if (rte_eal_hotplug_add("vdev", instance_.c_str(), arguments.c_str()) != 0) {
    const std::string name = instance_;
    instance_.clear();
    return failure(Fault::kDeviceMissing, key + "DPDK could not make " + name + " (" + arguments + ")");
  }
  if (rte_eth_dev_get_port_by_name(instance_.c_str(), &device_) != 0) {
    return failure(Fault::kDeviceMissing, key + instance_ + " is no Ethernet device");
  }
  open_ = true;
  return {};
}

Result<void> Port::make_own_pool() {
  if (!is_driver(settings_.vdev, "net_af_xdp")) return {};
  auto made = BufferPool::make("xdp-" + std::to_string(device_), kXdpBuffers * settings_.workers, kXdpFrameOctets);
  if (!made) return failure(made.error().fault, "ports." + settings_.name + ": " + made.error().what);
  own_pool_ = std::move(*made);
  return {};
}

Result<void> Port::start(std::uint16_t device, BufferPool& pool, std::uint32_t mtu) {
  const std::string key = "ports." + settings_.name + ": ";
  rte_eth_conf configuration{};
  rte_eth_dev_info device_info{};
  if (rte_eth_dev_info_get(device, &device_info) != 0)
    return failure(Fault::kIo, key + "device tells nothing about itself");
  const std::uint16_t workers = settings_.workers;
  const std::uint16_t queues = std::min(device_info.max_tx_queues, device_info.max_rx_queues);
  if (queues < workers) {
    return failure(Fault::kDeviceMissing, key + "the device's number of queues is " + std::to_string(queues) +
                                              "; each of the " + std::to_string(workers) +
                                              " cores in dataplane.workers needs one");
  }
  if (workers > 1 && (device_info.flow_type_rss_offloads & RTE_ETH_RSS_IP) != 0) {
    configuration.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    configuration.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IP & device_info.flow_type_rss_offloads;
  }
  if (rte_eth_dev_configure(device, workers, workers, &configuration) != 0) {
    return failure(Fault::kIo, key + "device refused its configuration");
  }
  if (auto set_up = set_up_queues(device, pool); !set_up) return set_up;
  const int fault = mtu == 0 ? 0 : rte_eth_dev_set_mtu(device, static_cast<std::uint16_t>(mtu));
  if (fault != 0 && fault != -ENOTSUP) {  // what has no MTU of its own takes any
    return failure(Fault::kDeviceMissing,
                   "ports." + settings_.name + ".mtu: the device refuses " + std::to_string(mtu));
  }
  if (rte_eth_dev_start(device) != 0) return failure(Fault::kIo, key + "device did not start");
  (void)rte_eth_promiscuous_enable(device);  // frames for the twin's addresses, IPv6 multicast among them
  return {};
}

Result<void> Port::set_up_queues(std::uint16_t device, BufferPool& pool) {
  std::uint16_t receive = kRingDescriptors;
  std::uint16_t transmit = kRingDescriptors;
  (void)rte_eth_dev_adjust_nb_rx_tx_desc(device, &receive, &transmit);
  for (std::uint16_t queue = 0; queue < settings_.workers; ++queue) {
    int fault = rte_eth_rx_queue_setup(device, queue, receive, SOCKET_ID_ANY, nullptr, pool.pool());
    if (fault == 0) fault = rte_eth_tx_queue_setup(device, queue, transmit, SOCKET_ID_ANY, nullptr);
    if (fault == 0) continue;
    const std::string what = "ports." + settings_.name + ": queue " + std::to_string(queue) + " could not be made";
    if (fault == -ENOMEM || fault == -ENOBUFS) return failure(Fault::kNoMemory, what + ": raise dataplane.memory");
    const bool xdp = own_pool_ != nullptr && device == device_;
    return failure(Fault::kDeviceMissing, what + ": " + rte_strerror(-fault) +
                                              (xdp ? " (AF_XDP needs root, or CAP_BPF and CAP_SYS_ADMIN)" : ""));
  }
  return {};
}

Result<void> Port::open_twin(BufferPool& pool) {
  twin_instance_ = "net_tap_" + settings_.name + "@twin";  // no port has an @ in its name
  const std::string arguments = "iface=" + settings_.twin + ",mac=" + mac_.text();
  if (rte_eal_hotplug_add("vdev", twin_instance_.c_str(), arguments.c_str()) != 0) {
    twin_instance_.clear();
    return failure(
        Fault::kDeviceMissing,
        "ports." + settings_.name + ".twin: no TAP device could be made: is /dev/net/tun there, and CAP_NET_ADMIN?");
  }
  if (rte_eth_dev_get_port_by_name(twin_instance_.c_str(), &twin_) != 0) {
    return failure(Fault::kDeviceMissing, "ports." + settings_.name + ".twin: TAP device vanished");
  }
  twin_open_ = true;
  return start(twin_, pool, 0);  // its MTU is the kernel's affair
}

Port::~Port() {
  const auto close = [](std::uint16_t device, bool open, const std::string& instance) {
    if (open) {
      (void)rte_eth_dev_stop(device);
      (void)rte_eth_dev_close(device);
    }
    if (!instance.empty()) (void)rte_eal_hotplug_remove("vdev", instance.c_str());
  };
  close(twin_, twin_open_, twin_instance_);
  close(device_, open_, settings_.vdev.empty() ? "" : instance_);
}

bool Port::link_is_up() const {
  rte_eth_link link{};
  return rte_eth_link_get_nowait(device_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

model::PortStats Port::stats() const {
  model::PortStats stats;
  rte_eth_stats values{};
  if (rte_eth_stats_get(device_, &values) == 0) {
    stats.rx_pkts = values.ipackets;
    stats.rx_octets = values.ibytes;
    stats.tx_pkts = values.opackets;
    stats.tx_octets = values.obytes;
    stats.rx_missed_pkts = values.imissed + values.rx_nombuf;
  }
  if (twin_open_ && rte_eth_stats_get(twin_, &values) == 0) {
    stats.twin_rx_pkts = values.ipackets;
    stats.twin_tx_pkts = values.opackets;
  }
  return stats;
}

}  // namespace levelgate::dpdk
