// SPDX-License-Identifier: Apache-2.0
//
// What the gateway counts, for Prometheus.
#pragma once

#include <string>

#include "control/admin.h"

namespace levelgate::management {

struct Build {
  std::string version;
  std::string dpdk;
  std::string crypto;    // the device that ciphers
  bool key_log = false;  // keys are written to files
};

// In the text format; every metric of metric_list.h, whatever has happened so far.
[[nodiscard]] std::string metrics_text(const control::View& view, const Build& build);

}  // namespace levelgate::management
