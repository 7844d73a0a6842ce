// SPDX-License-Identifier: Apache-2.0
//
// Building, sealing in place, opening.
#include "ikemessage/protect.h"

#include <algorithm>

#include "ikemessage/fragments.h"
#include "ikewire/ike_puzzle.h"
#include "negotiation/limits.h"

namespace levelgate::ikemessage {

using ikewire::PayloadType;

Result<Protection> Protection::create(const IkeCiphers& ciphers, const IkeKeys& keys, ikewire::IkeRole own) {
  auto of_initiator = crypto::IkeCipher::create(ciphers.protection, keys.encryption_initiator.bytes(),
                                                keys.integrity_initiator.bytes());
  if (!of_initiator) return std::unexpected(of_initiator.error());
  auto of_responder = crypto::IkeCipher::create(ciphers.protection, keys.encryption_responder.bytes(),
                                                keys.integrity_responder.bytes());
  if (!of_responder) return std::unexpected(of_responder.error());
  if (own == ikewire::IkeRole::kInitiator)
    return Protection(ciphers, std::move(*of_initiator), std::move(*of_responder));
  return Protection(ciphers, std::move(*of_responder), std::move(*of_initiator));
}

Result<void> Protection::next_iv(Bytes iv, crypto::Random& random) {
  if (ciphers_.protection.integrity != crypto::IkeIntegrity::kNone) return random.fill(iv);
  store_be<std::uint64_t>(iv.data(), ++sealed_);
  return {};
}

Result<Datagram> Protection::seal_one(const ikewire::IkeHeader& header, const ikewire::Unsealed& part,
                                      ConstBytes solution, crypto::Random& random) {
  ikewire::WireBuffer buffer(limits::kReassembledOctets + 1024);
  write_ike_header(buffer, header);
  ikewire::ChainWriter chain(buffer);
  if (!solution.empty()) chain.add(PayloadType::kPuzzleSolution, ikewire::PuzzleSolution{solution});
  const ikewire::SealedParts parts = write_unsealed(chain, part);
  finish_ike_message(buffer, 0, chain.first());
  if (!buffer.ok()) return failure(Fault::kInternal, "an IKE message is too long");
  const Bytes octets = buffer.octets();
  const Bytes iv = octets.subspan(parts.iv_at, parts.text_at - parts.iv_at);
  if (const auto drawn = next_iv(iv, random); !drawn) return std::unexpected(drawn.error());
  const auto sealed =
      seals_.seal(iv, octets.first(parts.iv_at), octets.subspan(parts.text_at, parts.icv_at - parts.text_at));
  if (!sealed) return std::unexpected(sealed.error());
  std::ranges::copy(*sealed, octets.subspan(parts.text_at).begin());
  return buffer.take();
}

Result<SentMessage> Protection::seal(const ikewire::IkeHeader& header, const Payloads& payloads,
                                     std::size_t most_octets, crypto::Random& random) {
  const ikewire::SealShape shape = seal_shape_of(ciphers_.cipher);
  const std::size_t in_clear = payloads.solution.empty() ? 0 : ikewire::kPayloadHeaderOctets + payloads.solution.size();
  const std::size_t about = ikewire::kIkeHeaderOctets + ikewire::kPayloadHeaderOctets + shape.iv_octets +
                            payloads.octets.size() + shape.block_octets + shape.icv_octets + in_clear;
  std::vector<ConstBytes> pieces;
  if (most_octets != 0 && about > most_octets) {
    pieces = split(payloads.octets, fragment_room(most_octets - std::min(most_octets, in_clear), shape));
    if (pieces.empty()) return failure(Fault::kInternal, "an IKE message needs too many fragments");
  }
  SentMessage message;
  if (pieces.size() <= 1) {
    auto whole = seal_one(header, {payloads.first, {}, payloads.octets, shape}, payloads.solution, random);
    if (!whole) return std::unexpected(whole.error());
    message.push_back(std::move(*whole));
    return message;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const ikewire::FragmentNumber number{static_cast<std::uint16_t>(i + 1), static_cast<std::uint16_t>(pieces.size())};
    const PayloadType first = i == 0 ? payloads.first : PayloadType::kNone;
    // Its room is kept free in all of them, so that the pieces have one size [8019-7.2.2-c].
    const ConstBytes solution = i == 0 ? ConstBytes(payloads.solution) : ConstBytes();
    auto sealed = seal_one(header, {first, number, pieces[i], shape}, solution, random);
    if (!sealed) return std::unexpected(sealed.error());
    message.push_back(std::move(*sealed));
  }
  return message;
}

std::optional<OpenedPart> Protection::open(ConstBytes message, const std::vector<ikewire::PayloadView>& chain) const {
  if (chain.empty()) return std::nullopt;
  const ikewire::PayloadView& last = chain.back();
  if (last.type != PayloadType::kSk && last.type != PayloadType::kSkf) return std::nullopt;
  const auto parts = read_sealed(last, ikewire::kIkeHeaderOctets, seal_shape_of(ciphers_.cipher));
  if (!parts) return std::nullopt;
  const auto text =
      opens_.open(message.subspan(parts->iv_at, parts->text_at - parts->iv_at), message.first(parts->iv_at),
                  message.subspan(parts->text_at, parts->end - parts->text_at));
  if (!text) return std::nullopt;
  const auto inner = ikewire::inner_payloads(*text);
  if (!inner) return std::nullopt;
  return OpenedPart{parts->first_inside, parts->fragment, {inner->begin(), inner->end()}};
}

}  // namespace levelgate::ikemessage
