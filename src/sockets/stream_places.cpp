// SPDX-License-Identifier: Apache-2.0
//
// Streams by id, which is their age, and by source.
#include "sockets/stream_places.h"

namespace levelgate::sockets {
namespace {

IpAddress source_of(const IpAddress& from) {
  return from.family() == IpFamily::kV4 ? from : IpPrefix{from, 64}.network().address;
}

}  // namespace

StreamPlaces::Admission StreamPlaces::enter(StreamId id, const IpAddress& from) {
  const IpAddress source = source_of(from);
  Admission admission;
  if (const auto known = sources_.find(source); known != sources_.end()) {
    const Source& own = known->second;
    if (own.all >= bounds_.of_source || own.unproven.size() >= bounds_.unproven_of_source) {
      admission.falls = first_of(own.unproven);
      if (!admission.falls) return admission;
    }
  }
  if (!admission.falls && (places_.size() >= bounds_.all || unproven_.size() >= bounds_.unproven)) {
    admission.falls = fell();
    if (!admission.falls) return admission;
  }
  places_[id] = {source};
  Source& own = sources_[source];
  ++own.all;
  own.unproven.insert(id);
  unproven_.insert(id);
  admission.admitted = true;
  return admission;
}

void StreamPlaces::enter_own(StreamId id, const IpAddress& to) {
  const IpAddress source = source_of(to);
  places_[id] = {source, true};
  ++sources_[source].all;
}

void StreamPlaces::prove(StreamId id) {
  const auto place = places_.find(id);
  if (place == places_.end() || place->second.proven) return;
  no_longer_unproven(id, place->second);
  place->second.proven = true;
}

void StreamPlaces::leave(StreamId id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  if (!place->second.proven) no_longer_unproven(id, place->second);
  const auto source = sources_.find(place->second.source);
  if (--source->second.all == 0) sources_.erase(source);
  places_.erase(place);
}

std::optional<StreamId> StreamPlaces::fell() { return first_of(unproven_); }

std::optional<StreamId> StreamPlaces::first_of(const std::set<StreamId>& unproven) {
  if (unproven.empty()) return std::nullopt;
  const StreamId id = *unproven.begin();
  leave(id);
  return id;
}

std::optional<StreamId> StreamPlaces::holds(StreamId id, std::size_t octets) {
  const auto place = places_.find(id);
  if (place != places_.end() && !place->second.proven) {
    octets_ += octets - place->second.octets;
    place->second.octets = octets;
  }
  return octets_ > bounds_.unproven_octets ? fell() : std::nullopt;
}

void StreamPlaces::no_longer_unproven(StreamId id, Place& place) {
  octets_ -= place.octets;
  place.octets = 0;
  unproven_.erase(id);
  sources_.at(place.source).unproven.erase(id);
}

}  // namespace levelgate::sockets
