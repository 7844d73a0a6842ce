// SPDX-License-Identifier: Apache-2.0
//
// Two notifications.
#include "ikeexchange/ppk_init.h"

namespace levelgate::ikeexchange {

using ikestate::PolicyPtr;
using ikestate::SaState;
using ikewire::NotifyType;

// [8784-3-a, 9867-3.1-b]
void write_ppk_offers(ikemessage::PayloadWriter& out, const ppk::Offers& offers) {
  if (offers.auth) out.add_notify(NotifyType::kUsePpk);
  if (offers.intermediate) out.add_notify(NotifyType::kUsePpkInt);
}

void write_ppk_answer(ikemessage::PayloadWriter& out, ppk::Agreed agreed) {
  if (agreed == ppk::Agreed::kAuth) out.add_notify(NotifyType::kUsePpk);
  if (agreed == ppk::Agreed::kIntermediate) out.add_notify(NotifyType::kUsePpkInt);
}

ppk::Offers read_ppk_offers(const ikemessage::Contents& contents) {
  return {contents.has(NotifyType::kUsePpk),
          contents.has(NotifyType::kUsePpkInt) && contents.has(NotifyType::kIntermediateExchangeSupported)};
}

ppk::Agreed agree_on_ppk(const SaState& sa, const ikemessage::Contents& request) {
  std::vector<const model::PpkSettings*> settings;
  for (const PolicyPtr& policy : sa.candidates) settings.push_back(&policy->ppk);
  return ppk::agree(read_ppk_offers(request), settings);
}

}  // namespace levelgate::ikeexchange
