// SPDX-License-Identifier: Apache-2.0
//
// The lists of a peer, read into bounded values.
#include "negotiation/peer_accepts.h"

#include <algorithm>
#include <utility>

#include "negotiation/limits.h"

namespace levelgate::negotiation {
namespace {

template <typename Value>
void append(std::vector<Value>& to, const std::vector<Value>& more, std::size_t most) {
  const std::size_t room = most - std::min(most, to.size());
  to.insert(to.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(std::min(room, more.size())));
}

ikewire::IkeResult<void> learn_methods(PeerAccepts& accepts, std::span<const ConstBytes> values) {
  std::vector<AcceptedMethod> methods;
  bool announced = false;
  for (const ConstBytes value : values) {
    const auto list = ikewire::read_announcements(value);
    if (!list) return std::unexpected(list.error());
    announced = announced || !value.empty();
    std::vector<AcceptedMethod> more;
    for (const ikewire::Announcement& one : *list) {
      more.push_back({one.method, one.authority, {one.algorithm.begin(), one.algorithm.end()}});
    }
    append(methods, more, ikewire::kMostAnnouncements);
  }
  if (!announced) return {};
  accepts.announced = true;
  accepts.methods = std::move(methods);
  return {};
}

ikewire::IkeResult<void> learn_hashes(PeerAccepts& accepts, std::span<const ConstBytes> values) {
  std::vector<ikewire::HashId> hashes;
  for (const ConstBytes value : values) {
    const auto list = ikewire::read_hashes(value);
    if (!list) return std::unexpected(list.error());
    append(hashes, *list, ikewire::kMostHashes);
  }
  if (!values.empty()) accepts.hashes = std::move(hashes);
  return {};
}

// RFC 9593 §3.2.2: the authorities of all payloads are one list. Requests for other encodings name none.
ikewire::IkeResult<void> learn_authorities(PeerAccepts& accepts, std::span<const ikewire::Certificate> requests) {
  std::vector<std::vector<std::byte>> authorities;
  bool asked = false;
  for (const ikewire::Certificate& request : requests) {
    if (request.encoding != ikewire::CertEncoding::kX509Signature) continue;
    const auto hashes = ikewire::authority_hashes(request);
    if (!hashes) return std::unexpected(hashes.error());
    asked = true;
    for (const ConstBytes hash : *hashes) {
      if (authorities.size() < limits::kAuthorities) authorities.emplace_back(hash.begin(), hash.end());
    }
  }
  if (asked) accepts.authorities = std::move(authorities);
  return {};
}

}  // namespace

ikewire::IkeResult<void> learn(PeerAccepts& accepts, const AcceptPayloads& payloads) {
  PeerAccepts learnt = accepts;
  if (const auto done = learn_methods(learnt, payloads.announcements); !done) return done;
  if (const auto done = learn_hashes(learnt, payloads.hashes); !done) return done;
  if (const auto done = learn_authorities(learnt, payloads.requests); !done) return done;
  accepts = std::move(learnt);
  return {};
}

}  // namespace levelgate::negotiation
