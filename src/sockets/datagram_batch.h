// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of one socket, many for each call of the kernel (recvmmsg(2)), in memory that is taken once. Thread: the
// owner's.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>

#include "sockets/inbox.h"

namespace levelgate::sockets {

// As the kernel writes addresses of both families.
[[nodiscard]] Endpoint endpoint_of(const sockaddr_storage& address);

class DatagramBatch {
 public:
  // One call for each datagram costs more than the datagram; beyond some dozens nothing more is saved.
  static constexpr std::size_t kMost = 64;

  DatagramBatch();
  DatagramBatch(const DatagramBatch&) = delete;
  DatagramBatch& operator=(const DatagramBatch&) = delete;

  // How many there were; never waits. -1: none, and errno says why. What was read before is gone.
  [[nodiscard]] int read(int descriptor);
  // Of those that were read.
  [[nodiscard]] Datagram operator[](std::size_t index) const;

 private:
  std::array<mmsghdr, kMost> messages_{};
  std::array<iovec, kMost> parts_{};
  std::array<sockaddr_storage, kMost> from_{};
  std::unique_ptr<std::byte[]> octets_;  // pages that no datagram reached are the system's
};

}  // namespace levelgate::sockets
