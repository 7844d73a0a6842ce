// SPDX-License-Identifier: Apache-2.0
//
// Collects packets that are laid out and numbered, and encrypts them in one burst. A packet is whole only after
// flush().
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/worker_context.h"
#include "esp/cipher.h"

namespace levelgate::dataplane {

// Thread: worker.
class SealBatch {
 public:
  // The job of the next packet; valid until the next call.
  esp::CipherJob& next(WorkerContext& context) noexcept {
    if (count_ == jobs_.size()) flush(context);
    return jobs_[count_++];
  }
  void take_back() noexcept { --count_; }
  void flush(WorkerContext& context) noexcept {
    if (count_ != 0) context.cipher.seal(std::span(jobs_).first(count_));
    count_ = 0;
  }

 private:
  std::array<esp::CipherJob, kBurst> jobs_;
  std::size_t count_ = 0;
};

}  // namespace levelgate::dataplane
