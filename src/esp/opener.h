// SPDX-License-Identifier: Apache-2.0
//
// One inbound SA: recovers the 64-bit number, asks the replay window, and after the AEAD marks the number and reads the
// trailer (RFC 4303 §3.4, appendix A). State changes only when the tag holds.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/ids.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "esp/cipher.h"
#include "esp/replay_window.h"
#include "esp/sealer.h"

namespace levelgate::esp {

// Made by control, used by one worker.
class Opener {
 public:
  Opener(Spi spi, SequenceWidth width, std::uint32_t replay_window, EspSeq first, Salt salt,
         std::unique_ptr<CipherKey> key)
      : key_(std::move(key)), window_(replay_window, first), salt_(salt), spi_(spi), width_(width) {}

  enum class Checked : std::uint8_t { kReady, kMalformed, kReplay };

  // Before the AEAD. `esp` starts at the SPI and ends with the ICV. Fills job and number; changes no state.
  Checked check(Bytes esp, CipherJob& job, EspSeq& number) const;

  enum class Opened : std::uint8_t { kOk, kAuthFailed, kReplay, kBadTrailer };

  struct Payload {
    ConstBytes bytes;
    std::uint8_t next_header = 0;
  };

  // After the AEAD. A duplicate that came in the same burst loses here, and so does what is behind the window where
  // only the tag can tell that from a number far ahead.
  Opened finish(const CipherJob& job, EspSeq number, Payload& payload);

  [[nodiscard]] Spi spi() const { return spi_; }
  void prefetch() const { __builtin_prefetch(key_.get()); }

 private:
  [[nodiscard]] std::uint64_t infer(std::uint32_t low) const;
  [[nodiscard]] bool too_old(EspSeq number) const;

  std::unique_ptr<CipherKey> key_;
  ReplayWindow window_;
  Salt salt_;
  Spi spi_;
  SequenceWidth width_;
};

}  // namespace levelgate::esp
