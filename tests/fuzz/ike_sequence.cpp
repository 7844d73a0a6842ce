// SPDX-License-Identifier: Apache-2.0
//
// links: ike ike_world
//
// The input is what happens between two engines, from the first message on: deliver, lose, repeat, swap, alter, wait,
// command, inject; and, once there are keys, altered and invented payloads inside sealed messages. Whatever it is, the
// invariants of the world hold after every step, and nothing is left without an end.
#include <deque>
#include <span>

#include "support/ike_forge.h"
#include "support/ike_ppk.h"

namespace levelgate::testing {
namespace {

using namespace std::chrono_literals;

class Bytecode {
 public:
  explicit Bytecode(ConstBytes input) : input_(input) {}
  [[nodiscard]] bool done() const { return input_.empty(); }
  std::uint8_t octet() {
    if (input_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(input_.front());
    input_ = input_.subspan(1);
    return value;
  }
  // Whether the input begins with this octet, which is left out then.
  bool skips(std::uint8_t octet) {
    if (input_.empty() || std::to_integer<std::uint8_t>(input_.front()) != octet) return false;
    input_ = input_.subspan(1);
    return true;
  }
  std::vector<std::byte> octets() {
    const std::size_t asked = octet();  // before the rest is measured
    const std::size_t count = std::min(asked, input_.size());
    const std::vector<std::byte> taken(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(count));
    input_ = input_.subspan(count);
    return taken;
  }

 private:
  ConstBytes input_;
};

class Play {
 public:
  explicit Play(ConstBytes input) : code_(input), world_(1) {
    world_.tap = [this](int from, std::vector<std::byte>& octets) {
      auto& queue = queue_[static_cast<std::size_t>(from)];
      const auto header = ikewire::read_ike_header(octets).header;
      if (header.direction == ikewire::IkeDirection::kRequest) next_id_[from] = header.message_id.value + 1;
      if (queue.size() < 64) queue.push_back(std::move(octets));
      return true;
    };
    WorldTunnel tunnel;
    if (code_.skips(kWithPpks)) configure_ppks(tunnel);
    world_.start(tunnel.policy(0), tunnel.policy(1));
    world_.run_for(3ms);
  }

  void run() {
    for (int steps = 0; steps < 400 && !code_.done(); ++steps) {
      step();
      world_.run_for(3ms);
      demand(world_.broken());
    }
    world_.tap = nullptr;
    world_.run_for(300s);
    demand(world_.broken());
    demand(world_.what_is_broken());
  }

 private:
  static constexpr std::uint8_t kWithPpks = 0xfe;  // as the first octet

  // By the next octet: forms, demands, and which of two PPKs each side has first.
  void configure_ppks(WorldTunnel& tunnel) {
    const std::uint8_t bits = code_.octet();
    const model::Ppk a = ppk_of("a", 'a'), b = ppk_of("b", 'b');
    const auto form = static_cast<model::PpkExchange>(bits % 3);
    tunnel.first.ike->ppk = ppks({a, b}, (bits & 0x10) != 0, form);
    tunnel.second.ike->ppk = ppks((bits & 0x40) != 0 ? std::vector{a} : std::vector{b, a}, (bits & 0x20) != 0);
  }

  void demand(const std::string& fault) {
    if (fault.empty()) return;
    std::fprintf(stderr, "%s\n%s\n", fault.c_str(), world_.ladder.text().c_str());
    std::abort();
  }

  void step() {
    const std::uint8_t operation = code_.octet();
    const int from = operation & 1;
    auto& queue = queue_[static_cast<std::size_t>(from)];
    switch (operation >> 4) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (queue.empty()) return;
        give(world_, 1 - from, queue.front());
        return queue.pop_front();
      case 4:
        if (!queue.empty()) queue.pop_front();
        return;
      case 5:
        if (!queue.empty()) give(world_, 1 - from, queue.front());
        return;
      case 6:
        if (queue.size() > 1) std::swap(queue[0], queue[1]);
        return;
      case 7:
        if (!queue.empty()) alter(queue.front());
        return;
      case 8:
        return world_.run_for(code_.octet() * 250ms);
      case 9:
        return command(world_.node(from), code_.octet());
      case 10:
        return give(world_, 1 - from, code_.octets());
      case 11:
      case 12:
        return invent(from);
      case 13:
      case 14:
        return alter_inside(from);
      default:  // back to its own sender
        if (!queue.empty()) give(world_, from, queue.front());
        return;
    }
  }

  void alter(std::vector<std::byte>& octets) {
    if (octets.empty()) return;
    const std::size_t at = (code_.octet() * 256U + code_.octet()) % octets.size();
    octets[at] ^= std::byte(code_.octet());
  }

  void command(IkeNode& node, std::uint8_t what) {
    ike::Engine& engine = *node.engine;
    const std::string& tunnel = node.policy->name;
    if (what % 8 < 3) return node.carry_out(engine.rekey(world_.moment(), tunnel, ike::RekeyTarget::kIke));
    if (what % 8 < 6) return node.carry_out(engine.rekey(world_.moment(), tunnel, ike::RekeyTarget::kChildren));
    if (what % 8 < 7) return node.carry_out(engine.create_child(world_.moment(), tunnel));
    node.carry_out(engine.terminate(world_.moment(), tunnel));
  }

  // A sealed request or response that nobody asked for.
  void invent(int from) {
    const ikestate::SaState* const state = only_state(world_.node(from));
    if (state == nullptr || !state->protection) return;
    const std::uint8_t kind = code_.octet();
    const auto exchange = ikewire::Exchange(35 + kind % 10);
    const auto direction = (kind & 0x80U) != 0 ? ikewire::IkeDirection::kResponse : ikewire::IkeDirection::kRequest;
    const std::uint32_t id = direction == ikewire::IkeDirection::kRequest ? next_id_[from] : next_id_[1 - from] - 1;
    const auto first = ikewire::PayloadType(code_.octet());
    const auto sealed = sealed_as(*state, exchange, id, direction, first, code_.octets());
    if (sealed.empty()) return;
    if (direction == ikewire::IkeDirection::kRequest) ++next_id_[from];
    give(world_, 1 - from, sealed);
  }

  // The oldest message, opened by its receiver's keys, altered, and sealed anew by its sender's.
  void alter_inside(int from) {
    auto& queue = queue_[static_cast<std::size_t>(from)];
    const ikestate::SaState* const sender = only_state(world_.node(from));
    const ikestate::SaState* const receiver = only_state(world_.node(1 - from));
    if (queue.empty() || sender == nullptr || receiver == nullptr || !receiver->protection) return;
    const std::vector<std::byte>& message = queue.front();
    const auto header = ikewire::read_ike_header(message).header;
    const auto chain =
        ikewire::read_chain(header.first_payload, ConstBytes(message).subspan(ikewire::kIkeHeaderOctets), {});
    auto opened = chain ? receiver->protection->open(message, *chain) : std::nullopt;
    if (!opened || opened->fragment || !sender->protection) return;
    alter(opened->inner);
    auto sealed = sealed_as(*sender, header.exchange, header.message_id.value, header.direction, opened->first_inside,
                            std::move(opened->inner));
    if (!sealed.empty()) queue.front() = std::move(sealed);
  }

  Bytecode code_;
  IkeWorld world_;
  std::deque<std::vector<std::byte>> queue_[2];
  std::uint32_t next_id_[2] = {1, 0};
};

}  // namespace
}  // namespace levelgate::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  levelgate::testing::Play(std::as_bytes(std::span(data, size))).run();
  return 0;
}
