// SPDX-License-Identifier: Apache-2.0
//
// One that holds the keys of an IKE SA: reads what both sides say in it, and says anything as either of them, which a
// true engine would never say. Records what passes in a world, and may cut the two nodes off from each other.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "crypto/key_exchange.h"
#include "ikemessage/message.h"
#include "ikemessage/payload_writer.h"
#include "ikemessage/protect.h"
#include "negotiation/keywords.h"
#include "negotiation/narrowing.h"
#include "support/ike_world.h"

namespace levelgate::testing {

using IkeOctetRow = std::vector<std::byte>;

// A message without its encryption. What it points into is its own.
struct ClearMessage {
  ikewire::IkeHeader header;
  IkeOctetRow octets;  // of the payloads
  std::vector<ikewire::PayloadView> chain;
  ikemessage::Contents contents;

  [[nodiscard]] bool is(ikewire::Exchange exchange, ikewire::IkeDirection direction) const {
    return header.exchange == exchange && header.direction == direction;
  }
  [[nodiscard]] bool has(ikewire::NotifyType type) const { return contents.has(type); }
};

inline std::optional<ClearMessage> clear_message(ikewire::IkeHeader header, ikewire::PayloadType first,
                                                 IkeOctetRow octets, ikewire::ChainPlace place) {
  ClearMessage message{header, std::move(octets), {}, {}};
  auto chain = ikewire::read_chain(first, message.octets, {.place = place});
  if (!chain) return std::nullopt;
  message.chain = std::move(*chain);
  auto contents = ikemessage::read_contents(header.exchange, header.direction, message.chain);
  if (!contents) return std::nullopt;
  message.contents = std::move(*contents);
  return message;
}

// Of IKE_SA_INIT, which is never encrypted.
inline std::optional<ClearMessage> clear_init(ConstBytes datagram) {
  const auto view = ikewire::read_ike_header(datagram);
  if (view.verdict != ikewire::IkeHeaderVerdict::kOk) return std::nullopt;
  const ConstBytes rest = datagram.subspan(ikewire::kIkeHeaderOctets);
  return clear_message(view.header, view.header.first_payload, {rest.begin(), rest.end()},
                       ikewire::ChainPlace::kMessage);
}

struct PassedDatagram {
  int from = 0;
  Instant at;
  IkeOctetRow octets;
  [[nodiscard]] ikewire::IkeHeader header() const { return ikewire::read_ike_header(octets).header; }
};

class IkeInsider {
 public:
  IkeInsider(const ikestate::SaState& sa, std::uint64_t seed) : spis_(sa.spis), random_(seed) {
    for (const ikewire::IkeRole role : {ikewire::IkeRole::kInitiator, ikewire::IkeRole::kResponder}) {
      auto made = ikemessage::Protection::create(sa.protection->ciphers(), sa.keys, role);
      EXPECT_TRUE(made);
      as_.push_back(std::move(*made));
    }
  }

  // A message of `sender`; one datagram unless `most_octets` asks for fragments.
  std::vector<IkeOctetRow> say(ikewire::IkeHeader header, const ikemessage::Payloads& payloads,
                               std::size_t most_octets = 0) {
    header.initiator_spi = spis_.initiator;
    header.responder_spi = spis_.responder;
    auto sealed = as(header.sender).seal(header, payloads, most_octets, random_);
    EXPECT_TRUE(sealed);
    return std::move(*sealed);
  }

  // Nothing for what is not of this SA, or a fragment.
  [[nodiscard]] std::optional<ClearMessage> open(ConstBytes datagram) {
    const ikewire::IkeHeader header = ikewire::read_ike_header(datagram).header;
    const auto chain = ikewire::read_chain(header.first_payload, datagram.subspan(ikewire::kIkeHeaderOctets), {});
    if (!chain || header.initiator_spi != spis_.initiator) return std::nullopt;
    const bool by_initiator = header.sender == ikewire::IkeRole::kInitiator;
    auto part = as(by_initiator ? ikewire::IkeRole::kResponder : ikewire::IkeRole::kInitiator).open(datagram, *chain);
    if (!part || part->fragment) return std::nullopt;
    return clear_message(header, part->first_inside, std::move(part->inner), ikewire::ChainPlace::kInsideEncrypted);
  }

 private:
  ikemessage::Protection& as(ikewire::IkeRole role) { return as_[role == ikewire::IkeRole::kInitiator ? 0 : 1]; }

  ikemessage::IkeSpis spis_;
  SeededRandom random_;
  std::vector<ikemessage::Protection> as_;
};

// Classical algorithms and no fragments, so that each message is one datagram.
inline WorldTunnel plain_world_tunnel() {
  WorldTunnel tunnel;
  for (model::TunnelConfig* end : {&tunnel.first, &tunnel.second}) {
    end->ike->ike.proposals = {"aes256gcm16-prfsha384-x25519"};
    end->ike->ike.post_quantum = model::PostQuantum::kOff;
    end->ike->ike.fragmentation = false;
    end->ike->esp.proposals = {"aes256gcm16-x25519"};
  }
  return tunnel;
}

// Two nodes whose words are recorded, and an insider that speaks as node 1 to node 0.
class SpokenIke : public ::testing::Test {
 protected:
  using Exchange = ikewire::Exchange;
  using NotifyType = ikewire::NotifyType;
  using PayloadType = ikewire::PayloadType;
  using Direction = ikewire::IkeDirection;
  static constexpr Direction kRequest = Direction::kRequest;
  static constexpr Direction kResponse = Direction::kResponse;
  using Fill = std::function<void(ikemessage::PayloadWriter&)>;

  SpokenIke() {
    world.tap = [this](int from, IkeOctetRow& octets) {
      passed.push_back({from, world.now(), octets});
      return cut || (drops && drops(from, octets));
    };
  }

  // Node 0 made an SA with node 1; the insider has its keys.
  void establish(const WorldTunnel& tunnel) {
    world.start(tunnel.policy(0), tunnel.policy(1));
    ASSERT_TRUE(world.run_until([this] { return world.settled(); }, std::chrono::seconds(5))) << world.story();
    world.run_for(std::chrono::milliseconds(100));
    enter();
  }
  void enter() {
    insider.emplace(sa(0).state(), 77);
    next_id = 0;
  }

  const ike::IkeSa& sa(int number) {
    const ike::IkeSa* found = nullptr;
    world.node(number).engine->each([&](const ike::IkeSa& one) { found = &one; });
    EXPECT_NE(found, nullptr);
    return *found;
  }

  IkeOctetRow request(Exchange exchange, const Fill& fill) {
    ikemessage::PayloadWriter out;
    fill(out);
    return request_of(exchange, out.take());
  }
  IkeOctetRow request_of(Exchange exchange, const ikemessage::Payloads& payloads) {
    return insider->say(header(exchange, kRequest, ikewire::MessageId{next_id++}), payloads).front();
  }
  [[nodiscard]] static ikewire::IkeHeader header(Exchange exchange, Direction direction, ikewire::MessageId id) {
    return {.initiator_spi = {},
            .responder_spi = {},
            .exchange = exchange,
            .sender = ikewire::IkeRole::kResponder,
            .direction = direction,
            .message_id = id};
  }

  // What node 0 sends when it gets this, until nothing more is to be worked on.
  std::vector<IkeOctetRow> tell(const IkeOctetRow& datagram, ikestate::Path path = {}) {
    IkeNode& node = world.node(0);
    if (path == ikestate::Path{})
      path = {{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
    const std::size_t before = passed.size();
    node.carry_out(node.engine->datagram(world.moment(), path, datagram));
    world.run_for(std::chrono::milliseconds(50));
    std::vector<IkeOctetRow> sent;
    for (std::size_t i = before; i < passed.size(); ++i) {
      if (passed[i].from == 0) sent.push_back(passed[i].octets);
    }
    return sent;
  }
  // The one answer of node 0 to a request of node 1.
  std::optional<ClearMessage> ask(Exchange exchange, const Fill& fill) {
    const auto sent = tell(request(exchange, fill));
    EXPECT_EQ(sent.size(), 1u);
    return sent.empty() ? std::nullopt : insider->open(sent.front());
  }
  // Node 1 answers the request that node 0 sent.
  void answer(const ikewire::IkeHeader& asked, const Fill& fill) {
    ikemessage::PayloadWriter out;
    fill(out);
    const auto datagram = insider->say(header(asked.exchange, kResponse, asked.message_id), out.take()).front();
    world.at(world.now(), [this, datagram] {
      IkeNode& node = world.node(0);
      const ikestate::Path path{{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
      node.carry_out(node.engine->datagram(world.moment(), path, datagram));
    });
  }
  // What stands in the place of a message: the same header, other payloads.
  IkeOctetRow instead_of(const ClearMessage& message, const Fill& fill) {
    ikemessage::PayloadWriter out;
    fill(out);
    return insider->say(message.header, out.take()).front();
  }
  // Messages of one node that the insider can read, in order.
  std::vector<ClearMessage> said_by(int number, std::size_t since = 0) {
    std::vector<ClearMessage> all;
    for (std::size_t i = since; i < passed.size(); ++i) {
      if (passed[i].from != number) continue;
      if (auto message = insider->open(passed[i].octets)) all.push_back(std::move(*message));
    }
    return all;
  }

  // CREATE_CHILD_SA for a Child SA of ESP, as node 1 would ask.
  Fill child_request(std::string_view proposal, std::uint16_t method) {
    return [this, proposal, method](ikemessage::PayloadWriter& out) {
      auto one = negotiation::parse_proposal(ikewire::ProtocolId::kEsp, proposal);
      ASSERT_TRUE(one);
      one->spi = {std::byte{9}, std::byte{8}, std::byte{7}, std::byte(next_id)};
      out.add(PayloadType::kSa, std::vector{*one});
      out.add_octets(PayloadType::kNonce, IkeOctetRow(32, std::byte(next_id + 1)));
      const auto key = crypto::generate_key(method);
      ASSERT_TRUE(key);
      out.add(PayloadType::kKe, ikewire::KeyExchange{ikewire::KeMethod{method}, (*key)->public_value()});
      out.add(PayloadType::kTsi, negotiation::to_wire(world.node(1).policy->selectors.local));
      out.add(PayloadType::kTsr, negotiation::to_wire(world.node(1).policy->selectors.remote));
      out.add_notify(NotifyType::kUseAggfrag, IkeOctetRow(1));
    };
  }

  static constexpr std::uint16_t kX25519 = 31;
  static constexpr std::uint16_t kEcp256 = 19;

  IkeWorld world{11};
  std::optional<IkeInsider> insider;
  std::uint32_t next_id = 0;  // of node 1's requests
  std::vector<PassedDatagram> passed;
  bool cut = false;                                          // nothing of either node reaches the other one
  std::function<bool(int from, IkeOctetRow& octets)> drops;  // or alters
};

}  // namespace levelgate::testing
