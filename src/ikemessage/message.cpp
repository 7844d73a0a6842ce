// SPDX-License-Identifier: Apache-2.0
//
// The table of payloads, and their reading.
#include "ikemessage/message.h"

#include <algorithm>

#include "negotiation/limits.h"

namespace levelgate::ikemessage {
namespace {

using ikewire::Exchange;
using ikewire::IkeDirection;
using ikewire::IkeFault;
using ikewire::PayloadType;
using ikewire::PayloadView;
using enum ikewire::PayloadType;
using enum ikewire::Exchange;
using enum ikewire::IkeDirection;

struct Row {
  Exchange exchange;
  IkeDirection direction;
  PayloadType payload;
  std::size_t most;
};

// What has no row is stepped over, configuration payloads among it (RFC 7296 §2.20, §4)
// [7296-2.20-a, 7296-3.12-b, 7296-4-a, 7296-2.5-g, 7296-2.5-j].
constexpr Row kTable[] = {
    {kIkeSaInit, kRequest, kSa, 1},
    {kIkeSaInit, kRequest, kKe, 1},
    {kIkeSaInit, kRequest, kNonce, 1},
    {kIkeSaInit, kRequest, kNotify, limits::kNotifies},
    {kIkeSaInit, kRequest, kPuzzleSolution, 1},
    {kIkeSaInit, kRequest, kVendorId, ikewire::kMostPayloads},
    {kIkeSaInit, kResponse, kSa, 1},
    {kIkeSaInit, kResponse, kKe, 1},
    {kIkeSaInit, kResponse, kNonce, 1},
    {kIkeSaInit, kResponse, kCertRequest, limits::kCertificates},
    {kIkeSaInit, kResponse, kNotify, limits::kNotifies},
    {kIkeSaInit, kResponse, kVendorId, ikewire::kMostPayloads},
    {kIkeIntermediate, kRequest, kKe, 1},
    {kIkeIntermediate, kRequest, kNotify, limits::kNotifies},
    {kIkeIntermediate, kResponse, kKe, 1},
    {kIkeIntermediate, kResponse, kCertRequest, limits::kCertificates},
    {kIkeIntermediate, kResponse, kNotify, limits::kNotifies},
    {kIkeAuth, kRequest, kIdi, 1},
    {kIkeAuth, kRequest, kIdr, 1},
    {kIkeAuth, kRequest, kCert, limits::kCertificates},
    {kIkeAuth, kRequest, kCertRequest, limits::kCertificates},
    {kIkeAuth, kRequest, kAuth, 1},
    {kIkeAuth, kRequest, kEap, 1},
    {kIkeAuth, kRequest, kSa, 1},
    {kIkeAuth, kRequest, kTsi, 1},
    {kIkeAuth, kRequest, kTsr, 1},
    {kIkeAuth, kRequest, kNotify, limits::kNotifies},
    {kIkeAuth, kResponse, kIdr, 1},
    {kIkeAuth, kResponse, kCert, limits::kCertificates},
    {kIkeAuth, kResponse, kAuth, 1},
    {kIkeAuth, kResponse, kEap, 1},
    {kIkeAuth, kResponse, kSa, 1},
    {kIkeAuth, kResponse, kTsi, 1},
    {kIkeAuth, kResponse, kTsr, 1},
    {kIkeAuth, kResponse, kNotify, limits::kNotifies},
    {kCreateChildSa, kRequest, kSa, 1},
    {kCreateChildSa, kRequest, kKe, 1},
    {kCreateChildSa, kRequest, kNonce, 1},
    {kCreateChildSa, kRequest, kTsi, 1},
    {kCreateChildSa, kRequest, kTsr, 1},
    {kCreateChildSa, kRequest, kNotify, limits::kNotifies},
    {kCreateChildSa, kResponse, kSa, 1},
    {kCreateChildSa, kResponse, kKe, 1},
    {kCreateChildSa, kResponse, kNonce, 1},
    {kCreateChildSa, kResponse, kTsi, 1},
    {kCreateChildSa, kResponse, kTsr, 1},
    {kCreateChildSa, kResponse, kNotify, limits::kNotifies},
    {kIkeFollowupKe, kRequest, kKe, 1},
    {kIkeFollowupKe, kRequest, kNotify, limits::kNotifies},
    {kIkeFollowupKe, kResponse, kKe, 1},
    {kIkeFollowupKe, kResponse, kNotify, limits::kNotifies},
    {kInformational, kRequest, kDelete, limits::kDeletes},
    {kInformational, kRequest, kNotify, limits::kNotifies},
    {kInformational, kResponse, kDelete, limits::kDeletes},
    {kInformational, kResponse, kNotify, limits::kNotifies},
};

std::size_t most_of(Exchange exchange, IkeDirection direction, PayloadType payload) {
  const auto row = std::ranges::find_if(kTable, [&](const Row& candidate) {
    return candidate.exchange == exchange && candidate.direction == direction && candidate.payload == payload;
  });
  return row == std::end(kTable) ? 0 : row->most;
}

// Puts what was read where it belongs; false: it was no good.
template <typename T, typename Into>
ikewire::IkeResult<void> keep(ikewire::IkeResult<T> read, Into& into, const PayloadView& from) {
  if (!read) return ikewire::ike_fault(read.error().fault, from.offset, from.type);
  if constexpr (requires { into.push_back(*read); }) {
    into.push_back(std::move(*read));
  } else {
    into = std::move(*read);
  }
  return {};
}

ikewire::IkeResult<void> read_selectors_into(std::optional<std::vector<ikewire::WireSelector>>& into,
                                             const PayloadView& from) {
  auto read = ikewire::read_selectors(from.body);
  if (!read) return ikewire::ike_fault(read.error().fault, from.offset, from.type);
  if (read->size() > limits::kSelectors) return ikewire::ike_fault(IkeFault::kTooMany, from.offset, from.type);
  into = std::move(*read);
  return {};
}

ikewire::IkeResult<void> read_one(const PayloadView& view, Contents& contents) {
  if (view.type == kSa) {
    auto read = ikewire::read_proposals(view.body);
    if (!read) return ikewire::ike_fault(read.error().fault, view.offset, view.type);
    contents.proposals = std::move(*read);
  }
  if (view.type == kKe) return keep(ikewire::read_key_exchange(view.body), contents.key_exchange, view);
  if (view.type == kNonce) return keep(ikewire::read_nonce(view.body), contents.nonce, view);
  if (view.type == kIdi) {
    contents.initiator_id_body = view.body;
    return keep(ikewire::read_identity(view.body), contents.initiator_id, view);
  }
  if (view.type == kIdr) {
    contents.responder_id_body = view.body;
    return keep(ikewire::read_identity(view.body), contents.responder_id, view);
  }
  if (view.type == kCert) return keep(ikewire::read_certificate(view.body), contents.certificates, view);
  if (view.type == kCertRequest) return keep(ikewire::read_certificate(view.body), contents.certificate_requests, view);
  if (view.type == kAuth) return keep(ikewire::read_authentication(view.body), contents.authentication, view);
  if (view.type == kNotify) return keep(ikewire::read_notify(view.body), contents.notifies, view);
  if (view.type == kDelete) return keep(ikewire::read_delete(view.body), contents.deletes, view);
  if (view.type == kTsi) return read_selectors_into(contents.initiator_selectors, view);
  if (view.type == kTsr) return read_selectors_into(contents.responder_selectors, view);
  if (view.type == kPuzzleSolution)
    return keep(ikewire::read_puzzle_solution(view.body), contents.puzzle_solution, view);
  if (view.type == kVendorId) contents.vendor_ids.push_back(view.body);
  if (view.type == kEap) contents.extensible_authentication = true;
  return {};
}

}  // namespace

// Notifications that nobody asks for are ignored [7296-3.10.1-b, 7296-3.10.1-c].
const ikewire::Notify* Contents::find(ikewire::NotifyType type) const {
  const auto found = std::ranges::find(notifies, type, &ikewire::Notify::type);
  return found == notifies.end() ? nullptr : &*found;
}

const ikewire::Notify* Contents::error() const {
  const auto found =
      std::ranges::find_if(notifies, [](const ikewire::Notify& notify) { return ikewire::is_error(notify.type); });
  return found == notifies.end() ? nullptr : &*found;
}

// In whatever order they come [7296-1.7-a, 7296-2.5-l].
ikewire::IkeResult<Contents> read_contents(Exchange exchange, IkeDirection direction,
                                           const std::vector<PayloadView>& chain) {
  Contents contents;
  for (auto view = chain.begin(); view != chain.end(); ++view) {
    const std::size_t most = most_of(exchange, direction, view->type);
    if (most == 0) continue;
    const auto before = std::count_if(chain.begin(), view, [&](const PayloadView& v) { return v.type == view->type; });
    if (static_cast<std::size_t>(before) >= most) {
      return ikewire::ike_fault(IkeFault::kTooMany, view->offset, view->type);
    }
    if (auto read = read_one(*view, contents); !read) return std::unexpected(read.error());
  }
  return contents;
}

}  // namespace levelgate::ikemessage
