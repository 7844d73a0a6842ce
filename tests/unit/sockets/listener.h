// SPDX-License-Identifier: Apache-2.0
//
// A port on the loopback interface that keeps what it gets.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "sockets/udp_port.h"

namespace levelgate::sockets {
using Octets = std::vector<std::byte>;

inline Endpoint loopback(const char* address, std::uint16_t port = 0) { return {*IpAddress::parse(address), port}; }

inline Octets octets(std::initializer_list<int> values) {
  Octets made;
  for (const int value : values) made.push_back(static_cast<std::byte>(value));
  return made;
}

inline model::Caller everybody_is_known(ConstBytes) { return model::Caller::kKnown; }

// A port that keeps what it got and stops the loop when it has got `enough`.
struct Listener {
  EventLoop& loop;
  std::unique_ptr<UdpPort> port;
  std::vector<std::pair<Endpoint, Octets>> got{};
  std::size_t enough = 1;

  using Who = std::function<model::Caller(ConstBytes)>;
  Listener(EventLoop& on, const Endpoint& at, Marker marker, const Who& who = everybody_is_known) : loop(on) {
    auto opened = UdpPort::open(on, at, marker,
                                {[this](const Endpoint& from, ConstBytes message) {
                                   got.emplace_back(from, Octets(message.begin(), message.end()));
                                   if (got.size() == enough) loop.stop();
                                 },
                                 who});
    EXPECT_TRUE(opened) << opened.error().what;
    if (opened) port = std::move(*opened);
  }
  void wait_for(std::size_t count) {
    enough = count;
    if (got.size() < count) loop.run();
  }
};

}  // namespace levelgate::sockets
