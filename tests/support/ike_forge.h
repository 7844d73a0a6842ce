// SPDX-License-Identifier: Apache-2.0
//
// Messages that no honest peer sends: clear ones put together at will, and sealed ones made with the keys of a node,
// read out of its state.
#pragma once

#include <gtest/gtest.h>

#include "ikemessage/ciphers_of_suite.h"
#include "ikewire/ike_chain.h"
#include "support/ike_world.h"

namespace levelgate::testing {

struct RawPayload {
  ikewire::PayloadType type;
  bool critical = false;
  std::vector<std::byte> body;
};

inline std::vector<std::byte> raw_chain(const std::vector<RawPayload>& payloads) {
  std::vector<std::byte> octets;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto next = i + 1 < payloads.size() ? payloads[i + 1].type : ikewire::PayloadType::kNone;
    const std::size_t length = payloads[i].body.size() + ikewire::kPayloadHeaderOctets;
    octets.push_back(std::byte(next));
    octets.push_back(std::byte(payloads[i].critical ? 0x80 : 0));
    octets.push_back(std::byte(length >> 8));
    octets.push_back(std::byte(length & 0xff));
    octets.insert(octets.end(), payloads[i].body.begin(), payloads[i].body.end());
  }
  return octets;
}

inline std::vector<std::byte> clear_message(const ikewire::IkeHeader& header, const std::vector<RawPayload>& payloads) {
  ikewire::WireBuffer buffer(65'535);
  write_ike_header(buffer, header);
  buffer.write_bytes(raw_chain(payloads));
  finish_ike_message(buffer, 0, payloads.empty() ? ikewire::PayloadType::kNone : payloads.front().type);
  return buffer.take();
}

inline std::vector<RawPayload> payloads_of(ConstBytes message) {
  std::vector<RawPayload> payloads;
  const auto header = ikewire::read_ike_header(message);
  const auto chain = ikewire::read_chain(header.header.first_payload, message.subspan(ikewire::kIkeHeaderOctets), {});
  if (!chain) return payloads;
  for (const ikewire::PayloadView& view : *chain) {
    payloads.push_back({view.type, view.critical, {view.body.begin(), view.body.end()}});
  }
  return payloads;
}

inline RawPayload raw_notify(ikewire::NotifyType type, ConstBytes value = {}) {
  RawPayload payload{ikewire::PayloadType::kNotify, false, {std::byte{0}, std::byte{0}}};
  payload.body.push_back(std::byte(static_cast<unsigned>(type) >> 8));
  payload.body.push_back(std::byte(static_cast<unsigned>(type) & 0xff));
  payload.body.insert(payload.body.end(), value.begin(), value.end());
  return payload;
}

// As a node would seal it: by its keys, under its role.
inline std::vector<std::byte> sealed_as(const ikestate::SaState& state, ikewire::Exchange exchange, std::uint32_t id,
                                        ikewire::IkeDirection direction, ikewire::PayloadType first,
                                        std::vector<std::byte> inner) {
  const auto ciphers = ikemessage::ike_ciphers_of(state.suite);
  if (!ciphers) return {};
  auto protection = ikemessage::Protection::create(*ciphers, state.keys, state.role);
  if (!protection) return {};
  SeededRandom random(id);
  const ikewire::IkeHeader header{.initiator_spi = state.spis.initiator,
                                  .responder_spi = state.spis.responder,
                                  .exchange = exchange,
                                  .sender = state.role,
                                  .direction = direction,
                                  .message_id = ikewire::MessageId{id}};
  auto sealed = protection->seal(header, {first, std::move(inner)}, 0, random);
  return sealed ? sealed->front() : std::vector<std::byte>();
}

inline const ikestate::SaState* only_state(IkeNode& node) {
  const ikestate::SaState* found = nullptr;
  node.engine->each([&](const ike::IkeSa& sa) { found = &sa.state(); });
  return found;
}

inline void give(IkeWorld& world, int to, ConstBytes octets) {
  IkeNode& node = world.node(to);
  const ikestate::Path path{{node.policy->local, ikestate::kIkePort}, {node.policy->remote, ikestate::kIkePort}};
  node.carry_out(node.engine->datagram(world.moment(), path, octets));
}

}  // namespace levelgate::testing
