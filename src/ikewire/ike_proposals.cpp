// SPDX-License-Identifier: Apache-2.0
//
// Reader and writer of SA payloads. Each substructure is cut out by its length first; what is inside sees nothing else.
#include "ikewire/ike_proposals.h"

#include <algorithm>
#include <span>

namespace levelgate::ikewire {
namespace {

constexpr std::uint8_t kLast = 0;
constexpr std::uint8_t kMoreProposals = 2;
constexpr std::uint8_t kMoreTransforms = 3;
constexpr std::uint16_t kNumberBit = 0x8000;  // attribute format TV
constexpr std::size_t kProposalHeader = 8;    // of a proposal without its SPI, and of a transform
constexpr std::size_t kMarkerOctets = 4;      // more mark, reserved, length

// Takes substructures from octets that they must fill: {more, reserved, length, content} each.
class Substructures {
 public:
  Substructures(ConstBytes octets, std::size_t offset, std::uint8_t more) : rest_(octets), at_(offset), more_(more) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::size_t at() const { return at_; }  // of the substructure that next() returns, before the call

  // The content of the next one.
  [[nodiscard]] IkeResult<ConstBytes> next() {
    ByteReader from(rest_);
    const std::uint8_t mark = from.read<std::uint8_t>();
    from.skip(1);
    const std::size_t octets = from.read<std::uint16_t>();
    if (!from.ok()) return ike_fault(IkeFault::kTruncated, at_);
    if (octets < kProposalHeader || octets > rest_.size()) return ike_fault(IkeFault::kLength, at_ + 2);
    if (mark != (octets == rest_.size() ? kLast : more_)) return ike_fault(IkeFault::kMarker, at_);
    const ConstBytes content = rest_.subspan(kMarkerOctets, octets - kMarkerOctets);
    rest_ = rest_.subspan(octets);
    at_ += octets;
    return content;
  }

 private:
  ConstBytes rest_;
  std::size_t at_;
  std::uint8_t more_;
};

// `offset` is that of the octets in the payload's body, here and below.
IkeResult<std::vector<Attribute>> read_attributes(ConstBytes octets, std::size_t offset) {
  std::vector<Attribute> attributes;
  ByteReader from(octets);
  while (from.remaining() != 0) {
    const std::size_t at = offset + octets.size() - from.remaining();
    if (attributes.size() == kMostAttributes) return ike_fault(IkeFault::kTooMany, at);
    const std::uint16_t type = from.read<std::uint16_t>();
    const std::uint16_t number = from.read<std::uint16_t>();
    if (!from.ok()) return ike_fault(IkeFault::kTruncated, at);
    Attribute attribute{.type = AttributeType{static_cast<std::uint16_t>(type & ~kNumberBit)}};
    if ((type & kNumberBit) != 0) {
      attribute.number = number;
    } else {
      if (number > from.remaining()) return ike_fault(IkeFault::kLength, at + 2);
      const ConstBytes value = from.read_bytes(number);
      attribute.form = AttributeForm::kOctets;
      attribute.octets.assign(value.begin(), value.end());
    }
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

IkeResult<Transform> read_transform(ConstBytes content, std::size_t offset) {
  ByteReader from(content);
  Transform transform{.type = TransformType{from.read<std::uint8_t>()}};
  from.skip(1);
  transform.id = from.read<std::uint16_t>();
  auto attributes = read_attributes(from.rest(), offset + content.size() - from.remaining());
  if (!attributes) return std::unexpected(attributes.error());
  transform.attributes = std::move(*attributes);
  return transform;
}

bool spi_fits(ProtocolId protocol, std::size_t octets) {
  if (protocol == ProtocolId::kIke) return octets == 0 || octets == 8;
  return octets == 4 || (protocol != ProtocolId::kAh && protocol != ProtocolId::kEsp);
}

// `room` is how many transforms the payload may yet have.
IkeResult<Proposal> read_proposal(ConstBytes content, std::size_t offset, std::size_t room) {
  ByteReader from(content);
  Proposal proposal{.number = from.read<std::uint8_t>(), .protocol = ProtocolId{from.read<std::uint8_t>()}};
  const std::size_t spi_octets = from.read<std::uint8_t>();
  const std::size_t count = from.read<std::uint8_t>();
  const bool fits = spi_octets <= from.remaining() && spi_fits(proposal.protocol, spi_octets);
  if (!fits) return ike_fault(IkeFault::kLength, offset + 2);
  if (count > room) return ike_fault(IkeFault::kTooMany, offset + 3);
  const ConstBytes spi = from.read_bytes(spi_octets);
  proposal.spi.assign(spi.begin(), spi.end());
  Substructures parts(from.rest(), offset + content.size() - from.remaining(), kMoreTransforms);
  while (!parts.empty()) {
    const std::size_t at = parts.at();
    if (proposal.transforms.size() == count) return ike_fault(IkeFault::kCount, offset + 3);
    const auto part = parts.next();
    if (!part) return std::unexpected(part.error());
    auto transform = read_transform(*part, at + kMarkerOctets);
    if (!transform) return std::unexpected(transform.error());
    proposal.transforms.push_back(std::move(*transform));
  }
  if (proposal.transforms.size() != count) return ike_fault(IkeFault::kCount, offset + 3);
  return proposal;
}

void write_attribute(WireBuffer& to, const Attribute& attribute) {
  const std::uint16_t type = static_cast<std::uint16_t>(attribute.type);
  if ((type & kNumberBit) != 0) to.fail();
  if (attribute.form == AttributeForm::kNumber) {
    to.write(static_cast<std::uint16_t>(type | kNumberBit));
    to.write(attribute.number);
    return;
  }
  to.write(type);
  to.write_narrow<std::uint16_t>(attribute.octets.size());
  to.write_bytes(attribute.octets);
}

// Writes a substructure's mark and length around what `content` writes.
template <typename Content>
void write_substructure(WireBuffer& to, std::uint8_t mark, const Content& content) {
  const std::size_t at = to.size();
  to.write(mark);
  to.write(std::uint8_t{0});
  to.write(std::uint16_t{0});
  content();
  to.patch_narrow<std::uint16_t>(at + 2, to.size() - at);
}

void write_transform(WireBuffer& to, const Transform& transform) {
  to.write(static_cast<std::uint8_t>(transform.type));
  to.write(std::uint8_t{0});
  to.write(transform.id);
  if (transform.attributes.size() > kMostAttributes) to.fail();
  for (const Attribute& attribute : transform.attributes) write_attribute(to, attribute);
}

void write_proposal(WireBuffer& to, const Proposal& proposal) {
  if (!spi_fits(proposal.protocol, proposal.spi.size())) to.fail();
  to.write(proposal.number);
  to.write(static_cast<std::uint8_t>(proposal.protocol));
  to.write_narrow<std::uint8_t>(proposal.spi.size());
  to.write_narrow<std::uint8_t>(proposal.transforms.size());
  to.write_bytes(proposal.spi);
  for (const Transform& transform : proposal.transforms) {
    const bool last = &transform == &proposal.transforms.back();
    write_substructure(to, last ? kLast : kMoreTransforms, [&] { write_transform(to, transform); });
  }
}

}  // namespace

std::optional<std::uint16_t> Transform::key_bits() const {
  for (const Attribute& attribute : attributes) {
    const bool number = attribute.form == AttributeForm::kNumber;
    if (number && attribute.type == AttributeType::kKeyLength) return attribute.number;
  }
  return std::nullopt;
}

IkeResult<std::vector<Proposal>> read_proposals(ConstBytes body) {
  if (body.empty()) return ike_fault(IkeFault::kTruncated, 0);
  std::vector<Proposal> proposals;
  std::size_t room = kMostTransforms;
  for (Substructures parts(body, 0, kMoreProposals); !parts.empty();) {
    const std::size_t at = parts.at();
    if (proposals.size() == kMostProposals) return ike_fault(IkeFault::kTooMany, at);
    const auto part = parts.next();
    if (!part) return std::unexpected(part.error());
    auto proposal = read_proposal(*part, at + kMarkerOctets, room);
    if (!proposal) return std::unexpected(proposal.error());
    const unsigned before = proposals.empty() ? 0 : proposals.back().number;
    if (proposal->number <= before) return ike_fault(IkeFault::kNumber, at + kMarkerOctets);
    room -= proposal->transforms.size();
    proposals.push_back(std::move(*proposal));
  }
  return proposals;
}

void write_body(WireBuffer& to, const std::vector<Proposal>& proposals) {
  if (proposals.empty() || proposals.size() > kMostProposals) to.fail();
  std::size_t transforms = 0;
  unsigned before = 0;
  for (const Proposal& proposal : proposals) {
    transforms += proposal.transforms.size();
    if (proposal.number <= before || transforms > kMostTransforms) to.fail();
    before = proposal.number;
    const bool last = &proposal == &proposals.back();
    write_substructure(to, last ? kLast : kMoreProposals, [&] { write_proposal(to, proposal); });
  }
}

}  // namespace levelgate::ikewire
