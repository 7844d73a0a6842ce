// SPDX-License-Identifier: Apache-2.0
//
// The octets that AUTH payloads prove.
#include "ike/auth_proof.h"

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "wire/ike_chain.h"
#include "wire/ike_numbers.h"
#include "wire/wire_buffer.h"

namespace levelgate::ike {
namespace {

// Seventeen ASCII octets without an end mark (RFC 7296 §2.15).
constexpr std::string_view kKeyPad = "Key Pad for IKEv2";
// No IKE_SA_INIT message begins like this, since an initiator's SPI is never zero: the two forms cannot be mixed up.
constexpr std::array<std::byte, 8> kZeroPrefix{};

void append(std::vector<std::byte>& to, std::initializer_list<ConstBytes> pieces) {
  for (const ConstBytes piece : pieces) to.insert(to.end(), piece.begin(), piece.end());
}

}  // namespace

TranscriptNotify transcript_notify(Announced initiator, Announced responder) {
  if (initiator == Announced::kNo) {
    return responder == Announced::kNo ? TranscriptNotify::kNobody : TranscriptNotify::kResponderOnly;
  }
  return responder == Announced::kNo ? TranscriptNotify::kInitiatorOnly : TranscriptNotify::kBoth;
}

Result<std::vector<std::byte>> plain_headers(ConstBytes message, std::size_t inner_octets) {
  using wire::PayloadType;
  const wire::IkeHeaderView header = wire::read_ike_header(message);
  if (header.verdict != wire::IkeHeaderVerdict::kOk) return failure(Fault::kBadInput, "no IKE message");
  const ConstBytes octets = message.subspan(wire::kIkeHeaderOctets);
  const auto chain = wire::read_chain(header.header.first_payload, octets, {});
  if (!chain || chain->empty()) return failure(Fault::kBadInput, "no chain of payloads");
  const wire::PayloadView& sealed = chain->back();
  if (sealed.type != PayloadType::kSk && sealed.type != PayloadType::kSkf) {
    return failure(Fault::kBadInput, "no Encrypted payload");
  }
  wire::WireBuffer plain(message.size() + inner_octets);
  const ConstBytes in_front = octets.first(sealed.offset);
  plain.write_bytes(message.first(wire::kIkeHeaderOctets));
  plain.write_bytes(in_front);
  // The generic header as it is, but for the length; the fragment's numbers behind it are left out.
  plain.write(static_cast<std::uint8_t>(sealed.next));
  plain.write_bytes(octets.subspan(sealed.offset + 1, 1));
  plain.write_narrow<std::uint16_t>(wire::kPayloadHeaderOctets + inner_octets);
  const bool alone = chain->size() == 1;
  if (!alone) {
    const std::size_t before = wire::kIkeHeaderOctets + (*chain)[chain->size() - 2].offset;
    plain.patch(before, static_cast<std::uint8_t>(PayloadType::kSk));
  }
  const std::size_t headers = plain.size();
  plain.fill(std::byte{0}, inner_octets);  // for the length in the IKE header
  wire::finish_ike_message(plain, 0, alone ? PayloadType::kSk : header.header.first_payload);
  if (!plain.ok()) return failure(Fault::kBadInput, "inner payloads are too long for one Encrypted payload");
  std::vector<std::byte> all = plain.take();
  all.resize(headers);
  return all;
}

Result<void> IntAuth::add(wire::IkeRole sender, crypto::Prf prf, ConstBytes proof, ConstBytes headers,
                          ConstBytes payloads) {
  SecretBytes& chain = sender == wire::IkeRole::kInitiator ? initiator_ : responder_;
  Result<SecretBytes> next = crypto::prf(prf, proof, {chain.bytes(), headers, payloads});
  if (!next) return std::unexpected(next.error());
  chain = std::move(*next);
  return {};
}

Result<std::vector<std::byte>> IntAuth::octets(wire::MessageId auth_message_id) const {
  std::vector<std::byte> all;
  if (empty()) return all;
  if (initiator_.empty() || responder_.empty()) {
    return failure(Fault::kInternal, "an IKE_INTERMEDIATE exchange without a response enters no proof");
  }
  std::array<std::byte, 4> id{};
  store_be(id.data(), auth_message_id.value);
  append(all, {initiator_.bytes(), responder_.bytes(), id});
  return all;
}

Result<std::vector<std::byte>> signed_octets(const Signer& signer) {
  const bool both = signer.transcript == Transcript::kBothMessages;
  if (signer.own_message.empty() || signer.peer_nonce.empty() || (both && signer.peer_message.empty())) {
    return failure(Fault::kInternal, "a proof wanted before IKE_SA_INIT is done");
  }
  const Result<SecretBytes> identity = crypto::prf(signer.prf, signer.proof, {signer.identity_body});
  if (!identity) return std::unexpected(identity.error());
  std::vector<std::byte> octets;
  if (both) append(octets, {kZeroPrefix, signer.peer_message});
  append(octets, {signer.own_message, signer.peer_nonce, identity->bytes(), signer.int_auth});
  return octets;
}

Result<SecretBytes> shared_key_proof(crypto::Prf prf, ConstBytes secret, ConstBytes octets) {
  const Result<SecretBytes> padded = crypto::prf(prf, secret, {as_bytes(kKeyPad.data(), kKeyPad.size())});
  if (!padded) return std::unexpected(padded.error());
  return crypto::prf(prf, padded->bytes(), {octets});
}

}  // namespace levelgate::ike
