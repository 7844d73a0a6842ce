// SPDX-License-Identifier: Apache-2.0
//
// The gateway as instance data of RFC 9061's modules with RFC 9348's augmentation, in the encoding of RFC 7951: the IKE
// case for tunnels that are negotiated, the IKE-less case for static keys. No key and no secret is ever in it.
#pragma once

#include <levelgate/model/config.h>

#include "control/admin.h"

namespace levelgate::management {

// A map of the modules' top-level containers. Without a view: configuration nodes only.
[[nodiscard]] control::Value yang_instance(const model::Config& config, const control::View* view);

}  // namespace levelgate::management
