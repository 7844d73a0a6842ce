// SPDX-License-Identifier: Apache-2.0
//
// Runs the data plane on captured frames under a virtual clock (interface §3): the same Worker and Publisher as in the
// daemon, with a clock that jumps from one event to the next. Gives the same result every time; reads no real clock.
#pragma once

#include <levelgate/base/result.h>
#include <levelgate/base/time.h>
#include <levelgate/model/plan.h>
#include <levelgate/model/stats.h>

#include <optional>
#include <vector>

#include "cli/capture_io.h"
#include "esp/cipher.h"

namespace levelgate::cli {

struct Arrival {
  Nanos at{0};  // virtual time
  PortId port;
  CaptureFrame frame;
};

// All inputs in one row: by stamp, equal ones in the order of the inputs, then of the file. The earliest becomes 0.
struct PortCapture {
  PortId port;
  const Capture* capture = nullptr;
};
[[nodiscard]] std::vector<Arrival> arrivals_of(const std::vector<PortCapture>& captures);

struct ReplayEnd {
  model::Stats stats;
  Nanos at{0};  // where the clock stood
};

// With `until`, what is due before it happens and nothing else; without, the clock runs on until every queue and window
// is empty, and one slot more in fixed mode. Outputs must be set; the plan's tunnels are all on worker 0.
[[nodiscard]] Result<ReplayEnd> run_replay(const model::ForwardingPlan& plan, const std::vector<Arrival>& arrivals,
                                           std::optional<Nanos> until, esp::Cipher& cipher, CaptureIo& io);

// Buffers and their size that such a run needs.
[[nodiscard]] std::size_t replay_buffers(const model::ForwardingPlan& plan);
// How many payloads may wait in reorder windows.
[[nodiscard]] std::size_t replay_held_payloads(const model::ForwardingPlan& plan);
[[nodiscard]] std::size_t replay_frame_octets(const model::ForwardingPlan& plan, const std::vector<Arrival>& arrivals);

}  // namespace levelgate::cli
