// SPDX-License-Identifier: Apache-2.0
//
// What each class of a tunnel sent, marked, dropped and holds.
#pragma once

#include "control/admin.h"
#include "management/metric.h"

namespace levelgate::management {

// A sample for each class of each tunnel of the plan, in its order.
void write_class_metrics(const control::View& view, Exposition& out);

}  // namespace levelgate::management
