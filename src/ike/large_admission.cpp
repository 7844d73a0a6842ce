// SPDX-License-Identifier: Apache-2.0
//
// Who may bring a large key before it is authenticated: somebody whose address is proven, one for each address, and
// only so many at all. Who finds no room is not answered, and asks again by itself.
#include "ike/engine.h"
#include "negotiation/large_keys.h"

namespace levelgate::ike {

using ikeexchange::InitChoice;
using ikeexchange::Means;
using ikestate::kLargeKeyWaits;
using ikestate::Severity;
// The choice does not depend on the load: both sides sign the request that was answered.
bool Engine::make_large_room(Means& means, const InitRequest& request, InitChoice& choice, const Showing& showing) {
  if (!negotiation::has_large(choice.suite)) return true;
  if (showing.shown == admission::Shown::kNothing) {
    ask_cookie(means, request);
    return false;
  }
  choice.large_place =
      large_keys_.take(request.path.remote.address, choice.policy->large_keys->octets, means.moment.now);
  if (choice.large_place) return true;
  report_stranger(means, Severity::kWarn, kLargeKeyWaits, choice.policy->name,
                  "no room for the large key of " + request.path.remote.address.text() + ": " +
                      std::to_string(large_keys_.places()) + " keys of strangers come in, one for each address");
  return false;
}

}  // namespace levelgate::ike
