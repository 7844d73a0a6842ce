// SPDX-License-Identifier: Apache-2.0
//
// What stands on the wire about PPKs, held against the formulas of RFC 8784 §3 and RFC 9867 §3.1, §3.2 as they are
// written there, and peers that say what those forbid.
#include <gtest/gtest.h>

#include "crypto/prf.h"
#include "ikewire/ike_notify_values.h"
#include "support/ike_forge.h"
#include "support/ike_insider.h"
#include "support/ike_ppk.h"

namespace levelgate::testing::ike_ppk_wire_test {
namespace {

using namespace std::chrono_literals;
using Form = model::PpkExchange;
using Octets = std::vector<std::byte>;

constexpr crypto::Prf kPrf = crypto::Prf::kHmacSha384;
constexpr std::size_t kOut = 48;

const model::Ppk kA = ppk_of("berlin-a", 'a');
const model::Ppk kB = ppk_of("berlin-b", 'b');

Octets octets_of(ConstBytes bytes) { return {bytes.begin(), bytes.end()}; }
Octets octets_of(const SecretBytes& secret) { return octets_of(secret.bytes()); }

Octets joined(std::initializer_list<ConstBytes> pieces) {
  Octets all;
  for (const ConstBytes piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

Octets spi_octets(const ikemessage::IkeSpis& spis) {
  Octets octets(16);
  store_be(octets.data(), spis.initiator.value);
  store_be(octets.data() + 8, spis.responder.value);
  return octets;
}

Octets plus(ConstBytes key, ConstBytes seed, std::size_t octets) {
  auto made = crypto::prf_plus(kPrf, key, seed, octets);
  EXPECT_TRUE(made);
  return octets_of(*made);
}

// [id type | id | confirmation], the confirmation being the first octets of prf(PPK, seed).
Octets identity_key(const model::Ppk& ppk, ConstBytes seed) {
  Octets value{std::byte{2}};
  for (const char c : ppk.id) value.push_back(std::byte(c));
  const auto proof = crypto::prf(kPrf, ppk.key.octets->bytes(), {seed});
  EXPECT_TRUE(proof);
  value.insert(value.end(), proof->bytes().begin(), proof->bytes().begin() + 8);
  return value;
}

std::vector<Octets> values_in(const ClearMessage& message, ikewire::NotifyType type) {
  std::vector<Octets> all;
  for (const auto& notify : message.contents.notifies) {
    if (notify.type == type) all.push_back(octets_of(notify.value));
  }
  return all;
}

class IkePpkWire : public SpokenIke {
 protected:
  WorldTunnel tunnel_with(const model::PpkSettings& settings) {
    WorldTunnel tunnel = plain_world_tunnel();
    for (auto* end : {&tunnel.first, &tunnel.second}) {
      end->ike->ppk = settings;
      end->ike->esp.proposals = {"aes256gcm16"};  // without a key exchange, so that keys follow from what is seen
    }
    return tunnel;
  }
  void start(const WorldTunnel& tunnel) { world.start(tunnel.policy(0), tunnel.policy(1)); }
  bool settles() {
    return world.run_until([this] { return world.settled(); }, 10s);
  }

  // Calls `look` once, with the message as it passes and the state of its sender.
  void on(int from, Exchange exchange, Direction direction,
          std::function<void(const ikestate::SaState&, IkeOctetRow&)> look) {
    drops = [this, from, exchange, direction, look = std::move(look)](int sender, IkeOctetRow& octets) {
      const auto header = ikewire::read_ike_header(octets).header;
      if (sender != from || header.exchange != exchange || header.direction != direction) return false;
      if (const ikestate::SaState* const state = only_state(world.node(from))) look(*state, octets);
      return false;
    };
  }
  // The message without its notifications of this type, or with another value in them.
  static void edit(const ikestate::SaState& state, IkeOctetRow& octets, NotifyType type, std::optional<Octets> value) {
    IkeInsider insider(state, 5);
    const auto message = insider.open(octets);
    ASSERT_TRUE(message);
    ikemessage::PayloadWriter out;
    for (const ikewire::PayloadView& view : message->chain) {
      const auto notify =
          view.type == PayloadType::kNotify ? std::optional(ikewire::read_notify(view.body).value()) : std::nullopt;
      if (!notify || notify->type != type) {
        out.add_octets(view.type, view.body);
      } else if (value) {
        out.add_notify(type, *value);
      }
    }
    octets = insider.say(message->header, out.take()).front();
  }
  // A clear message of IKE_SA_INIT without a notification.
  static void cut_init(IkeOctetRow& octets, NotifyType type) {
    auto payloads = payloads_of(octets);
    std::erase_if(payloads, [&](const RawPayload& one) {
      return one.type == PayloadType::kNotify && load_be<std::uint16_t>(one.body.data() + 2) == std::uint16_t(type);
    });
    octets = testing::clear_message(ikewire::read_ike_header(octets).header, payloads);
  }
  void expect_forged_answer_ignored(Form form, NotifyType missing) {
    bool forged = false;
    on(1, Exchange::kIkeSaInit, kResponse, [&](const ikestate::SaState&, IkeOctetRow& octets) {
      if (!std::exchange(forged, true)) cut_init(octets, missing);
    });
    start(tunnel_with(ppks({kA}, true, form)));
    ASSERT_TRUE(settles()) << world.story();
    EXPECT_TRUE(forged);
    EXPECT_TRUE(tells(0, ikestate::kPpkMissing)) << world.story();
    EXPECT_EQ(ppk_in(sa(0).state().ppk.used), "berlin-a");
  }
  // That of the Child SA by which a node sends.
  Octets child_key(int number) {
    const IkeNode& node = world.node(number);
    return octets_of(node.children.at(node.sends_by).up.outbound.key->bytes());
  }
  // Of the initiator's direction, out of KEYMAT without a key exchange.
  static Octets first_key(ConstBytes source, ConstBytes ni, ConstBytes nr) {
    const Octets material = plus(source, joined({ni, nr}), 72);
    return {material.begin(), material.begin() + 36};
  }
  void rekey_children() {
    IkeNode& node = world.node(0);
    node.carry_out(node.engine->rekey(world.moment(), node.policy->name, ike::RekeyTarget::kChildren));
    world.run_for(2s);
  }
  bool tells(int number, std::string_view id) {
    return std::ranges::any_of(world.node(number).reports, [&](const auto& report) { return report.id == id; });
  }
};

// [8784-3-a]
TEST_F(IkePpkWire, IkeAuthMixesThreeKeysAndNoOthers) {
  Octets d, pi, pr, ei;
  on(1, Exchange::kIkeSaInit, kResponse, [&](const ikestate::SaState& state, IkeOctetRow& octets) {
    d = octets_of(state.keys.d);
    pi = octets_of(state.keys.proof_initiator);
    pr = octets_of(state.keys.proof_responder);
    ei = octets_of(state.keys.encryption_initiator);
    const auto message = clear_init(octets);
    ASSERT_TRUE(message);
    EXPECT_EQ(values_in(*message, NotifyType::kUsePpk), (std::vector<Octets>{{}}));
  });
  start(tunnel_with(ppks({kA}, true, Form::kAuth)));
  ASSERT_TRUE(settles()) << world.story();
  const ConstBytes ppk = kA.key.octets->bytes();
  const std::byte one{1};
  for (const int number : {0, 1}) {
    const ikemessage::IkeKeys& keys = sa(number).state().keys;
    const auto mixed = [&](const Octets& key) {
      return octets_of(crypto::prf(kPrf, ppk, {key, ConstBytes(&one, 1)}).value());
    };
    EXPECT_EQ(octets_of(keys.d), mixed(d));
    EXPECT_EQ(octets_of(keys.proof_initiator), mixed(pi));
    EXPECT_EQ(octets_of(keys.proof_responder), mixed(pr));
    EXPECT_EQ(octets_of(keys.encryption_initiator), ei);
  }
  // The first Child SA comes from the mixed key.
  const ikestate::SaState& state = sa(0).state();
  const Octets mixed_d = plus(ppk, d, kOut);
  EXPECT_EQ(child_key(0), first_key(mixed_d, state.nonce_initiator, state.nonce_responder));
  enter();
  const auto requests = said_by(0);
  ASSERT_FALSE(requests.empty());
  Octets name{std::byte{2}};
  for (const char c : kA.id) name.push_back(std::byte(c));
  EXPECT_EQ(values_in(requests.front(), NotifyType::kPpkIdentity), (std::vector<Octets>{name}));
  EXPECT_FALSE(requests.front().has(NotifyType::kNoPpkAuth)) << "the PPK is required";
  EXPECT_EQ(values_in(said_by(1).front(), NotifyType::kPpkIdentity), (std::vector<Octets>{{}}));
}

// [8784-3-c]
TEST_F(IkePpkWire, ARekeyDoesNotMixTheSamePpkAgain) {
  establish(tunnel_with(ppks({kA})));
  const Octets d = octets_of(sa(0).state().keys.d);
  const std::size_t before = passed.size();
  rekey_children();
  const auto request = said_by(0, before), response = said_by(1, before);
  ASSERT_FALSE(request.empty());
  ASSERT_FALSE(response.empty());
  EXPECT_FALSE(request.front().has(NotifyType::kPpkIdentityKey));
  EXPECT_FALSE(response.front().has(NotifyType::kPpkIdentity));
  EXPECT_EQ(child_key(0), first_key(d, *request.front().contents.nonce, *response.front().contents.nonce));
}

// [9867-3.1-e, 9867-3.1.1-a]
TEST_F(IkePpkWire, IkeIntermediateConfirmsAndMakesAllKeysAnew) {
  Octets d;
  std::vector<Octets> offered;
  on(0, Exchange::kIkeIntermediate, kRequest, [&](const ikestate::SaState& state, IkeOctetRow& octets) {
    d = octets_of(state.keys.d);
    IkeInsider before(state, 3);
    const auto message = before.open(octets);
    ASSERT_TRUE(message);
    offered = values_in(*message, NotifyType::kPpkIdentityKey);
  });
  start(tunnel_with(ppks({kB, kA})));
  ASSERT_TRUE(settles()) << world.story();
  const ikestate::SaState& state = sa(0).state();
  const Octets seed = joined({state.nonce_initiator, state.nonce_responder, spi_octets(state.spis)});
  EXPECT_EQ(offered, (std::vector<Octets>{identity_key(kB, seed), identity_key(kA, seed)}));
  const Octets all = plus(plus(kB.key.octets->bytes(), d, kOut), seed, 3 * kOut + 2 * 36);
  const Octets want_d(all.begin(), all.begin() + kOut);
  const Octets want_ei(all.begin() + kOut, all.begin() + kOut + 36);
  const Octets want_pr(all.end() - kOut, all.end());
  for (const int number : {0, 1}) {
    EXPECT_EQ(octets_of(sa(number).state().keys.d), want_d);
    EXPECT_EQ(octets_of(sa(number).state().keys.encryption_initiator), want_ei);
    EXPECT_EQ(octets_of(sa(number).state().keys.proof_responder), want_pr);
  }
}

// [9867-3.2-a]
TEST_F(IkePpkWire, CreateChildSaConfirmsWithoutTheResponsersNonceAndMixesOnce) {
  WorldTunnel tunnel = tunnel_with(ppks({kA}));
  establish(tunnel);
  const Octets d = octets_of(sa(0).state().keys.d);
  for (const int number : {0, 1}) reload_ppks(world, number, tunnel, ppks({kB, kA}));
  const std::size_t before = passed.size();
  rekey_children();
  const auto requests = said_by(0, before), responses = said_by(1, before);
  ASSERT_FALSE(requests.empty());
  ASSERT_FALSE(responses.empty());
  const ConstBytes ni = *requests.front().contents.nonce, nr = *responses.front().contents.nonce;
  EXPECT_EQ(values_in(requests.front(), NotifyType::kPpkIdentityKey),
            (std::vector<Octets>{identity_key(kB, joined({ni, spi_octets(sa(0).state().spis)}))}));
  const Octets mixed = plus(kB.key.octets->bytes(), d, kOut);
  EXPECT_EQ(child_key(0), first_key(mixed, ni, nr));
  EXPECT_EQ(octets_of(sa(0).state().keys.d), d) << "that of the IKE SA stays";
}

// [9867-3.1-a, 9867-3.1-b]
TEST_F(IkePpkWire, DataOfUsePpkIntChangeNothing) {
  std::vector<Octets> answered;
  drops = [&](int from, IkeOctetRow& octets) {
    const auto message = clear_init(octets);
    if (!message || message->header.exchange != Exchange::kIkeSaInit) return false;
    if (from == 1) {
      answered = values_in(*message, NotifyType::kUsePpkInt);
      return false;
    }
    EXPECT_TRUE(message->has(NotifyType::kUsePpk));
    auto payloads = payloads_of(octets);
    for (RawPayload& one : payloads) {
      if (one.type != PayloadType::kNotify) continue;
      const auto type = load_be<std::uint16_t>(one.body.data() + 2);
      if (type == std::uint16_t(NotifyType::kUsePpkInt)) one.body.push_back(std::byte{'?'});
    }
    octets = testing::clear_message(message->header, payloads);
    return false;
  };
  start(tunnel_with(ppks({kA})));
  world.run_for(500ms);
  EXPECT_EQ(answered, (std::vector<Octets>{{}}));
}

// --- what peers must not say ---

// [8784-3-f]
TEST_F(IkePpkWire, ARequestWithoutAnIdentityIsRefused) {
  on(0, Exchange::kIkeAuth, kRequest, [](const ikestate::SaState& state, IkeOctetRow& octets) {
    edit(state, octets, NotifyType::kPpkIdentity, std::nullopt);
  });
  start(tunnel_with(ppks({kA}, false, Form::kAuth)));
  EXPECT_FALSE(settles());
  EXPECT_TRUE(tells(1, ikestate::kPpkMissing)) << world.story();
  EXPECT_NE(world.story().find("AUTHENTICATION_FAILED"), std::string::npos) << world.story();
}

// [8784-3-g]
TEST_F(IkePpkWire, AnIdOfAnotherTypeIsUnknown) {
  on(0, Exchange::kIkeAuth, kRequest, [](const ikestate::SaState& state, IkeOctetRow& octets) {
    Octets name{std::byte{1}};
    for (const char c : kA.id) name.push_back(std::byte(c));
    edit(state, octets, NotifyType::kPpkIdentity, name);
  });
  start(tunnel_with(ppks({kA}, true, Form::kAuth)));
  EXPECT_FALSE(settles());
  EXPECT_TRUE(tells(1, ikestate::kPpkMissing)) << world.story();
}

// [8784-3-i]
TEST_F(IkePpkWire, WhatTheResponsersIdentityHoldsIsIgnored) {
  on(1, Exchange::kIkeAuth, kResponse, [](const ikestate::SaState& state, IkeOctetRow& octets) {
    edit(state, octets, NotifyType::kPpkIdentity, Octets{std::byte{2}, std::byte{'?'}});
  });
  start(tunnel_with(ppks({kA}, true, Form::kAuth)));
  ASSERT_TRUE(settles()) << world.story();
  EXPECT_EQ(ppk_in(sa(0).state().ppk.used), "berlin-a");
}

// [8784-3-j]
TEST_F(IkePpkWire, AResponderThatDoesNotUseARequiredPpkIsToldAuthenticationFailed) {
  on(1, Exchange::kIkeAuth, kResponse, [this](const ikestate::SaState& state, IkeOctetRow& octets) {
    if (!insider) insider.emplace(state, 9);
    edit(state, octets, NotifyType::kPpkIdentity, std::nullopt);
  });
  start(tunnel_with(ppks({kA}, true, Form::kAuth)));
  world.node(0).wants = false;
  world.run_for(300ms);
  ASSERT_TRUE(insider);
  const auto words = said_by(0);
  ASSERT_FALSE(words.empty());
  EXPECT_EQ(words.back().header.exchange, Exchange::kInformational);
  EXPECT_TRUE(words.back().has(NotifyType::kAuthenticationFailed));
  EXPECT_TRUE(tells(0, ikestate::kPpkMissing)) << world.story();
}

// A responder that says it does not use an optional PPK, and has proven itself with it: the proof of neither form
// holds.
TEST_F(IkePpkWire, AnOptionalPpkCannotBeTakenOutBehindTheProof) {
  on(1, Exchange::kIkeAuth, kResponse, [](const ikestate::SaState& state, IkeOctetRow& octets) {
    edit(state, octets, NotifyType::kPpkIdentity, std::nullopt);
  });
  start(tunnel_with(ppks({kA}, false, Form::kAuth)));
  EXPECT_FALSE(settles());
  EXPECT_TRUE(tells(0, ikestate::kWrongPsk)) << world.story();
}

// Whoever is faster than the true responder cannot end the attempt. [8784-6-d]
TEST_F(IkePpkWire, AForgedAnswerWithoutUsePpkIsNotBelieved) {
  expect_forged_answer_ignored(Form::kAuth, NotifyType::kUsePpk);
}
TEST_F(IkePpkWire, AForgedAnswerWithoutUsePpkIntIsNotBelieved) {
  expect_forged_answer_ignored(Form::kIntermediate, NotifyType::kUsePpkInt);
}

// [9867-3.1-c]
TEST_F(IkePpkWire, BothFormsAtOnceAreNoAnswer) {
  bool forged = false;
  on(1, Exchange::kIkeSaInit, kResponse, [&](const ikestate::SaState&, IkeOctetRow& octets) {
    if (std::exchange(forged, true)) return;
    auto payloads = payloads_of(octets);
    payloads.push_back(raw_notify(NotifyType::kUsePpk));
    octets = testing::clear_message(ikewire::read_ike_header(octets).header, payloads);
  });
  start(tunnel_with(ppks({kA}, false)));
  ASSERT_TRUE(settles()) << world.story();
  EXPECT_TRUE(tells(0, ikestate::kMalformed)) << world.story();
  EXPECT_EQ(sa(0).state().ppk.used->way, ikestate::PpkWay::kIntermediate);
}

// [9867-3.1-g]
TEST_F(IkePpkWire, APpkThatWasNotOfferedEndsTheHandshake) {
  // Node 1 is past its response by then: the exchange itself is under the keys that node 0 has still.
  on(1, Exchange::kIkeIntermediate, kResponse, [this](const ikestate::SaState&, IkeOctetRow& octets) {
    edit(*only_state(world.node(0)), octets, NotifyType::kPpkIdentity, Octets{std::byte{2}, std::byte{'?'}});
  });
  start(tunnel_with(ppks({kA}, false)));
  EXPECT_FALSE(settles());
  EXPECT_TRUE(tells(0, ikestate::kMalformed)) << world.story();
}

TEST_F(IkePpkWire, APpkThatWasNotOfferedForARekeyEndsTheIkeSa) {
  WorldTunnel tunnel = tunnel_with(ppks({kA}, false));
  start(tunnel);
  ASSERT_TRUE(settles()) << world.story();
  for (const int number : {0, 1}) reload_ppks(world, number, tunnel, ppks({kB, kA}, false));
  on(1, Exchange::kCreateChildSa, kResponse, [](const ikestate::SaState& state, IkeOctetRow& octets) {
    edit(state, octets, NotifyType::kPpkIdentity, Octets{std::byte{2}, std::byte{'?'}});
  });
  world.node(0).wants = false;
  rekey_children();
  EXPECT_TRUE(tells(0, ikestate::kMalformed)) << world.story();
  EXPECT_TRUE(world.node(0).children.empty());
}

}  // namespace
}  // namespace levelgate::testing::ike_ppk_wire_test
