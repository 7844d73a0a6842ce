// SPDX-License-Identifier: Apache-2.0
//
// INFORMATIONAL (RFC 7296 §1.4): whether the other side lives, and the end of SAs.
#pragma once

#include "ikeexchange/exchange.h"

namespace levelgate::ikeexchange {

class OwnInformational final : public OwnExchange {
 public:
  [[nodiscard]] static std::unique_ptr<OwnInformational> liveness();
  [[nodiscard]] static std::unique_ptr<OwnInformational> delete_child(ikestate::ChildId child);
  // Of a Child SA that the peer has made and we have not.
  [[nodiscard]] static std::unique_ptr<OwnInformational> delete_spi(Spi own);
  [[nodiscard]] static std::unique_ptr<OwnInformational> delete_ike();

  Outcome begin(Turn& turn) override;
  Outcome on_response(Turn& turn, const ikemessage::Message& response) override;
  Outcome on_job(Turn&, ikestate::JobValue) override { return Outcome::kWait; }
  [[nodiscard]] ikestate::OwnActivity activity() const override;
  [[nodiscard]] ikestate::ChildId target() const override { return child_; }
  void forget() override { forgotten_ = true; }

 private:
  enum class Purpose : std::uint8_t { kLiveness, kDeleteChild, kDeleteSpi, kDeleteIke };
  Purpose purpose_ = Purpose::kLiveness;
  ikestate::ChildId child_;
  Spi spi_;
  bool begun_ = false;
  bool forgotten_ = false;
};

class PeerInformational final : public PeerExchange {
 public:
  Outcome on_request(Turn& turn, const ikemessage::Message& request) override;
  Outcome on_job(Turn&, ikestate::JobValue) override { return Outcome::kWait; }

 private:
  static void leave_to_successor(Turn& turn);
  void delete_children(Turn& turn, const ikewire::Delete& payload);
};

}  // namespace levelgate::ikeexchange
