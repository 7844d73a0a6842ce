// SPDX-License-Identifier: Apache-2.0
//
// One UDP socket of IKE: port 500, or port 4500 with the non-ESP marker (RFC 3948 §2.2, RFC 7296 §2.23). It sends and
// receives datagrams and counts what it drops; it never blocks, never looks into an IKE message, and never sends again.
// The kernel's queue is always read first, and its owner says who calls: those whom it knows are served while reading,
// strangers wait in the inbox (decision 0014).
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/endpoint.h>
#include <levelgate/base/result.h>
#include <levelgate/model/caller.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "sockets/event_loop.h"

namespace levelgate::sockets {

// kNonEsp: four zero octets stand in front of each message, since ESP shares the port.
enum class Marker : std::uint8_t { kNone, kNonEsp };

struct UdpCounts {
  std::uint64_t received = 0;        // handed to the call
  std::uint64_t sent = 0;            // taken by the kernel, keepalives included
  std::uint64_t refused = 0;         // not taken: no route, no room, too long
  std::uint64_t receive_errors = 0;  // reading failed
  std::uint64_t keepalives = 0;      // received and dropped (RFC 3948 §2.3)
  std::uint64_t esp = 0;             // received and dropped: the data plane takes ESP before the kernel sees it
  std::uint64_t malformed = 0;       // received and dropped: shorter than the marker
  model::LostArrivals lost;
};

// Thread: control. May end in its own call; no call comes afterwards.
class UdpPort {
 public:
  struct Calls {
    // The span holds until the call returns.
    std::function<void(const Endpoint& from, ConstBytes message)> received;
    // Who sent this message? Cheap, and changes nothing: it is asked for each one, before any is served.
    std::function<model::Caller(ConstBytes message)> who;
  };

  // The network says that nobody is there: no program at that port, or no way to the host. A hint, which anybody on the
  // way can forge.
  enum class Absence : std::uint8_t { kNoProgram, kNoWay };
  using Absent = std::function<void(const Endpoint& to, Absence absence)>;

  // Binds whether or not the address is there yet. Port 0: the kernel chooses one. Errors: kAddressInUse,
  // kNotPermitted, kIo.
  [[nodiscard]] static Result<std::unique_ptr<UdpPort>> open(EventLoop& loop, const Endpoint& local, Marker marker,
                                                             Calls calls);
  ~UdpPort();
  UdpPort(const UdpPort&) = delete;
  UdpPort& operator=(const UdpPort&) = delete;

  void on_absent(Absent call);
  // False: the kernel did not take it, which is counted. To the sender a datagram that is lost at once is like one that
  // is lost later.
  bool send(const Endpoint& to, ConstBytes message);
  // The one octet that keeps a NAT's mapping alive (RFC 3948 §2.3, §4).
  bool send_keepalive(const Endpoint& to);
  [[nodiscard]] const Endpoint& local() const;  // as bound
  [[nodiscard]] UdpCounts counts() const;

 private:
  struct State;
  explicit UdpPort(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace levelgate::sockets
