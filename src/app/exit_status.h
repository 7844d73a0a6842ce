// SPDX-License-Identifier: Apache-2.0
//
// Exit codes of the daemon (interface section 5, after sysexits.h), and which fault ends in which. systemd does not
// start again after 77 and 78.
#pragma once

#include <levelgate/base/result.h>

namespace levelgate::app {

enum class ExitStatus : int {
  kStopAsked = 0,
  kUsage = 64,
  kDeviceMissing = 69,  // a device, huge pages, or an address in use
  kInternal = 70,
  kNotPermitted = 77,
  kBadConfig = 78,
};

[[nodiscard]] constexpr ExitStatus exit_status_of(Fault fault) {
  switch (fault) {
    case Fault::kBadInput:
    case Fault::kNotFound:
      return ExitStatus::kBadConfig;
    case Fault::kDeviceMissing:
    case Fault::kNoMemory:
    case Fault::kAddressInUse:
      return ExitStatus::kDeviceMissing;
    case Fault::kNotPermitted:
      return ExitStatus::kNotPermitted;
    case Fault::kUnreachable:
    case Fault::kIo:
    case Fault::kInternal:
      return ExitStatus::kInternal;
  }
  return ExitStatus::kInternal;
}

}  // namespace levelgate::app
