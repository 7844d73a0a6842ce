// SPDX-License-Identifier: Apache-2.0
//
// What an IKE SA knows of one of its Child SAs: SPIs, suite, selectors, lifetimes, and how a rekey of it stands. Its
// keys are handed over when it is made and not kept.
#pragma once

#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>
#include <levelgate/model/selector.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "ikestate/collision.h"
#include "ikestate/effects.h"
#include "ikestate/ppk_state.h"
#include "ikewire/ike_notify_values.h"
#include "negotiation/suite.h"

namespace levelgate::ikestate {

// An SPI that we drew: it is free to be drawn again when nobody holds it any more.
using SpiLease = std::shared_ptr<const Spi>;

// Nonces of one exchange that outlive its messages.
struct KeptNonces {
  std::vector<std::byte> initiator, responder;
  [[nodiscard]] ExchangeNonces view() const { return {initiator, responder}; }
};

// The peer's rekey of an SA, for as long as ours of the same SA may yet meet it.
struct PeerRekeyRecord {
  PeerRekey state = PeerRekey::kNone;
  KeptNonces nonces;
  ChildId made{};              // of a Child SA
  std::uint64_t made_ike = 0;  // own SPI of the IKE SA
};

enum class ChildStage : std::uint8_t {
  kActive,
  kReplaced,  // another one was made in its place; it waits for its Delete
  kClosing,   // our Delete is queued or under way
};

struct ChildSa {
  ChildId id;
  Spi inbound, outbound;
  SpiLease lease;  // of `inbound`
  negotiation::Suite suite;
  model::SelectorPair selectors;
  bool aggfrag = false;
  ikewire::AggfragRequirements peer_aggfrag;
  bool own_exchange = false;  // we asked for it
  ChildStage stage = ChildStage::kActive;
  Instant made, rekey_at = kNever, expire_at = kNever;
  PeerRekeyRecord peer_rekey;
  std::optional<PpkUse> ppk;  // in its keys
  bool large_key = false;     // likewise
  StreamId stream;            // by which its packets leave, as was told; none: by datagrams, or by nothing
};

}  // namespace levelgate::ikestate
