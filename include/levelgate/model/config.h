// SPDX-License-Identifier: Apache-2.0
//
// What the operator wrote, checked and complete: every default filled in, every reference resolved to a name that
// exists. Immutable once made; the keys of SAs are held, not their files.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/model/ike_config.h>
#include <levelgate/model/outer_marks.h>
#include <levelgate/model/qos.h>
#include <levelgate/model/selector.h>
#include <levelgate/model/tunnel.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::model {

enum class CryptoChoice : std::uint8_t { kAuto, kIpsecMb, kCryptodev, kOpenssl };
enum class IdleMode : std::uint8_t { kPoll, kAdaptive };
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct DataplaneConfig {
  std::uint64_t memory_octets = 256ULL << 20;  // of DPDK; of huge pages unless no_huge
  bool no_huge = false;                        // memory: none
  std::optional<std::uint32_t> main_core;
  std::vector<std::uint32_t> worker_cores;  // empty: one worker, on any core
  CryptoChoice crypto = CryptoChoice::kAuto;
  IdleMode idle = IdleMode::kPoll;
  friend bool operator==(const DataplaneConfig&, const DataplaneConfig&) = default;
};

struct PortConfig {
  std::string name;
  std::string pci;  // exactly one of pci and vdev
  std::string vdev;
  std::optional<std::uint32_t> mtu;  // empty: the device's own
  std::string twin;                  // name of the kernel twin, at most 15 characters
  friend bool operator==(const PortConfig&, const PortConfig&) = default;
};

struct InterfaceConfig {
  std::string name;
  std::string port;
  std::vector<IpPrefix> addresses;  // host bits set
  std::vector<IpAddress> gateways;  // shorthand of a port: default routes
  friend bool operator==(const InterfaceConfig&, const InterfaceConfig&) = default;
};

struct RouteConfig {
  IpPrefix to;
  std::string tunnel;  // exactly one of tunnel, gateway and blackhole
  std::optional<IpAddress> gateway;
  std::string interface;  // with gateway: by which it leaves
  bool blackhole = false;
  std::uint32_t metric = 0;
  friend bool operator==(const RouteConfig&, const RouteConfig&) = default;
};

struct NeighbourConfig {
  std::string port;
  IpAddress address;
  MacAddress mac;
  friend bool operator==(const NeighbourConfig&, const NeighbourConfig&) = default;
};

struct TunnelConfig {
  std::string name;
  std::string description;
  std::string interface;  // that carries the local address
  IpAddress local;
  IpAddress remote;
  std::optional<EspSa> outbound;  // static keys, in both directions or in none
  std::optional<EspSa> inbound;
  std::optional<TunnelIke> ike;  // exactly where there are no static keys
  std::uint32_t replay_window = 4096;
  Encapsulation encapsulation = Encapsulation::kNone;
  SelectorPair selectors;
  TfsSettings tfs;
  QosSettings qos;
  OuterMarks marks;
  friend bool operator==(const TunnelConfig&, const TunnelConfig&) = default;
};

// Whose tables the key log is written for.
enum class WiresharkVersion : std::uint8_t { k4_0, k4_4 };

// Labs only: keys of every SA are written where they can be read.
struct KeyLogConfig {
  std::string directory;  // absolute
  WiresharkVersion version = WiresharkVersion::k4_4;
  friend bool operator==(const KeyLogConfig&, const KeyLogConfig&) = default;
};

struct ManagementConfig {
  std::string api_socket = "/run/levelgate/api.sock";
  std::string api_group;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::optional<KeyLogConfig> key_log;
  friend bool operator==(const ManagementConfig&, const ManagementConfig&) = default;
};

struct Config {
  std::string node_name;
  DataplaneConfig dataplane;
  std::vector<PortConfig> ports;  // each list in the order of the file
  std::vector<InterfaceConfig> interfaces;
  std::vector<TunnelConfig> tunnels;
  std::vector<RouteConfig> routes;
  std::vector<NeighbourConfig> neighbours;
  IkeConfig ike;
  ManagementConfig management;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace levelgate::model
