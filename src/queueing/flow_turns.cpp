// SPDX-License-Identifier: Apache-2.0
#include "queueing/flow_turns.h"

namespace levelgate::queueing {

std::size_t FlowTurns::turn_over() {
  for (;;) {
    const std::size_t number = front();
    Flow& flow = flows_[number];
    if (flow.packets == 0) {
      leave(flow);
      continue;
    }
    if (flow.deficit > 0) return number;
    if (flow.round == round_) ++round_;
    flow.round = round_;
    flow.deficit += kQuantum;
    if (flow.deficit > 0) return number;
    behead(flow);
    seat(number, Turn::kOld);
  }
}

}  // namespace levelgate::queueing
