// SPDX-License-Identifier: Apache-2.0
//
// What an SA knows about post-quantum preshared keys: what was agreed on, and which one is in its keys.
#pragma once

#include <levelgate/model/ike_config.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "ppk/decisions.h"

namespace levelgate::ikestate {

// By which exchange a PPK came into keys.
enum class PpkWay : std::uint8_t {
  kAuth,          // RFC 8784: not in the keys that protect this very IKE SA's messages
  kIntermediate,  // RFC 9867 §3.1
  kCreateChild,   // RFC 9867 §3.2
};

struct PpkUse {
  model::Ppk ppk;
  PpkWay way = PpkWay::kAuth;
};

struct PpkState {
  ppk::Agreed agreed = ppk::Agreed::kNone;  // in IKE_SA_INIT
  bool offered = false;                     // responder: PPK_IDENTITY_KEY came before IKE_AUTH; it comes once
  std::optional<PpkUse> used;               // the latest one in SK_d
  std::vector<model::Ppk> left;             // used before it by this line of rekeys: nobody goes back to one
};

}  // namespace levelgate::ikestate
