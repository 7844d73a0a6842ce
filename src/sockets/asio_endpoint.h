// SPDX-License-Identifier: Apache-2.0
//
// Endpoints of the house and of Asio, for UDP and TCP alike. Only this room includes it.
#pragma once

#include <levelgate/base/endpoint.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <cstring>

#include "sockets/datagram_batch.h"

namespace levelgate::sockets {

template <typename Protocol>
[[nodiscard]] typename Protocol::endpoint to_asio(const Endpoint& endpoint) {
  namespace ip = boost::asio::ip;
  if (endpoint.address.family() == IpFamily::kV4) {
    return {ip::address_v4(endpoint.address.v4_host_order()), endpoint.port};
  }
  ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), endpoint.address.bytes().data(), octets.size());
  return {ip::address_v6(octets), endpoint.port};
}

template <typename AsioEndpoint>
[[nodiscard]] Endpoint from_asio(const AsioEndpoint& endpoint) {
  sockaddr_storage address{};
  std::memcpy(&address, endpoint.data(), endpoint.size());
  return endpoint_of(address);
}

}  // namespace levelgate::sockets
