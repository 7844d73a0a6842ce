# SPDX-License-Identifier: Apache-2.0
#
# Time to large-key protection over loss, one picture for each rate. Seconds on a logarithmic axis: what is compared
# differs by factors.
import math

from handshake.cells import over_loss
from tfc.charts import Chart, number

KINDS = {"rfc7383": "idle", "udp": "control", "udp-ack": "outside", "tcp": "rekey", "separate": "again"}
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)


def protection(cells, rate, round_trip, keys, deliveries):
    lines = {delivery: over_loss(cells, rate, round_trip, keys, delivery) for delivery in deliveries}
    times = [time for points in lines.values() for _, time in points]
    if not times:
        return Chart((0, 1), (0, 1), "Large-key protection").empty("no cell was ever protected").svg()
    low, high = min(times) / 1.3, max(times) * 1.3
    losses = sorted({loss for points in lines.values() for loss, _ in points})
    chart = Chart((0, max(losses[-1], 1)), (math.log10(low), math.log10(high)),
                  f"Seconds to large-key protection over loss at {number(rate / 1e6, 0)} Mbit/s", "loss, each way, per cent", "seconds")
    for tick in TICKS:
        if low <= tick <= high:
            chart.y_axis([math.log10(tick)], lambda exponent: number(10 ** exponent, 1))
    chart.x_axis(losses, lambda loss: number(loss, 0))
    for delivery, points in lines.items():
        logarithms = [(loss, math.log10(time)) for loss, time in points]
        chart.line(logarithms, KINDS[delivery]).dots(logarithms, KINDS[delivery])
    return chart.svg()
