// SPDX-License-Identifier: Apache-2.0
//
// The kernel's structures, prepared once.
#include "sockets/datagram_batch.h"

#include <netinet/in.h>

#include <cstring>
#include <span>

namespace levelgate::sockets {
namespace {

constexpr std::size_t kLargestDatagram = 65'535;

// The kernel's structures hold numbers in the order of the wire.
template <typename T>
T from_wire(const T& number) {
  return load_be<T>(std::as_bytes(std::span(&number, 1)).data());
}

}  // namespace

Endpoint endpoint_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return {IpAddress::v4(from_wire<std::uint32_t>(v4.sin_addr.s_addr)), from_wire<std::uint16_t>(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return {IpAddress::v6_from(std::as_bytes(std::span(v6.sin6_addr.s6_addr)).data()),
          from_wire<std::uint16_t>(v6.sin6_port)};
}

DatagramBatch::DatagramBatch() : octets_(std::make_unique_for_overwrite<std::byte[]>(kMost * kLargestDatagram)) {
  for (std::size_t i = 0; i < kMost; ++i) {
    parts_[i] = {octets_.get() + i * kLargestDatagram, kLargestDatagram};
    messages_[i].msg_hdr.msg_name = &from_[i];
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

int DatagramBatch::read(int descriptor) {
  for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  return ::recvmmsg(descriptor, messages_.data(), kMost, MSG_DONTWAIT, nullptr);
}

Datagram DatagramBatch::operator[](std::size_t index) const {
  return {endpoint_of(from_[index]), ConstBytes(octets_.get() + index * kLargestDatagram, messages_[index].msg_len)};
}

}  // namespace levelgate::sockets
