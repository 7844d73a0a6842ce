// SPDX-License-Identifier: Apache-2.0
//
// The SA payload (RFC 7296 §3.3, RFC 9370 §2.1): golden octets, marks, counts, numbers, SPIs, attributes, bounds.
#include "ikewire/ike_proposals.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/wire/octets.h"

namespace levelgate::ikewire::ike_proposals_test {
namespace {

using testing::hex;
using testing::Octets;

// One proposal for ESP: AES-GCM-16 with 256 bits, 64-bit numbers.
const std::string kEsp = "00 00 0020 01 03 04 02 c0ffee01  03 00 000c 01 00 0014 800e 0100  00 00 0008 05 00 0001";

IkeResult<std::vector<Proposal>> read(const Octets& octets) {
  return read_proposals(testing::ExactBlock(octets).bytes());
}
IkeError fault_of(const Octets& octets) {
  const auto proposals = read(octets);
  EXPECT_FALSE(proposals.has_value());
  return proposals ? IkeError{} : proposals.error();
}
// The golden octets with one changed.
Octets with(std::size_t at, unsigned value) {
  Octets octets = hex(kEsp);
  octets.at(at) = static_cast<std::byte>(value);
  return octets;
}
Octets written(const std::vector<Proposal>& proposals) {
  WireBuffer to(1u << 17);
  write_body(to, proposals);
  EXPECT_TRUE(to.ok());
  return to.take();
}
bool fails(const std::vector<Proposal>& proposals) {
  WireBuffer to(1u << 20);
  write_body(to, proposals);
  return !to.ok();
}

Transform transform(TransformType type, std::uint16_t id) { return {.type = type, .id = id, .attributes = {}}; }
Attribute key_length(std::uint16_t bits) { return {.number = bits, .octets = {}}; }
Proposal esp() {
  Proposal proposal{.number = 1, .protocol = ProtocolId::kEsp, .spi = hex("c0ffee01"), .transforms = {}};
  proposal.transforms.push_back({TransformType::kEncr, 20, {key_length(256)}});
  proposal.transforms.push_back(transform(TransformType::kSequenceNumbers, 1));
  return proposal;
}
// Many proposals for IKE with some transforms each.
std::vector<Proposal> many(std::size_t proposals, std::size_t transforms) {
  std::vector<Proposal> all;
  for (std::size_t i = 0; i < proposals; ++i) {
    all.push_back({.number = static_cast<std::uint8_t>(i + 1), .spi = {}, .transforms = {}});
    all.back().transforms.assign(transforms, transform(TransformType::kPrf, 5));
  }
  return all;
}

// [7296-3.3.5-a, 7296-3.3.5-b]
TEST(IkeProposals, GoldenOctets) {
  EXPECT_EQ(written({esp()}), hex(kEsp));
  EXPECT_EQ(read(hex(kEsp)).value(), std::vector{esp()});
}

// [7296-3.3.5-a]
TEST(IkeProposals, KeyBits) {
  EXPECT_EQ(esp().transforms[0].key_bits(), 256);
  EXPECT_EQ(esp().transforms[1].key_bits(), std::nullopt);
  // Key Length in the form with a length of its own is none (RFC 7296 §3.3.5).
  Attribute wrong{.form = AttributeForm::kOctets, .octets = hex("0100")};
  const Transform tlv{TransformType::kEncr, 20, {wrong}};
  EXPECT_EQ(tlv.key_bits(), std::nullopt);
}

// RFC 9370 §2.1: types 6 to 12, gaps allowed, NONE among them.
TEST(IkeProposals, AdditionalKeyExchanges) {
  Proposal proposal{.number = 1, .spi = {}, .transforms = {}};
  for (const unsigned type : {4u, 6u, 7u, 10u, 12u}) {
    proposal.transforms.push_back(transform(static_cast<TransformType>(type), 37));
    proposal.transforms.push_back(transform(static_cast<TransformType>(type), 0));
  }
  EXPECT_EQ(read(written({proposal})).value(), std::vector{proposal});
}

TEST(IkeProposals, UnknownAttributesAreKept) {
  Proposal proposal = esp();
  proposal.transforms[0].attributes.push_back({AttributeType{77}, AttributeForm::kOctets, 0, hex("abcdef")});
  proposal.transforms[0].attributes.push_back({AttributeType{78}, AttributeForm::kNumber, 9, {}});
  proposal.transforms[1].attributes.push_back({AttributeType{32767}, AttributeForm::kOctets, 0, {}});
  EXPECT_EQ(read(written({proposal})).value(), std::vector{proposal});
}

// [7296-3.3.1-a, 7296-3.3.2-a]
TEST(IkeProposals, ReservedIsIgnored) {
  for (const std::size_t at : {1u, 13u, 17u, 25u, 29u})
    EXPECT_EQ(read(with(at, 0xff)).value(), std::vector{esp()}) << at;
}

// RFC 7296 §3.3.1, §3.3.2: 0 on the last, 2 between proposals, 3 between transforms.
TEST(IkeProposals, MarksAgreeWithWhatFollows) {
  for (const unsigned mark : {2u, 3u, 1u}) EXPECT_EQ(fault_of(with(0, mark)), (IkeError{IkeFault::kMarker, 0}));
  for (const unsigned mark : {0u, 2u}) EXPECT_EQ(fault_of(with(12, mark)), (IkeError{IkeFault::kMarker, 12}));
  EXPECT_EQ(fault_of(with(24, 3)), (IkeError{IkeFault::kMarker, 24}));
  std::vector<Proposal> two{esp(), esp()};
  two[1].number = 2;
  Octets octets = written(two);
  EXPECT_EQ(octets[0], std::byte{2});
  EXPECT_EQ(octets[32], std::byte{0});
  octets[0] = std::byte{0};
  EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kMarker, 0}));
}

// [7296-3.3-b]
TEST(IkeProposals, LengthsFit) {
  EXPECT_EQ(fault_of({}), (IkeError{IkeFault::kTruncated, 0}));
  EXPECT_EQ(fault_of(hex("000000")), (IkeError{IkeFault::kTruncated, 0}));
  for (const unsigned length : {0u, 7u, 0x21u, 0xffu}) EXPECT_EQ(fault_of(with(3, length)).fault, IkeFault::kLength);
  EXPECT_EQ(fault_of(with(15, 0x07)), (IkeError{IkeFault::kLength, 14}));
  EXPECT_EQ(fault_of(with(15, 0x15)), (IkeError{IkeFault::kLength, 14}));
  EXPECT_EQ(fault_of(with(27, 0x09)), (IkeError{IkeFault::kLength, 26}));
  // Octets between the last transform and the proposal's end.
  EXPECT_EQ(fault_of(hex("00 00 0009 01 01 00 00 ff")).fault, IkeFault::kCount);
}

// [7296-3.3-b]
TEST(IkeProposals, CountIsThatOfTheTransforms) {
  for (const unsigned count : {0u, 1u, 3u, 255u}) EXPECT_EQ(fault_of(with(7, count)), (IkeError{IkeFault::kCount, 7}));
  EXPECT_TRUE(read(hex("00 00 0008 01 01 00 00")).value()[0].transforms.empty());
}

// RFC 7296 §3.3.1: none or eight octets for an IKE SA, four for its children.
TEST(IkeProposals, SpiHasTheProtocolsSize) {
  EXPECT_EQ(fault_of(with(6, 8)), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of(with(6, 0)), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of(with(6, 255)), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(fault_of(with(5, 1)), (IkeError{IkeFault::kLength, 6}));
  EXPECT_EQ(read(with(5, 2)).value()[0].protocol, ProtocolId::kAh);
  EXPECT_EQ(read(with(5, 9)).value()[0].protocol, ProtocolId{9});
  for (const std::size_t size : {1u, 4u, 7u, 9u}) {
    EXPECT_TRUE(fails({{.number = 1, .protocol = ProtocolId::kIke, .spi = Octets(size), .transforms = {}}})) << size;
  }
  EXPECT_FALSE(fails({{.number = 1, .protocol = ProtocolId::kIke, .spi = Octets(8), .transforms = {}}}));
}

// An answer has the number of the proposal that it chose; offers rise from one.
TEST(IkeProposals, NumbersRise) {
  EXPECT_EQ(fault_of(with(4, 0)), (IkeError{IkeFault::kNumber, 4}));
  EXPECT_EQ(read(with(4, 200)).value()[0].number, 200);
  std::vector<Proposal> two{esp(), esp()};
  EXPECT_TRUE(fails(two));
  two[1].number = 2;
  Octets octets = written(two);
  octets[36] = std::byte{1};
  EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kNumber, 36}));
  octets[4] = std::byte{9};
  octets[36] = std::byte{8};
  EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kNumber, 36}));
}

TEST(IkeProposals, AttributesStayInTheirTransform) {
  // Transform of 10 octets: half an attribute.
  EXPECT_EQ(fault_of(hex("00 00 0012 01 01 00 01  00 00 000a 01 00 0014 800e")), (IkeError{IkeFault::kTruncated, 16}));
  // An attribute with a length of its own that reaches into the next transform.
  EXPECT_EQ(fault_of(hex("00 00 001c 01 01 00 02  03 00 000c 01 00 0014 000e 0001  00 00 0008 05 00 0001")),
            (IkeError{IkeFault::kLength, 18}));
}

TEST(IkeProposals, AreBounded) {
  EXPECT_EQ(read(written(many(kMostProposals, 4))).value(), many(kMostProposals, 4));
  EXPECT_TRUE(fails(many(kMostProposals + 1, 1)));
  EXPECT_TRUE(fails(many(kMostProposals, 5)));
  EXPECT_TRUE(fails(many(1, 256)));  // the count has eight bits
  // As a peer without bounds would write it.
  Octets proposals;
  for (unsigned i = 1; i <= kMostProposals + 1; ++i) {
    const Octets one{std::byte{2}, std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(i),
                     std::byte{1}, std::byte{0}, std::byte{0}};
    proposals.insert(proposals.end(), one.begin(), one.end());
  }
  proposals[8 * kMostProposals] = std::byte{0};
  EXPECT_EQ(fault_of(proposals), (IkeError{IkeFault::kTooMany, 8 * kMostProposals}));
}

TEST(IkeProposals, TransformsOfAllProposalsAreBoundedTogether) {
  Octets octets = written(many(2, 128));
  EXPECT_EQ(read(octets).value().size(), 2u);
  Octets third = written({{.number = 3, .spi = {}, .transforms = {transform(TransformType::kPrf, 5)}}});
  octets[8 + 128 * 8] = std::byte{2};
  octets.insert(octets.end(), third.begin(), third.end());
  EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kTooMany, 2 * (8 + 128 * 8) + 7}));
}

TEST(IkeProposals, AttributesOfATransformAreBounded) {
  Proposal proposal = esp();
  proposal.transforms[1].attributes.assign(kMostAttributes, key_length(1));
  Octets octets = written({proposal});
  EXPECT_EQ(read(octets).value(), std::vector{proposal});
  proposal.transforms[1].attributes.push_back(key_length(1));
  EXPECT_TRUE(fails({proposal}));
  const std::size_t end = octets.size();
  octets.insert(octets.end(), 4, std::byte{0});
  octets[3] = static_cast<std::byte>(std::to_integer<unsigned>(octets[3]) + 4);
  octets[27] = static_cast<std::byte>(std::to_integer<unsigned>(octets[27]) + 4);
  EXPECT_EQ(fault_of(octets), (IkeError{IkeFault::kTooMany, end}));
}

TEST(IkeProposals, WriterFailsOnWhatNoFieldHolds) {
  EXPECT_TRUE(fails({}));
  Proposal proposal = esp();
  proposal.transforms[0].attributes[0].type = AttributeType{0x8001};
  EXPECT_TRUE(fails({proposal}));
  proposal = esp();
  proposal.transforms[0].attributes[0] = {AttributeType{77}, AttributeForm::kOctets, 0, Octets(65536)};
  EXPECT_TRUE(fails({proposal}));
  proposal.transforms[0].attributes[0].octets.resize(65530);  // the attribute fits, the transform does not
  EXPECT_TRUE(fails({proposal}));
}

}  // namespace
}  // namespace levelgate::ikewire::ike_proposals_test
