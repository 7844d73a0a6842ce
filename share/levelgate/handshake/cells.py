# SPDX-License-Identifier: Apache-2.0
#
# What is looked for in the figures of the table: cells by what they are about, times in seconds.
from tfc.charts import number

NAMES = {"rfc7383": "RFC 7383 alone", "udp": "UDP, paced", "udp-ack": "UDP, acknowledged", "tcp": "TCP", "separate": "separate transports"}


def seconds(micros):
    return None if micros is None else micros / 1e6


def time_text(micros):
    return "never" if micros is None else f"{number(micros / 1e6, 2)}"


def path_text(cell):
    return (f"{number(cell['bits-per-second'] / 1e6, 0)}\u202fMbit/s, {number(cell['round-trip-us'] / 1e3, 0)}\u202fms, "
            f"{cell['loss-percent']}\u202f%")


def deliveries(cells):
    return list(dict.fromkeys(cell["delivery"] for cell in cells))


def key_sets(cells):
    return list(dict.fromkeys(cell["keys"] for cell in cells))


def rows(cells):
    """[(path and keys of the row, {delivery: cell})], in the order of the table."""
    found = {}
    for cell in cells:
        where = (cell["bits-per-second"], cell["round-trip-us"], cell["loss-percent"], cell["keys"])
        found.setdefault(where, {})[cell["delivery"]] = cell
    return list(found.items())


def over_loss(cells, rate, round_trip, keys, delivery, kind="large-key"):
    """[(loss in percent, seconds)] of the medians that came."""
    return [(cell["loss-percent"], seconds(cell[kind]["median-us"])) for cell in cells
            if (cell["bits-per-second"], cell["round-trip-us"], cell["keys"], cell["delivery"]) == (rate, round_trip, keys, delivery)
            and kind in cell and cell[kind]["median-us"] is not None]
