// SPDX-License-Identifier: Apache-2.0
//
// links: ike ike_world
//
// Arbitrary datagrams, some of them with the SPIs of a live SA in front, to both sides of an established pair: whoever
// has no keys ends nothing and changes nothing (RFC 7296 §2.21), and what he began is forgotten.
#include <span>

#include "support/ike_forge.h"

namespace levelgate::testing {
namespace {

using namespace std::chrono_literals;

void demand(bool held, const IkeWorld& world, const std::string& what) {
  if (held) return;
  std::fprintf(stderr, "%s\n%s\n", what.c_str(), world.ladder.text().c_str());
  std::abort();
}

// Each datagram: one octet of flags, one of length, octets.
void run(ConstBytes input) {
  IkeWorld world(1);
  const WorldTunnel tunnel;
  world.start(tunnel.policy(0), tunnel.policy(1));
  demand(world.run_until([&] { return world.settled(); }, 5s), world, "no SA to begin with");
  const ChildId child = world.node(0).children.begin()->first;
  const ikemessage::IkeSpis spis = only_state(world.node(0))->spis;
  while (input.size() >= 2) {
    const auto flags = std::to_integer<unsigned>(input[0]);
    const std::size_t octets = std::min<std::size_t>(std::to_integer<std::size_t>(input[1]), input.size() - 2);
    std::vector<std::byte> datagram(input.begin() + 2, input.begin() + 2 + static_cast<std::ptrdiff_t>(octets));
    input = input.subspan(2 + octets);
    if ((flags & 2U) != 0 && datagram.size() >= 16) {
      store_be<std::uint64_t>(datagram.data(), spis.initiator.value);
      store_be<std::uint64_t>(datagram.data() + 8, spis.responder.value);
    }
    if ((flags & 4U) != 0 && datagram.size() >= 28) {
      store_be<std::uint32_t>(datagram.data() + 24, static_cast<std::uint32_t>(datagram.size()));
    }
    give(world, static_cast<int>(flags & 1U), datagram);
    world.run_for(3ms);
    demand(world.broken().empty(), world, world.broken());
  }
  world.run_for(45s);
  demand(world.settled(), world, world.what_disagrees());
  demand(world.node(0).children.begin()->first == child, world, "another Child SA");
  demand(world.what_is_broken().empty(), world, world.what_is_broken());
}

}  // namespace
}  // namespace levelgate::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  levelgate::testing::run(std::as_bytes(std::span(data, size)));
  return 0;
}
