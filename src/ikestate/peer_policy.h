// SPDX-License-Identifier: Apache-2.0
//
// What the engine holds of one tunnel's configuration: immutable, shared by the SAs that were made under it.
#pragma once

#include <levelgate/base/ip_address.h>
#include <levelgate/base/result.h>
#include <levelgate/model/config.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authentication/credentials.h"
#include "ikewire/ike_notify_values.h"
#include "ikewire/ike_proposals.h"
#include "negotiation/suite.h"
#include "negotiation/transports.h"

namespace levelgate::ikestate {

enum class AggfragPolicy : std::uint8_t {
  kOff,       // plain tunnel mode
  kWanted,    // plain where the peer has none
  kRequired,  // no Child SA without
};

// How messages of many datagrams travel over UDP. No key of the configuration: the others are what the first is held
// against.
enum class LongMessages : std::uint8_t {
  kAcknowledged,  // at a pace, repeated soon, and only what the peer lacks where it tells
  kPaced,         // at a pace, repeated soon
  kWhole,         // all datagrams at once, all again by the back-off of every request: RFC 7383 alone
};

struct PeerPolicy {
  std::string name;  // of the tunnel
  IpAddress local, remote;
  std::shared_ptr<const authentication::Credentials> credentials;
  std::vector<ikewire::Proposal> ike_proposals;
  std::vector<ikewire::Proposal> esp_proposals;  // without SPI; with sequence numbers as configured
  model::PpkSettings ppk;
  model::IkeSettings ike;
  model::EspSettings esp;
  struct LargeKeys {
    ikewire::KeMethod method = ikewire::KeMethod::kNone;
    std::size_t octets = 0;  // of a key
    model::LargeKeyTime when = model::LargeKeyTime::kAfterAuth;
    std::uint64_t pace_bits_per_second = 0;
  };
  std::optional<LargeKeys> large_keys;
  LongMessages long_messages = LongMessages::kAcknowledged;
  model::SelectorPair selectors;  // never empty: "any" is written out
  model::EncapsulationChoice encapsulation = model::EncapsulationChoice::kAuto;
  negotiation::Transports transports;
  AggfragPolicy aggfrag = AggfragPolicy::kRequired;
  bool wants_reports = false;  // of congestion, from the peer (flag C, RFC 9347 §6.1.4)
  bool sends_reports = false;  // can be given: payloads leave by a schedule
  ikewire::InnerFragments fragments = ikewire::InnerFragments::kAccepted;  // what the peer is told of us

  // On offering, and on choosing when the peer said what it has.
  [[nodiscard]] negotiation::Terms ike_terms(negotiation::AdditionalExchanges additional) const {
    return {ike.post_quantum, additional, negotiation::KeyExchanges::kNegotiated};
  }
  // Child SAs have the IKE SA's post-quantum protection: their keys come from SK_d. Only `off` binds them.
  [[nodiscard]] negotiation::Terms child_terms(negotiation::AdditionalExchanges additional,
                                               negotiation::KeyExchanges key_exchanges) const {
    const bool off = ike.post_quantum == model::PostQuantum::kOff;
    return {off ? model::PostQuantum::kOff : model::PostQuantum::kPreferred, additional, key_exchanges};
  }
};
using PolicyPtr = std::shared_ptr<const PeerPolicy>;

// The tunnel must have `ike`. An Error names the key of the configuration.
[[nodiscard]] Result<PolicyPtr> make_policy(const model::TunnelConfig& tunnel,
                                            std::shared_ptr<const authentication::Credentials> credentials);

}  // namespace levelgate::ikestate
