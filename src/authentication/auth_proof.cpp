// SPDX-License-Identifier: Apache-2.0
//
// The octets that AUTH payloads prove.
#include "authentication/auth_proof.h"

#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "ikewire/ike_chain.h"
#include "ikewire/ike_payloads.h"

namespace levelgate::authentication {
namespace {

// Seventeen ASCII octets without an end mark (RFC 7296 §2.15).
constexpr std::string_view kKeyPad = "Key Pad for IKEv2";
// No IKE_SA_INIT message begins like this, since an initiator's SPI is never zero: the two forms cannot be mixed up.
constexpr std::array<std::byte, 8> kZeroPrefix{};

bool is_of_cookie(const ikewire::PayloadView& view) {
  if (view.type == ikewire::PayloadType::kPuzzleSolution) return true;
  if (view.type != ikewire::PayloadType::kNotify) return false;
  const auto notify = ikewire::read_notify(view.body);
  return notify && notify->type == ikewire::NotifyType::kCookie;
}

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

Result<void> IntAuth::add(ikewire::IkeRole sender, crypto::Prf prf, ConstBytes proof, ConstBytes headers,
                          ConstBytes payloads) {
  SecretBytes& chain = sender == ikewire::IkeRole::kInitiator ? initiator_ : responder_;
  Result<SecretBytes> next = crypto::prf(prf, proof, {chain.bytes(), headers, payloads});
  if (!next) return std::unexpected(next.error());
  chain = std::move(*next);
  return {};
}

Result<std::vector<std::byte>> IntAuth::octets(ikewire::MessageId auth_message_id) const {
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

std::vector<std::byte> without_cookie(ConstBytes request) {
  const std::vector<std::byte> whole(request.begin(), request.end());
  const ikewire::IkeHeaderView header = ikewire::read_ike_header(request);
  if (header.verdict != ikewire::IkeHeaderVerdict::kOk) return whole;
  const ConstBytes payloads = request.subspan(ikewire::kIkeHeaderOctets);
  const auto chain = ikewire::read_chain(header.header.first_payload, payloads, {});
  if (!chain) return whole;
  std::vector<std::byte> octets(whole.begin(), whole.begin() + ikewire::kIkeHeaderOctets);
  std::size_t link = ikewire::kIkeFirstPayloadAt;  // where the type of the payload that comes next stands
  octets[link] = std::byte(ikewire::PayloadType::kNone);
  for (const ikewire::PayloadView& view : *chain) {
    if (is_of_cookie(view)) continue;
    octets[link] = std::byte(view.type);
    link = octets.size();
    append(octets, {payloads.subspan(view.offset, ikewire::kPayloadHeaderOctets + view.body.size())});
    octets[link] = std::byte(ikewire::PayloadType::kNone);
  }
  store_be(octets.data() + ikewire::kIkeLengthAt, static_cast<std::uint32_t>(octets.size()));
  return octets;
}

Result<SecretBytes> shared_key_proof(crypto::Prf prf, ConstBytes secret, ConstBytes octets) {
  const Result<SecretBytes> padded = crypto::prf(prf, secret, {as_bytes(kKeyPad.data(), kKeyPad.size())});
  if (!padded) return std::unexpected(padded.error());
  return crypto::prf(prf, padded->bytes(), {octets});
}

}  // namespace levelgate::authentication
